"""A started run whose process is gone is noticed, and one whose process lives is left alone."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator

import dagster as dg
import pytest
from dagster._core.events import DagsterEvent, DagsterEventType
from dagster._core.events.log import EventLogEntry
from dagster._core.launcher.base import WorkerStatus
from dagster._core.storage.dagster_run import DagsterRun

from gex_assets.defs.execution.run_launcher import WatchedRunLauncher


@pytest.fixture
def launcher() -> Iterator[WatchedRunLauncher]:
    found = WatchedRunLauncher()
    with dg.DagsterInstance.ephemeral() as instance:
        found.register_instance(instance)
        yield found


def started_by(launcher: WatchedRunLauncher, pid: int, *, at: float | None = None) -> DagsterRun:
    """A run whose first event a process is said to have sent."""
    run = DagsterRun(job_name="a_job")
    launcher._instance.add_run(run)
    event = DagsterEvent(event_type_value=DagsterEventType.RUN_START.value, job_name="a_job", pid=pid)
    entry = EventLogEntry(
        error_info=None,
        level=10,
        user_message="",
        run_id=run.run_id,
        timestamp=time.time() if at is None else at,
        job_name="a_job",
        dagster_event=event,
    )
    launcher._instance.store_event(entry)
    return run


def test_a_process_that_lives_is_healthy(launcher: WatchedRunLauncher) -> None:
    assert launcher.supports_check_run_worker_health
    assert launcher.check_run_worker_health(started_by(launcher, os.getpid())).status == WorkerStatus.RUNNING


def test_a_process_that_is_gone_has_failed_and_is_named(launcher: WatchedRunLauncher) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    found = launcher.check_run_worker_health(started_by(launcher, process.pid))
    assert found.status == WorkerStatus.FAILED
    assert found.msg == f"process {process.pid} is gone: it was killed, or the machine stopped"


def test_a_dead_process_that_nobody_has_waited_for_is_gone(launcher: WatchedRunLauncher) -> None:
    process = subprocess.Popen([sys.executable, "-c", ""], stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.read() == b""  # it has closed its end
    run = started_by(launcher, process.pid)
    for _ in range(1_000):
        if launcher.check_run_worker_health(run).status == WorkerStatus.FAILED:
            break
        time.sleep(0.01)
    else:
        pytest.fail("a zombie was taken for a process that lives")
    process.wait()
    process.stdout.close()


def test_a_later_process_of_the_same_number_is_another(launcher: WatchedRunLauncher) -> None:
    run = started_by(launcher, os.getpid(), at=time.time() - 365 * 86_400)  # after a restart of the machine numbers begin again
    assert launcher.check_run_worker_health(run).status == WorkerStatus.FAILED


def test_a_run_without_an_event_is_left_to_its_start_timeout(launcher: WatchedRunLauncher) -> None:
    run = DagsterRun(job_name="a_job")
    launcher._instance.add_run(run)
    assert launcher.check_run_worker_health(run).status == WorkerStatus.RUNNING
