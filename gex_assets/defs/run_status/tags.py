"""Tags that say of a run which lake it writes, who started it and on which machine. An instance may serve several lakes."""

import socket
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Final

__all__ = [
    "BACKFILL",
    "DAY",
    "HOST",
    "LAKE",
    "day_of_tags",
    "is_of_lake",
    "lake_name",
    "lake_tags",
    "own_tags",
    "parsed_day",
    "started_by",
]

LAKE: Final = "gex/lake"
HOST: Final = ".gex/host"
"""The machine whose process the run is. Numbers of processes mean nothing elsewhere."""
DAY: Final = "dagster/partition"
BACKFILL: Final = "dagster/backfill"


def lake_name(lake: Path) -> str:
    """A lake as tags name it."""
    return str(lake.resolve())


def lake_tags(lake: Path) -> dict[str, str]:
    """The tag of whoever asks for a run and does not know where it will be executed."""
    return {LAKE: lake_name(lake)}


def own_tags(lake: Path) -> dict[str, str]:
    """The tags of a run of this process."""
    return lake_tags(lake) | {HOST: socket.gethostname()}


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
    >>> started_by({"gex/why": "gex run --select x"}), started_by({"dagster/sensor_name": "delivered_files"}), started_by({})
    ('gex run --select x', 'the sensor delivered_files', 'the UI')
    """
    why = tags.get("gex/why", "")  # of `execution.run_tags`, which imports Dagster
    if why.startswith("gex ") or ".gex/day-is-held" in tags:
        return why if why.startswith("gex ") else "gex run"
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
