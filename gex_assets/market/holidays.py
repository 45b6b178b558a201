"""Days on which the exchange is closed, closes early or opens late, dated and with their sources.

An *exchange holiday* is a day on which the US stock exchanges are closed: no option expires on it, and it is no trade date. A
*session change* is the time at which trading of equity-index products on CME Globex stops on a day. Most exchange holidays are
traded until noon, and days that are no holiday may close early. Late opens follow from both: the session of a day opens at
17:00 on the calendar day before it, unless the day itself is closed. After Christmas on a Monday, trading resumes at 17:00 of
Christmas.

Unscheduled halts (price limits, outages such as that of 2025-11-28) are not here: their windows exist.
"""

from __future__ import annotations

from datetime import date, time, timedelta
from functools import cache
from types import MappingProxyType
from typing import Final

__all__ = [
    "CLOSED",
    "DATED_UNTIL",
    "DAYS_OF_MOURNING",
    "REGULAR_CLOSE",
    "SESSION_CHANGES",
    "exchange_holidays",
    "globex_close",
    "is_business_day",
    "next_business_day",
    "nth_weekday",
    "previous_business_day",
]

CLOSED: Final = None
"""In place of a closing time: no session ends on this day."""

REGULAR_CLOSE: Final = time(16, 0)
_NOON: Final = time(12, 0)
_EVE: Final = time(12, 15)
_PAYROLLS: Final = time(8, 15)
_OPENING_BELL: Final = time(8, 30)

_TABLE: Final[tuple[tuple[str, time | None, str], ...]] = (
    ("New Year's Day", CLOSED, "2018-01-01 2019-01-01 2020-01-01 2021-01-01"),
    ("New Year's Day", CLOSED, "2023-01-02 2024-01-01 2025-01-01 2026-01-01 2027-01-01"),
    ("Martin Luther King Jr. Day", _NOON, "2018-01-15 2019-01-21 2020-01-20 2021-01-18 2022-01-17"),
    ("Martin Luther King Jr. Day", _NOON, "2023-01-16 2024-01-15 2025-01-20 2026-01-19 2027-01-18"),
    ("Washington's Birthday", _NOON, "2018-02-19 2019-02-18 2020-02-17 2021-02-15 2022-02-21"),
    ("Washington's Birthday", _NOON, "2023-02-20 2024-02-19 2025-02-17 2026-02-16 2027-02-15"),
    ("Good Friday", CLOSED, "2018-03-30 2019-04-19 2020-04-10 2022-04-15 2024-03-29 2025-04-18 2027-03-26"),
    ("Good Friday with payrolls", _PAYROLLS, "2021-04-02 2023-04-07 2026-04-03"),
    ("Memorial Day", _NOON, "2017-05-29 2018-05-28 2019-05-27 2020-05-25 2021-05-31 2022-05-30"),
    ("Memorial Day", _NOON, "2023-05-29 2024-05-27 2025-05-26 2026-05-25 2027-05-31"),
    ("Juneteenth", _NOON, "2022-06-20 2023-06-19 2024-06-19 2025-06-19 2026-06-19 2027-06-18"),
    ("day before Independence Day", _EVE, "2017-07-03 2018-07-03 2019-07-03 2023-07-03 2024-07-03 2025-07-03"),
    ("Independence Day", _NOON, "2017-07-04 2018-07-04 2019-07-04 2020-07-03 2021-07-05 2022-07-04"),
    ("Independence Day", _NOON, "2023-07-04 2024-07-04 2025-07-04 2026-07-03 2027-07-05"),
    ("Labor Day", _NOON, "2017-09-04 2018-09-03 2019-09-02 2020-09-07 2021-09-06 2022-09-05"),
    ("Labor Day", _NOON, "2023-09-04 2024-09-02 2025-09-01 2026-09-07 2027-09-06"),
    ("Thanksgiving Day", _NOON, "2017-11-23 2018-11-22 2019-11-28 2020-11-26 2021-11-25 2022-11-24"),
    ("Thanksgiving Day", _NOON, "2023-11-23 2024-11-28 2025-11-27 2026-11-26 2027-11-25"),
    ("day after Thanksgiving", _EVE, "2017-11-24 2018-11-23 2019-11-29 2020-11-27 2021-11-26 2022-11-25"),
    ("day after Thanksgiving", _EVE, "2023-11-24 2024-11-29 2025-11-28 2026-11-27 2027-11-26"),
    ("National Day of Mourning", _OPENING_BELL, "2018-12-05 2025-01-09"),
    ("Christmas Eve", _EVE, "2018-12-24 2019-12-24 2020-12-24 2024-12-24 2025-12-24 2026-12-24"),
    ("Christmas Day", CLOSED, "2017-12-25 2018-12-25 2019-12-25 2020-12-25 2021-12-24 2022-12-26"),
    ("Christmas Day", CLOSED, "2023-12-25 2024-12-25 2025-12-25 2026-12-25 2027-12-24"),
)
# Sources, Chicago time. Custom of noon halts resuming at 17:00 for the next trade date, of 12:15 eves and of full closures:
# CME Globex holiday schedules (cmegroup.com/tools-information/holiday-calendar.html) as repeated by
# daytradetowin.com/blog/july-4-independence-day-trading-holiday-hours (2017-07-03, 2017-07-04), …/is-good-friday-mar-30-a-
# trading-holiday (2018-03-30), iqhelp.dtn.com/presidents-day-holiday-hours-2023, …/fourth-of-july-service-hours-2024
# (2024-07-03, 2024-07-04), edgeclear.com/exchange-holiday-hours (2026-01-19) and forexlive.com (2024-06-19, 2024-11-28,
# 2025-01-20). Payroll Good Fridays: pressboltnews.com and equity-insider.com on 2021-04-02 and 2023-04-07; 2026-04-03 is the
# payroll date of that month and expected alike. No futures on Good Friday 2024 and 2025: investorempires.com,
# trendingwordnews24.blogspot.com. Days of mourning: CME Group's releases of 2018-12-02 (prnewswire.com 300758702) and
# 2024-12-30 (mondovisione.com). 2023-12-25 at 17:00: a real file of that day opens then. All dates were compared with the
# calendars "CME Globex Equity" and "NYSE" of pandas_market_calendars 5.5; the former knows no days of mourning and closes at
# 08:15 on every Good Friday since 2023. What lies after the day of writing (2026) is the custom applied, and may be announced
# otherwise.

