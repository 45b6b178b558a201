"""What the process of a run does, where `WatchedRunLauncher` has it forked from one that has imported all this.

Whoever asks for the launcher imports this module, `gex status` too: what only a run needs is imported by its functions.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import dagster as dg
from dagster._core.events import EngineEventData
from dagster._core.instance.ref import InstanceRef
from dagster._utils.interrupts import capture_interrupts

from gex_assets.process.interruption import EXIT_CODE

if TYPE_CHECKING:
    from dagster._core.definitions.reconstruct import ReconstructableJob
    from dagster._core.origin import JobPythonOrigin

__all__ = ["IMPORTED", "RunTask", "execute", "report_death"]

IMPORTED: Final = ("gex_assets.definitions", "dagster._grpc.impl", "dagster._utils.hosted_user_process")
"""What every run imports first. What the first one imports besides, the next ones find (`gex_assets.process.forking`)."""


@dataclass(frozen=True, slots=True)
class RunTask:
    """A run, and the instance that it is of."""

    run_id: str
    instance: InstanceRef


def execute(task: RunTask) -> int:
    """Execute the run, as a process does that Dagster's code server starts.

    Returns
    -------
    0, also where the run failed: its log says why. Another code where it was terminated.
    Whatever is raised before Dagster begins leaves the run to `report_death`.
    """
    from dagster._grpc.impl import core_execute_run

    with capture_interrupts(), dg.DagsterInstance.from_ref(task.instance) as instance:
        run = instance.get_run_by_id(task.run_id)
        if run is None or run.job_code_origin is None:
            raise dg.DagsterInvariantViolationError(f"Expected a run that says where its job is, was {task.run_id}: {run}")
        own = EngineEventData.in_process(os.getpid())
        instance.report_engine_event(f"Started process for run (pid: {os.getpid()}).", run, own)
        try:
            for _ in core_execute_run(_job_of(run, run.job_code_origin), run, instance, inject_env_vars=True):
                pass
        except dg.DagsterExecutionInterruptedError:
            return EXIT_CODE  # it was terminated, as its log says
        finally:
            instance.report_engine_event(f"Process for run exited (pid: {os.getpid()}).", run)
    return 0


def _job_of(run: dg.DagsterRun, origin: JobPythonOrigin) -> ReconstructableJob:
    """The job, of the assets of the run only. Dagster asks for that after the whole one, and builds all definitions for each."""
    from dagster._utils.hosted_user_process import recon_job_from_origin

    return recon_job_from_origin(origin).get_subset(
        op_selection=run.resolved_op_selection,
        asset_selection=run.asset_selection,
        asset_check_selection=run.asset_check_selection,
    )


def report_death(task: RunTask, how: str) -> int:
    """Have the instance know that the process of the run ended without an end of the run."""
    with dg.DagsterInstance.from_ref(task.instance) as instance:
        run = instance.get_run_by_id(task.run_id)
        if run is not None and not run.is_finished:
            instance.report_run_failed(run, f"The process of the run {how}.")
    return 0
