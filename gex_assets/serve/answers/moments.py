"""Moments and days in requests, as people and programs write them."""

from __future__ import annotations

from datetime import date
from http import HTTPStatus
from typing import Final

from gex_assets.errors import LakeError
from gex_assets.lake.names import day_named
from gex_assets.serve.answers.problems import ProblemError
from gex_assets.time_units import iso_ns

__all__ = ["DAY_PATTERN", "MOMENT_PATTERN", "day_of", "is_clock", "moment_ns"]

DAY_PATTERN: Final = r"^\d{4}-\d{2}-\d{2}$"
MOMENT_PATTERN: Final = (
    r"^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})?|\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?|\d{1,19})$"
)
"""ISO 8601 (UTC where it has no zone), HH:MM or HH:MM:SS in UTC on the day asked for, or UNIX nanoseconds."""

_LARGEST: Final = 2**63 - 1


def day_of(text: str, *, what: str) -> date:
    """A day as YYYY-MM-DD.

    Raises
    ------
    ProblemError
        It is no day of the calendar; `what` names the parameter.
    """
    try:
        return day_named(text)
    except LakeError as error:
        raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, f"{what}: {error}: write it as 2026-01-06") from error


def is_clock(text: str | None) -> bool:
    """Whether it is a time of day without a date.

    >>> is_clock("14:30"), is_clock("2026-01-06T14:30"), is_clock("1767709800000000000"), is_clock(None)
    (True, False, False, False)
    """
    return text is not None and ":" in text and "T" not in text


def moment_ns(text: str, *, day: date | None, what: str) -> int:
    """A moment as nanoseconds since 1970 in UTC.

    Parameters
    ----------
    day : of a time of day without a date; None where the request names no single day.

    Raises
    ------
    ProblemError
        It is no moment, or a time of day without a day.
    """
    if text.isdigit():
        nanoseconds = int(text)
    else:
        if is_clock(text):
            if day is None:
                raise ProblemError(
                    HTTPStatus.UNPROCESSABLE_ENTITY,
                    f"{what}: Expected a moment with its date for a range of days, was {text}: write it as 2026-01-06T14:30:00Z",
                )
            text = f"{day.isoformat()}T{text}"
        try:
            nanoseconds = iso_ns(text)
        except ValueError:
            raise ProblemError(
                HTTPStatus.UNPROCESSABLE_ENTITY, f"{what}: Expected a moment, was {text}: write it as 2026-01-06T14:30:00Z"
            ) from None
    if not 0 <= nanoseconds <= _LARGEST:
        raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, f"{what}: Expected a moment from 1970 to 2262, was {text}")
    return nanoseconds
