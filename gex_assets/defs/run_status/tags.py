"""What the tags of a run say: of which lake and day it is, and who started it."""

from collections.abc import Mapping
from datetime import date

from gex_assets.defs.execution.run_tags import BACKFILL, DAY, DAY_IS_HELD, LAKE, WHY

__all__ = ["day_of_tags", "is_of_lake", "parsed_day", "started_by"]


def is_of_lake(tags: Mapping[str, str], lake: str, *, is_settings_lake: bool) -> bool:
    """Whether a run is of a lake.

    Parameters
    ----------
    lake : its name, see `lake_name`.
    is_settings_lake : whether it is the settings' lake. Runs without the tag count as that one's: the UI shows no other.

    Examples
    --------
    >>> is_of_lake({LAKE: "/data"}, "/data", is_settings_lake=False), is_of_lake({}, "/data", is_settings_lake=False)
    (True, False)
    >>> is_of_lake({}, "/data", is_settings_lake=True), is_of_lake({LAKE: "/other"}, "/data", is_settings_lake=True)
    (True, False)
    """
    return tags[LAKE] == lake if LAKE in tags else is_settings_lake


def started_by(tags: Mapping[str, str]) -> str:
    """Who started a run.

    Examples
    --------
    >>> started_by({WHY: "gex run --select x"}), started_by({"dagster/sensor_name": "delivered_files"}), started_by({})
    ('gex run --select x', 'the sensor delivered_files', 'the UI')
    """
    why = tags.get(WHY, "")
    if why.startswith("gex "):
        return why
    if DAY_IS_HELD in tags:
        return "gex run"
    for tag, what in (("dagster/sensor_name", "sensor"), ("dagster/schedule_name", "schedule")):
        if tag in tags:
            return f"the {what} {tags[tag]}"
    return f"the backfill {tags[BACKFILL]}" if BACKFILL in tags else "the UI"


def day_of_tags(tags: Mapping[str, str]) -> date | None:
    """The day that a run makes; None of a run without one, as the history's."""
    return parsed_day(tags.get(DAY, ""))


def parsed_day(text: str) -> date | None:
    """A day from the name of its partition; None where the partition is no day."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
