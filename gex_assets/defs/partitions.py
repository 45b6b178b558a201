"""The calendar of partitions: one per UTC day, without Saturdays. Holidays stay in: Globex reopens on their evenings."""

from __future__ import annotations

from datetime import date

import dagster as dg

from gex_assets.errors import LakeError
from gex_assets.settings import Settings

__all__ = ["calendar_start", "daily", "day_of"]


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
