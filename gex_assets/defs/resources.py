"""The resources that Dagster gives to assets: the lake, whose folder the UI shows, and the lock and memory of the run's day."""

import contextlib
from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path
from typing import Self

import dagster as dg
from pydantic import PrivateAttr

from gex_assets.defs.execution.day_lock import holding_day
from gex_assets.defs.execution.day_memory import DayMemory, name_of, step_peaks
from gex_assets.defs.execution.run_tags import DAY, DAY_IS_HELD, own_tags, starter_does
from gex_assets.defs.partitions import day_of
from gex_assets.lake.existing import existing_lake
from gex_assets.lake.filesystem import Waiting
from gex_assets.lake.tables import Lake
from gex_assets.settings import Settings

__all__ = ["LOCK_SECONDS", "HeldDay", "LakeResource"]

LOCK_SECONDS = 3_600.0
"""How long a run waits for another one that runs the same day or writes the same table. The lock of a killed run is free."""


class LakeResource(dg.ConfigurableResource):  # type: ignore[type-arg]
    """The lake in a folder. A relative path is relative to the working directory."""

    root: str

    def lake(self) -> Lake:
        """Open the lake.

        Raises
        ------
        LakeError
            There is none.
        """
        return existing_lake(self.root)


class HeldDay(dg.ConfigurableResource):  # type: ignore[type-arg]
    """The lock of the run's day and the memory that it needs, from before the first step until after the last one.

    A run without a day, as of the history, has neither: its tags say whose it is.

    The lock comes first: a run that waits for a day holds no memory that the run of that day may wait for.

    It is a resource of its own: one that is taken down at the end needs a context that ends, which a sensor's tick has not.
    """

    root: str
    products: list[str]
    settings: str
    _held: contextlib.ExitStack = PrivateAttr(default_factory=contextlib.ExitStack)
    _kept: Callable[[], None] | None = PrivateAttr(default=None)

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """For the settings of an installation."""
        memory = DayMemory.of(settings)
        return cls(root=str(settings.lake), products=list(memory.products), settings=memory.settings)

    def setup_for_execution(self, context: dg.InitResourceContext) -> None:
        """Hold the day and its memory, unless whoever started the run does; and say of the run whose it is."""
        run, log = context.run, context.log
        if run is not None and context.instance is not None:
            own = own_tags(Path(self.root))
            if any(run.tags.get(name) != value for name, value in own.items()):  # a run that is tried again may be elsewhere
                context.instance.add_run_tags(run.run_id, own)
        key = run.tags.get(DAY) if run is not None and not starter_does(run, DAY_IS_HELD) else None
        if key is None:
            return
        waiting = Waiting(LOCK_SECONDS, log.info if log is not None else None)
        lake, day, memory = existing_lake(self.root), day_of(key), DayMemory(tuple(self.products), self.settings)
        try:
            with contextlib.ExitStack() as held, dg.raise_execution_interrupts():  # the UI can end a run that waits
                held.enter_context(holding_day(lake, day, waiting))
                tables = None if run is None or context.instance is None else _planned(context.instance, run.run_id)
                held.enter_context(memory.holding(lake.fs, day, tables=tables, say=waiting.say))
                self._held = held.pop_all()
        except dg.DagsterExecutionInterruptedError:  # Dagster's own event of it has the place in the code, and no words
            if log is not None:
                log.info(
                    f"ended before the first step, while it waited for {day} or for memory: nothing was made, and both are free"
                )
            raise
        if run is not None and context.instance is not None:
            self._kept = partial(_keep_peaks, memory, lake, day, context.instance, run.run_id)

    def teardown_after_execution(self, context: dg.InitResourceContext) -> None:
        """Let the day and its memory go, and keep what its steps took."""
        self._held.close()
        if self._kept is not None:
            self._kept()


def _planned(instance: dg.DagsterInstance, run_id: str) -> list[str]:
    """The tables that a run makes. Its selection is not enough: a job may be over some assets only."""
    events = instance.all_logs(run_id, of_type=dg.DagsterEventType.ASSET_MATERIALIZATION_PLANNED)
    keys = (entry.dagster_event.asset_key for entry in events if entry.dagster_event is not None)
    return [name_of(key) for key in keys if key is not None]


def _keep_peaks(memory: DayMemory, lake: Lake, day: date, instance: dg.DagsterInstance, run_id: str) -> None:
    events = instance.all_logs(run_id, of_type=dg.DagsterEventType.ASSET_MATERIALIZATION)
    made = (entry.dagster_event.step_materialization_data.materialization for entry in events if entry.dagster_event is not None)
    memory.keep(lake.fs, day, step_peaks(made))
