"""The end of a range of days as lines of text: what is done and what is not, and the commands that go on from there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Final

from gex_assets.wording import day_spans, days_text, duration_text

if TYPE_CHECKING:
    from gex_assets.defs.run import DayRun

__all__ = ["DayRange", "day_heading", "seconds_left"]

_MOST_COMMANDS: Final = 4
"""So many commands are copied one by one; to look at a day that is up to date takes a second."""


@dataclass(frozen=True, kw_only=True)
class DayRange:
    """What became of a range of days.

    Parameters
    ----------
    days : all days of the range, in order.
    done : the days that ended, well or not.
    interrupted : whether the range was ended by Ctrl-C or a termination.
    command : what was typed, without the days.
    """

    days: Sequence[date]
    done: Sequence[DayRun]
    interrupted: bool
    command: str

    @cached_property
    def failed(self) -> list[DayRun]:
        """Days that failed."""
        return [one for one in self.done if not one.success]

    @cached_property
    def without_files(self) -> list[date]:
        """Days that were published empty, because nothing was delivered."""
        return [one.day for one in self.done if one.success and one.without_files]

    @cached_property
    def not_done(self) -> list[date]:
        """Days that did not end; all of them are to be run again."""
        ended = {one.day for one in self.done}
        return [day for day in self.days if day not in ended]

    def lines(self) -> Iterator[str]:
        """The lines; none where a single day ended well."""
        published = [one.day for one in self.done if one.success]
        if self.interrupted:
            yield f"interrupted; done: {days_text(published) or 'no day'}; not done: {days_text(self.not_done) or 'no day'}"
        elif len(self.days) > 1:
            counts = {"published": len(published), "failed": len(self.failed)}
            text = ", ".join(f"{count} {what}" for what, count in counts.items() if count)
            yield f"{len(self.days)} days: {text}"
        if len(self.days) > 1 and self.without_files:
            yield f"no files: {days_text(self.without_files)}"
        for one in self.failed if len(self.days) > 1 or self.interrupted else ():
            yield f"failed: {one.day}: {one.failure or next(iter(one.failed_checks), 'see the run')}"
        for command in self._commands([one.day for one in self.failed]):
            yield f"run again: {command}"
        for command in self._commands(self.not_done):
            yield f"resume: {command}"

    def _commands(self, days: Sequence[date]) -> Iterator[str]:
        """A command for each span of the days. Of many it is one: what lies between them and is up to date is reused."""
        spans = day_spans(sorted(days))
        if len(spans) > _MOST_COMMANDS:
            spans = [(spans[0][0], spans[-1][1])]
        for first, last in spans:
            yield f"{self.command} --date {first}{f' --to {last}' if last != first else ''}"


def day_heading(day: date, *, of: Sequence[date], left: float | None = None) -> str:
    """A day before it begins; in a range its place, and how long the rest will take if it goes on like this.

    Parameters
    ----------
    of : all days of the range, in order.
    left : estimate, of `seconds_left`. [s]

    >>> days = [date(2026, 1, 6), date(2026, 1, 7), date(2026, 1, 8)]
    >>> day_heading(days[0], of=days), day_heading(days[2], of=days, left=120.0)
    ('2026-01-06 (1 of 3)', '2026-01-08 (3 of 3, about 2 min left)')
    """
    if len(of) < 2:
        return f"{day}"
    place = f"{of.index(day) + 1} of {len(of)}"
    return f"{day} ({place})" if left is None else f"{day} ({place}, about {duration_text(left)} left)"


def seconds_left(*, took: Sequence[float], running: Sequence[float], to_begin: int, jobs: int) -> float | None:
    """How long the rest of a range will take if it goes on like this; None before a first day has ended. [s].

    Parameters
    ----------
    took : time of each day that has ended. [s]
    running : time since each day began that goes on. [s]
    to_begin : how many days have not begun.
    jobs : days at once.

    >>> seconds_left(took=[60.0], running=[30.0], to_begin=3, jobs=2)
    105.0
    """
    if not took:
        return None
    mean = sum(took) / len(took)
    work = mean * to_begin + sum(max(mean - each, 0.0) for each in running)
    return work / max(min(jobs, to_begin + len(running)), 1)
