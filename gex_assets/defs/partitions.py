"""The calendar of partitions: one per UTC day, without Saturdays. Holidays stay in: Globex reopens on their evenings."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Final

import dagster as dg

from gex_assets.errors import LakeError
from gex_assets.settings import Settings
from gex_assets.wording import TODAY_IS_RUNNING

__all__ = ["calendar_start", "daily", "day_of", "why_outside"]

_SATURDAY: Final = 5


def daily(start: date, *, with_today: bool = False) -> dg.DailyPartitionsDefinition:
    """Every UTC day from `start` to yesterday, except Saturdays.

    Parameters
    ----------
    with_today : whether the day that is still running is one too. The UI's calendar never has it: a partition that it shows as
        materialized is a whole day.
    """
    return dg.DailyPartitionsDefinition(
        start_date=start.isoformat(), timezone="UTC", exclusions=["0 0 * * 6"], end_offset=1 if with_today else 0
    )


def why_outside(partitions: dg.DailyPartitionsDefinition, *, now: datetime) -> Callable[[date], str | None]:
    """Why a day is none of the calendar's, and what to do; None where it is one.

    It answers for many days: Dagster's own answer takes a millisecond for each.

    Parameters
    ----------
    now : with its zone.
    """
    today = now.astimezone(UTC).date()
    begins, ends = partitions.start.date(), today if partitions.end_offset else today - timedelta(days=1)

    def why(day: date) -> str | None:
        if day == today > ends:
            return TODAY_IS_RUNNING
        if day > ends:
            return "that day has not begun: wait until it is over"
        if day < begins:
            return f"the calendar begins with {begins}: set start_date to that day or an earlier one, or reload the definitions"
        return "Saturdays have no session: leave it out" if day.weekday() == _SATURDAY else None

    return why


def day_of(partition_key: str) -> date:
    """The date that a partition's key names."""
    return date.fromisoformat(partition_key)


def calendar_start(settings: Settings, *, reaching: date | None = None) -> date:
    """The first day of the calendar: `start_date` where it was chosen, else the first day of which a file was delivered.

    A calendar that begins years before the first file shows nothing but missing days. Without files it begins with the default.

    Parameters
    ----------
    reaching : a day that someone asks for; the calendar reaches back to it unless `start_date` was chosen.
    """
    if "start_date" in settings.model_fields_set:
        return settings.start_date
    first = _first_delivered(settings) or settings.start_date
    return first if reaching is None else min(first, reaching)


def _first_delivered(settings: Settings) -> date | None:
    from gex_assets.lake.raw.layout import RAW_KINDS, first_day
    from gex_assets.lake.tables import Lake

    lake = Lake(settings.lake)
    try:
        found = (first_day(lake.fs, kind=kind, product=name) for name in settings.products for kind in RAW_KINDS)
        return min((day for day in found if day is not None), default=None)
    except LakeError:  # whoever runs a day is told
        return None
