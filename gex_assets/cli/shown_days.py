"""Days that `gex run` and `gex refresh` make, shown while they are made: one here, several in processes of their own."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from time import monotonic
from typing import TYPE_CHECKING, Any

import click

from gex_assets.cli.options import out, say
from gex_assets.process.garbage import loading
from gex_assets.process.progress import Task, erase_left_line, live_line, task
from gex_assets.report.day_range import day_heading, seconds_left
from gex_assets.settings import Settings

if TYPE_CHECKING:
    from gex_assets.defs.ranges.day_run import DayRun

__all__ = ["jobs_option", "shown_days"]

_MOST_NAMED = 4
"""So many days at once have room in a line of 80 columns, with how long they take."""

jobs_option = click.option(
    "--jobs",
    type=click.IntRange(min=1),
    help="Days of a range at once, each in a process of its own.  [default: by cores and memory]",
)


def shown_days(
    settings: Settings,
    days: Sequence[date],
    *,
    shared: bool,
    jobs: int | None = None,
    select: str | None = None,
    only: Mapping[date, Collection[Any]] | None = None,
    force: bool = False,
    wait_seconds: float = 3_600.0,
    running_ns: int | None = None,
) -> Iterator[DayRun]:
    """Run days and show what becomes of each. One day alone runs in this process.

    Parameters
    ----------
    jobs : days at once; by default as many as cores and memory allow.
    shared, select, only, force : as of `run_days`.
    wait_seconds : how long to wait for another process that runs the same day. [s]
    running_ns : the moment now, where the day is the one that is running. [UNIX ns UTC]

    Raises
    ------
    GexError, KeyboardInterrupt
        As of `run_days`.
    """
    choices: dict[str, Any] = {"shared": shared, "select": select, "only": only, "force": force}
    if len(days) == 1:
        yield from _here(settings, days, wait_seconds, {**choices, "running_ns": running_ns})
    elif days:
        yield from _elsewhere(settings, days, jobs, {**choices, "wait_seconds": wait_seconds})


def _here(settings: Settings, days: Sequence[date], wait_seconds: float, choices: Mapping[str, Any]) -> Iterator[DayRun]:
    with loading():
        from gex_assets.defs.run import run_days
        from gex_assets.lake.filesystem import Waiting
        from gex_assets.warm_up.compilation import announced_compilation
        from gex_assets.warm_up.units import seconds_of

    waiting = Waiting(wait_seconds, lambda text: say(f"  {text}"))
    runs = run_days(settings, days, waiting=waiting, announce=lambda day: out.print(str(day), style="bold"), **choices)
    with live_line(), announced_compilation(say, seconds=seconds_of("graph")):
        for one in runs:
            _say_result(one)
            yield one


def _elsewhere(settings: Settings, days: Sequence[date], jobs: int | None, choices: Mapping[str, Any]) -> Iterator[DayRun]:
    from gex_assets.cli.day_worker import MODULE
    from gex_assets.defs.ranges.day_range import days_at_once, run_range
    from gex_assets.lake.existing import existing_lake
    from gex_assets.process.workers import Begun, Crashed, Ended, Said

    at_once = min(jobs or days_at_once(settings, existing_lake(settings.lake), days, only=choices.get("only")), len(days))
    # a worker that is alone draws the line of its tables itself
    with live_line(is_terminal=None if at_once > 1 else lambda: False), task("", unit="rows") as at_hand:
        shown = _Shown(days, at_once, at_hand)
        for event in run_range(settings, days, module=MODULE, jobs=at_once, **choices):
            if isinstance(event, Begun):
                shown.begun(event.task.day, event.attempt)
            elif isinstance(event, Said):
                shown.said(event.task.day, event.text)
            elif isinstance(event, Crashed):
                shown.crashed(event.task.day, event.how, event.written, is_final=event.is_final)
            elif isinstance(event, Ended):
                shown.ended(event.result, event.written)
                yield event.result


def _say_result(done: DayRun) -> None:
    from gex_assets.report.day_run import day_run_line  # the tables' contracts come with it, and `gex chain` does without them

    say(day_run_line(done))


class _Shown:
    """What is shown of days in processes of their own. Of several at once, the lines of a day come together when it ends."""

    def __init__(self, days: Sequence[date], at_once: int, at_hand: Task) -> None:
        self._days, self._at_once, self._at_hand = days, at_once, at_hand
        self._running: dict[date, float] = {}
        self._took: list[float] = []
        self._left = len(days)
        if at_once > 1:
            say(f"{len(days)} days, {at_once} at once: the lines of a day are shown when it ends")

    def begun(self, day: date, attempt: int) -> None:
        now = monotonic()
        if attempt == 1:
            running = [now - began for began in self._running.values()]
            left = seconds_left(took=self._took, running=running, to_begin=self._left, jobs=self._at_once)
            out.print(day_heading(day, of=self._days, left=left), style="bold")
            self._left -= 1
        else:
            say(f"{day} once more, while no other day runs")
        self._running[day] = now
        self._name_running()

    def said(self, day: date, text: str) -> None:
        say(f"  {day}: {text.strip()}" if self._at_once > 1 else text)

    def crashed(self, day: date, how: str, written: str, *, is_final: bool) -> None:
        self._end(day, written)
        if not is_final:
            say(f"  CRASHED: the process {how}")

    def ended(self, result: DayRun, written: str) -> None:
        began = self._end(result.day, written)
        if began is not None:
            self._took.append(monotonic() - began)
        _say_result(result)

    def _end(self, day: date, written: str) -> float | None:
        """Show what a day wrote; when it began, None where that was shown before."""
        began = self._running.pop(day, None)
        self._name_running()
        if began is None:
            return None
        if self._at_once == 1:
            erase_left_line()
        else:
            out.print(f"{day} after {monotonic() - began:,.0f} s", style="bold")
        for line in written.splitlines():
            say(line)
        return began

    def _name_running(self) -> None:
        """The live line names the days at hand."""
        named = sorted(self._running)
        self._at_hand.what = (
            ", ".join(map(str, named)) if len(named) <= _MOST_NAMED else f"{len(named)} days from {named[0]} to {named[-1]}"
        )
        self._at_hand.began = min(self._running.values(), default=monotonic())
