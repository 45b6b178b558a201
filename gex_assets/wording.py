"""Words that go with numbers, days and durations, and what several rooms say in the same words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import groupby
from typing import Final

__all__ = ["TODAY_IS_RUNNING", "amount_text", "counted", "day_spans", "days_text", "duration_text"]

TODAY_IS_RUNNING: Final = (
    "today is still running: wait until it is over, or compute what has come with `gex run --date today --partial`"
)
"""What whoever asks for whole days is told of the day that is running."""


def counted(number: int, noun: str, *, several: str = "") -> str:
    """How many of something.

    Parameters
    ----------
    several : the noun for another number than 1; with an s by default.

    Examples
    --------
    >>> counted(1, "day"), counted(0, "day"), counted(2520, "day"), counted(2, "this one", several="these")
    ('1 day', '0 days', '2,520 days', '2 these')
    """
    return f"{number:,} {noun if number == 1 else several or f'{noun}s'}"


def amount_text(value: float | None, *, signed: bool = False) -> str:
    """An amount with four digits at most, in k, m, bn or tn.

    Examples
    --------
    >>> amount_text(-131_541_505_009.4), amount_text(0.0), amount_text(4_217), amount_text(1.5e6, signed=True), amount_text(None)
    ('-131.5 bn', '0', '4.217 k', '+1.500 m', '–')
    """
    if value is None:
        return "–"
    size, unit = abs(value), ""
    for bound, name in ((1e12, " tn"), (1e9, " bn"), (1e6, " m"), (1e3, " k")):
        if size >= bound * 0.99995:
            size, unit = size / bound, name
            break
    digits = 3 if size < 9.9995 else 2 if size < 99.995 else 1
    text = f"{size:.{digits}f}" if value else "0"
    return ("-" if value < 0.0 else "+" if signed and value > 0.0 else "") + text + unit


def duration_text(seconds: float) -> str:
    """A duration in hours and minutes, or in seconds where it is short.

    >>> duration_text(12.4), duration_text(240.0), duration_text(7_500.0), duration_text(200_000.0)
    ('12 s', '4 min', '2 h 5 min', '55 h 33 min')
    """
    minutes = round(seconds / 60.0)
    if not minutes:
        return f"{seconds:.0f} s"
    return f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min"


def day_spans(days: Sequence[date]) -> list[tuple[date, date]]:
    """First and last day of each span of days that are neighbours in the calendar, which has no Saturdays."""
    spans = [[day for _, day in group] for _, group in groupby(enumerate(days), key=lambda one: _number(one[1]) - one[0])]
    return [(span[0], span[-1]) for span in spans]


def days_text(days: Sequence[date]) -> str:
    """Days as text; neighbours in the calendar as one span.

    >>> days_text([date(2026, 1, 8), date(2026, 1, 9), date(2026, 1, 11), date(2026, 1, 13)])
    '2026-01-08 to 2026-01-11, 2026-01-13'
    """
    return ", ".join(f"{first}" if first == last else f"{first} to {last}" for first, last in day_spans(days))


def _number(day: date) -> int:
    """The place of a day in a calendar without Saturdays. Day 1 of `toordinal` is a Monday."""
    return day.toordinal() - (day.toordinal() + 1) // 7
