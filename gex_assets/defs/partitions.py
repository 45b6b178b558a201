"""The calendar of partitions: one per UTC day, without Saturdays. Holidays stay in: Globex reopens on their evenings."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Final

import dagster as dg

from gex_assets.errors import LakeError
from gex_assets.settings import Settings

__all__ = ["calendar_start", "daily", "day_of", "days_of"]

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


def days_of(partitions: dg.DailyPartitionsDefinition) -> Callable[[date], bool]:
    """Whether a day is one of the calendar's now, for many days: Dagster's own answer takes a millisecond for each."""
    first, last = partitions.get_first_partition_key(), partitions.get_last_partition_key()
    if first is None or last is None:
        return lambda _: False
    begins, ends = day_of(first), day_of(last)
    return lambda day: begins <= day <= ends and day.weekday() != _SATURDAY


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
