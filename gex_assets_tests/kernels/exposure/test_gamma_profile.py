from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gex_assets.kernels.exposure.gamma_profile import profile_coefficient, profile_roots
from gex_assets_tests.kernels.exposure.made_up_profiles import F, chains, found
from gex_assets_tests.twins import gamma_profile as twin


def expected(strike: Any, signed_weight: Any, total_vol: Any, *, forward: Any = F, reference: float = F) -> list[float]:
    arrays = np.broadcast_arrays(
        *(np.asarray(values, dtype=np.float64) for values in (forward, strike, total_vol, signed_weight))
    )
    names = ("forward", "strike", "total_vol", "signed_weight")
    return twin.roots(
        lambda price: twin.net_exposure(price, reference=reference, **dict(zip(names, arrays, strict=True))), reference=reference
    )


def test_one_call_and_one_put_strike_of_equal_weight_cancel_between_them() -> None:
    roots, _ = found([6_800.0, 7_000.0], [-100.0, 100.0], 0.05)
    # equal bells at d = 0 of either strike: their middle in ln(K), moved by s²/2
    assert roots.price == pytest.approx([np.sqrt(6_800 * 7_000) * np.exp(-(0.05**2) / 2)], rel=1e-12)
    assert roots.nearest[0] == roots.price[0]


def test_the_whole_chain_long_has_no_zero_gamma() -> None:
    roots, _ = found(np.arange(6_000, 8_000, 25), 10.0, 0.04)
    assert roots.price.size == 0
    assert np.isnan(roots.nearest[0])
    assert roots.peak[0] > 0


def test_rows_that_cancel_leave_no_roots_of_rounding() -> None:
    strikes, weights = np.array([6_800.0, 6_900.0, 7_000.0]), np.array([1_000.3, 2_000.7, 777.1])
    twice = np.concatenate([strikes, strikes[::-1], strikes]), np.concatenate([weights, -0.9 * weights[::-1], -0.1 * weights])
    assert found(*twice, 0.05)[0].price.size == 0
    small = np.concatenate([weights, -weights[::-1] * (1.0 + np.array([1e-6, 0.0, -1e-6]))])
    roots, _ = found(np.concatenate([strikes, strikes[::-1]]), small, 0.05)
    assert roots.price.size > 0, "small is not nothing"


def test_a_chain_without_weight_or_price_has_no_roots() -> None:
    assert found([6_800.0, 7_000.0], 0.0, 0.05)[0].price.size == 0
    assert found([6_800.0, 7_000.0], [-1.0, 1.0], 0.05, reference=np.nan)[0].price.size == 0
    assert found([], [], [])[0].price.size == 0


def test_every_root_of_a_chain_with_many_is_found_and_the_nearest_is_used() -> None:
    strikes = np.array([6_300.0, 6_500.0, 6_700.0, 6_880.0, 7_150.0, 7_400.0, 7_600.0])
    weights = np.array([-50.0, 80.0, -120.0, 60.0, -90.0, 130.0, -20.0])
    roots, _ = found(strikes, weights, 0.012)
    twins = expected(strikes, weights, 0.012)
    assert len(twins) == 6
    assert roots.price == pytest.approx(twins, abs=1e-6)
    assert roots.nearest[0] == pytest.approx(min(twins, key=lambda root: abs(root - F)), abs=1e-6)
    assert list(roots.price) == sorted(roots.price)


@pytest.mark.parametrize("reference", [6_900.0, 6_901.7, 6_903.1, 6_905.9])
def test_two_roots_within_one_step_of_the_grid_are_found(reference: float) -> None:
    # a narrow short bell on a wide long one: the sum dips below zero over some five points near 6,900
    chain = {"strike": [6_900.0, 6_900.0], "signed_weight": [1_000.0, -1_000.0 * 0.04 / 0.2 * 0.99525], "total_vol": [0.2, 0.04]}
    twins = twin.roots(
        lambda price: twin.net_exposure(
            price, reference=reference, forward=np.full(2, reference), **{name: np.array(each) for name, each in chain.items()}
        ),
        reference=reference,
        points=30_001,
    )
    assert 2.0 < twins[1] - twins[0] < 8.0
    roots, _ = found(**chain, forward=reference, reference=reference)
    assert roots.price == pytest.approx(twins, abs=1e-4)


