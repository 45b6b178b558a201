from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gex_assets.errors import SymbolError
from gex_assets.market.sessions import session_after, session_before, sessions
from gex_assets_tests.answers.market_facts import SESSIONS

HOUR = 3_600_000_000_000


def _ns(moment: str) -> int:
    return int(datetime.fromisoformat(moment + "+00:00").timestamp()) * 10**9


@pytest.mark.parametrize("day", SESSIONS)
def test_globex_trades_when_it_did(day: str) -> None:
    expected = [(_ns(start), _ns(end), date.fromisoformat(traded)) for start, end, traded in SESSIONS[day]]
    found = sessions(product="ES", day=date.fromisoformat(day))
    assert [(one.open_ns, one.close_ns, one.session_date) for one in found] == expected


@pytest.mark.parametrize(("weekday", "hours"), [(0, {23}), (1, {23}), (2, {23}), (3, {23}), (4, {21, 22}), (5, {0}), (6, {1, 2})])
def test_regular_days_have_the_hours_of_their_weekday(weekday: int, hours: set[int]) -> None:
    # Two regular weeks of winter and two of summer, and the weeks in which clocks change in Chicago
    weeks = [date(2026, 1, 5), date(2026, 2, 2), date(2026, 3, 9), date(2026, 7, 13), date(2026, 8, 3), date(2026, 11, 2)]
    found = {
        sum(one.close_ns - one.open_ns for one in sessions(product="ES", day=monday + timedelta(days=weekday))) // HOUR
        for monday in weeks
    }
    assert found == hours


@given(st.dates(date(2017, 5, 21), date(2032, 12, 31)), st.integers(-30, 30), st.integers(-30, 30))
def test_stretches_are_disjoint_and_within_the_date_and_the_request(day: date, start: int, length: int) -> None:
    midnight = int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) * 10**9
    start_ns = midnight + start * HOUR + 1
    end_ns = start_ns + length * HOUR
    found = sessions(product="ES", day=day, start_ns=start_ns, end_ns=end_ns)
    bounds = [bound for one in found for bound in (one.open_ns, one.close_ns)]
    assert bounds == sorted(set(bounds))
    assert all(max(midnight, start_ns) <= bound <= min(midnight + 24 * HOUR, end_ns) for bound in bounds)
    whole = sessions(product="ES", day=day)
    asked = [(max(one.open_ns, start_ns), min(one.close_ns, end_ns), one.session_date) for one in whole]
    assert [(one.open_ns, one.close_ns, one.session_date) for one in found] == [one for one in asked if one[0] < one[1]]


@given(st.dates(date(2017, 5, 21), date(2032, 12, 31)))
def test_consecutive_dates_join_without_overlap(day: date) -> None:
    today, tomorrow = sessions(product="ES", day=day), sessions(product="ES", day=day + timedelta(days=1))
    if today and tomorrow:
        assert today[-1].close_ns <= tomorrow[0].open_ns
        assert today[-1].session_date <= tomorrow[0].session_date
    for one in (*today, *tomorrow):
        assert one.session_date >= datetime.fromtimestamp(one.open_ns / 1e9, tz=UTC).date()


def test_a_request_of_an_hour_is_an_hour() -> None:
    start = _ns("2026-01-06T14:30")
    found = sessions(product="NQ", day=date(2026, 1, 6), start_ns=start, end_ns=start + HOUR)
    assert [(one.open_ns, one.close_ns) for one in found] == [(start, start + HOUR)]
    assert sessions(product="ES", day=date(2026, 1, 6), start_ns=start, end_ns=start) == ()


def test_an_unknown_product_is_an_error() -> None:
    with pytest.raises(SymbolError, match="was 'CL'"):
        sessions(product="CL", day=date(2026, 1, 6))


@pytest.mark.parametrize(
    ("of", "before"),
    [
        ("2026-01-07", "2026-01-06"),
        ("2026-01-12", "2026-01-09"),  # over a weekend
        ("2026-01-20", "2026-01-16"),  # over Martin Luther King Jr. Day
        ("2025-12-26", "2025-12-24"),  # over Christmas
    ],
)
def test_the_session_before_is_that_of_the_last_trade_date(of: str, before: str) -> None:
    found = session_before(product="ES", session_date=date.fromisoformat(of))
    assert found.session_date == date.fromisoformat(before)


@given(st.dates(date(2017, 5, 21), date(2032, 12, 31)))
def test_no_session_lies_between_one_and_the_one_before(day: date) -> None:
    after = session_after(product="ES", day=day)
    before = session_before(product="ES", session_date=after.session_date)
    assert session_after(product="ES", day=before.session_date) == after
    assert before.close_ns <= after.open_ns


def test_the_session_before_of_an_unknown_product_is_refused() -> None:
    with pytest.raises(SymbolError):
        session_before(product="XX", session_date=date(2026, 1, 7))
