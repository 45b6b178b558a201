"""Re-priced deltas against Black's formula with a hundred digits, and where nothing is left of time or volatility."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gex_assets.kernels.exposure.repriced import AT_ONCE, repriced
from gex_assets_tests.twins.black76 import greek

RATE = 0.04


@pytest.mark.parametrize("strike", [6_500.0, 6_890.0, 6_903.0, 6_910.0, 7_200.0])
@pytest.mark.parametrize("years", [0.0025, 0.2])
def test_it_is_blacks_model_where_time_and_volatility_are_left(strike: float, years: float) -> None:
    found = repriced(F=6_903.0, K=strike, T=years, sigma=0.15, r=RATE)
    at = {"F": 6_903.0, "K": strike, "T": years, "sigma": 0.15, "r": RATE}
    assert float(found.call_delta) == pytest.approx(float(greek("delta", **at, is_call=True)), rel=1e-12)
    assert float(found.put_delta) == pytest.approx(float(greek("delta", **at, is_call=False)), rel=1e-12)
    assert float(found.gamma) == pytest.approx(float(greek("gamma", **at, is_call=True)), rel=1e-12)
    assert float(found.vanna) == pytest.approx(float(greek("vanna", **at, is_call=True)), rel=1e-9)


@pytest.mark.parametrize("years", [0.0, -0.01, AT_ONCE])
def test_an_expired_option_has_its_intrinsic_delta(years: float) -> None:
    found = repriced(F=[6_900.0] * 3, K=[6_895.0, 6_900.0, 6_905.0], T=years, sigma=0.15, r=RATE)
    assert found.call_delta.tolist() == [1.0, 0.5, 0.0]
    assert found.put_delta.tolist() == [0.0, -0.5, -1.0]
    assert found.gamma.tolist() == found.vanna.tolist() == [0.0] * 3


@pytest.mark.parametrize("sigma", [0.0, -0.002])
def test_without_volatility_the_discounted_side_is_left(sigma: float) -> None:
    found = repriced(F=[6_900.0] * 2, K=[6_895.0, 6_905.0], T=0.5, sigma=sigma, r=RATE)
    assert found.call_delta.tolist() == [math.exp(-0.02), 0.0]
    assert found.put_delta.tolist() == [0.0, -math.exp(-0.02)]


@given(st.floats(6_000.0, 7_800.0).filter(lambda strike: abs(strike - 6_900.0) > 1.0))
def test_little_time_comes_close_to_none(strike: float) -> None:
    soon, over = (repriced(F=6_900.0, K=strike, T=years, sigma=0.15, r=RATE) for years in (2 * AT_ONCE, 0.0))
    assert float(soon.call_delta) == pytest.approx(float(over.call_delta), abs=1e-9)
    assert float(soon.put_delta) == pytest.approx(float(over.put_delta), abs=1e-9)


@pytest.mark.parametrize(
    "spoiled",
    [
        {"F": math.nan},
        {"F": 0.0},
        {"F": -1.0},
        {"K": math.nan},
        {"K": 0.0},
        {"T": math.nan},
        {"sigma": math.nan},
        {"F": math.inf},
    ],
)
@pytest.mark.parametrize("years", [0.0, 0.1])
def test_what_has_no_answer_is_nan(spoiled: dict[str, float], years: float) -> None:
    usual = {"F": 6_900.0, "K": 6_900.0, "T": years, "sigma": 0.15}
    found = repriced(**(usual | spoiled), r=RATE)
    assert all(np.isnan(one) for one in found)


def test_shapes_broadcast_and_others_are_refused() -> None:
    assert repriced(F=np.full((2, 1), 6_900.0), K=[6_800.0, 6_900.0, 7_000.0], T=0.1, sigma=0.15, r=RATE).gamma.shape == (2, 3)
    with pytest.raises(ValueError, match="broadcast"):
        repriced(F=[1.0, 2.0], K=[1.0, 2.0, 3.0], T=0.1, sigma=0.15, r=RATE)
