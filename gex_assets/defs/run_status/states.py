"""What is known of runs, as plain data: `report/` makes text of it without Dagster."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

__all__ = ["Backfill", "FailedRun", "QueuedRun", "RunStates", "RunningRun"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningRun:
    """A run in hand.

    Attributes
    ----------
    day : None of a job without days, as the history.
    state : as Dagster has it, in words: `starting`, `running`, `ending`.
    since : when it began, or was created where it has not. [UNIX s]
    tables : what is being made now.
    made, of : tables that were made or reused, and all of the run. Pages are none.
    host : the machine of its process, where that is another one than this; else empty.
    heard : when its latest event came; None where it is of this machine, whose processes can be looked at. [UNIX s]
    """

    run_id: str
    job: str
    day: date | None
    state: str
    since: float
    by: str
    tables: tuple[str, ...]
    made: int
    of: int
    host: str = ""
    heard: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuedRun:
    """A run that waits for its turn; `since` it was created [UNIX s]."""

    run_id: str
    job: str
    day: date | None
    since: float
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Backfill:
    """A range of days that Dagster works through.

    Attributes
    ----------
    name : its title, job or identity.
    days : how many there are; None where that cannot be told without its code.
    done, failed : days whose latest run succeeded; days whose latest run failed or was canceled.
    since : when it was asked for. [UNIX s]
    seconds_left : if it goes on like this; None before the first day is over. [s]
    """

    backfill_id: str
    name: str
    days: int | None
    done: int
    failed: int
    since: float
    seconds_left: float | None

    @property
    def left(self) -> int | None:
        """Days that are not over."""
        return None if self.days is None else max(self.days - self.done - self.failed, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedRun:
    """The latest failure of a day, or of a job without days, that was not made good since.

    Attributes
    ----------
    at : when it ended, or began where it never ended. [UNIX s]
    is_gone : whether it never ended: its process is gone, or silent for too long.
    reason : why, the first line; empty where it was not looked at.
    more : further steps of the run that failed.
    """

    run_id: str
    job: str
    day: date | None
    at: float
    by: str
    is_gone: bool
    reason: str
    more: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStates:
    """What an instance knows of the runs of a lake.

    Attributes
    ----------
    running : the longest first.
    queued : the next one first.
    failed : by day, those without a day first.
    unknown : why nothing is known; empty where it is.
    """

    running: Sequence[RunningRun] = ()
    queued: Sequence[QueuedRun] = ()
    backfills: Sequence[Backfill] = ()
    failed: Sequence[FailedRun] = ()
    unknown: str = ""

    def of_day(self, day: date) -> "RunStates":
        """The same of one day alone. A backfill is of many."""
        return RunStates(
            running=[one for one in self.running if one.day == day],
            queued=[one for one in self.queued if one.day == day],
            failed=[one for one in self.failed if one.day == day],
            unknown=self.unknown,
        )
