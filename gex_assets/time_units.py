"""Durations in nanoseconds, the window on which every table of silver stands, and moments that days and texts name.

No other module defines them.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Final

__all__ = [
    "DAY_NS",
    "MICROSECOND_NS",
    "MILLISECOND_NS",
    "MINUTE_NS",
    "SECOND_NS",
    "WINDOW_NS",
    "YEAR_NS",
    "datetime_ns",
    "iso_ns",
    "midnight_ns",
]

MICROSECOND_NS: Final = 1_000
MILLISECOND_NS: Final = 1_000_000
SECOND_NS: Final = 1_000_000_000
MINUTE_NS: Final = 60 * SECOND_NS
DAY_NS: Final = 86_400 * SECOND_NS
YEAR_NS: Final = 365 * DAY_NS
"""A year of time to expiration: 365 days."""

WINDOW_NS: Final = 5 * SECOND_NS
"""Length of a window. Windows lie on the UTC grid, `[start, end)`, and are named by their end."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_FRACTION: Final = re.compile(r"([^T ]*[T ][0-9:]*)[.,](\d+)(\D.*)?", re.ASCII)
_DECIMALS: Final = 9


def midnight_ns(day: date) -> int:
    """First moment of a date [UNIX ns UTC].

    >>> midnight_ns(date(1970, 1, 2)) == DAY_NS
    True
    """
    return (day.toordinal() - _EPOCH.toordinal()) * DAY_NS


def datetime_ns(moment: datetime) -> int:
    """A moment [UNIX ns UTC]; without a zone it is in UTC. A datetime has microseconds, and floats would lose them.

    >>> datetime_ns(datetime(1970, 1, 1, 0, 0, 1, 5))
    1000005000
    """
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
    return (moment - _EPOCH) // timedelta(microseconds=1) * MICROSECOND_NS


def iso_ns(text: str) -> int:
    """The moment that ISO 8601 text names, with up to nine decimals of the second [UNIX ns UTC]; without a zone it is in UTC.

    Raises
    ------
    ValueError
        It names no moment, or a finer one than nanoseconds.

    Examples
    --------
    >>> iso_ns("1970-01-01T00:00:01.000000005Z"), iso_ns("1970-01-01T01:00:00,5+01:00")
    (1000000005, 500000000)
    """
    found = _FRACTION.fullmatch(text)
    if found is None:
        return datetime_ns(datetime.fromisoformat(text))
    whole, decimals, zone = found[1], found[2], found[3] or ""
    if len(decimals) > _DECIMALS:
        raise ValueError(f"Expected at most {_DECIMALS} decimals of a second, was {text!r}")
    return datetime_ns(datetime.fromisoformat(whole + zone)) + int(decimals.ljust(_DECIMALS, "0"))
