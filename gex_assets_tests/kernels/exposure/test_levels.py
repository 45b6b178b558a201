from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gex_assets.kernels.exposure.levels import StrikeLevels, strike_levels
from gex_assets_tests.twins import levels as twin


def levels_of(windows: Sequence[Sequence[twin.Row]], *, F: float | None, by_net: bool) -> StrikeLevels:
    rows = [row for window in windows for row in window]
    known = sorted({row[0] for row in rows if row[0] is not None})
    strikes = np.array(known, dtype=np.float64)
    ends = np.cumsum([0, *(len(window) for window in windows)])
    column = lambda at: np.array([np.nan if row[at] is None else row[at] for row in rows], dtype=np.float64)  # noqa: E731
    return strike_levels(
        first=ends[:-1],
        stop=ends[1:],
        strikes=strikes,
        place=np.array([-1 if row[0] is None else known.index(row[0]) for row in rows], dtype=np.int64),
        call_magnitude=column(1),
        put_magnitude=column(2),
        call_sign=column(3),
        put_sign=column(4),
        F=np.full(len(windows), np.nan if F is None else F),
        by_net=by_net,
        secondary_share=0.7,
        highest=5,
    )


def test_hand_computed_walls_by_net() -> None:
    rows = [
        (90.0, 1.0, 9.0, 1, -1),
        (95.0, 2.0, 8.0, 1, -1),
        (100.0, 50.0, 10.0, 1, -1),
        (105.0, 7.0, 2.0, 1, -1),
        (110.0, 30.0, 26.0, 1, -1),
    ]
    found = levels_of([rows], F=100.0, by_net=True)
    assert found.net[0] == 35.0
    assert (found.call[0], found.put[0], found.gross[0]) == (90.0, -55.0, 145.0)
    # the call at 100 is not above F, and at 110 calls and puts nearly cancel
    assert (found.call_wall[0], found.call_wall_exposure[0], found.call_wall_share[0]) == (105.0, 5.0, 5.0 / 9.0)
    assert found.secondary_call_wall[0] == 110.0
    assert (found.put_wall[0], found.put_wall_exposure[0]) == (90.0, -8.0)
    assert found.put_wall_share[0] == pytest.approx(8.0 / 14.0)
    assert found.secondary_put_wall[0] == 95.0
    assert found.abs_gamma_strike[0] == 100.0
    assert found.high_gamma_strikes[0].tolist() == [100.0, 90.0, 95.0, 105.0, 110.0]
    # -6 at 95, +40 at 100
    assert found.crossing[0] == pytest.approx(95.0 + 5.0 * 6.0 / 46.0)


def test_walls_by_magnitude_ignore_the_signs() -> None:
    rows = [(95.0, 90.0, 8.0, -1, 1), (100.0, 1.0, 9.0, -1, 1), (105.0, 7.0, 99.0, -1, 1), (110.0, 30.0, 26.0, -1, 1)]
    found = levels_of([rows], F=100.0, by_net=False)
    assert (found.call_wall[0], found.call_wall_exposure[0]) == (110.0, 30.0)
    assert (found.put_wall[0], found.put_wall_exposure[0]) == (100.0, 9.0)
    assert found.secondary_put_wall[0] == 95.0
    assert np.isnan(found.secondary_call_wall[0])


def test_a_tie_goes_to_the_strike_nearest_the_price() -> None:
    rows = [(90.0, 0.0, 5.0, 1, -1), (95.0, 0.0, 5.0, 1, -1), (110.0, 5.0, 0.0, 1, -1), (105.0, 0.5 * 10, 0.0, 1, -1)]
    found = levels_of([rows], F=100.0, by_net=True)
    assert (found.call_wall[0], found.secondary_call_wall[0]) == (105.0, 110.0)
    assert (found.put_wall[0], found.secondary_put_wall[0]) == (95.0, 90.0)


def test_a_tie_made_by_rounding_is_a_tie() -> None:
    rows = [(105.0, 0.1, None, 1, -1), (105.0, 0.2, None, 1, -1), (110.0, 0.3, None, 1, -1)]
    assert 0.1 + 0.2 > 0.3
    assert levels_of([rows], F=106.0, by_net=False).call_wall[0] == 110.0
    assert levels_of([rows], F=100.0, by_net=False).call_wall[0] == 105.0


