"""A range of days in processes of their own: a day whose process dies does not end the others.

Each process runs many days, one after the other: importing Dagster and building the assets is paid once.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Generator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from gex_assets.defs.execution.day_memory import DayMemory, name_of, together
from gex_assets.defs.execution.memory_claims import budget_bytes
from gex_assets.defs.ranges.crashed_runs import report_crashed
from gex_assets.defs.ranges.day_run import DayRun
from gex_assets.lake.tables import Lake
from gex_assets.process.machine import cores
from gex_assets.process.own_module import command_of, environment_of_own
from gex_assets.process.workers import ASKED_TO_END, Crashed, Ended, Event, WorkerProcess, supervised
from gex_assets.settings import Settings

__all__ = ["DayTask", "RangeSetup", "days_at_once", "run_range"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RangeSetup:
    """What a worker needs to know before its first day; see `run_days`.

    Attributes
    ----------
    worker : its name, which its runs carry.
    has_own_assets : whether each day names its assets.
    wait_seconds : how long to wait for another process that runs the same day. [s]
    keeps : whether what it shows is kept until a day ends, as several are going on at once.
    """

    settings: Settings
    worker: str
    earliest: date
    select: str | None
    has_own_assets: bool
    force: bool
    wait_seconds: float
    shared: bool
    keeps: bool


@dataclass(frozen=True, slots=True)
class DayTask:
    """A day, and the paths of its assets' keys where it has assets of its own."""

    day: date
    only: tuple[tuple[str, ...], ...] | None = None


def days_at_once(
    settings: Settings, lake: Lake, days: Collection[date], *, only: Mapping[date, Collection[Any]] | None = None
) -> int:
    """How many of the days to run at once, by cores and by memory. At least 1.

    Each run keeps as many cores busy as it has threads. What its days need is known by how much was delivered.

    Parameters
    ----------
    only : keys of the assets of each day; None for all.
    """
    by_cores = min(cores() // settings.threads, len(days))
    if by_cores < 2:
        return 1
    tables = None if only is None else {day: [*map(name_of, keys)] for day, keys in only.items()}
    return min(by_cores, together([*DayMemory.of(settings).needs(lake.fs, days, tables=tables).values()], budget_bytes()))


def run_range(
    settings: Settings,
    days: Sequence[date],
    *,
    module: str,
    jobs: int,
    select: str | None = None,
    only: Mapping[date, Collection[Any]] | None = None,
    force: bool = False,
    wait_seconds: float,
    shared: bool,
) -> Generator[Event[DayTask, DayRun]]:
    """Run days in their order, `jobs` at once. Every day ends with one `Ended`, also one whose process died twice.

    Parameters
    ----------
    module : of a worker: it gets a `RangeSetup` and answers each `DayTask` with a `DayRun`.
    only : keys of the assets of each day, in place of `select`.
    select, force, wait_seconds, shared : as of `RangeSetup`.

    Raises
    ------
    GexError
        What `run_days` refuses, and processes that cannot be started.
    KeyboardInterrupt
        The process was asked to end. Days that were finished meanwhile are yielded before.
    """
    tasks = [DayTask(day, None if only is None else tuple(tuple(key.path) for key in only[day])) for day in days]

    def start() -> WorkerProcess[DayTask]:
        name = secrets.token_hex(8)
        setup = RangeSetup(
            settings=settings,
            worker=name,
            earliest=min(days),
            select=select,
            has_own_assets=only is not None,
            force=force,
            wait_seconds=wait_seconds,
            shared=shared,
            keeps=jobs > 1,
        )
        return WorkerProcess(command_of(module), setup, name=name, keeps=jobs > 1, environment=environment_of_own())

    for event in supervised(tasks, start, jobs=jobs):
        yield event
        if isinstance(event, Crashed):
            report_crashed(event.worker, f"The process that ran the day {event.how}.", shared=shared)
            if event.is_final:
                was_ended = event.how == ASKED_TO_END
                failure = f"the process {event.how}, twice: {_what_to_do(event.how)}"
                if was_ended:
                    failure = f"the process {event.how}, as Terminate in the UI does: what it was writing is discarded"
                day = DayRun(day=event.task.day, run_id="", success=False, failure=failure, was_ended=was_ended)
                yield Ended(event.task, day, "")


def _what_to_do(how: str) -> str:
    """What to do about a process that died the second time, when no other run of the machine was going on."""
    if "SIGKILL" in how:
        return "if memory ran out, end other programs or set GEX_THREADS=1"
    return "see what it wrote to standard error, and run the day by itself"
