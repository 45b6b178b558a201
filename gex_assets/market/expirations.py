"""Expirations of options: the day by the rule of their root and the exchange's holidays, the moment in Chicago's time.

Quarterlies expire at 08:30 of the third Friday, when trading ends and the special opening quotation is taken. Weeklies, dailies
and end-of-month options expire at 15:00, the stock exchanges' close, which is 12:00 where those close early. Moments in the
vendor's definitions are used in place of these.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from gex_assets.market.holidays import (
    REGULAR_CLOSE,
    globex_close,
    is_business_day,
    next_business_day,
    nth_weekday,
    previous_business_day,
)
from gex_assets.market.products import MONTH_CODES, QUARTERLY_MONTHS, OptionRoot, Settlement
from gex_assets.time_units import SECOND_NS

__all__ = [
    "chicago_date",
    "chicago_ns",
    "days_to_expiration",
    "expiration_date",
    "expiration_ns",
    "nearest_quarter",
    "quarterly_expiration",
    "settlement_ns",
    "stock_close_ns",
    "third_friday",
]

_OPENING_QUOTATION = time(8, 30)
_CLOSE = time(15, 0)
_EARLY_CLOSE = time(12, 0)


@cache
def chicago() -> ZoneInfo:
    """The exchange's time zone."""
    return ZoneInfo("America/Chicago")


def chicago_ns(day: date, at: time) -> int:
    """UNIX time [ns] of a wall-clock moment in Chicago.

    Examples
    --------
    >>> chicago_ns(date(2026, 3, 20), time(8, 30)) // 10**9
    1774013400
    """
    return int(datetime.combine(day, at, tzinfo=chicago()).timestamp()) * SECOND_NS


def chicago_date(ts_ns: int) -> date:
    """Chicago's calendar date at a UNIX time [ns]."""
    return datetime.fromtimestamp(ts_ns // SECOND_NS, tz=UTC).astimezone(chicago()).date()


def third_friday(year: int, month: int) -> date:
    """The third Friday of a month, holiday or not."""
    return date(year, month, 15) + timedelta(days=(4 - date(year, month, 15).weekday()) % 7)


def quarterly_expiration(year: int, month: int) -> date:
    """The day on which a future of that month and its quarterly options expire: the third Friday or the business day before.

    Examples
    --------
    >>> quarterly_expiration(2026, 6)
    datetime.date(2026, 6, 18)
    """
    return previous_business_day(third_friday(year, month))


@cache
def expiration_date(option_root: OptionRoot, year: int, month: int) -> date | None:
    """The day on which the month's options of a root expire.

    On an exchange holiday they expire on the business day before it, those of Mondays on the one after it. (CME's release
    of 2018-12-02 moves Wednesday's options to Tuesday; for Mondays CME's SER-8257 follows the stock exchanges, whose Monday
    options expire on Tuesday. Since 2022 no series is listed for scheduled holidays, so this decides old dates only.)

    Returns
    -------
    None where the month has no such weekday (a fifth Monday).
    """
    if option_root.family == "quarterly":
        return quarterly_expiration(year, month)
    if option_root.family == "eom":
        first_of_next = date(year + month // 12, month % 12 + 1, 1)
        return previous_business_day(first_of_next - timedelta(days=1))
    if option_root.weekday is None or option_root.ordinal is None:
        return None
    day = nth_weekday(year, month, option_root.weekday, option_root.ordinal)
    if day is None:
        return None
    return next_business_day(day) if option_root.weekday == 0 else previous_business_day(day)


def expiration_ns(day: date, settlement: Settlement) -> int:
    """UNIX time [ns] at which options of a settlement expire on a day.

    Examples
    --------
    >>> expiration_ns(date(2026, 6, 18), "am") // 10**9
    1781789400
    """
    if settlement == "am":
        return chicago_ns(day, _OPENING_QUOTATION)
    closes_early = is_business_day(day) and globex_close(day) != REGULAR_CLOSE
    return chicago_ns(day, _EARLY_CLOSE if closes_early else _CLOSE)


def settlement_ns(day: date) -> int:
    """UNIX time [ns] of the prices at which options are settled on a day: when its afternoon options expire.

    Source: CME, "Daily settlement procedure, equity index futures": the average of 14:59:30 to 15:00:00 Central Time. On days
    on which the stock exchanges close early it is their close, as for afternoon expirations.

    Examples
    --------
    >>> settlement_ns(date(2026, 1, 22)) == stock_close_ns(date(2026, 1, 22))
    True
    """
    return expiration_ns(day, "pm")


def stock_close_ns(day: date) -> int:
    """UNIX time [ns] at which the stock exchanges close on a regular day: 15:00 in Chicago, when afternoon options expire.

    Examples
    --------
    >>> [stock_close_ns(date(2026, month, 6)) // 10**9 % 86_400 / 3_600 for month in (1, 7)]
    [21.0, 20.0]
    """
    return chicago_ns(day, _CLOSE)


def days_to_expiration(ts_expiration: int, on: date) -> int:
    """Days from a partition's date to the expiration's date in Chicago; negative once expired."""
    return (chicago_date(ts_expiration) - on).days


def nearest_quarter(ts_expiration: int) -> tuple[int, int]:
    """Year and month of the future that an option expiring then is exercised into: the nearest still traded.

    An option that expires in the afternoon of the day whose morning ended a future goes into the next one (CME, "E-mini S&P 500
    quarterly PM options (European-style) frequently asked questions", 16 June 2021).

    Examples
    --------
    >>> nearest_quarter(expiration_ns(date(2026, 1, 16), "pm")), nearest_quarter(expiration_ns(date(2026, 3, 20), "pm"))
    ((2026, 3), (2026, 6))
    """
    day = chicago_date(ts_expiration)
    quarters = [MONTH_CODES.index(code) + 1 for code in QUARTERLY_MONTHS]
    return next(
        (year, month)
        for year in (day.year, day.year + 1)
        for month in quarters
        if expiration_ns(quarterly_expiration(year, month), "am") >= ts_expiration
    )
