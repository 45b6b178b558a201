"""Dates and moments in the text of downloads: in seven languages, with or without a time of day and a zone.

ISO 8601 and typed values are in `chain.moments`.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo

__all__ = ["date_in", "moment_in"]

_MONTHS: Final = (
    "jan ene gen янв",
    "feb fev фев",
    "mar мар",
    "apr avr abr апр",
    "may mai mag мая май",
    "jun juin giu июн",
    "jul juil lug июл",
    "aug aou ago авг",
    "sep set сен",
    "oct okt out ott окт",
    "nov ноя",
    "dec dez dic дек",
)
"""First letters of the months without accents: English, German, French, Spanish, Portuguese, Italian, Russian."""

_MONTH_OF: Final = {start: month for month, starts in enumerate(_MONTHS, 1) for start in starts.split()}
_ISO: Final = re.compile(r"\b(\d{4})-(\d{1,2})-(\d{1,2})")
_AMERICAN: Final = re.compile(r"\b(\d{1,2})/(\d{1,2})/(\d{4}|\d{2})\b")
_CHINESE: Final = re.compile(r"(\d{4})\s*[年년]\s*(\d{1,2})\s*[月월]\s*(\d{1,2})\s*[日일]")
_DOTTED: Final = re.compile(r"\b(\d{1,2})\.(\d{1,2})\.(\d{4})\b")
_DAY_MONTH: Final = re.compile(r"(?<![^\W_])(\d{1,2})\.?[ /-]?([^\W\d_]{3,})\.?[ /-]?['\u2019]?(\d{2})(?![^\W_]|:)")
_MONTH_DAY: Final = re.compile(r"(?<![^\W_])([^\W\d_]{3,})\.?[ /-]?(\d{1,2}),?[ /-]['\u2019]?(\d{2})(?![^\W_]|:)")
"""A month's name with a year of two digits: 16JAN26, 16-Jan-26, 16 JAN 26; Jan 16 '26."""
_YEAR: Final = re.compile(r"(?<!\d)(?:19|20)\d{2}(?!\d)")
_DAY: Final = re.compile(r"(?<![\d:])\d{1,2}(?![\d:])")
_WORD: Final = re.compile(r"[^\W\d_]+")
_CLOCK: Final = re.compile(r"(?<!\d)(\d{1,2}):(\d{2})(?::(\d{2}))?\s*(?:([AaPp])\.?\s?[Mm]\b\.?)?")
_OFFSET: Final = re.compile(r"\b(?:UTC|GMT)\s*(?:([+\u2212-])(\d{1,2})(?::?(\d{2}))?)?", re.IGNORECASE)
_ISO_OFFSET: Final = re.compile(r":\d{2}(?:\.\d+)?\s*(Z\b|[+-]\d{2}:?\d{2}\b)")
_ZONES: Final = {"E": "America/New_York", "C": "America/Chicago", "M": "America/Denver", "P": "America/Los_Angeles"}
_ZONE: Final = re.compile(r"\b([ECMP])([SD]?)T\b")
_STANDARD_HOURS: Final = {"E": -5, "C": -6, "M": -7, "P": -8}


def date_in(text: str) -> date | None:
    """The date in a text; None where there is none.

    Examples
    --------
    >>> date_in("Tue Jan 06 2026"), date_in("01/06/2026"), date_in("9 декабря 2023 г. в 13:49")
    (datetime.date(2026, 1, 6), datetime.date(2026, 1, 6), datetime.date(2023, 12, 9))
    >>> date_in("06.01.2026"), date_in("6JAN26"), date_in("Jan 6 '26")
    (datetime.date(2026, 1, 6), datetime.date(2026, 1, 6), datetime.date(2026, 1, 6))
    """
    found = _ISO.search(text) or _CHINESE.search(text)
    if found is not None:
        return _date(*(int(part) for part in found.groups()))
    found = _AMERICAN.search(text)
    if found is not None:
        month_number, day, year = (int(part) for part in found.groups())
        return _date(year if year > 99 else 2000 + year, month_number, day)
    found = _DOTTED.search(text)
    if found is not None:
        day, month_number, year = (int(part) for part in found.groups())
        return _date(year, month_number, day)
    text = _without_accents(text)
    year_found = _YEAR.search(text)
    if year_found is None:
        return _of_short_year(text)
    months = [month for word in _WORD.findall(text) if (month := _month(word)) is not None]
    if not months:
        return None
    day_found = _DAY.search(_CLOCK.sub(" ", _OFFSET.sub(" ", text.replace(year_found.group(), " "))))
    # a weekday may look like a month ("mar." is Tuesday in three languages) and stands before it
    return None if day_found is None else _date(int(year_found.group()), months[-1], int(day_found.group()))


def moment_in(text: str, *, zone: tzinfo | None = None) -> datetime | None:
    """The moment in a text, in UTC; None without a date, a time of day, or (unless `zone` is given) a zone.

    Examples
    --------
    >>> moment_in("January 6, 2026 at 4:15 PM EST").isoformat(), moment_in("2026年3月19日 GMT-4 10:30").isoformat()
    ('2026-01-06T21:15:00+00:00', '2026-03-19T14:30:00+00:00')
    """
    day, clock = date_in(text), _clock(text)
    if day is None or clock is None:
        return None
    own = _zone(text) or zone
    return None if own is None else datetime.combine(day, clock, tzinfo=own).astimezone(UTC)


def _of_short_year(text: str) -> date | None:
    """The date of a text whose month has a name and whose year, of this century, two digits."""
    for pattern, places in ((_DAY_MONTH, (1, 2, 3)), (_MONTH_DAY, (2, 1, 3))):
        found = pattern.search(text)
        if found is not None:
            day, name, year = (found.group(place) for place in places)
            if (month := _month(name)) is not None:
                return _date(2000 + int(year), month, int(day))
    return None


@cache
def _month(word: str) -> int | None:
    word = word.lower()
    return next((_MONTH_OF[word[:length]] for length in (4, 3) if word[:length] in _MONTH_OF), None)


def _without_accents(text: str) -> str:
    bare = "".join(one for one in unicodedata.normalize("NFD", text) if not unicodedata.combining(one) or one == "\u0306")
    return unicodedata.normalize("NFC", bare)


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _clock(text: str) -> time | None:
    found = _CLOCK.search(text)
    if found is None:
        return None
    hour, minute, second = (int(part or 0) for part in found.groups()[:3])
    half = found.group(4)
    if half:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half in "Pp" else 0)
    try:
        return time(hour, minute, second)
    except ValueError:
        return None


def _zone(text: str) -> tzinfo | None:
    named = _ZONE.search(text)
    if named is not None:
        letter, season = named.groups()
        if not season:
            return ZoneInfo(_ZONES[letter])
        return timezone(timedelta(hours=_STANDARD_HOURS[letter] + (season == "D")))
    offset = _OFFSET.search(text)
    if offset is not None:
        sign, hours, minutes = offset.groups()
        after = timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
        return timezone(-after if sign in ("-", "\u2212") else after)
    iso = _ISO_OFFSET.search(text)
    if iso is not None:
        return datetime.strptime(iso.group(1).replace("Z", "+0000"), "%z").tzinfo
    return None
