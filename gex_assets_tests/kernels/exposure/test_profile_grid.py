from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings

from gex_assets.kernels.exposure.profile_grid import profile_at
from gex_assets.kernels.exposure.profile_sum import STRIKE, net_exposure
from gex_assets_tests.kernels.exposure.made_up_profiles import F, chains, found
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
    gross = np.array([twin.net_exposure(price, **own, signed_weight=np.abs(weights)) for price in GRID])
    # An exponential loses digits with its argument: dozens of deviations away it is compared with the peak.
    assert np.all(np.abs(tabulated(inputs) - slow) <= 1e-12 * gross + 1e-18 * gross.max())


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


def test_next_to_a_root_the_sum_is_the_exact_one() -> None:
    strikes = np.arange(6_000.0, 7_801.0, 25.0)
    roots, inputs = found(strikes, np.where(strikes > 6_877.0, 91.0, -113.0), 0.03)
    near = roots.nearest[0] * (1.0 + np.arange(-40, 41) * 1e-13)
    rows = (0, strikes.size, np.empty(0, dtype=np.int64), inputs["moneyness"], inputs["total_vol"], inputs["coefficient"], STRIKE)
    exact = [net_exposure(float(np.log(price / F)), *rows) for price in near]
    assert tabulated(inputs, near, power=0.0).tolist() == exact


def test_windows_without_rows_and_without_prices_are_left_out() -> None:
    _, one = found([6_800.0, 7_000.0], [-100.0, 100.0], 0.05)
    inputs = one | {"first": np.array([0, 0, 0]), "stop": np.array([0, 2, 2]), "F": np.array([F, F, F])}
    net = profile_at(**inputs, price=GRID[:5], first_price=np.array([0, 2, 5, 5]), power=1.0)
    assert net[:2].tolist() == [0.0, 0.0]
    assert net[2:].tolist() == tabulated(one, GRID[2:5]).tolist()