def test_a_net_of_rounding_is_zero() -> None:
    """0.1 + 0.2 of calls and 0.3 of puts differ by 6e-17: no sign at the strike, no crossing to the next, no net."""
    rows = [(95.0, 0.1, 0.3, 1, -1), (95.0, 0.2, None, 1, -1), (105.0, 0.3, 0.1, 1, -1), (105.0, None, 0.2, 1, -1)]
    found = levels_of([rows], F=100.0, by_net=True)
    assert found.net[0] == 0.0
    assert found.crossings.size == 0
    assert np.isnan(found.high_gamma_strikes).all()
    small = levels_of([[(95.0, 1.0, 1.0 + 1e-9, 1, -1), (105.0, 1.0 + 1e-9, 1.0, 1, -1)]], F=100.0, by_net=True)
    assert small.crossings.tolist() == pytest.approx([100.0]), "small is not nothing"


def test_the_largest_gamma_and_its_ties_go_by_call_and_put_together() -> None:
    rows = [(95.0, 1.0, 6.0, 1, -1), (100.0, 5.0, 1.0, 1, -1), (110.0, 3.5, 3.5, 1, 1)]
    assert levels_of([rows], F=96.0, by_net=True).abs_gamma_strike[0] == 95.0
    assert levels_of([rows], F=108.0, by_net=True).abs_gamma_strike[0] == 110.0
    # nearest 0 without a price
    assert levels_of([rows], F=None, by_net=True).abs_gamma_strike[0] == 95.0


def test_of_crossings_equally_near_the_lower_counts() -> None:
    rows = [(100.0, 1.0, 0.0, 1, -1), (110.0, 0.0, 1.0, 1, -1), (120.0, 1.0, 0.0, 1, -1)]
    found = levels_of([rows], F=110.0, by_net=True)
    assert found.crossings.tolist() == [105.0, 115.0]
    assert found.crossing[0] == 105.0


def test_there_is_no_wall_on_an_empty_or_wrong_side() -> None:
    below_only = levels_of([[(90.0, 5.0, 1.0, 1, -1), (95.0, 9.0, 0.0, 1, -1)]], F=100.0, by_net=True)
    assert np.isnan(below_only.call_wall[0])
    assert np.isnan(below_only.call_wall_exposure[0])
    assert np.isnan(below_only.call_wall_share[0])
    assert np.isnan(below_only.put_wall[0])


def test_zero_is_a_value_and_missing_is_not_zero() -> None:
    zero = levels_of([[(100.0, 0.0, 0.0, 1, -1)]], F=100.0, by_net=True)
    assert (zero.net[0], zero.gross[0], zero.strikes[0]) == (0.0, 0.0, 1)
    assert np.isnan(zero.abs_gamma_strike[0])
    missing = levels_of([[(100.0, None, None, 1, -1)]], F=100.0, by_net=True)
    assert np.isnan(missing.net[0])
    assert np.isnan(missing.gross[0])
    assert missing.strikes[0] == 0
    half = levels_of([[(100.0, 3.0, None, 1, -1)]], F=100.0, by_net=True)
    assert (half.net[0], half.call[0]) == (3.0, 3.0)
    assert np.isnan(half.put[0])


def test_without_a_price_there_are_totals_but_no_levels() -> None:
    found = levels_of([[(95.0, 1.0, 3.0, 1, -1), (105.0, 4.0, 1.0, 1, -1)]], F=None, by_net=True)
    assert found.net[0] == 1.0
    assert found.crossings.size == 0
    assert all(np.isnan(getattr(found, name)[0]) for name in ("call_wall", "put_wall", "crossing"))


def test_expirations_accumulate_at_a_strike() -> None:
    rows = [(105.0, 2.0, 1.0, 1, -1), (110.0, 3.0, 0.0, 1, -1), (105.0, 4.0, 1.0, 1, -1)]
    found = levels_of([rows], F=100.0, by_net=True)
    assert (found.strikes[0], found.call_wall[0], found.call_wall_exposure[0]) == (2, 105.0, 4.0)


