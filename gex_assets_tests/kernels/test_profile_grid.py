from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings

from gex_assets.kernels.profile_grid import profile_at
from gex_assets_tests.kernels.made_up_profiles import F, chains, found
from gex_assets_tests.twins import gamma_profile as twin

GRID = np.arange(5_520.0, 8_281.0, 10.0)


def tabulated(inputs: dict[str, np.ndarray], price: np.ndarray = GRID, power: float = 1.0) -> np.ndarray:
    return profile_at(**inputs, price=price, first_price=np.array([0, price.size]), power=power)


@settings(max_examples=25, deadline=None)
@given(chains())
def test_every_price_is_the_slow_twins(chain: tuple[np.ndarray, ...]) -> None:
    strikes, weights, vols, forwards = chain
    _, inputs = found(strikes, weights, vols, forward=forwards)
    own = {"reference": F, "forward": forwards, "strike": strikes, "total_vol": vols}
    slow = [twin.net_exposure(price, **own, signed_weight=weights, discount=np.exp(-0.04 * 0.1)) for price in GRID]
    gross = [twin.net_exposure(price, **own, signed_weight=np.abs(weights)) for price in GRID]
    assert np.all(np.abs(tabulated(inputs) - slow) <= 1e-12 * np.array(gross) + 1e-300)


@settings(max_examples=60, deadline=None)
@given(chains())
def test_between_neighbours_of_different_sign_lies_an_odd_number_of_roots_and_else_an_even(chain: tuple[np.ndarray, ...]) -> None:
    strikes, weights, vols, forwards = chain
    roots, inputs = found(strikes, weights, vols, forward=forwards)
    net = tabulated(inputs, power=0.0)
    there = np.flatnonzero(np.abs(net) > 2e-9 * roots.peak[0])
    for left, right in pairwise(there.tolist()):
        between = np.count_nonzero((roots.price > GRID[left]) & (roots.price < GRID[right]))
        assert between % 2 == int(np.sign(net[left]) != np.sign(net[right]))


@pytest.mark.parametrize("power", [-1.0, 0.0, 1.0])
def test_a_scale_multiplies_by_its_power_of_the_shift(power: float) -> None:
    _, inputs = found([6_800.0, 7_000.0], [-100.0, 130.0], 0.05)
    assert tabulated(inputs, power=power) == pytest.approx(tabulated(inputs, power=0.0) * (GRID / F) ** power, rel=1e-14)


def test_a_root_on_the_grid_is_summed_exactly() -> None:
    # bells that cancel but for rounding: vector code alone might say either sign
    _, inputs = found([6_800.0, 6_800.0, 7_000.0], [70.0, -70.0, 1e-9], 0.01)
    exact = found([7_000.0], [1e-9], 0.01)[1]
    assert tabulated(inputs) == pytest.approx(tabulated(exact), rel=1e-6)


def test_windows_without_rows_and_without_prices_are_left_out() -> None:
    _, one = found([6_800.0, 7_000.0], [-100.0, 100.0], 0.05)
    inputs = one | {"first": np.array([0, 0, 0]), "stop": np.array([0, 2, 2]), "F": np.array([F, F, F])}
    net = profile_at(**inputs, price=GRID[:5], first_price=np.array([0, 2, 5, 5]), power=1.0)
    assert net[:2].tolist() == [0.0, 0.0]
    assert net[2:].tolist() == tabulated(one, GRID[2:5]).tolist()
