from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gex_assets.kernels.exposure import nearest_root
from gex_assets.kernels.exposure.nearest_root import nearest_roots
from gex_assets.kernels.exposure.profile_sum import MONEYNESS, NEGLIGIBLE, STRIKE, net_exposure, weighted_rows
from gex_assets_tests.kernels.exposure.made_up_profiles import F, chains, found
from gex_assets_tests.twins import gamma_profile as twin

ROWS = ("moneyness", "total_vol", "coefficient")


def judged(y: float, inputs: dict[str, Any], smile: np.ndarray, *, floor: float, stickiness: int) -> tuple[float, float]:
    """What the search takes the profile for after a shift of e^y, and the exact sum."""
    m, s, b = (inputs[name] for name in ("moneyness", "total_vol", "coefficient"))
    work = np.empty((4, m.size))
    count = weighted_rows(0, m.size, m, s, b, work)
    exact = net_exposure(y, 0, m.size, smile, m, s, b, stickiness)
    return nearest_root._signed(y, floor, count, work, 0, m.size, smile, m, s, b, stickiness), exact


@settings(max_examples=150, deadline=None)
@given(chains(), st.floats(-0.2, 0.18), st.sampled_from([STRIKE, MONEYNESS]), st.floats(0.0, 2.0))
def test_sign_and_significance_are_those_of_the_exact_sum(
    chain: tuple[np.ndarray, ...], y: float, stickiness: int, share: float
) -> None:
    strikes, weights, vols, forwards = chain
    _, inputs = found(strikes, weights, vols, forward=forwards)
    smile = (strikes > strikes[strikes.size // 2]).astype(np.int64)
    _, exact = judged(y, inputs, smile, floor=0.0, stickiness=stickiness)
    floor = share * abs(exact)
    value, _ = judged(y, inputs, smile, floor=floor, stickiness=stickiness)
    assert (value > 0.0) == (exact > 0.0)
    assert (abs(value) > floor) == (abs(exact) > floor)
    assert value == pytest.approx(exact, rel=1e-6, abs=1e-9 * np.abs(inputs["coefficient"] / inputs["total_vol"]).max())


def test_where_the_sign_is_in_doubt_the_exact_sum_speaks() -> None:
    strikes = np.arange(6_000.0, 7_801.0, 25.0)
    weights = np.where(strikes > 6_950, 90.0, -35.0)
    vols = 0.05 - 0.15 * np.log(strikes / F)
    roots, inputs = found(strikes, weights, vols)
    smile = np.zeros(strikes.size, dtype=np.int64)
    at_root = float(np.log(roots.nearest[0] / F))
    assert judged(at_root, inputs, smile, floor=0.0, stickiness=STRIKE) == (pytest.approx(0.0, abs=1e3),) * 2
    for y in np.nextafter(at_root, [-1.0, 1.0]):
        value, exact = judged(float(y), inputs, smile, floor=0.0, stickiness=STRIKE)
        assert value == exact
    # as much in doubt: whether it is above a floor that it equals
    _, exact = judged(0.01, inputs, smile, floor=0.0, stickiness=MONEYNESS)
    assert judged(0.01, inputs, smile, floor=abs(exact), stickiness=MONEYNESS)[0] == exact


def test_scopes_share_rows_and_windows_without_rows_have_no_root() -> None:
    strikes = np.tile(np.arange(6_000.0, 7_801.0, 50.0), 2)
    smile = np.repeat([0, 1], strikes.size // 2)
    weights = np.where(strikes > np.where(smile == 0, 6_950, 6_800), 90.0, -60.0)
    roots, inputs = found(strikes, weights, np.where(smile == 0, 0.02, 0.07))
    half, end = strikes.size // 2, strikes.size
    inputs |= {"first": np.array([0, 0, half, half]), "stop": np.array([end, half, end, half]), "F": np.full(4, F)}
    together = nearest_roots(**inputs, smile=smile, peak=np.full(4, roots.peak[0]), sticky_moneyness=True)
    for window, (first, stop) in enumerate([(0, end), (0, half), (half, end)]):
        alone = {name: inputs[name][first:stop] for name in ("moneyness", "total_vol", "coefficient")}
        again = nearest_roots(
            **alone,
            first=np.array([0]),
            stop=np.array([stop - first]),
            smile=smile[first:stop],
            F=np.array([F]),
            peak=roots.peak,
            sticky_moneyness=True,
        )
        assert together[window] == again[0]
    assert len(set(together[:3].tolist())) == 3
    assert np.isnan(together[3])


@settings(max_examples=60, deadline=None)
@given(chains())
def test_searching_outwards_finds_the_nearest_of_all_roots(chain: tuple[np.ndarray, ...]) -> None:
    strikes, weights, vols, forwards = chain
    roots, inputs = found(strikes, weights, vols, forward=forwards)
    smile = np.zeros(strikes.size, dtype=np.int64)
    outwards = nearest_roots(**inputs, smile=smile, peak=roots.peak, sticky_moneyness=False)
    if roots.price.size and np.diff(roots.price, prepend=-np.inf).min() > 50:
        assert outwards[0] == pytest.approx(roots.nearest[0], abs=1e-6)
    elif not roots.price.size:
        assert np.isnan(outwards[0])


def test_with_sticky_moneyness_the_smile_moves_along() -> None:
    strikes = np.arange(6_000.0, 7_801.0, 25.0)
    vols = 0.05 - 0.15 * np.log(strikes / F) + 0.4 * np.log(strikes / F) ** 2
    weights = np.where(strikes > 6_950, 90.0, -35.0)
    roots, inputs = found(strikes, weights, vols)
    smile = np.zeros(strikes.size, dtype=np.int64)
    moved = nearest_roots(**inputs, smile=smile, peak=roots.peak, sticky_moneyness=True)
    twins = twin.roots(
        lambda price: twin.net_exposure_sticky_moneyness(
            price, reference=F, forward=np.full(strikes.size, F), strike=strikes, total_vol=vols, signed_weight=weights
        ),
        reference=F,
        points=801,
    )
    assert moved[0] == pytest.approx(min(twins, key=lambda root: abs(root - F)), abs=1e-6)
    assert 1.0 < abs(moved[0] - roots.nearest[0]) < 60.0


def test_with_a_flat_smile_both_ends_of_stickiness_agree() -> None:
    strikes = np.tile(np.arange(6_000.0, 7_801.0, 50.0), 2)
    smile = np.repeat([0, 1], strikes.size // 2)
    weights = np.where(strikes > 6_950, 90.0, -60.0)
    roots, inputs = found(strikes, weights, np.where(smile == 0, 0.02, 0.07))
    for sticky_moneyness in (False, True):
        again = nearest_roots(**inputs, smile=smile, peak=roots.peak, sticky_moneyness=sticky_moneyness)
        assert again[0] == pytest.approx(roots.nearest[0], abs=1e-8)


def test_outwards_from_a_price_where_nothing_is_left() -> None:
    roots, inputs = found([6_700.0, 7_000.0], [-100.0, 100.0], 0.0005)
    smile = np.zeros(2, dtype=np.int64)
    outwards = nearest_roots(**inputs, smile=smile, peak=roots.peak, sticky_moneyness=False)
    assert 6_700 < outwards[0] < 7_000


@pytest.mark.parametrize("sticky_moneyness", [False, True])
@pytest.mark.parametrize(
    ("strikes", "weights"),
    [([7_000.0, 7_100.0], [100.0, -100.0]), ([6_700.0, 6_800.0], [100.0, -100.0]), ([6_600.0, 7_000.0], [-90.0, 100.0])],
)
def test_a_profile_negligible_at_the_price_is_searched_on_either_side(
    strikes: list[float], weights: list[float], sticky_moneyness: bool
) -> None:
    roots, inputs = found(strikes, weights, 0.0005)
    exact = net_exposure(0.0, 0, 2, np.zeros(2, dtype=np.int64), *(inputs[name] for name in ROWS), STRIKE)
    assert abs(exact) < NEGLIGIBLE * roots.peak[0]
    outwards = nearest_roots(**inputs, smile=np.zeros(2, dtype=np.int64), peak=roots.peak, sticky_moneyness=sticky_moneyness)
    assert strikes[0] < outwards[0] < strikes[1]
    assert roots.price.size == 1


def test_a_profile_of_one_sign_that_is_negligible_at_the_price_has_no_root() -> None:
    roots, inputs = found([6_700.0, 7_000.0], [100.0, 100.0], 0.0005)
    outwards = nearest_roots(**inputs, smile=np.zeros(2, dtype=np.int64), peak=roots.peak, sticky_moneyness=False)
    assert roots.price.size == 0
    assert np.isnan(outwards[0])


def test_a_peak_of_zero_has_no_root_even_with_weights() -> None:
    # bells narrower than any step that lie outside of the range leave nothing on the grid
    roots, inputs = found([9_000.0, 9_100.0], [100.0, -100.0], 0.0005)
    assert roots.peak[0] == 0.0
    assert np.isnan(nearest_roots(**inputs, smile=np.zeros(2, dtype=np.int64), peak=roots.peak, sticky_moneyness=False)[0])
    _, inside = found([6_850.0, 6_950.0], [100.0, -100.0], 0.05)
    assert np.isnan(nearest_roots(**inside, smile=np.zeros(2, dtype=np.int64), peak=np.zeros(1), sticky_moneyness=False)[0])


def test_of_roots_on_both_sides_the_nearer_is_found() -> None:
    for shift, nearer in ((-30.0, 0), (30.0, 1)):
        strikes = np.array([6_800.0, 6_900.0, 7_000.0]) + shift
        roots, inputs = found(strikes, [-150.0, 100.0, -150.0], 0.006)
        assert roots.price.size == 2
        outwards = nearest_roots(**inputs, smile=np.zeros(3, dtype=np.int64), peak=roots.peak, sticky_moneyness=False)
        assert outwards[0] == pytest.approx(roots.price[1 - nearer], abs=1e-6)
        assert roots.nearest[0] == roots.price[1 - nearer]
