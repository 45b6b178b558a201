"""The rules of the smile's fit one by one: what is at the money, half widths, floors, and the bend."""

from __future__ import annotations

import numpy as np
import pytest

from gex_assets.kernels.pricing import natural_spline
from gex_assets.kernels.pricing.median import NORMAL_MAD
from gex_assets.kernels.pricing.smile import (
    AT_THE_MONEY,
    HUBER,
    LARGEST_Z,
    SMALLEST_HALF_WIDTH,
    SMALLEST_SCALE,
    bend_of_residuals,
    fit_smile,
    half_width,
    used_half_width,
    volatility_at_the_money,
)
from gex_assets_tests.kernels.pricing.made_up_slices import a_slice
from gex_assets_tests.twins.smile import cardinal

NAN = np.nan


def at_the_money(F: float, K: list[float], iv: list[float]) -> float:
    return volatility_at_the_money(F, np.array(K), np.array(iv), np.empty(max(len(K), AT_THE_MONEY)))


def test_the_volatility_at_the_money_is_the_median_of_the_five_nearest() -> None:
    K = [80.0, 90.0, 95.0, 100.0, 105.0, 110.0, 120.0]
    assert at_the_money(101.0, K, [9.0, 0.5, 0.1, 0.4, 0.2, 0.3, 9.0]) == 0.3
    # without 100, the fifth nearest is 80 and not 120: 21 points against 19
    assert at_the_money(101.0, K, [9.0, 0.5, 0.1, NAN, 0.2, 0.3, 0.05]) == 0.2
    # of two equally near the lower comes first
    assert at_the_money(100.0, K, [0.9, 0.5, 0.1, NAN, 0.2, 0.3, 0.05]) == 0.3
    assert at_the_money(100.0, [80.0, 120.0, *range(200, 204)], [0.7, NAN, 0.1, 0.2, 0.3, 0.4]) == 0.3


@pytest.mark.parametrize(("F", "expected"), [(70.0, 0.3), (80.0, 0.3), (120.0, 0.45), (130.0, 0.45)])
def test_the_volatility_at_the_money_beyond_the_quotes_is_that_of_the_outermost(F: float, expected: float) -> None:
    assert at_the_money(F, [80.0, 90.0, 95.0, 100.0, 105.0, 110.0, 120.0], [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.45]) == expected


def test_four_quotes_have_no_volatility_at_the_money() -> None:
    assert np.isnan(at_the_money(100.0, [90.0, 95.0, 100.0, 105.0, 110.0], [0.1, 0.2, NAN, 0.3, 0.4]))
    assert np.isnan(at_the_money(100.0, [], []))


def test_a_curve_is_fitted_without_quotes_just_below_the_forward() -> None:
    given = a_slice(lambda z: 0.2 - 0.02 * z)
    truth = given["iv_mid"].copy()
    for name in ("iv_bid", "iv_mid", "iv_ask"):
        given[name][0, 12:20] = NAN
    fit = fit_smile(**given)
    assert fit.accepted.all()
    # the five nearest are all above the forward then, so z and the curve's place differ, and not its values
    np.testing.assert_allclose(fit.iv_fit, truth, rtol=1e-3)


def test_a_missing_side_is_as_far_as_the_other() -> None:
    assert half_width(0.19, 0.2, 0.22) == pytest.approx(0.015)
    assert half_width(NAN, 0.2, 0.22) == pytest.approx(0.02)
    assert half_width(0.19, 0.2, NAN) == pytest.approx(0.01)
    assert np.isnan(half_width(NAN, 0.2, NAN))


def test_a_quote_is_used_within_the_curve_and_never_narrower_than_the_floor() -> None:
    assert used_half_width(0.0, 0.2, 0.01, 0.3) == 0.01
    assert used_half_width(0.0, 0.2, 1e-9, 0.3) == SMALLEST_HALF_WIDTH * 0.3
    assert used_half_width(0.0, 0.2, 0.0, 0.3) == 1e-4 * 0.3
    for z, mid, width in ((LARGEST_Z, 0.2, 0.01), (-LARGEST_Z, 0.2, 0.01), (0.0, NAN, 0.01), (0.0, 0.2, NAN), (NAN, 0.2, 0.01)):
        assert np.isnan(used_half_width(z, mid, width, 0.3))


def test_the_bend_grows_with_the_median_residual_from_its_floor_on() -> None:
    assert bend_of_residuals(0.5) == HUBER * NORMAL_MAD * 0.5
    assert bend_of_residuals(0.0) == HUBER * SMALLEST_SCALE == pytest.approx(1.345 * 0.02)
    assert bend_of_residuals(SMALLEST_SCALE / NORMAL_MAD) == pytest.approx(HUBER * SMALLEST_SCALE)


def test_the_terms_span_the_natural_splines_of_the_twin() -> None:
    z = np.linspace(-3.0, 3.0, 61)
    ours = np.array([[1.0, *natural_spline.spline_terms(float(each))] for each in z])
    basis = cardinal(z)
    weights = np.linalg.lstsq(ours, basis, rcond=None)[0]
    np.testing.assert_allclose(ours @ weights, basis, atol=1e-10)