def test_minutes_before_expiration_the_grid_is_as_fine_as_the_bells() -> None:
    strikes = np.arange(6_850.0, 6_951.0, 5.0)
    weights = np.where(np.arange(strikes.size) % 2, 70.0, -100.0)
    roots, _ = found(strikes, weights, 0.0003)
    twins = expected(strikes, weights, 0.0003)
    assert len(twins) == strikes.size - 1
    assert roots.price == pytest.approx(twins, abs=1e-5)


def test_two_bells_far_apart_change_sign_in_the_void_between_them() -> None:
    roots, _ = found([6_800.0, 7_000.0], [-100.0, 100.0], 0.0002)
    assert roots.price.size == 1
    assert 6_800 < roots.price[0] < 7_000


def test_expirations_move_by_the_same_percentage() -> None:
    strikes, weights = [6_700.0, 7_050.0, 6_900.0], [-80.0, 60.0, 30.0]
    vols, forwards = [0.02, 0.02, 0.06], [6_890.0, 6_890.0, 6_955.0]
    roots, _ = found(strikes, weights, vols, forward=forwards, reference=6_892.0)
    assert roots.price == pytest.approx(expected(strikes, weights, vols, forward=forwards, reference=6_892.0), abs=1e-6)


def test_windows_are_independent_of_their_neighbours() -> None:
    _, one = found([6_800.0, 7_000.0], [-100.0, 100.0], 0.05)
    _, other = found([6_700.0, 6_900.0, 7_100.0], [-100.0, 150.0, -20.0], 0.02)
    both = {name: np.concatenate([one[name], other[name]]) for name in ("moneyness", "total_vol", "coefficient", "F")}
    together = profile_roots(first=np.array([0, 2]), stop=np.array([2, 5]), **both)
    alone = [profile_roots(**one), profile_roots(**other)]
    assert together.price.tolist() == [*alone[0].price, *alone[1].price]
    assert together.first.tolist() == [0, alone[0].price.size, alone[0].price.size + alone[1].price.size]
    assert together.nearest.tolist() == [alone[0].nearest[0], alone[1].nearest[0]]


@settings(max_examples=40, deadline=None)
@given(chains())
def test_roots_are_those_of_the_slow_twin(chain: tuple[np.ndarray, ...]) -> None:
    strikes, weights, vols, forwards = chain
    roots, _ = found(strikes, weights, vols, forward=forwards)
    twins = expected(strikes, weights, vols, forward=forwards)
    # a pair of roots closer than the twin's grid may be ours alone
    surplus = [root for root in roots.price if not any(abs(root - other) < 1e-3 for other in twins)]
    gaps = np.diff(roots.price)
    assert len(surplus) % 2 == 0
    assert not surplus or gaps.min() < 3.0
    for other in twins:
        assert np.abs(roots.price - other).min() < 1e-3


@settings(max_examples=60, deadline=None)
@given(chains(), st.sampled_from([1.0, 7.3, 1e6]))
def test_scaling_and_turning_all_weights_leaves_the_roots(chain: tuple[np.ndarray, ...], factor: float) -> None:
    strikes, weights, vols, forwards = chain
    roots, _ = found(strikes, weights, vols, forward=forwards)
    turned, _ = found(strikes, -factor * weights, vols, forward=forwards)
    assert turned.price == pytest.approx(roots.price, abs=1e-4)


def test_the_coefficient_is_gamma_times_exposure_per_gamma() -> None:
    a = profile_coefficient(signed_weight=np.array([3.0]), F=np.array([F]), T=np.array([0.1]), r=0.04, dollars=np.array([50.0]))
    s, strike = 0.05, 7_000.0
    d_plus = np.log(F / strike) / s + s / 2
    gamma = twin.gamma(F=np.array([F]), K=np.array([strike]), s=np.array([s]), discount=float(np.exp(-0.004)))
    assert a / s * np.exp(-(d_plus**2) / 2) == pytest.approx(3.0 * 50.0 * gamma, rel=1e-13)
