"""The sensor that updates `regime_history` once days have been made: once after the last day of a backfill, not once for each.

It looks at names, times and tags of published objects and at what the instance says of runs. It opens no table. It is on by
default: where the history is up to date it does nothing, and where it is not, nobody has to remember it.
"""

import hashlib
import json
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

import dagster as dg

from gex_assets.defs.execution.run_tags import DAY, why_tags
from gex_assets.defs.history import HISTORY
from gex_assets.defs.jobs import CHECK_DAY, HISTORY_JOB
from gex_assets.defs.resources import LakeResource
from gex_assets.defs.run_status.in_hand import days_left, unfinished_backfills
from gex_assets.errors import LakeError
from gex_assets.lake.freshness import HISTORY_SOURCE, is_partial
from gex_assets.lake.tables import Lake
from gex_assets.wording import counted

__all__ = ["Asked", "Changed", "Unfinished", "changed_days", "history_after_days", "next_step", "unfinished"]

NAME: Final = "history_after_days"
TICK_SECONDS: Final = 60

_IN_PROGRESS: Final = (
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
)
_STATE: Final = 16
_MOST_RUNS: Final = 500
"""Runs that are looked at. Where more are in progress there is no need to count them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """How the published days differ from those that the history was made of.

    Attributes
    ----------
    state : digest of names and tags of the days' scores, as long as a cursor that people can read. [hexadecimal]
    days : those with scores that are newer than their history or have none, and those whose scores are gone.
    """

    state: str
    days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Unfinished:
    """What is still being made.

    Attributes
    ----------
    days : runs of a day that are queued or running.
    backfilled : days of backfills that have neither succeeded nor failed.
    histories : runs of the history itself.
    """

    days: int = 0
    backfilled: int = 0
    histories: int = 0

    def words(self) -> str:
        """What is waited for; empty for nothing."""
        more = f"{counted(self.backfilled, 'day')} of backfills still to come" if self.backfilled else ""
        own = f"{counted(self.days, 'run')} of days in progress" if self.days else ""
        history = "the history is being updated" if self.histories else ""
        return ", ".join(words for words in (more, own, history) if words)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The cursor.

    Attributes
    ----------
    began : when this cursor began. [UNIX s] It is part of run keys: a cursor that is reset asks for the same state again.
    seen : the state at the tick before.
    asked : the state for which the history was requested last.
    """

    began: int
    seen: str = ""
    asked: str = ""

    @classmethod
    def parsed(cls, text: str | None, *, now_s: int) -> "Asked":
        """Read a cursor; a new one where there is none or none that can be read."""
        try:
            found = json.loads(text or "")
            return cls(began=int(found["began"]), seen=str(found["seen"]), asked=str(found["asked"]))
        except (ValueError, KeyError, TypeError):
            return cls(began=now_s)

    def text(self) -> str:
        """The cursor as Dagster stores it."""
        return json.dumps({"began": self.began, "seen": self.seen, "asked": self.asked})


def next_step(changed: Changed, cursor: Asked, going_on: Unfinished) -> tuple[str | None, Asked, str]:
    """Decide whether to request the history now.

    It is requested once for each state of the scores, also where it fails. Days must be the same at two ticks: between two runs
    of a range that one process makes, no run is in progress.

    Returns
    -------
    The key of the run to request, or None; the next cursor; why.
    """
    after = replace(cursor, seen=changed.state)
    if not changed.days:
        return None, after, "the history is up to date: no published day changed since"
    what = f"{counted(changed.days, 'day')} changed since the history was updated"
    if cursor.asked == changed.state:
        return None, after, f"{what}, and it was requested: see the last run of {HISTORY_JOB}. Asked again when a day changes"
    if going_on.words():
        return None, after, f"{what}; it waits: {going_on.words()}"
    if cursor.seen != changed.state:
        return None, after, f"{what}; it waits for one more tick without another change"
    return f"{cursor.began}:{changed.state}", replace(after, asked=changed.state), what


def changed_days(lake: Lake, products: Iterable[str]) -> Changed:
    """Compare the scores of all products with the history, by names and times. Partial days are none of the history's.

    Raises
    ------
    LakeError
        The lake cannot be listed.
    """
    digest, days = hashlib.sha256(), 0
    for product in products:
        scores, history = _times(lake, HISTORY_SOURCE, product), _times(lake, HISTORY, product)
        for day, (tag, _) in sorted(scores.items()):
            digest.update(f"{product} {day} {tag}\n".encode())
        newer = [day for day, (_, modified) in scores.items() if day not in history or history[day][1] < modified]
        days += sum(not is_partial(lake, HISTORY_SOURCE, product, day) for day in newer)
        days += len(history.keys() - scores.keys())
    return Changed(state=digest.hexdigest()[:_STATE], days=days)


def unfinished(instance: dg.DagsterInstance) -> Unfinished:
    """What the instance still makes, by its runs and backfills."""
    runs = instance.get_runs(filters=dg.RunsFilter(statuses=list(_IN_PROGRESS)), limit=_MOST_RUNS)
    return Unfinished(
        days=sum(DAY in run.tags and run.job_name != CHECK_DAY for run in runs),
        backfilled=sum(days_left(instance, one) or 0 for one in unfinished_backfills(instance)),
        histories=sum(run.job_name == HISTORY_JOB for run in runs),
    )


def history_after_days(products: Iterable[str]) -> dg.SensorDefinition:
    """The sensor over all products."""
    names = tuple(products)

    @dg.sensor(
        name=NAME,
        job_name=HISTORY_JOB,
        minimum_interval_seconds=TICK_SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description=(
            "Updates regime_history once after days were published, while no run or backfill of days is in progress. "
            "Each tick says what it waits for."
        ),
    )
    def evaluate(context: dg.SensorEvaluationContext, lake: LakeResource) -> dg.SensorResult | dg.SkipReason:
        try:
            changed = changed_days(lake.lake(), names)
        except LakeError as error:
            return dg.SkipReason(str(error))
        cursor = Asked.parsed(context.cursor, now_s=int(time.time()))
        key, after, why = next_step(changed, cursor, unfinished(context.instance) if changed.days else Unfinished())
        if key is None:
            return dg.SensorResult(skip_reason=dg.SkipReason(why), cursor=after.text())
        request = dg.RunRequest(run_key=key, tags=why_tags(why, products=names))
        return dg.SensorResult(run_requests=[request], cursor=after.text())

    return evaluate


def _times(lake: Lake, table: str, product: str) -> dict[date, tuple[str, int]]:
    """Tag and time of each published day."""
    found: dict[date, tuple[str, int]] = {}
    for info in lake.fs.list(lake.folder(table, product=product)):
        named = lake.table_day(info.key)
        if named is not None:
            found[named.day] = (info.tag, info.modified_ns)
    return found