def test_a_strike_without_a_place_counts_in_the_totals_alone() -> None:
    placed: list[twin.Row] = [(95.0, 1.0, 3.0, 1, -1), (105.0, 4.0, 1.0, 1, -1)]
    alone, beside = (
        levels_of([placed], F=100.0, by_net=True),
        levels_of([[*placed, (None, 90.0, 7.0, 1, -1)]], F=100.0, by_net=True),
    )
    assert (beside.net[0], beside.call[0], beside.put[0], beside.gross[0]) == (84.0, 95.0, -11.0, 106.0)
    for name in ("strikes", "call_wall", "put_wall", "call_wall_share", "abs_gamma_strike", "crossing", "high_gamma_strikes"):
        np.testing.assert_array_equal(getattr(beside, name), getattr(alone, name), name)
    nowhere = levels_of([[(None, 90.0, 7.0, 1, -1)]], F=100.0, by_net=True)
    assert (nowhere.net[0], nowhere.strikes[0], np.isnan(nowhere.call_wall[0])) == (83.0, 0, True)


@pytest.mark.parametrize(
    ("nets", "crossings"),
    [
        ([3.0, -1.0], [100.0 + 10 * 0.75]),
        ([1.0, 0.0, -1.0], [110.0]),
        ([1.0, 0.0, 1.0], []),
        ([0.0, 1.0, 0.0], []),
        ([0.0, 0.0], []),
        ([-1.0, 0.0, 0.0, 0.0, 2.0], [115.0]),
        ([-1.0, None, 1.0], [110.0]),
        ([1.0, -1.0, 3.0], [105.0, 112.5]),
    ],
)
def test_crossings_between_strikes(nets: list[float | None], crossings: list[float]) -> None:
    rows: list[twin.Row] = [
        (100.0 + 10.0 * i, net and abs(net), None, -1 if (net or 0) < 0 else 1, 1) for i, net in enumerate(nets)
    ]
    found = levels_of([rows], F=115.0, by_net=True)
    assert found.crossings.tolist() == pytest.approx(crossings)
    if crossings:
        assert found.crossing[0] == pytest.approx(min(crossings, key=lambda price: abs(price - 115.0)))
    else:
        assert np.isnan(found.crossing[0])


ROWS = st.lists(
    st.tuples(
        st.integers(0, 30).map(lambda n: 5.0 * n if n else None),
        st.none() | st.integers(0, 8).map(float),
        st.none() | st.integers(0, 8).map(float),
        st.sampled_from([-1, 0, 1]),
        st.sampled_from([-1, 0, 1]),
    ),
    max_size=40,
)


@settings(max_examples=200, deadline=None)
@given(st.lists(ROWS, min_size=1, max_size=3), st.none() | st.floats(1.0, 160.0), st.booleans())
def test_levels_are_those_of_the_slow_twin(windows: list[list[twin.Row]], F: float | None, by_net: bool) -> None:
    found = levels_of(windows, F=F, by_net=by_net)
    for w, rows in enumerate(windows):
        expected = twin.levels(rows, F=F, by_net=by_net)
        assert found.strikes[w] == expected.strikes
        for name in ("net", "call", "put", "gross", "call_wall", "put_wall", "secondary_call_wall", "secondary_put_wall"):
            value = getattr(found, name)[w]
            assert (None if np.isnan(value) else value) == getattr(expected, name), name
        here = found.crossings[found.first_crossing[w] : found.first_crossing[w + 1]]
        assert here.tolist() == pytest.approx(expected.crossings)
        high = found.high_gamma_strikes[w]
        assert high[~np.isnan(high)].tolist() == expected.highest


@settings(max_examples=100, deadline=None)
@given(ROWS, st.floats(1.0, 160.0), st.booleans())
def test_walls_stand_on_their_side_of_the_price(rows: list[twin.Row], F: float, by_net: bool) -> None:
    found = levels_of([rows], F=F, by_net=by_net)
    for name in ("call_wall", "secondary_call_wall"):
        assert np.isnan(getattr(found, name)[0]) or getattr(found, name)[0] > F
    for name in ("put_wall", "secondary_put_wall"):
        assert np.isnan(getattr(found, name)[0]) or getattr(found, name)[0] <= F
