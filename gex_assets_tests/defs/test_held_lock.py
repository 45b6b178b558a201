"""A run that meets a day which another process runs, or a table-day which it writes, waits for it and says so once."""

from __future__ import annotations

import os
import threading
from datetime import timedelta
from pathlib import Path

import dagster as dg
import pytest

from gex_assets.defs import resources, table_day
from gex_assets.defs.build import build_defs
from gex_assets.defs.run import run_days
from gex_assets.lake.filesystem import Waiting
from gex_assets.lake.keys import day_lock_key
from gex_assets.lake.tables import Lake
from gex_assets_tests.conftest import DAY, settings_for

NAME = "raw_future_mbo"
PATIENCE = 120.0


def test_a_run_waits_for_a_held_lock_and_says_so_once(fresh: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lake, said = Lake(fresh), []
    held, waits = threading.Event(), threading.Event()

    def hold() -> None:
        with lake.fs.lock(lake.key(NAME, product="ES", day=DAY)):
            held.set()
            assert waits.wait(PATIENCE)

    def told(seconds: float, say: object) -> Waiting:
        return Waiting(seconds, lambda text: (said.append(text), waits.set(), say(text)))

    monkeypatch.setattr(table_day, "Waiting", told)
    holder = threading.Thread(target=hold)
    holder.start()
    assert held.wait(PATIENCE)
    (done,) = run_days(settings_for(fresh), [DAY], select=f"key:{NAME}")
    holder.join()
    assert done.success, done.failure
    assert len(said) == 1
    assert said[0].startswith("waiting for process ")
    assert lake.find(NAME, product="ES", day=DAY) is not None


def test_a_run_does_not_wait_for_ever(fresh: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lake = Lake(fresh)
    monkeypatch.setattr(table_day, "LOCK_SECONDS", 0.1)
    with lake.fs.lock(lake.key(NAME, product="ES", day=DAY)):
        (done,) = run_days(settings_for(fresh), [DAY], select=f"key:{NAME}")
    assert not done.success
    assert done.failure is not None
    assert "to be free, was held by process" in done.failure


@pytest.mark.parametrize("other", ["another table", "another product"])
def test_a_day_comes_first_and_is_waited_for(fresh: Path, other: str) -> None:
    """Whatever the other run makes of the day: the tables of one day are of one run."""
    lake, said = Lake(fresh), []
    held, waits = threading.Event(), threading.Event()

    def hold() -> None:
        with lake.fs.lock(day_lock_key(DAY)):
            held.set()
            assert waits.wait(PATIENCE)
            assert lake.find(NAME, product="ES", day=DAY) is None

    holder = threading.Thread(target=hold)
    holder.start()
    assert held.wait(PATIENCE)
    choices = {"products": ["NQ", "ES"]} if other == "another product" else {}
    name = f"ES/{NAME}" if choices else NAME
    waiting = Waiting(PATIENCE, lambda text: (said.append(text), waits.set()))
    (done,) = run_days(settings_for(fresh, **choices), [DAY], select=f'key:"{name}"', waiting=waiting)
    holder.join()
    assert done.success, done.failure
    assert [text.partition(" on ")[0] for text in said] == [f"waiting for process {os.getpid()}"]
    assert said[0].endswith(f", which runs {DAY}")
    assert lake.find(NAME, product="ES", day=DAY) is not None


def test_a_day_that_stays_held_has_failed_and_the_next_one_is_run(fresh: Path) -> None:
    lake, other = Lake(fresh), DAY + timedelta(days=1)
    with lake.fs.lock(day_lock_key(DAY)):
        first, second = run_days(settings_for(fresh), [DAY, other], select=f"key:{NAME}", waiting=Waiting())
    assert (first.success, second.success) == (False, True)
    assert first.failure is not None
    assert first.failure.startswith(f"Expected {DAY} to be free within 0 min, was held by process {os.getpid()} on ")
    assert first.failure.endswith("wait for it, or longer with --wait")
    assert lake.find(NAME, product="ES", day=DAY) is None


def test_a_run_of_the_ui_holds_its_day_too(fresh: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resources, "LOCK_SECONDS", 0.05)
    job = build_defs(settings_for(fresh)).resolve_implicit_global_asset_job_def()

    def run() -> dg.ExecuteInProcessResult:
        selected = [dg.AssetKey(NAME)]
        return job.execute_in_process(partition_key=str(DAY), asset_selection=selected, raise_on_error=False)

    lake = Lake(fresh)
    with lake.fs.lock(day_lock_key(DAY)):
        assert not run().success
    assert lake.find(NAME, product="ES", day=DAY) is None
    assert run().success
    with lake.fs.lock(day_lock_key(DAY)):  # the run has let it go
        assert lake.find(NAME, product="ES", day=DAY) is not None
