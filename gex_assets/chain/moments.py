"""Moments as callers give them: dates, timestamps with or without a zone, ISO 8601 texts, and UNIX times of any unit.

Two rules hold for every chain, of a file and of a caller. A UNIX time's unit is told by its size. A day written as a midnight is
that day, not the evening before: no option expires at midnight.
"""

from __future__ import annotations

import contextlib
import math
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from gex_assets.errors import ChainError
from gex_assets.market.expirations import expiration_ns
from gex_assets.time_units import MICROSECOND_NS, MILLISECOND_NS, SECOND_NS

__all__ = [
    "NEW_YORK",
    "close_of",
    "day_of_midnight",
    "is_in_range",
    "iso_day_or_moment",
    "moment_ns",
    "moments_ns",
    "unix_ns",
]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
NEW_YORK: Final = ZoneInfo("America/New_York")
_UNITS: Final = ((10**11, SECOND_NS), (10**14, MILLISECOND_NS), (10**17, MICROSECOND_NS), (2**63, 1))
"""(bound, nanoseconds of a unit): a number below a bound and not below the one before it is in that unit.

From 1973 to 5138 the numbers of seconds, milliseconds and microseconds do not overlap."""
_LEAST: Final = 10**8
_YEARS: Final = (1970, 2200)
_DAYS: Final = (19_000_101, 22_001_231)
"""Whole numbers in this range are days as YYYYMMDD."""
_SHORT_DAYS: Final = (100_101, 991_231)
"""Whole numbers in this range are days as YYMMDD, of this century."""
_EXCEL_DAYS: Final = (32_874, 73_414)
"""Whole numbers in this range are days of a spreadsheet, which counts from 1899-12-30: 1990 to 2100."""
_EXCEL_EPOCH: Final = date(1899, 12, 30)


