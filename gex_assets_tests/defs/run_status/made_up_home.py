"""An instance with made-up runs in every state, made through Dagster as it makes them: a run that is created, begins and ends."""

import os
import time
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import dagster as dg
from dagster._core.events import DagsterEvent, DagsterEventType, StepMaterializationData
from dagster._core.events.log import EventLogEntry
from dagster._core.execution.backfill import BulkActionStatus, PartitionBackfill
from dagster._core.execution.plan.objects import StepSuccessData
from dagster._core.remote_origin import RegisteredCodeLocationOrigin, RemoteJobOrigin, RemoteRepositoryOrigin
from dagster._core.storage.dagster_run import DagsterRun, DagsterRunStatus

from gex_assets.defs.execution.run_tags import BACKFILL, DAY

__all__ = ["FIRST", "MadeUpHome", "dead_process"]

FIRST = date(2026, 1, 5)

_CONFIG = "instance_class:\n  module: gex_assets.defs.execution.event_log\n  class: BatchedInstance\n"
_DAYS = dg.DailyPartitionsDefinition(start_date="2025-01-01")


@dg.asset(partitions_def=_DAYS, name="raw_option_mbo")
def _raw(context: dg.AssetExecutionContext) -> None:
    if "why" in context.run.tags:
        raise ValueError(context.run.tags["why"])


@dg.asset(partitions_def=_DAYS, name="silver_gex", deps=[_raw])
def _silver() -> None: ...


@dg.asset(partitions_def=_DAYS, name="day_page", deps=[_silver])
def _page() -> None: ...


_JOB = dg.Definitions(assets=[_raw, _silver, _page]).resolve_implicit_global_asset_job_def()


def dead_process() -> int:
    """The number of a process that is no more."""
    pid = os.fork()
    if not pid:
        os._exit(0)
    os.waitpid(pid, 0)
    return pid


class MadeUpHome:
    """The instance in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "dagster.yaml").write_text(_CONFIG)
        self.instance = dg.DagsterInstance.from_config(str(folder))

    def ended(self, day: date, *, why: str = "", select: str | None = None, **tags: str) -> str:
        """A run that was executed: it fails with a reason, or succeeds without one."""
        run = _JOB.execute_in_process(
            instance=self.instance,
            partition_key=day.isoformat(),
            asset_selection=None if select is None else [dg.AssetKey(select)],
            tags=_named(tags) | ({"why": why} if why else {}),
            raise_on_error=False,
        )
        assert run.success is not bool(why)
        return str(run.run_id)

    def queued(self, day: date, **tags: str) -> str:
        """A run that waits."""
        return self._created(day, DagsterRunStatus.QUEUED, _named(tags)).run_id

    def started(self, day: date, *, pid: int | None = None, done: int = 0, **tags: str) -> str:
        """A run of a process: so many of its tables are made, and the next one is being made."""
        run = self._created(day, DagsterRunStatus.STARTING, _named(tags))
        self.event(run, DagsterEventType.RUN_START, pid=os.getpid() if pid is None else pid)
        names = ["raw_option_mbo", "silver_gex", "day_page"]
        for name in names[:done]:
            self.event(run, DagsterEventType.STEP_START, step=name)
            self._made(run, name, day)
            self.event(run, DagsterEventType.STEP_SUCCESS, step=name)
        self.event(run, DagsterEventType.STEP_START, step=names[done])
        return run.run_id

    def failed_without_a_step(self, day: date, why: str) -> str:
        """A run that Dagster gave up."""
        run = self._created(day, DagsterRunStatus.STARTED, {})
        self.instance.report_run_failed(run, message=why)
        return run.run_id

    def failed_quickly(self, day: date, **tags: str) -> str:
        """A failed run of which there is little but its row: a thousand of them are made in seconds."""
        run = DagsterRun(job_name=_JOB.name, tags={DAY: day.isoformat(), **_named(tags)}, status=DagsterRunStatus.FAILURE)
        self.instance.add_run(run)
        return run.run_id

    def history_failed(self) -> None:
        """The job over all days failed."""
        self.instance.add_run(DagsterRun(job_name="regime_history", status=DagsterRunStatus.FAILURE))

    def backfill(self, name: str, days: list[date], *, since: float) -> None:
        """A range under way; its runs carry the tag."""
        self.instance.add_backfill(
            PartitionBackfill(
                backfill_id=name,
                status=BulkActionStatus.REQUESTED,
                from_failure=False,
                tags={},
                backfill_timestamp=since,
                title="the first week",
                partition_names=[one.isoformat() for one in days],
            )
        )

    def event(self, run: DagsterRun, kind: DagsterEventType, *, step: str | None = None, pid: int | None = None) -> None:
        """Let an event of a run be heard."""
        data = StepSuccessData(duration_ms=1.0) if kind == DagsterEventType.STEP_SUCCESS else None
        self._heard(run, DagsterEvent(kind.value, run.job_name, step_key=step, pid=pid, event_specific_data=data))

    def _made(self, run: DagsterRun, name: str, day: date) -> None:
        made = dg.AssetMaterialization(asset_key=name, partition=day.isoformat())
        event = DagsterEvent(
            event_type_value=DagsterEventType.ASSET_MATERIALIZATION.value,
            job_name=run.job_name,
            step_key=name,
            event_specific_data=StepMaterializationData(made),
        )
        self._heard(run, event)

    def _heard(self, run: DagsterRun, event: DagsterEvent) -> None:
        entry = EventLogEntry(
            error_info=None,
            level=10,
            user_message="",
            run_id=run.run_id,
            timestamp=time.time(),
            job_name=run.job_name,
            dagster_event=event,
            step_key=event.step_key,
        )
        self.instance.handle_new_event(entry)

    def _created(self, day: date, status: DagsterRunStatus, tags: Mapping[str, str]) -> DagsterRun:
        place = RemoteRepositoryOrigin(RegisteredCodeLocationOrigin("made_up"), "__repository__")
        return self.instance.create_run_for_job(
            _JOB,
            status=status,
            tags={DAY: day.isoformat(), **tags},
            remote_job_origin=RemoteJobOrigin(place, _JOB.name),
        )


def _named(tags: Mapping[str, str]) -> dict[str, str]:
    """Tags by the names that an argument may have."""
    names = {"lake": "gex/lake", "by": "gex/why", "host": ".gex/host", "backfill": BACKFILL}
    return {names[name]: value for name, value in tags.items()}
