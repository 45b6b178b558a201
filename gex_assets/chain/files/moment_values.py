"""Values of columns of moments: a day, an exact moment, or a wall clock whose zone the file does not name."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any, Final, NamedTuple

from gex_assets.chain.files.moment_texts import date_in, moment_in
from gex_assets.chain.moments import NEW_YORK, day_of_midnight, is_in_range, moment_ns, unix_ns
from gex_assets.errors import ChainError
from gex_assets.time_units import MICROSECOND_NS

__all__ = ["DateOrder", "DayOrMoment", "as_moment", "as_ns", "date_order", "day_named", "day_or_moment"]

DayOrMoment = date | datetime
"""A day, a moment with its zone, or a wall clock without one. (A datetime is a date too: it is asked first.)"""

_NOTHING: Final = frozenset(("", "-", "--", "n/a", "na", "nan", "nat", "null", "none"))
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SLASHED: Final = re.compile(r"^\s*(\d{1,2})/(\d{1,2})/(\d{4}|\d{2})\b")
_SPREADSHEET_EPOCH: Final = datetime(1899, 12, 30)  # noqa: DTZ001 (a wall clock, as a spreadsheet's)
_SPREADSHEET_DAYS: Final = (32_874.0, 73_415.0)


class DateOrder(NamedTuple):
    """The order of day and month in dates with slashes.

    Attributes
    ----------
    day_first : whether the day comes first; where no date shows it, the month does.
    unclear : a date that could be read both ways, where no other shows the order; None where one does, or none is unclear.
    """

    day_first: bool
    unclear: str | None


def date_order(values: Iterable[Any]) -> DateOrder:
    """The order of all dates of a file: one that has no month in a place shows it.

    Raises
    ------
    ValueError
        Some show one order and some the other.

    Examples
    --------
    >>> date_order(["16/01/2026", "06/02/2026"])
    DateOrder(day_first=True, unclear=None)
    >>> date_order(["06/02/2026"])
    DateOrder(day_first=False, unclear='06/02/2026')
    """
    day_first = month_first = unclear = None
    for one in dict.fromkeys(value for value in values if isinstance(value, str)):
        found = _SLASHED.match(one)
        if found is None:
            continue
        before, after = int(found.group(1)), int(found.group(2))
        if before > 12:
            day_first = day_first or one.strip()
        elif after > 12:
            month_first = month_first or one.strip()
        elif before != after:
            unclear = unclear or one.strip()
    if day_first and month_first:
        raise ValueError(f"{day_first!r} and {month_first!r}")
    return DateOrder(bool(day_first), None if day_first or month_first else unclear)


def day_or_moment(value: object, *, day_first: bool = False) -> DayOrMoment | None:
    """The day or the moment of a value; None where it is missing.

    A midnight is its day. A UNIX time's unit is told by its size. Numbers as YYYYMMDD or YYMMDD are days, and so are a
    spreadsheet's of five digits, whose fraction is the time of day.

    Raises
    ------
    ValueError
        The value is neither, or of another century than options are.
    """
    found = _day_or_moment(value, day_first=day_first)
    if found is not None and not is_in_range(found):
        raise ValueError(value)
    return found


def _day_or_moment(value: object, *, day_first: bool) -> DayOrMoment | None:
    if value is None or (isinstance(value, str) and value.strip().lower() in _NOTHING):
        return None
    if isinstance(value, str):
        return _of_text(value.strip(), day_first=day_first)
    if isinstance(value, float) and math.isnan(value):
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, float):
        return _of_spreadsheet(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return _of_number(value)
    if isinstance(value, datetime):
        return day_of_midnight(value) or value
    if isinstance(value, date):
        return value
    raise ValueError(value)


def as_moment(value: datetime, *, zone: tzinfo) -> datetime:
    """A moment in UTC; a wall clock without a zone is read in the one given."""
    return (value if value.tzinfo is not None else value.replace(tzinfo=zone)).astimezone(UTC)


def as_ns(value: datetime, *, zone: tzinfo) -> int:
    """UNIX ns of a moment; a wall clock without a zone is read in the one given."""
    return moment_ns(as_moment(value, zone=zone))


def day_named(value: DayOrMoment, *, zone: tzinfo | None) -> date:
    """The day that a value names: a moment with a zone is a day in `zone`, by default New York; others are days as written."""
    if not isinstance(value, datetime):
        return value
    if value.tzinfo is None:
        return value.date()
    return value.astimezone(zone or NEW_YORK).date()


def _of_number(number: int) -> DayOrMoment:
    try:
        found = unix_ns(number)
    except ChainError as error:
        raise ValueError(number) from error
    if isinstance(found, date):
        return found
    moment = _EPOCH + timedelta(microseconds=found // MICROSECOND_NS)
    return day_of_midnight(moment) or moment


def _of_spreadsheet(number: float) -> DayOrMoment:
    """A wall clock, to the second, of a number that counts days."""
    if not _SPREADSHEET_DAYS[0] <= number < _SPREADSHEET_DAYS[1]:
        raise ValueError(number)
    moment = _SPREADSHEET_EPOCH + timedelta(seconds=round(number * 86_400))
    return day_of_midnight(moment) or moment


def _of_text(text: str, *, day_first: bool) -> DayOrMoment:
    if re.fullmatch(r"\d+(?:\.0+)?", text):
        whole = text.partition(".")[0]
        if len(whole) == 6 and whole.startswith("0"):  # 060116 as a number would be a spreadsheet's day
            return datetime.strptime(whole, "%y%m%d").replace(tzinfo=UTC).date()
        return _of_number(int(whole))
    if re.fullmatch(r"\d{5,6}\.\d+", text):
        return _of_spreadsheet(float(text))
    if day_first:
        text = _SLASHED.sub(r"\2/\1/\3", text)
    moment: datetime | None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = moment_in(text) or _wall_clock(text)
    if moment is not None:
        return day_of_midnight(moment) or moment
    day = date_in(text)
    if day is None:
        raise ValueError(text)
    return day


def _wall_clock(text: str) -> datetime | None:
    found = moment_in(text, zone=UTC)
    return None if found is None else found.replace(tzinfo=None)