DATED_UNTIL: Final = date(2027, 12, 31)
"""Last day that the table covers; later days follow its custom."""

DAYS_OF_MOURNING: Final = (date(2018, 12, 5), date(2025, 1, 9))
"""Exchange holidays by decree; options that would have expired on them expired on the day before (the same two releases)."""


def _session_changes() -> dict[date, time | None]:
    return {date.fromisoformat(day): close for _, close, days in _TABLE for day in days.split()}


SESSION_CHANGES: Final = MappingProxyType(_session_changes())
"""Day -> when Globex stops trading equity-index products on it (`CLOSED`: the session of that day does not exist)."""


def globex_close(day: date) -> time | None:
    """Time in Chicago at which the session that ends on a day ends; `CLOSED` if there is none.

    After `DATED_UNTIL` the table's custom is applied. A Good Friday traded until 08:15 cannot be foreseen.
    """
    if day.weekday() > 4:
        return CLOSED
    if day <= DATED_UNTIL:
        return SESSION_CHANGES.get(day, REGULAR_CLOSE)
    return _customary_close(day)


def is_business_day(day: date) -> bool:
    """Whether the US stock exchanges are open, so that options may expire and a trade date may be named after the day."""
    return day.weekday() < 5 and day not in exchange_holidays(day.year)


def previous_business_day(day: date) -> date:
    """The day itself if it is a business day, else the nearest one before it."""
    while not is_business_day(day):
        day -= timedelta(days=1)
    return day


def next_business_day(day: date) -> date:
    """The day itself if it is a business day, else the nearest one after it."""
    while not is_business_day(day):
        day += timedelta(days=1)
    return day


def nth_weekday(year: int, month: int, weekday: int, n: int) -> date | None:
    """The n-th Monday (0) … Sunday (6) of a month; None where the month has no such day.

    Examples
    --------
    >>> nth_weekday(2026, 1, 4, 2), nth_weekday(2026, 2, 0, 5)
    (datetime.date(2026, 1, 9), None)
    """
    first = date(year, month, 1)
    day = 1 + (weekday - first.weekday()) % 7 + 7 * (n - 1)
    try:
        return first.replace(day=day)
    except ValueError:
        return None


@cache
def exchange_holidays(year: int) -> frozenset[date]:
    """Days of a year on which the US stock exchanges are closed, by their rules and by decree.

    A holiday on a Sunday is kept on Monday, one on a Saturday on Friday, except that New Year's Day on a Saturday is not
    kept (it would fall into the old year).

    References
    ----------
    NYSE Rule 7.2; Juneteenth since 2022.
    """
    easter = _easter(year)
    kept = [
        _observed(date(year, 1, 1)) if date(year, 1, 1).weekday() != 5 else None,
        nth_weekday(year, 1, 0, 3),
        nth_weekday(year, 2, 0, 3),
        easter - timedelta(days=2),
        nth_weekday(year, 5, 0, 5) or nth_weekday(year, 5, 0, 4),
        _observed(date(year, 6, 19)) if year >= 2022 else None,
        _observed(date(year, 7, 4)),
        nth_weekday(year, 9, 0, 1),
        nth_weekday(year, 11, 3, 4),
        _observed(date(year, 12, 25)),
        *(day for day in DAYS_OF_MOURNING if day.year == year),
    ]
    return frozenset(day for day in kept if day is not None)


def _customary_close(day: date) -> time | None:
    if not is_business_day(day):
        fixed = {_observed(date(day.year, 1, 1)), _easter(day.year) - timedelta(days=2), _observed(date(day.year, 12, 25))}
        return CLOSED if day in fixed else _NOON
    tomorrow, yesterday = day + timedelta(days=1), day - timedelta(days=1)
    before_a_holiday = not is_business_day(tomorrow) and (tomorrow.month, tomorrow.day) in ((7, 4), (12, 25))
    after_thanksgiving = yesterday == nth_weekday(day.year, 11, 3, 4)
    return _EVE if before_a_holiday or after_thanksgiving else REGULAR_CLOSE


def _observed(day: date) -> date:
    return day + timedelta(days={5: -1, 6: 1}.get(day.weekday(), 0))


def _easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar (J. Meeus, "Astronomical Algorithms", chapter 8)."""
    a = year % 19
    b, c = divmod(year, 100)
    d, e = divmod(b, 4)
    g = (b - (b + 8) // 25 + 1) // 3
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    l = (32 + 2 * e + 2 * i - h - k) % 7
    m = (a + 11 * h + 22 * l) // 451
    month, day = divmod(h + l - 7 * m + 114, 31)
    return date(year, month, day + 1)
