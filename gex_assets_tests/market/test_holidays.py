from __future__ import annotations

from datetime import date, time, timedelta

import pytest

from gex_assets.market import holidays
from gex_assets.market.holidays import (
    CLOSED,
    DATED_UNTIL,
    SESSION_CHANGES,
    exchange_holidays,
    globex_close,
    is_business_day,
    next_business_day,
    previous_business_day,
)

TABLE_BEGINS = date(2017, 5, 21)
TABLE_DAYS = [TABLE_BEGINS + timedelta(days=n) for n in range((DATED_UNTIL - TABLE_BEGINS).days + 1)]


def test_no_date_stands_twice_in_the_table_and_none_is_a_weekend() -> None:
    dates = [day for _, _, days in holidays._TABLE for day in days.split()]
    assert len(dates) == len(set(dates)) == len(SESSION_CHANGES)
    assert all(day.weekday() < 5 for day in SESSION_CHANGES)


def test_the_dated_table_and_the_exchanges_rules_agree_on_holidays() -> None:
    by_table = {day for day, close in SESSION_CHANGES.items() if close != time(12, 15)}
    by_rule = {day for day in TABLE_DAYS if day.weekday() < 5 and not is_business_day(day)}
    assert by_table == by_rule


def test_the_custom_applied_after_the_table_is_that_of_the_table() -> None:
    unlike = {day for day in TABLE_DAYS if day.weekday() < 5 and holidays._customary_close(day) != globex_close(day)}
    assert unlike == {*holidays.DAYS_OF_MOURNING, date(2021, 4, 2), date(2023, 4, 7), date(2026, 4, 3)}


@pytest.mark.parametrize(
    ("day", "close"),
    [
        ("2028-07-03", time(12, 15)),
        ("2028-07-04", time(12, 0)),
        ("2028-11-24", time(12, 15)),
        ("2028-12-22", time(16, 0)),  # the 24th is a Sunday
        ("2028-12-25", CLOSED),
        ("2029-03-30", CLOSED),  # Good Friday
        ("2029-12-24", time(12, 15)),
        ("2029-12-23", CLOSED),  # a Sunday
    ],
)
def test_after_the_table_the_custom_goes_on(day: str, close: time | None) -> None:
    assert globex_close(date.fromisoformat(day)) == close


def test_easter_is_where_the_almanac_has_it() -> None:
    # US Naval Observatory, "The Date of Easter"
    easters = [
        "2017-04-16",
        "2018-04-01",
        "2019-04-21",
        "2020-04-12",
        "2024-03-31",
        "2025-04-20",
        "2026-04-05",
        "2035-03-25",
        "2038-04-25",
    ]
    assert [holidays._easter(date.fromisoformat(day).year).isoformat() for day in easters] == easters


def test_holidays_of_2026_are_the_exchanges() -> None:
    # NYSE, "Holidays and trading hours", 2026
    expected = "01-01 01-19 02-16 04-03 05-25 06-19 07-03 09-07 11-26 12-25"
    assert exchange_holidays(2026) == {date.fromisoformat(f"2026-{day}") for day in expected.split()}


def test_business_days_are_found_on_either_side() -> None:
    assert previous_business_day(date(2026, 6, 19)) == date(2026, 6, 18)
    assert next_business_day(date(2026, 6, 19)) == date(2026, 6, 22)
    assert previous_business_day(date(2026, 6, 18)) == next_business_day(date(2026, 6, 18)) == date(2026, 6, 18)
    assert next_business_day(date(2022, 1, 1)) == date(2022, 1, 3)
