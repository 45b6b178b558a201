"""Ends of a range as researchers write them: a day, a moment, text or nanoseconds."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Final

from gex_assets.errors import LakeError
from gex_assets.time_units import DAY_NS, MICROSECOND_NS, SECOND_NS

__all__ = ["Moment", "moment_ns"]

Moment = date | datetime | str | int
"""A day (its first moment in UTC), a moment (UTC where it has no zone), ISO 8601 text of either, or UNIX nanoseconds."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_DAY_LETTERS: Final = len("2026-01-06")


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
    if isinstance(moment, bool):
        raise LakeError(f"{what}: Expected a day or a moment, was {moment}: write it as '2026-01-06' or '2026-01-06T14:30'")
    if isinstance(moment, int):
        return moment
    if isinstance(moment, str):
        try:
            moment = date.fromisoformat(moment) if len(moment) == _DAY_LETTERS else datetime.fromisoformat(moment)
        except ValueError:
            raise LakeError(
                f"{what}: Expected a day or a moment, was {moment!r}: write it as '2026-01-06' or '2026-01-06T14:30'"
            ) from None
    if isinstance(moment, datetime):
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
        since = moment - _EPOCH
        return since // timedelta(seconds=1) * SECOND_NS + since.microseconds * MICROSECOND_NS
    return (moment - _EPOCH.date()) // timedelta(days=1) * DAY_NS
