"""Strikes of several futures on the axis of the front's: as the slow twin says, and whatever the units of another future are."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gex_assets.analytics.strike_axis import StrikeAxis, strike_axis
from gex_assets_tests.twins import strike_axis as twin

H, M, U = range(3)
Window = Sequence[twin.Row]


def axis_of(windows: Sequence[Window], *, front: Sequence[int], front_forward: Sequence[float | None]) -> StrikeAxis | None:
    rows = [row for window in windows for row in window]
    return strike_axis(
        first=np.cumsum([0, *(len(window) for window in windows)]),
        strike=np.array([strike for strike, _, _ in rows], dtype=np.float64),
        forward=np.array([np.nan if forward is None else forward for _, forward, _ in rows], dtype=np.float64),
        future=np.array([future for _, _, future in rows], dtype=np.int64),
        front=np.array(front),
        front_forward=np.array([np.nan if price is None else price for price in front_forward]),
    )


def places_of(axis: StrikeAxis) -> list[twin.Place | None]:
    """Of each row: price, strike and future at its place."""
    table = list(zip(axis.price.tolist(), axis.strike.tolist(), axis.future.tolist(), strict=True))
    return [None if at < 0 else table[at] for at in axis.place.tolist()]


def one_window(*rows: twin.Row, front_forward: float | None = 6900.0) -> list[twin.Place | None]:
    axis = axis_of([rows], front=[H], front_forward=[front_forward])
    assert axis is not None
    return places_of(axis)


def test_a_strike_of_june_stands_where_march_is_when_june_is_there() -> None:
    """Carry of 50 points: the strike of 7,050 on June is 7,000 of March and a bit."""
    found = one_window((7000.0, 6900.0, H), (7050.0, 6950.0, M))
    assert found == [(7000.0, 7000.0, H), (7050.0 * (6900.0 / 6950.0), 7050.0, M)]
    assert found[1] is not None
    assert found[1][0] == pytest.approx(6999.28, abs=0.01)


def test_strikes_of_the_fronts_future_alone_stand_at_themselves() -> None:
    """Other expirations of the front's future too, whatever their own forwards are; and each window has its own front."""
    rows = [[(7000.0, 6900.0, H), (7000.0, 6903.0, H)], [(7000.0, 6950.0, M)], []]
    assert axis_of(rows, front=[H, M, H], front_forward=[6900.0, 6950.0, None]) is None


def test_expirations_of_one_future_stand_together() -> None:
    """Two parity forwards of one future differ by noise: the first counts, and the strikes add up."""
    first, second, own = one_window((7050.0, 6950.0, M), (7050.0, 6950.2, M), (6900.0, 6900.0, H))
    assert first == second == (7050.0 * (6900.0 / 6950.0), 7050.0, M)
    assert own == (6900.0, 6900.0, H)


def test_an_expiration_without_a_forward_takes_that_of_the_next_on_its_future() -> None:
    first, second = one_window((7050.0, None, M), (7100.0, 6950.0, M))
    assert first == (7050.0 * (6900.0 / 6950.0), 7050.0, M)
    assert second == (7100.0 * (6900.0 / 6950.0), 7100.0, M)


def test_without_a_forward_there_is_no_place() -> None:
    rows: Window = ((7000.0, None, H), (7050.0, 6950.0, M), (7150.0, None, U))
    assert one_window(*rows)[2] is None
    assert one_window(*rows, front_forward=None) == [(7000.0, 7000.0, H), None, None]


def test_an_unknown_future_has_no_place() -> None:
    rows: Window = ((7000.0, 6900.0, H), (7050.0, 6950.0, -1), (7050.0, 6950.0, M))
    assert [one is None for one in one_window(*rows)] == [False, True, False]
    assert one_window(*rows[:2], front_forward=6950.0)[1] is None


def test_without_carry_strikes_of_two_futures_are_one_and_it_is_the_fronts() -> None:
    assert set(one_window((7000.0, 6900.0, M), (7000.0, 6900.0, H), (7000.0, 6900.0, U))) == {(7000.0, 7000.0, H)}
    assert set(one_window((7000.0, 6900.0, U), (7000.0, 6900.0, M))) == {(7000.0, 7000.0, U)}


def test_what_stands_at_a_price_is_found_window_by_window() -> None:
    windows = [[(7050.0, 6950.0, M), (7000.0, 6900.0, H)], [(7050.0, 6960.0, M)], []]
    axis = axis_of(windows, front=[H, H, H], front_forward=[6900.0, 6900.0, 6900.0])
    assert axis is not None
    strike, future = axis.find(np.array([7050.0 * (6900.0 / 6950.0), 7050.0 * (6900.0 / 6960.0), np.nan]))
    np.testing.assert_array_equal(strike, [7050.0, 7050.0, np.nan])
    assert future.tolist() == [M, M, -1]
    strike, future = axis.find(np.array([7000.0, np.nan, np.nan]))
    np.testing.assert_array_equal(strike, [7000.0, np.nan, np.nan])
    assert future.tolist() == [H, -1, -1]


FORWARDS = st.floats(50.0, 200.0)
ROWS = st.lists(
    st.tuples(st.integers(1, 60).map(lambda n: 5.0 * n), st.none() | FORWARDS, st.sampled_from([H, M, U])), max_size=20
)
WINDOWS = st.lists(st.tuples(ROWS, st.sampled_from([H, M]), st.none() | FORWARDS), min_size=1, max_size=4)


@settings(max_examples=200, deadline=None)
@given(WINDOWS)
def test_the_axis_is_that_of_the_slow_twin(windows: list[tuple[list[twin.Row], int, float | None]]) -> None:
    axis = axis_of(
        [rows for rows, _, _ in windows], front=[front for _, front, _ in windows], front_forward=[price for *_, price in windows]
    )
    expected = [one for rows, front, price in windows for one in twin.places(rows, front=front, front_forward=price)]
    if axis is None:
        assert all(future == front for rows, front, _ in windows for _, _, future in rows)
        return
    assert [None if one is None else one[1:] for one in places_of(axis)] == [None if one is None else one[1:] for one in expected]
    for one, other in zip(places_of(axis), expected, strict=True):
        assert one is None or other is None or one[0] == pytest.approx(other[0], rel=1e-9)
    for start, stop in zip(axis.first[:-1], axis.first[1:], strict=True):
        assert (np.diff(axis.price[start:stop]) > 0.0).all()


@settings(max_examples=200, deadline=None)
@given(ROWS, FORWARDS, st.integers(-3, 3).map(lambda power: 2.0**power))
def test_the_units_of_another_future_do_not_matter(rows: list[twin.Row], front_forward: float, factor: float) -> None:
    """All strikes of one future and its forward scaled together: the same axis, but for the strikes' names.

    By powers of two, which round nothing: where strikes of two futures share a place, the last digit decides whose name it has.
    """
    scaled = [
        (strike * factor, None if forward is None else forward * factor, future) if future == M else (strike, forward, future)
        for strike, forward, future in rows
    ]
    found = [axis_of([one], front=[H], front_forward=[front_forward]) for one in (rows, scaled)]
    if found[0] is None or found[1] is None:
        assert found == [None, None]
        return
    one, other = found
    np.testing.assert_array_equal(one.place, other.place)
    np.testing.assert_allclose(other.price, one.price, rtol=1e-9)
    np.testing.assert_array_equal(other.future, one.future)
    np.testing.assert_allclose(other.strike, np.where(one.future == M, one.strike * factor, one.strike), rtol=1e-12)
