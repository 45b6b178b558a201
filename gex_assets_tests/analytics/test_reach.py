"""One rule says which zero gamma people see: none that is farther than three daily standard deviations."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gex_assets.analytics.reach import FLIP_COLUMNS, in_reach, is_in_reach, larger_error, shown_flip, sigmas_by_hedge
from gex_assets.analytics.regimes import hedge_per_sigma
from gex_assets.kernels.exposure.exposure import SCALE_NAMES

ROW = {"zero_gamma": 7000.0, "zero_gamma_se": 1.0, "zero_gamma_low": 6990.0, "zero_gamma_high": 7010.0, "net_gex": 5.0}


@given(st.floats(0.0, 1e4))
def test_beyond_three_standard_deviations_nothing_is_in_reach(sigmas: float) -> None:
    shown = shown_flip(ROW | {"zero_gamma_sigmas": sigmas, "zero_gamma_reason": None})
    assert is_in_reach(sigmas) == (sigmas <= 3.0) == (shown["zero_gamma"] is not None)
    assert np.isnan(in_reach(np.array([1.0]), [sigmas])[0]) == (sigmas > 3.0)


def test_what_is_out_of_reach_has_a_reason_and_no_numbers_and_keeps_the_rest() -> None:
    far = shown_flip(ROW | {"zero_gamma_sigmas": 3.5, "zero_gamma_reason": None})
    assert {name: far[name] for name in FLIP_COLUMNS} == dict.fromkeys(FLIP_COLUMNS)
    assert (far["zero_gamma_reason"], far["net_gex"]) == ("out_of_reach", 5.0)


def test_an_unknown_distance_is_shown_and_a_missing_price_keeps_its_reason() -> None:
    assert shown_flip(ROW) == ROW
    assert shown_flip(ROW | {"zero_gamma_sigmas": None})["zero_gamma"] == 7000.0
    assert np.array_equal(in_reach(np.array([1.0, 2.0]), [np.nan, 2.0]), [1.0, 2.0])
    none = {"zero_gamma": None, "zero_gamma_sigmas": None, "zero_gamma_reason": "no_crossing"}
    assert shown_flip(none) == none


def test_the_larger_uncertainty_is_said() -> None:
    assert larger_error(2.0, low=6999.0, high=7001.0) == 2.0
    assert larger_error(0.0, low=None, high=None) == 0.0


def test_the_band_between_changes_of_sign_is_no_error() -> None:
    assert larger_error(None, low=6999.0, high=7001.0, rule="strike_sign_change") is None
    assert larger_error(None, low=6999.0, high=7001.0, rule="profile_nearest") == 1.0


@pytest.mark.parametrize("scale", SCALE_NAMES)
def test_the_distance_is_found_again_from_the_hedge(scale: str) -> None:
    net, reference, sigma = np.array([-2e9, 3e8, 0.0, 1e9]), np.full(4, 6900.0), np.array([0.01, 0.005, 0.01, np.nan])
    hedge = hedge_per_sigma(net, scale=scale, price=reference, multiplier=50.0, one_day_sigma=sigma)
    found = sigmas_by_hedge(
        [7038.0, 6831.0, 7000.0, 7000.0], reference=reference, hedge=hedge, net=net, scale=scale, multiplier=50.0
    )
    assert found == pytest.approx([2.0, 2.0, np.nan, np.nan], nan_ok=True)
