"""How many days run at once, and what the instance says of runs whose process died."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import dagster as dg
import pytest

from gex_assets.defs.execution.run_tags import WORKER
from gex_assets.defs.ranges import day_range
from gex_assets.defs.ranges.crashed_runs import report_crashed
from gex_assets.defs.ranges.day_range import days_at_once
from gex_assets.lake.tables import Lake
from gex_assets_tests.conftest import DAY, settings_for
from gex_assets_tests.defs.execution.two_gigabytes import delivered, two_gigabytes

MB = 10**6


def test_days_at_once_are_those_that_cores_and_memory_allow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    two_gigabytes(tmp_path, monkeypatch)
    days = [DAY + timedelta(days=n) for n in range(10)]
    fs = delivered(tmp_path / "lake", dict.fromkeys(days[:5], 900 * MB))
    lake, settings = Lake(fs), settings_for(tmp_path / "lake")
    for number, threads, chosen, count in (
        (2, 2, days, 1),
        (2, 1, days, 1),
        (16, 2, days, 1),
        (16, 2, days[5:], 3),
        (4, 2, days[5:], 2),
    ):
        monkeypatch.setattr(day_range, "cores", lambda number=number: number)
        assert days_at_once(settings.model_copy(update={"threads": threads}), lake, chosen) == count
    monkeypatch.setattr(day_range, "cores", lambda: 16)
    assert days_at_once(settings, lake, days[5:6]) == 1


def test_what_a_dead_process_left_unfinished_has_failed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))

    @dg.job
    def nothing() -> None:
        pass

    started, succeeded = dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.SUCCESS
    with dg.DagsterInstance.get() as instance:
        runs = {
            (worker, status): instance.create_run_for_job(nothing, tags={WORKER: worker}, status=status).run_id
            for worker, status in (("dead", started), ("dead", succeeded), ("alive", started))
        }
        report_crashed("dead", "The process was killed.", shared=False)
        assert instance.get_run_by_id(runs["dead", started]).status == started  # runs in another lake are in no shared instance
        report_crashed("dead", "The process was killed.", shared=True)
        assert instance.get_run_by_id(runs["dead", started]).status == dg.DagsterRunStatus.FAILURE
        assert "The process was killed." in {entry.message for entry in instance.all_logs(runs["dead", started])}
        assert instance.get_run_by_id(runs["dead", succeeded]).status == succeeded
        assert instance.get_run_by_id(runs["alive", started]).status == started
