"""The tags of a run: of which product and lake it is, why it was started and where, and what its starter leaves for its steps.

An instance may serve several lakes. Nothing here imports Dagster: `gex status` reads tags without it.
"""

from __future__ import annotations

import socket
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import dagster as dg

__all__ = [
    "BACKFILL",
    "DAY",
    "DAY_IS_HELD",
    "FORCE",
    "HOST",
    "LAKE",
    "PROCESS",
    "PRODUCT",
    "RUNNING",
    "VIEWS_LATER",
    "WHY",
    "WORKER",
    "lake_name",
    "lake_tags",
    "own_tags",
    "starter_does",
    "why_tags",
]

PRODUCT: Final = "gex/product"
WHY: Final = "gex/why"
LAKE: Final = "gex/lake"
HOST: Final = ".gex/host"
"""The machine whose process the run is. Numbers of processes mean nothing elsewhere."""

DAY: Final = "dagster/partition"
BACKFILL: Final = "dagster/backfill"

FORCE: Final = "gex/force"
"""A run with this tag recomputes every table, also one that is up to date."""

DAY_IS_HELD: Final = ".gex/day-is-held"
"""A run with this tag does not take the day's lock: whoever started it holds it."""

VIEWS_LATER: Final = ".gex/views-later"
"""A run with this tag does not write the views: whoever started it does."""

RUNNING: Final = ".gex/running"
"""A run with this tag is of the day that is still running. It holds the moment at which it was started. [UNIX ns UTC]"""

WORKER: Final = ".gex/worker"
"""The process of a range of days that executed a run, so that the run is found when that process died."""

PROCESS: Final = ".gex/process"
"""The run itself, the process that was forked for it and when that one was started."""


def why_tags(why: str, *, products: Sequence[str]) -> Mapping[str, str]:
    """What the list of runs says of a run.

    Parameters
    ----------
    why : a few words: a command, or what happened.
    products : those whose tables it makes.
    """
    return {PRODUCT: ", ".join(products), WHY: why}


def starter_does(run: dg.DagsterRun, tag: str) -> bool:
    """Whether the process that started the run does what the tag says.

    A run that is tried again has the tags of the first one, but Dagster started it.
    """
    return tag in run.tags and run.parent_run_id is None


def lake_name(lake: Path) -> str:
    """A lake as tags name it."""
    return str(lake.resolve())


def lake_tags(lake: Path) -> dict[str, str]:
    """The tag of whoever asks for a run and does not know where it will be executed."""
    return {LAKE: lake_name(lake)}


def own_tags(lake: Path) -> dict[str, str]:
    """The tags of a run of this process."""
    return lake_tags(lake) | {HOST: socket.gethostname()}
