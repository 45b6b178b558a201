"""Runs that are running or queued, and backfills under way, asked through Dagster: it may keep them in SQLite or PostgreSQL."""

import socket
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import dagster as dg
from dagster._core.execution.backfill import BULK_ACTION_TERMINAL_STATUSES, BulkActionsFilter, BulkActionStatus, PartitionBackfill
from dagster._core.storage.dagster_run import RunRecord

from gex_assets.defs.execution.run_tags import BACKFILL, HOST
from gex_assets.defs.run_status.failures import host_of, last_heard
from gex_assets.defs.run_status.states import Backfill, QueuedRun, RunningRun
from gex_assets.defs.run_status.tags import day_of_tags, started_by
from gex_assets.defs.run_status.wanted import Wanted
from gex_assets.schemas.pages import PAGES

__all__ = ["backfills_under_way", "days_left", "queued_runs", "running_run", "started_records", "unfinished_backfills"]

_MOST_STARTED: Final = 100
_MOST_QUEUED: Final = 2_000

_STATES: Final[Mapping[dg.DagsterRunStatus, str]] = {
    dg.DagsterRunStatus.STARTING: "starting",
    dg.DagsterRunStatus.STARTED: "running",
    dg.DagsterRunStatus.CANCELING: "ending",
}
_UNDER_WAY: Final = [one for one in BulkActionStatus if one not in BULK_ACTION_TERMINAL_STATUSES]
_STEPS: Final = {
    dg.DagsterEventType.STEP_START,
    dg.DagsterEventType.STEP_SUCCESS,
    dg.DagsterEventType.STEP_FAILURE,
    dg.DagsterEventType.ASSET_MATERIALIZATION,
    dg.DagsterEventType.ASSET_MATERIALIZATION_PLANNED,
}


def started_records(instance: dg.DagsterInstance, wanted: Wanted) -> list[RunRecord]:
    """Runs that began and did not end, the oldest first; some of them may have no process any more."""
    return _records(instance, wanted, [*_STATES], limit=_MOST_STARTED)


def queued_runs(instance: dg.DagsterInstance, wanted: Wanted) -> list[QueuedRun]:
    """Runs that wait for their turn, the oldest first."""
    return [
        QueuedRun(
            run_id=one.dagster_run.run_id,
            job=one.dagster_run.job_name,
            day=day_of_tags(one.dagster_run.tags),
            since=one.create_timestamp.timestamp(),
            by=started_by(one.dagster_run.tags),
        )
        for one in _records(instance, wanted, [dg.DagsterRunStatus.QUEUED], limit=_MOST_QUEUED)
    ]


def _records(instance: dg.DagsterInstance, wanted: Wanted, statuses: list[dg.DagsterRunStatus], *, limit: int) -> list[RunRecord]:
    found = instance.get_run_records(dg.RunsFilter(statuses=statuses), limit=limit, ascending=True)
    return [
        one for one in found if wanted.is_of(one.dagster_run.tags) and wanted.only in (None, day_of_tags(one.dagster_run.tags))
    ]


def running_run(instance: dg.DagsterInstance, record: RunRecord) -> RunningRun:
    """How far a run is, by the events of its steps."""
    run = record.dagster_run
    planned: dict[str, list[str]] = {}
    made: set[str] = set()
    in_hand: dict[str, None] = {}
    for entry in instance.all_logs(run.run_id, of_type=_STEPS):
        event = entry.dagster_event
        if event is None:
            continue
        kind, step = event.event_type, event.step_key or ""
        if event.asset_key is not None:
            name = "/".join(event.asset_key.path)
            if kind == dg.DagsterEventType.ASSET_MATERIALIZATION:
                made.add(name)
            elif kind == dg.DagsterEventType.ASSET_MATERIALIZATION_PLANNED:
                planned.setdefault(step, []).append(name)
        elif kind == dg.DagsterEventType.STEP_START:
            in_hand[step] = None
        else:
            in_hand.pop(step, None)
    is_elsewhere = HOST in run.tags and run.tags[HOST] != socket.gethostname()
    return RunningRun(
        run_id=run.run_id,
        job=run.job_name,
        day=day_of_tags(run.tags),
        state=_STATES[run.status],
        since=record.start_time or record.create_timestamp.timestamp(),
        by=started_by(run.tags),
        tables=tuple(name for step in in_hand for name in planned.get(step, [step]) if name not in made),
        made=sum(map(_is_table, made)),
        of=sum(_is_table(name) for names in planned.values() for name in names),
        host=host_of(run) if is_elsewhere else "",
        heard=last_heard(instance, record) if is_elsewhere else None,
    )


def _is_table(name: str) -> bool:
    return name.rpartition("/")[2] not in PAGES


def unfinished_backfills(instance: dg.DagsterInstance) -> Sequence[PartitionBackfill]:
    """Backfills that are not over, of whatever lake."""
    return instance.get_backfills(filters=BulkActionsFilter(statuses=_UNDER_WAY))


def days_left(instance: dg.DagsterInstance, backfill: PartitionBackfill) -> int | None:
    """Days whose run has neither succeeded nor failed; None where the days cannot be told without the backfill's code."""
    of, (done, failed) = _days_of(backfill), _ended_days(instance, backfill)
    return None if of is None else max(of - done - failed, 0)


def backfills_under_way(instance: dg.DagsterInstance, wanted: Wanted, *, now: float) -> Iterator[Backfill]:
    """Backfills that are not over and whose latest run is of the lake. Those without a run count as of the settings' lake.

    Parameters
    ----------
    now : the time now. [UNIX s]
    """
    for one in unfinished_backfills(instance):
        latest = instance.get_run_records(dg.RunsFilter(tags={BACKFILL: one.backfill_id}), limit=1)
        if wanted.is_of(latest[0].dagster_run.tags if latest else one.tags):
            yield _backfill(instance, one, now=now)


def _backfill(instance: dg.DagsterInstance, backfill: PartitionBackfill, *, now: float) -> Backfill:
    of, (done, failed) = _days_of(backfill), _ended_days(instance, backfill)
    seconds_left = None
    if of is not None and done + failed:
        seconds_left = (now - backfill.backfill_timestamp) / (done + failed) * max(of - done - failed, 0)
    job = backfill.job_name if backfill.partition_set_origin is not None else None
    return Backfill(
        backfill_id=backfill.backfill_id,
        name=backfill.title or job or "",
        days=of,
        done=done,
        failed=failed,
        since=backfill.backfill_timestamp,
        seconds_left=seconds_left,
    )


def _ended_days(instance: dg.DagsterInstance, backfill: PartitionBackfill) -> tuple[int, int]:
    """Days that succeeded, and days that failed or were canceled, by the latest run of each: one that crashed is tried again."""
    days = instance.get_run_partition_data(dg.RunsFilter(tags={BACKFILL: backfill.backfill_id}))
    done = sum(one.status == dg.DagsterRunStatus.SUCCESS for one in days)
    return done, sum(one.status in (dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED) for one in days)


def _days_of(backfill: PartitionBackfill) -> int | None:
    if backfill.partition_names is not None:
        return len(backfill.partition_names)
    data = backfill.asset_backfill_data
    if data is None:
        return None
    subsets: list[int] = [len(subset) for subset in data.target_subset.partitions_subsets_by_asset_key.values()]
    return max(subsets, default=None)
