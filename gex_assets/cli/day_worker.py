"""A process that runs days for `gex run` and `gex refresh`, one after the other, as its parent gives them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import date
from typing import Any

from gex_assets.cli.options import say
from gex_assets.errors import GexError
from gex_assets.process.garbage import loading
from gex_assets.process.interruption import EXIT_CODE, interruptible
from gex_assets.process.progress import live_line
from gex_assets.process.working import Working

MODULE = __name__ if __name__ != "__main__" else "gex_assets.cli.day_worker"
"""How a parent names it."""


class _Days:
    """The days of this process, and what their tasks say of each.

    Attributes
    ----------
    only : day -> keys of its assets, where they were given.
    alone : days that are tried a second time, while nothing else runs.
    """

    def __init__(self, working: Working) -> None:
        self._working = working
        self.only: dict[date, list[Any]] = {}
        self.alone: set[date] = set()

    def __iter__(self) -> Iterator[date]:
        from dagster import AssetKey

        for task, attempt in self._working.tasks():
            if task.only is not None:
                self.only[task.day] = [AssetKey(list(path)) for path in task.only]
            if attempt > 1:
                self.alone.add(task.day)
            yield task.day


def _work(working: Working) -> None:
    with loading():
        from gex_assets.defs.execution.run_tags import WORKER
        from gex_assets.defs.run import run_days
        from gex_assets.lake.filesystem import Waiting
        from gex_assets.warm_up.compilation import announced_compilation
        from gex_assets.warm_up.units import seconds_of

    setup, days = working.setup, _Days(working)
    runs = run_days(
        setup.settings,
        days,
        earliest=setup.earliest,
        select=setup.select,
        only=days.only if setup.has_own_assets else None,
        force=setup.force,
        alone=days.alone,
        tags={WORKER: setup.worker},
        waiting=Waiting(setup.wait_seconds, lambda text: working.say(f"  {text}")),
        shared=setup.shared,
    )
    try:
        with live_line(), announced_compilation(say, seconds=seconds_of("graph")):
            for one in runs:
                working.answer(one)
    except GexError as error:
        working.refuse(str(error))


def main() -> int:
    """Work until the parent has no more days; its exit code."""
    with interruptible():
        try:
            _work(Working(int(sys.argv[1])))
        except KeyboardInterrupt:
            return EXIT_CODE
    return 0


if __name__ == "__main__":
    sys.exit(main())
