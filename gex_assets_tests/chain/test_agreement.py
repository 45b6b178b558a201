from __future__ import annotations

import pytest

from gex_assets.chain.agreement import allowed_points, is_price, strike_step, unit_factor


@pytest.mark.parametrize(
    "name", ["call_wall", "put_wall_strike", "secondary_call_wall", "abs_gamma_strike", "spot", "zero_gamma_high"]
)
def test_prices_by_their_names(name: str) -> None:
    assert is_price(name)


@pytest.mark.parametrize("name", ["net_gex", "call_wall_gex", "call_wall_share", "zero_gamma_sigmas", "strikes", "coverage"])
def test_other_numbers_by_their_names(name: str) -> None:
    assert not is_price(name)


def test_the_step_is_that_of_strikes_near_the_price() -> None:
    strikes = [4000.0, 5000.0, 5990.0, 5995.0, 6000.0, 6005.0, 7000.0]
    assert strike_step(strikes, near=6000.0) == 5.0
    assert strike_step(strikes[::-1] * 2, near=6000.0) == 5.0
    assert strike_step([1.0, 2.0], near=6000.0) == 1.0
    assert strike_step([1.0], near=None) is None
    assert strike_step([], near=5.0) is None


def test_how_far_apart_prices_may_be() -> None:
    assert allowed_points("call_wall", 6000.0, step=5.0, points=None) == 2.5
    assert allowed_points("zero_gamma", 6000.0, step=5.0, points=None) == 5.0
    assert allowed_points("zero_gamma", 6000.0, step=None, points=None) == 3.0
    assert allowed_points("call_wall", 6000.0, step=5.0, points=0.0) == 0.0


@pytest.mark.parametrize(
    ("second", "factor"), [(1_090.0, 1e3), (-1e6, 1e6), (1e-9, 1e-9), (1_110.0, None), (1.0, None), (0.0, None)]
)
def test_factors_of_units(second: float, factor: float | None) -> None:
    assert unit_factor(1.0, second) == factor
