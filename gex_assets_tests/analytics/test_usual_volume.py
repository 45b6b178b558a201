"""What usually trades in five minutes of an hour, by hand and against a plain walk."""

from __future__ import annotations

import statistics
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gex_assets.analytics.usual_volume import TradedHour, UsualVolume, share_of_usual, usual_volumes

MONDAY = date(2026, 1, 5)
HOUR = 720
"""Windows of an hour."""


def hour(days: int, at: int, contracts: int, *, symbol: str = "ESH6", windows: int = HOUR) -> TradedHour:
    return TradedHour(MONDAY + timedelta(days=days), at, symbol, contracts, windows)


def test_it_is_the_median_over_sessions_of_the_mean_five_minutes() -> None:
    found = usual_volumes([hour(0, 9, 12_000), hour(1, 9, 24_000), hour(2, 9, 120_000), hour(2, 14, 36_000)])
    assert found == {9: UsualVolume(2_000.0, 3), 14: UsualVolume(3_000.0, 1)}


def test_parts_of_an_hour_are_one_hour_and_half_of_it_is_the_least() -> None:
    parts = [hour(0, 18, 600, windows=200), hour(0, 18, 1_200, windows=160)]
    assert usual_volumes(parts) == {18: UsualVolume(1_800 * 60 / 360, 1)}
    assert usual_volumes([hour(0, 18, 600, windows=359)]) == {}


def test_the_future_that_trades_most_in_a_session_counts_alone() -> None:
    rolled = [hour(0, 9, 12_000), hour(0, 9, 600, symbol="ESM6"), hour(1, 9, 240), hour(1, 9, 36_000, symbol="ESM6")]
    assert usual_volumes(rolled) == {9: UsualVolume(2_000.0, 2)}


def test_only_the_latest_sessions_count() -> None:
    traded = [hour(days, 9, 12_000 * (days + 1)) for days in range(5)]
    assert usual_volumes(traded, last=2) == {9: UsualVolume(4_500.0, 2)}
    assert usual_volumes([]) == {}


hours = st.builds(
    hour,
    st.integers(0, 4),
    st.sampled_from([8, 9, 17]),
    st.integers(0, 9_999),
    symbol=st.sampled_from(["ESH6", "ESM6"]),
    windows=st.sampled_from([100, 360, 720]),
)


@given(st.lists(hours, max_size=14), st.integers(1, 4))
@settings(max_examples=60, deadline=None)
def test_a_plain_walk_finds_the_same(traded: list[TradedHour], last: int) -> None:
    expected = {}
    for at in (8, 9, 17):
        means = []
        for session in sorted({one.session_date for one in traded})[-last:]:
            of = [one for one in traded if one.session_date == session]
            front = max({one.symbol for one in of}, key=lambda name: (sum(o.contracts for o in of if o.symbol == name), name))
            mine = [one for one in of if (one.symbol, one.hour) == (front, at)]
            windows = sum(one.windows for one in mine)
            if windows >= 360:
                means.append(sum(one.contracts for one in mine) * 60 / windows)
        if means:
            expected[at] = UsualVolume(statistics.median(means), len(means))
    assert usual_volumes(traded, last=last) == expected


@pytest.mark.parametrize(
    ("contracts", "usual", "expected"),
    [
        (-1_500.0, UsualVolume(6_000.0, 20), 0.25),
        (0.0, UsualVolume(6_000.0, 20), 0.0),
        (None, UsualVolume(6_000.0, 20), None),
        (10.0, None, None),
        (10.0, UsualVolume(0.0, 3), None),
    ],
)
def test_a_share_is_of_the_size_and_none_of_nothing(
    contracts: float | None, usual: UsualVolume | None, expected: float | None
) -> None:
    assert share_of_usual(contracts, usual) == expected
