from __future__ import annotations

import numpy as np
import pytest
from mpmath import exp, findroot, log, mpf

from gex_assets.study.true_zero_gamma import true_zero_gamma


def test_two_strikes_cross_where_the_algebra_says() -> None:
    # equal total volatilities: the bells' ratio is exp(((d1)² − (d2)²)/2), 1 halfway in ln K + s²/2
    K, s = np.array([5900.0, 6100.0]), 0.05
    root = true_zero_gamma(F=6020.0, K=K, total_vol=np.array([s, s]), net_weight=np.array([-1.0, 1.0]))
    assert root == pytest.approx(np.sqrt(5900.0 * 6100.0) * np.exp(-0.5 * s * s), rel=1e-12)


def test_unequal_volatilities_by_arbitrary_precision() -> None:
    K, s, w = [5800.0, 6000.0, 6250.0], [0.04, 0.03, 0.035], [-3.0, 1.0, 2.5]

    def net(price: mpf) -> mpf:
        return sum(
            mpf(weight) / mpf(vol) * exp(-((log(price / mpf(strike)) / mpf(vol) + mpf(vol) / 2) ** 2) / 2)
            for strike, vol, weight in zip(K, s, w, strict=True)
        )

    found = true_zero_gamma(F=6010.0, K=np.array(K), total_vol=np.array(s), net_weight=np.array(w))
    assert abs(found - float(findroot(net, found))) < 1e-8


def test_the_nearest_of_several_and_none() -> None:
    K, s = np.array([5500.0, 6000.0, 6500.0]), np.full(3, 0.02)
    weight = np.array([1.0, -1.0, 1.0])
    below = true_zero_gamma(F=5900.0, K=K, total_vol=s, net_weight=weight)
    above = true_zero_gamma(F=6100.0, K=K, total_vol=s, net_weight=weight)
    assert below < 6000.0 < above
    assert np.isnan(true_zero_gamma(F=6000.0, K=K, total_vol=s, net_weight=np.abs(weight)))
    assert np.isnan(true_zero_gamma(F=6000.0, K=K, total_vol=s, net_weight=0 * weight))
