"""The latest failure of each day that was not made good since, and runs whose process is gone, asked through Dagster."""

import socket
from collections.abc import Collection, Iterator, Sequence
from datetime import date
from typing import Final

import dagster as dg
from dagster._core.storage.dagster_run import RunRecord
from dagster._core.storage.runs.sqlite import SqliteRunStorage

from gex_assets.defs.execution.run_launcher import gone_process
from gex_assets.defs.execution.run_tags import DAY, HOST
from gex_assets.defs.jobs import CHECK_DAY
from gex_assets.defs.progress import failure_of
from gex_assets.defs.resources import LOCK_SECONDS
from gex_assets.defs.run_status.states import FailedRun
from gex_assets.defs.run_status.tags import day_of_tags, parsed_day, started_by
from gex_assets.defs.run_status.wanted import Wanted
from gex_assets.schemas.registry import TABLES

__all__ = ["MOST_REASONS", "SILENT_SECONDS", "failed_runs", "gone_runs", "host_of", "last_heard"]

MOST_REASONS: Final = 20
"""Failures whose reason is read: each lies in a file of its own. Of older ones only the day is said."""
SILENT_SECONDS: Final = 2 * LOCK_SECONDS
"""A run says something as each step begins and ends. It waits for another run for `LOCK_SECONDS` at most, which it says as it
begins to wait, and no step of a day takes as long: sixty million records are a matter of minutes. [s]"""
_BATCH: Final = 500
"""Runs that one query names."""
_MOST_LATER: Final = 50
"""Successful runs of a day that are looked at, the latest ones."""

_WITH_ASSETS: Final = {dg.DagsterEventType.STEP_FAILURE, dg.DagsterEventType.ASSET_MATERIALIZATION_PLANNED}


def gone_runs(instance: dg.DagsterInstance, started: Sequence[RunRecord], *, now: float) -> dict[str, str]:
    """Those of the started runs whose process is no more: identity -> why.

    Other machines' processes cannot be looked at: such a run is gone once nothing was heard of it for `SILENT_SECONDS`.

    Parameters
    ----------
    now : the time now. [UNIX s]
    """
    is_one_machine = isinstance(instance.run_launcher, dg.DefaultRunLauncher) and isinstance(
        instance.run_storage, SqliteRunStorage
    )
    found = {}
    for record in started:
        run = record.dagster_run
        is_here = run.tags[HOST] == socket.gethostname() if HOST in run.tags else is_one_machine
        if is_here:
            pid = gone_process(instance, run.run_id)
            if pid is not None:
                found[run.run_id] = f"process {pid} is gone: it was killed, or the machine stopped"
        elif now - last_heard(instance, record) > SILENT_SECONDS:
            found[run.run_id] = (
                f"nothing was heard of it for more than {SILENT_SECONDS / 3_600:g} h, from {host_of(run)}:"
                " its process was killed, the machine stopped, or it cannot reach this instance"
            )
    return found


def host_of(run: dg.DagsterRun) -> str:
    """The machine of a run's process, in words."""
    return run.tags.get(HOST, "a machine that is not known")


def last_heard(instance: dg.DagsterInstance, record: RunRecord) -> float:
    """When the latest event of a run came; where there is none, when the run began or was created. [UNIX s]."""
    latest = instance.get_records_for_run(record.dagster_run.run_id, limit=1, ascending=False).records
    began = record.start_time or record.create_timestamp.timestamp()
    return max([began, *(one.event_log_entry.timestamp for one in latest)])


def failed_runs(
    instance: dg.DagsterInstance, wanted: Wanted, *, gone: Sequence[tuple[RunRecord, str]], in_hand: Collection[date | None]
) -> list[FailedRun]:
    """What failed and was not made good since, by day; jobs without days come first.

    Parameters
    ----------
    gone : runs whose process is no more, each with why.
    in_hand : days that are running or queued; None for a job without days. What failed there is being tried again.
    """
    why = {record.dagster_run.run_id: text for record, text in gone}
    latest: dict[tuple[date | None, str], RunRecord] = {}
    for record in (*_failed_days(instance, wanted, in_hand), *_failed_history(instance), *(record for record, _ in gone)):
        day = day_of_tags(record.dagster_run.tags)
        key = (day, record.dagster_run.job_name if day is None else "")
        if _is_told(record, wanted) and day not in in_hand and (key not in latest or _at(latest[key]) < _at(record)):
            latest[key] = record
    succeeded = _days_that_succeeded(instance) if latest else set()
    standing = [
        record for (day, _), record in latest.items() if day not in succeeded or not _is_made_good(instance, wanted, record)
    ]
    found = []
    for number, record in enumerate(sorted(standing, key=_at, reverse=True)):
        run = record.dagster_run
        reasons = [why[run.run_id]] if run.run_id in why else _reasons(instance, record) if number < MOST_REASONS else []
        found.append(
            FailedRun(
                run_id=run.run_id,
                job=run.job_name,
                day=day_of_tags(run.tags),
                at=_at(record),
                by=started_by(run.tags),
                is_gone=run.run_id in why,
                reason=reasons[0] if reasons else "",
                more=max(len(reasons) - 1, 0),
            )
        )
    return sorted(found, key=lambda one: one.day or date.min)


