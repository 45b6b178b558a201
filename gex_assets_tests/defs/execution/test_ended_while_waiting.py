"""A run that waits for memory or for its day is ended by the UI's button: at once, as canceled, and nothing is left behind."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from gex_assets.defs.execution.memory_claims import holding_memory
from gex_assets.lake.keys import day_lock_key
from gex_assets.lake.tables import Lake
from gex_assets_tests.defs.dagster_dev import DagsterDev, dagster_dev, wait_until
from gex_assets_tests.defs.faults.tiny_lake import DAYS, make_tiny, objects

pytestmark = pytest.mark.long

DAY = DAYS[0]
JOB = "raw_to_bronze"
MUCH = 10**15
AT_ONCE = 10.0
"""It takes a third of a second; the button's limit is the patience of whoever pressed it."""
WORDS = f"ended before the first step, while it waited for {DAY} or for memory: nothing was made, and both are free"


def ended_by_the_button(dev: DagsterDev, instance: dg.DagsterInstance, waits: str) -> None:
    """Start a run, end it once it says that it waits."""

    def said() -> list[str]:
        return [entry.message for entry in instance.all_logs(run_id)]

    def run() -> dg.DagsterRun:
        found = instance.get_run_by_id(run_id)
        assert found is not None
        return found

    run_id = dev.launch(JOB, day=DAY.isoformat())
    wait_until(lambda: any(line.startswith(waits) for line in said()), dev.log)
    asked = time.monotonic()
    dev.terminate(run_id)
    wait_until(lambda: run().is_finished, dev.log)
    assert time.monotonic() - asked < AT_ONCE
    assert run().status == dg.DagsterRunStatus.CANCELED
    assert WORDS in said()


@contextlib.contextmanager
def nothing_left(lake: Path, claims: Path) -> Iterator[None]:
    """The block leaves neither a claim nor a table, and its day is free."""
    before = sorted(claims.glob("*.claim"))
    yield
    assert sorted(claims.glob("*.claim")) == before
    assert objects(lake) == {}


def test_a_run_that_waits_is_canceled_at_once_and_the_next_one_runs(tmp_path: Path) -> None:
    lake, home, temporary = make_tiny(tmp_path / "lake", days=1), tmp_path / "home", tmp_path / "temporary"
    claims = temporary / f"gex-memory-{os.getuid()}"
    claims.mkdir(parents=True, mode=0o700)
    opened = Lake(lake)
    with dagster_dev(home, lake, TMPDIR=str(temporary)) as dev, dg.DagsterInstance.from_config(str(home)) as instance:
        with holding_memory(MUCH, folder=claims), nothing_left(lake, claims):
            ended_by_the_button(dev, instance, "waiting for memory: needs about ")
            with opened.fs.lock(day_lock_key(DAY)):  # the lock of the day came before the memory: it is free again
                pass
        with opened.fs.lock(day_lock_key(DAY)), nothing_left(lake, claims):
            ended_by_the_button(dev, instance, f"waiting for process {os.getpid()} ")
        run_id = dev.launch(JOB, day=DAY.isoformat())
        wait_until(lambda: (run := instance.get_run_by_id(run_id)) is not None and run.is_finished, dev.log)
        run = instance.get_run_by_id(run_id)
        assert run is not None
        assert run.status == dg.DagsterRunStatus.SUCCESS
    assert list(claims.glob("*.claim")) == []
