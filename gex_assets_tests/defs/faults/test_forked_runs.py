"""Runs that the launcher of dagster.yaml forks: they end, are terminated, are killed, and follow the code that is there now."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import dagster as dg
import pytest
from dagster import DagsterRunStatus as Status
from dagster._core.code_pointer import ModuleCodePointer
from dagster._core.definitions.reconstruct import ReconstructableRepository
from dagster._core.launcher.base import LaunchRunContext, WorkerStatus

from gex_assets.defs.build import build_defs
from gex_assets.defs.execution import run_launcher
from gex_assets.defs.execution.day_lock import holding_day
from gex_assets.defs.execution.run_launcher import WatchedRunLauncher
from gex_assets.defs.execution.run_tags import PROCESS
from gex_assets.defs.jobs import ONE_DAY
from gex_assets.lake.filesystem import NO_WAITING
from gex_assets.lake.keys import table_day_key
from gex_assets.lake.tables import Lake
from gex_assets_tests.conftest import settings_for
from gex_assets_tests.defs.faults.tiny_lake import DAYS, PATIENCE, TinyLake

REPOSITORY = Path(__file__).parents[3]
KEY = dg.AssetKey("raw_option_definition")
ENGINE = dg.DagsterEventType.ENGINE_EVENT


@dataclass(frozen=True, kw_only=True)
class Launching:
    """An instance with the launcher of dagster.yaml, and a lake."""

    instance: dg.DagsterInstance
    launcher: WatchedRunLauncher
    lake: Path
    job: dg.JobDefinition

    def created(self, module: str = "gex_assets.definitions") -> dg.DagsterRun:
        """A run of the first day that nobody has started."""
        repository = ReconstructableRepository(ModuleCodePointer(module, "defs", str(REPOSITORY)))
        return self.instance.create_run_for_job(
            self.job,
            asset_selection=frozenset({KEY}),
            tags={"dagster/partition": DAYS[0].isoformat(), "gex/force": "true"},
            job_code_origin=repository.get_reconstructable_job(ONE_DAY).get_python_origin(),
        )

    def launched(self) -> dg.DagsterRun:
        run = self.created()
        self.launcher.launch_run(LaunchRunContext(run, workspace=None))
        return self.now(run)

    def now(self, run: dg.DagsterRun) -> dg.DagsterRun:
        found = self.instance.get_run_by_id(run.run_id)
        assert found is not None
        return found

    def wait(self, run: dg.DagsterRun, what: Callable[[dg.DagsterRun], object]) -> dg.DagsterRun:
        end = time.monotonic() + PATIENCE
        while not what(now := self.now(run)):
            assert time.monotonic() < end, now
            assert not now.is_finished, self.said(run)  # it can come to nothing else
            time.sleep(0.05)
        return self.now(run)

    def said(self, run: dg.DagsterRun) -> str:
        return "\n".join(entry.message for entry in self.instance.all_logs(run.run_id))


@pytest.fixture(scope="module")
def launching(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Launching]:
    folder = tmp_path_factory.mktemp("launching")
    lake, home = TinyLake(count=1).make(folder / "lake"), folder / "home"
    home.mkdir()
    (home / "dagster.yaml").write_text((REPOSITORY / "dagster.yaml").read_text())
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("GEX_LAKE", str(lake))
        patched.setenv("DAGSTER_HOME", str(home))
        with dg.DagsterInstance.from_config(str(home)) as instance:
            launcher = instance.run_launcher
            assert isinstance(launcher, WatchedRunLauncher)
            job = build_defs(settings_for(lake)).resolve_job_def(ONE_DAY)
            yield Launching(instance=instance, launcher=launcher, lake=lake, job=job)
            launcher.dispose()


def process_of(run: dg.DagsterRun) -> tuple[int, int]:
    """The process of a run and its parent."""
    pid = int(run.tags[PROCESS].split()[1])
    return pid, int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def test_a_run_is_executed_by_a_fork_and_ends(launching: Launching) -> None:
    with holding_day(Lake(launching.lake), DAYS[0], NO_WAITING):  # they are still there when they are looked at
        first, second = launching.launched(), launching.launched()
        (pid, parent), (other, same_parent) = process_of(first), process_of(second)
    assert pid != other
    assert parent == same_parent
    for run in (first, second):
        ended = launching.wait(run, lambda run: run.is_finished)
        assert ended.status == Status.SUCCESS, launching.said(run)
        assert f"Started process for run (pid: {run.tags[PROCESS].split()[1]})." in launching.said(run)
    assert (launching.lake / table_day_key(KEY.path[-1], product="ES", day=DAYS[0])).exists()


def test_each_run_reads_the_settings_that_there_are_when_it_starts(launching: Launching) -> None:
    with holding_day(Lake(launching.lake), DAYS[0], NO_WAITING):
        before = launching.launched()
        parent = process_of(before)[1]
    assert launching.wait(before, lambda run: run.is_finished).status == Status.SUCCESS
    (launching.lake / "gex.toml").write_text("rate = 12.5\n")
    try:
        refused = launching.launched()
        assert launching.wait(refused, lambda run: run.is_finished).status == Status.FAILURE
    finally:
        (launching.lake / "gex.toml").unlink()
    told = "\n".join(str(entry.dagster_event) for entry in launching.instance.all_logs(refused.run_id, of_type=ENGINE))
    assert "rate: Expected" in told
    with holding_day(Lake(launching.lake), DAYS[0], NO_WAITING):
        after = launching.launched()
        assert process_of(after)[1] == parent  # the same process has forked it
    assert launching.wait(after, lambda run: run.is_finished).status == Status.SUCCESS


def test_a_run_is_terminated_and_what_it_waits_for_is_left(launching: Launching) -> None:
    with holding_day(Lake(launching.lake), DAYS[0], NO_WAITING):
        run = launching.launched()
        launching.wait(run, lambda run: run.status == Status.STARTED)
        assert launching.launcher.check_run_worker_health(launching.now(run)).status == WorkerStatus.RUNNING
        assert launching.launcher.terminate(run.run_id)
        ended = launching.wait(run, lambda run: run.is_finished)
    assert ended.status == Status.CANCELED
    assert not launching.launcher.terminate(run.run_id)


def test_a_killed_run_has_failed_at_once_and_says_how(launching: Launching) -> None:
    with holding_day(Lake(launching.lake), DAYS[0], NO_WAITING):
        run = launching.launched()
        launching.wait(run, lambda run: run.status == Status.STARTED)
        os.kill(process_of(run)[0], signal.SIGKILL)
        ended = launching.wait(run, lambda run: run.is_finished)
    assert ended.status == Status.FAILURE
    assert "The process of the run was killed by SIGKILL." in launching.said(run)
    found = launching.launcher.check_run_worker_health(ended)
    assert found.status == WorkerStatus.FAILED
    assert not launching.launcher.terminate(run.run_id)


def test_a_run_that_is_tried_again_is_not_the_process_of_the_first(launching: Launching) -> None:
    first = launching.launched()
    again = launching.created().with_tags(first.tags)
    launching.wait(first, lambda run: run.is_finished)
    assert launching.launcher.check_run_worker_health(again).status == WorkerStatus.RUNNING


def test_changed_code_and_a_dead_server_are_followed_by_another_server(
    launching: Launching, monkeypatch: pytest.MonkeyPatch
) -> None:
    with holding_day(Lake(launching.lake), DAYS[0], NO_WAITING):
        before = launching.launched()
        _, parent = process_of(before)
        monkeypatch.setattr(run_launcher, "files_state", lambda: "another")
        after = launching.launched()
        _, other = process_of(after)
        assert other != parent
        os.kill(other, signal.SIGKILL)
        time.sleep(0.2)
        last = launching.launched()
        assert process_of(last)[1] not in {parent, other}
    for run in (before, after, last):
        assert launching.wait(run, lambda run: run.is_finished).status == Status.SUCCESS, launching.said(run)


def test_other_definitions_are_left_to_the_launcher_of_dagster(launching: Launching) -> None:
    run = launching.created("another.definitions")
    with pytest.raises(dg.DagsterInvariantViolationError, match="requires a workspace"):
        launching.launcher.launch_run(LaunchRunContext(run, workspace=None))
