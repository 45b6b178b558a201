"""A run that meets a table-day which another process writes waits for it, and says so once."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from gex_assets.defs import table_day
from gex_assets.defs.run import run_days
from gex_assets.lake.filesystem import Waiting
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