def _failed_days(instance: dg.DagsterInstance, wanted: Wanted, in_hand: Collection[date | None]) -> Iterator[RunRecord]:
    """The latest failed run of each day whose failure may be told. No run is read for the others: there may be thousands."""
    failed = instance.get_run_partition_data(dg.RunsFilter(statuses=[dg.DagsterRunStatus.FAILURE]))
    days = {one.run_id: parsed_day(one.partition) for one in failed}
    chosen = [run_id for run_id, day in days.items() if day is not None and day not in in_hand and wanted.may_be_failed(day)]
    for start in range(0, len(chosen), _BATCH):
        yield from instance.get_run_records(dg.RunsFilter(run_ids=chosen[start : start + _BATCH]))


def _days_that_succeeded(instance: dg.DagsterInstance) -> set[date | None]:
    """Days with a successful run, in one query: of the other days no further ones are read."""
    succeeded = instance.get_run_partition_data(dg.RunsFilter(statuses=[dg.DagsterRunStatus.SUCCESS]))
    return {parsed_day(one.partition) for one in succeeded}


def _failed_history(instance: dg.DagsterInstance) -> Iterator[RunRecord]:
    """The latest run of the job over all days, which has the name of its table, where it failed."""
    for name in (name for name, table in TABLES.items() if table.spans_days):
        for one in instance.get_run_records(dg.RunsFilter(job_name=name), limit=1):
            if one.dagster_run.status == dg.DagsterRunStatus.FAILURE:
                yield one


def _is_told(record: RunRecord, wanted: Wanted) -> bool:
    tags = record.dagster_run.tags
    day = day_of_tags(tags)
    return wanted.is_of(tags) and (wanted.only is None if day is None else wanted.may_be_failed(day, tags))


def _at(record: RunRecord) -> float:
    """When a run ended; where it never did, when it began [UNIX s]."""
    return record.end_time or record.start_time or record.create_timestamp.timestamp()


def _is_made_good(instance: dg.DagsterInstance, wanted: Wanted, record: RunRecord) -> bool:
    """Whether a later run of the lake succeeded, and everything that had failed was made since."""
    day = day_of_tags(record.dagster_run.tags)
    if day is None:
        return False
    of_day = dg.RunsFilter(statuses=[dg.DagsterRunStatus.SUCCESS], tags={DAY: day.isoformat()})
    later = [one for one in instance.get_run_records(of_day, limit=_MOST_LATER) if _at(one) > _at(record) and _makes(one)]
    mine = {one.dagster_run.run_id for one in later if wanted.is_of(one.dagster_run.tags)}
    return bool(mine) and all(_is_made_by(instance, key, day, mine) for key in _failed_assets(instance, record))


def _makes(record: RunRecord) -> bool:
    """Whether a run makes tables. After each failed run of a day a sensor starts one that only evaluates checks."""
    return record.dagster_run.job_name != CHECK_DAY


def _is_made_by(instance: dg.DagsterInstance, key: dg.AssetKey, day: date, runs: Collection[str]) -> bool:
    wanted = dg.AssetRecordsFilter(asset_key=key, asset_partitions=[day.isoformat()])
    return any(one.run_id in runs for one in instance.fetch_materializations(wanted, limit=1).records)


def _failed_assets(instance: dg.DagsterInstance, record: RunRecord) -> Iterator[dg.AssetKey]:
    events = [entry.dagster_event for entry in instance.all_logs(record.dagster_run.run_id, of_type=_WITH_ASSETS)]
    failed = {one.step_key for one in events if one is not None and one.event_type == dg.DagsterEventType.STEP_FAILURE}
    for one in events:
        if one is not None and one.asset_key is not None and one.step_key in failed:
            yield one.asset_key


def _reasons(instance: dg.DagsterInstance, record: RunRecord) -> list[str]:
    """Why each step failed, in one line each; what Dagster says where no step did."""
    run_id = record.dagster_run.run_id
    steps = [entry.dagster_event for entry in instance.all_logs(run_id, of_type=dg.DagsterEventType.STEP_FAILURE)]
    found = [failure_of(one) for one in steps if one is not None]
    if not found:
        ends = [entry.dagster_event for entry in instance.all_logs(run_id, of_type=dg.DagsterEventType.RUN_FAILURE)]
        found = [one.message or "" for one in ends if one is not None]
    return [next(iter(one.strip().splitlines()), "no reason is known") for one in found] or ["no reason is known"]
