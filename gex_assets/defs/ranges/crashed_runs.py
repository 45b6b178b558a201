"""Runs that a worker left behind when it died: the instance believes that they still go on."""

from __future__ import annotations

from gex_assets.defs.execution.instances import instance
from gex_assets.defs.execution.run_tags import WORKER

__all__ = ["report_crashed"]


def report_crashed(worker: str, why: str, *, shared: bool) -> None:
    """Mark what a dead worker left unfinished as failed.

    Parameters
    ----------
    worker : its name.
    why : what the run's log says of it.
    shared : as for `instances.instance`; runs of a temporary one died with their worker.
    """
    from dagster import DagsterRunStatus, RunsFilter

    unfinished = [DagsterRunStatus.NOT_STARTED, DagsterRunStatus.STARTING, DagsterRunStatus.STARTED, DagsterRunStatus.CANCELING]
    with instance(shared=shared) as home:
        for run in home.get_runs(filters=RunsFilter(tags={WORKER: worker}, statuses=unfinished)):
            home.report_run_failed(run, message=why)