def unix_ns(number: int) -> int | date:
    """UNIX ns of a UNIX time in s, ms, µs or ns, told by its size; a day for one as YYYYMMDD, YYMMDD or a spreadsheet's.

    Raises
    ------
    ChainError
        The number is neither.

    Examples
    --------
    >>> unix_ns(1_768_597_200_000) == unix_ns(1_768_597_200), unix_ns(20260116)
    (True, datetime.date(2026, 1, 16))
    >>> unix_ns(260116), unix_ns(46038)
    (datetime.date(2026, 1, 16), datetime.date(2026, 1, 16))
    """
    if _EXCEL_DAYS[0] <= number <= _EXCEL_DAYS[1]:
        return _EXCEL_EPOCH + timedelta(days=number)
    for (first, last), century in ((_DAYS, 0), (_SHORT_DAYS, 2_000)):
        if first <= number <= last:
            with contextlib.suppress(ValueError):
                return date(century + number // 10_000, number // 100 % 100, number % 100)
    if number >= _LEAST:
        for bound, unit in _UNITS:
            if number < bound:
                return number * unit
    raise ChainError(f"Expected a UNIX time in s, ms, µs or ns, or a day as YYYYMMDD, was {number}: write it in ISO 8601")


def day_of_midnight(moment: datetime) -> date | None:
    """The day that a midnight stands for: in its own zone, in UTC, or in New York; None for any other time of day.

    Examples
    --------
    >>> day_of_midnight(datetime(2026, 1, 16, tzinfo=UTC)), day_of_midnight(datetime(2026, 1, 16, 21, tzinfo=UTC))
    (datetime.date(2026, 1, 16), None)
    """
    zones = (moment.tzinfo,) if moment.tzinfo is None else (moment.tzinfo, UTC, NEW_YORK)
    for zone in zones:
        there = moment if zone is None else moment.astimezone(zone)
        if there.time() == time(0):
            return there.date()
    return None


def close_of(day: date) -> datetime:
    """The close of a day in UTC, when the day's last options expire: 15:00 in Chicago, 12:00 where the exchanges close early.

    Examples
    --------
    >>> close_of(date(2026, 1, 6)).isoformat()
    '2026-01-06T21:00:00+00:00'
    """
    return _EPOCH + timedelta(microseconds=expiration_ns(day, "pm") // MICROSECOND_NS)


def iso_day_or_moment(text: str) -> date | datetime:
    """A day or a moment in ISO 8601; a midnight is its day, as it is written. A moment without a zone has none.

    Raises
    ------
    ChainError
        The text is neither.

    Examples
    --------
    >>> iso_day_or_moment("2026-01-06"), iso_day_or_moment("2026-01-06T00:00Z"), iso_day_or_moment("2026-01-06 11:30")
    (datetime.date(2026, 1, 6), datetime.date(2026, 1, 6), datetime.datetime(2026, 1, 6, 11, 30))
    """
    found = _parsed(text)
    return found.date() if found.time() == time(0) else found


def is_in_range(day: date) -> bool:
    """Whether a day (or moment) is one that options expire on: years 1970 to 2200, which nanoseconds can count."""
    return _YEARS[0] <= day.year <= _YEARS[1]


def moments_ns(column: pa.Array | pa.ChunkedArray | NDArray[np.generic]) -> NDArray[np.int64]:
    """UNIX ns UTC of every value of a column of expirations.

    A date, and a midnight, is the close of that day: 15:00 in Chicago, 12:00 where the exchanges close early. Other moments
    without a zone are UTC. Whole numbers are UNIX times, in a unit told by their size, or days as YYYYMMDD, YYMMDD or a
    spreadsheet's.

    Raises
    ------
    ChainError
        A value is missing or is no moment.
    """
    values = column.tolist() if isinstance(column, np.ndarray) else _list(column)
    if any(value is None or (isinstance(value, float) and math.isnan(value)) for value in values):
        raise ChainError("Expected a moment in every row of column expiration, was NULL")
    known = {value: _close_or_moment(value) for value in dict.fromkeys(values)}
    return np.array([known[value] for value in values], dtype=np.int64)


def _list(column: pa.Array | pa.ChunkedArray) -> list[Any]:
    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.timestamp("us", tz=column.type.tz), safe=False)
    values: list[Any] = column.to_pylist()
    return values


def moment_ns(value: datetime | int | str) -> int:
    """UNIX ns UTC of one moment; without a zone it is UTC, and the unit of a UNIX time is told by its size.

    Raises
    ------
    ChainError
        The value is no moment, or a date without a time of day.
    """
    no_clock = ChainError(f"Expected a moment with a time of day, was {value!r}: write 2026-01-06T21:00Z")
    if isinstance(value, bool) or (isinstance(value, date) and not isinstance(value, datetime)):
        raise no_clock
    if isinstance(value, int | np.integer):
        found = unix_ns(int(value))
        if isinstance(found, date):
            raise no_clock
        return found
    if isinstance(value, str):
        if _is_day(value):
            raise no_clock
        value = _parsed(value)
    if not isinstance(value, datetime):
        raise ChainError(f"Expected a moment (datetime, ISO string or UNIX time), was {type(value).__name__}")
    moment = value if value.tzinfo is not None else value.replace(tzinfo=UTC)
    since = moment - _EPOCH
    return ((since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds) * MICROSECOND_NS


def _close_or_moment(value: object) -> int:
    if isinstance(value, str):
        value = _parsed(value)
    exact = None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        found = unix_ns(value)
        exact, value = (
            (found, _EPOCH + timedelta(microseconds=found // MICROSECOND_NS)) if isinstance(found, int) else (None, found)
        )
    if isinstance(value, date) and not is_in_range(value):
        raise ChainError(f"Expected years {_YEARS[0]} to {_YEARS[1]} in column expiration, was {value}")
    if isinstance(value, datetime):
        day = day_of_midnight(value)
        if day is None:
            return moment_ns(value) if exact is None else exact
        value = day
    if isinstance(value, date):
        return expiration_ns(value, "pm")
    raise ChainError(f"Expected dates or moments in column expiration, was {value!r}")


def _is_day(text: str) -> bool:
    """Whether a text in ISO 8601 has no time of day, which Python would read as a midnight."""
    try:
        date.fromisoformat(text.strip())
    except ValueError:
        return False
    return True


def _parsed(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise ChainError(f"Expected a moment in ISO 8601, was {text!r}: write 2026-01-06T21:00Z") from error
