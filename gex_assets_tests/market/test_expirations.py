from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gex_assets.market.expirations import (
    chicago_date,
    days_to_expiration,
    expiration_date,
    expiration_ns,
    nearest_quarter,
    quarterly_expiration,
    third_friday,
)
from gex_assets.market.holidays import is_business_day
from gex_assets.market.products import PRODUCTS, OptionRoot
from gex_assets.market.symbols import OptionSymbol, parse_option
from gex_assets_tests.answers.market_facts import EXPIRATIONS

ALL_FAMILIES = ("quarterly", "weekly", "daily", "eom")


@pytest.mark.parametrize(("symbol", "product", "on", "expires", "underlying", "source"), EXPIRATIONS)
def test_contracts_expire_when_they_did(
    *, symbol: str, product: str, on: str, expires: str, underlying: str, source: str
) -> None:
    option = parse_option(symbol, product=product, on=date.fromisoformat(on), families=ALL_FAMILIES)
    assert isinstance(option, OptionSymbol), source
    assert datetime.fromtimestamp(option.ts_expiration / 1e9, tz=UTC) == datetime.fromisoformat(expires + "+00:00"), source
    assert option.expiration_date == chicago_date(option.ts_expiration)
    assert option.underlying == underlying, source


@pytest.mark.parametrize(
    ("year", "month", "day"),
    # CME's list of equity-index expirations; NYSE's holidays move June's in 2026, 2027 and 2032
    [(2017, 6, 16), (2018, 3, 16), (2021, 6, 18), (2024, 6, 21), (2026, 6, 18), (2027, 6, 17), (2032, 6, 17), (2033, 6, 17)],
)
def test_quarterlies_avoid_holidays(year: int, month: int, day: int) -> None:
    assert quarterly_expiration(year, month) == date(year, month, day)


@given(st.integers(2017, 2040), st.integers(1, 12))
def test_the_third_friday_is_the_third_friday(year: int, month: int) -> None:
    fridays = [day for n in range(1, 29) if (day := date(year, month, n)).weekday() == 4]
    assert third_friday(year, month) == fridays[2]


@given(
    st.integers(2017, 2040), st.integers(1, 12), st.sampled_from([s for p in PRODUCTS.values() for s in p.option_roots.values()])
)
def test_every_expiration_is_a_business_day_near_its_rule(year: int, month: int, option_root: OptionRoot) -> None:
    expires = expiration_date(option_root, year, month)
    if expires is None:
        assert option_root.ordinal == 5
        return
    assert is_business_day(expires)
    if option_root.family == "eom":
        assert (expires + timedelta(days=1 + (3 if expires.weekday() == 4 else 4))).month != expires.month
        return
    rule = third_friday(year, month) if option_root.family == "quarterly" else None
    if rule is None:
        matches = [
            day
            for n in range(31)
            if (day := date(year, month, 1) + timedelta(days=n)).month == month and day.weekday() == option_root.weekday
        ]
        rule = matches[option_root.ordinal - 1] if option_root.ordinal is not None else None
    assert rule is not None
    assert expires == rule or not is_business_day(rule)
    assert abs((expires - rule).days) <= 4


def test_a_holiday_moves_mondays_forward_and_all_others_back() -> None:
    roots = PRODUCTS["ES"].option_roots
    assert expiration_date(roots["E3A"], 2026, 1) == date(2026, 1, 20)  # Martin Luther King Jr. Day is the 19th
    assert expiration_date(roots["E4D"], 2026, 11) == date(2026, 11, 25)  # Thanksgiving is the 26th
    assert expiration_date(roots["E1C"], 2025, 1) == date(2024, 12, 31)  # New Year's Day is a Wednesday
    assert expiration_date(roots["E5A"], 2026, 2) is None


@pytest.mark.parametrize(
    ("expires", "on", "dte"),
    # On 2026-01-06 … 19 the front quarterly has 73 … 60 days
    [
        ("2026-03-20", "2026-01-06", 73),
        ("2026-03-20", "2026-01-19", 60),
        ("2026-03-20", "2026-03-20", 0),
        ("2026-03-20", "2026-03-22", -2),
    ],
)
def test_days_to_expiration_count_calendar_days(expires: str, on: str, dte: int) -> None:
    moment = expiration_ns(date.fromisoformat(expires), "am")
    assert days_to_expiration(moment, date.fromisoformat(on)) == dte


@given(st.dates(date(2017, 5, 21), date(2040, 12, 31)), st.sampled_from(["am", "pm"]))
def test_the_underlying_outlives_the_option_and_no_nearer_one_does(day: date, settlement: str) -> None:
    moment = expiration_ns(day, settlement)  # type: ignore[arg-type]
    year, month = nearest_quarter(moment)
    before = (year, month - 3) if month > 3 else (year - 1, 12)
    assert expiration_ns(quarterly_expiration(year, month), "am") >= moment
    assert expiration_ns(quarterly_expiration(*before), "am") < moment


def test_a_late_evening_is_still_the_same_date_in_chicago() -> None:
    evening = int(datetime(2026, 3, 21, 3, 0, tzinfo=UTC).timestamp()) * 10**9
    assert chicago_date(evening) == date(2026, 3, 20)
    assert chicago_date(evening + 999_999_999) == date(2026, 3, 20)
