"""Quiet hours on Chicago's clock, whatever its offset."""

from __future__ import annotations

from datetime import datetime, time

from gex_assets.notices.notice import CHICAGO

__all__ = ["is_quiet"]


def is_quiet(hours: tuple[time, time] | None, *, now: datetime) -> bool:
    """Whether a moment lies in the quiet hours, the end not included.

    They are those of the clock on the wall: the night in which it is set forward is an hour shorter, the other one longer.

    Parameters
    ----------
    hours : begin and end; an end before the begin is on the next day. None is never quiet.
    now : with its zone.

    Examples
    --------
    >>> night = (time(22, 0), time(6, 0))
    >>> [is_quiet(night, now=datetime(2026, 1, 6, hour, tzinfo=CHICAGO)) for hour in (21, 22, 3, 6)]
    [False, True, True, False]
    """
    if hours is None:
        return False
    begin, end = hours
    clock = now.astimezone(CHICAGO).time()
    return begin <= clock < end if begin < end else clock >= begin or clock < end
