"""What a day needs is known by how much was delivered and by what such days took; runs of the UI wait for it, too."""

from __future__ import annotations

import threading
import time
from datetime import timedelta
from pathlib import Path

import dagster as dg
import pytest

from gex_assets.defs.build import build_defs
from gex_assets.defs.execution import day_memory, memory_claims
from gex_assets.defs.execution.day_memory import DayMemory, usual_need
from gex_assets.defs.execution.memory_claims import holding_memory
from gex_assets.defs.run import run_days
from gex_assets.lake.notes.day_memory import kept_peaks
from gex_assets.lake.tables import Lake
from gex_assets_tests.conftest import DAY, settings_for
from gex_assets_tests.defs.execution.two_gigabytes import delivered, two_gigabytes

GB, MB = 10**9, 10**6
NAME = "raw_future_mbo"
PATIENCE = 120.0


@pytest.fixture
def claims(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return two_gigabytes(tmp_path, monkeypatch)


def test_the_usual_need_lies_above_what_was_measured() -> None:
    """Megabytes delivered and the peak of their day, of `usual_need`."""
    for size, peak in ((0.3, 560), (15, 874), (80, 881), (315, 958), (470, 980), (1_400, 1_050)):
        assert peak * MB <= usual_need(int(size * MB)) <= 1.5 * peak * MB


def test_a_day_needs_what_days_of_its_size_or_smaller_took(tmp_path: Path, claims: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    days = [DAY + timedelta(days=n) for n in range(4)]
    fs = delivered(tmp_path / "lake", {days[1]: 10 * MB, days[2]: 100 * MB, days[3]: 900 * MB})
    memory = DayMemory.of(settings_for(tmp_path / "lake"))
    assert memory.needs(fs, days) == {day: usual_need(size * MB) for day, size in zip(days, (0, 10, 100, 900), strict=True)}
    monkeypatch.setattr(day_memory, "peak_bytes", lambda: 5 * GB)
    with memory.holding(fs, days[2]):
        pass
    assert [memory.needs(fs, [day])[day] // GB for day in days] == [0, 1, 5, 5]
    other = DayMemory.of(settings_for(tmp_path / "lake", expirations="all"))
    assert other.needs(fs, days)[days[2]] == usual_need(100 * MB)  # other settings, other needs
    with pytest.raises(ValueError, match="failed"), memory.holding(fs, days[0]):
        raise ValueError("failed")
    assert kept_peaks(fs, memory.settings).keys() == {27}  # what failed says little
    assert not list(claims.glob("*.claim"))


def test_a_run_of_the_ui_waits_for_memory_says_so_and_goes_on(fresh: Path, claims: Path) -> None:
    job = build_defs(settings_for(fresh)).resolve_implicit_global_asset_job_def()
    results = []

    def run() -> None:
        with dg.DagsterInstance.ephemeral() as instance:
            result = job.execute_in_process(
                partition_key=str(DAY), asset_selection=[dg.AssetKey(NAME)], raise_on_error=False, instance=instance
            )
            results.append((result.success, [entry.user_message for entry in instance.all_logs(result.run_id)]))

    with holding_memory(2 * GB, folder=claims):
        thread = threading.Thread(target=run)
        thread.start()
        end = time.monotonic() + PATIENCE
        while len(list(claims.glob("*.claim"))) < 2:
            assert time.monotonic() < end
            time.sleep(0.01)
        time.sleep(0.05)
        assert Lake(fresh).find(NAME, product="ES", day=DAY) is None
    thread.join()
    ((success, said),) = results
    assert success
    assert any("waiting for memory: needs about 0.7 GB, 1 run holds 2.0 of 2.0 GB" in line for line in said)
    assert not list(claims.glob("*.claim"))


def test_a_run_that_waits_for_memory_can_be_interrupted(fresh: Path, claims: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(memory_claims.time, "sleep", interrupted)
    with holding_memory(2 * GB, folder=claims):
        with pytest.raises(KeyboardInterrupt):
            list(run_days(settings_for(fresh), [DAY], select=f"key:{NAME}"))
        assert len(list(claims.glob("*.claim"))) == 1
    monkeypatch.undo()
    (done,) = run_days(settings_for(fresh), [DAY], select=f"key:{NAME}")
    assert done.success
