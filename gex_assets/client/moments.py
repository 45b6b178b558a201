"""Ends of a range as researchers write them: a day, a moment, text or nanoseconds."""

from __future__ import annotations

import numbers
from datetime import date, datetime
from typing import Any, Final

import numpy as np

from gex_assets.errors import LakeError
from gex_assets.time_units import datetime_ns, iso_ns, midnight_ns

__all__ = ["Moment", "moment_ns"]

Moment = date | datetime | str | int | np.integer[Any] | np.datetime64
"""A day (its first moment in UTC), a moment (UTC where it has no zone), ISO 8601 text of either, or UNIX nanoseconds.

Text has up to nine decimals; moments of pandas and numpy keep their nanoseconds."""

_DAY_LETTERS: Final = len("2026-01-06")
_EARLIEST: Final = -(2**63)
_LATEST: Final = 2**63 - 1


def moment_ns(moment: Moment, *, what: str) -> int:
    """The moment in nanoseconds since 1970 in UTC.

    Parameters
    ----------
    what : name of the argument, for messages.

    Raises
    ------
    LakeError
        It is no moment.

    Examples
    --------
    >>> moment_ns("2026-01-06", what="since") == moment_ns(date(2026, 1, 6), what="since") == 1767657600_000_000_000
    True
    """
    found = _found(moment)
    if found is None:
        raise LakeError(f"{what}: Expected a day or a moment, was {moment!r}: write it as '2026-01-06' or '2026-01-06T14:30'")
    return max(_EARLIEST, min(_LATEST, found))  # stored moments lie within


def _found(moment: Any) -> int | None:
    """The moment; None where it is none, as NaT."""
    try:
        if isinstance(moment, str):
            return midnight_ns(date.fromisoformat(moment)) if len(moment) == _DAY_LETTERS else iso_ns(moment)
        if isinstance(moment, datetime):  # a Timestamp of pandas is one too
            return datetime_ns(moment) + int(getattr(moment, "nanosecond", 0))
    except (ValueError, TypeError):
        return None
    if isinstance(moment, np.datetime64):
        return None if np.isnat(moment) else int(moment.astype("datetime64[ns]").astype(np.int64))
    if isinstance(moment, numbers.Integral) and not isinstance(moment, bool):
        return int(moment)
    return midnight_ns(moment) if isinstance(moment, date) else None
