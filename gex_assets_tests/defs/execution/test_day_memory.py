"""What a day needs is known by how much was delivered and by what such days took; runs of the UI wait for it, too."""

from __future__ import annotations

import threading
import time
from contextlib import nullcontext
from datetime import date, timedelta
from pathlib import Path

import dagster as dg
import pytest

from gex_assets.defs import table_day
from gex_assets.defs.build import build_defs
from gex_assets.defs.execution import day_memory, memory_claims
from gex_assets.defs.execution.day_memory import DayMemory, usual_need
from gex_assets.defs.execution.memory_claims import holding_memory
from gex_assets.defs.execution.run_tags import FORCE
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


def test_a_day_needs_what_days_of_its_size_or_smaller_took(tmp_path: Path, claims: Path) -> None:
    days = [DAY + timedelta(days=n) for n in range(4)]
    fs = delivered(tmp_path / "lake", {days[1]: 10 * MB, days[2]: 100 * MB, days[3]: 900 * MB})
    memory = DayMemory.of(settings_for(tmp_path / "lake"))
    assert memory.needs(fs, days) == {day: usual_need(size * MB) for day, size in zip(days, (0, 10, 100, 900), strict=True)}
    memory.keep(fs, days[2], {NAME: 5 * GB})
    assert [memory.needs(fs, [day])[day] // GB for day in days] == [0, 1, 5, 5]
    other = DayMemory.of(settings_for(tmp_path / "lake", expirations="all"))
    assert other.needs(fs, days)[days[2]] == usual_need(100 * MB)  # other settings, other needs
    memory.keep(fs, days[2], {NAME: GB})
    assert memory.needs(fs, days)[days[2]] == usual_need(100 * MB)  # newer code needs less


def test_a_run_of_some_tables_needs_what_the_largest_of_them_took(tmp_path: Path, claims: Path) -> None:
    small, large = DAY, DAY + timedelta(days=1)
    fs = delivered(tmp_path / "lake", {small: 10 * MB, large: 100 * MB})
    memory = DayMemory.of(settings_for(tmp_path / "lake"))

    def need(day: date, *tables: str) -> int:
        return memory.needs(fs, [day], tables={day: tables})[day]

    memory.keep(fs, small, {"raw": 300 * MB, "silver": 900 * MB})
    assert need(small, "raw") == usual_need(0)  # no run is sure to need less
    assert need(small, "raw", "silver") == need(large, "raw", "silver") == 900 * MB
    assert need(small, "raw", "gold") == memory.needs(fs, [small])[small]  # of one nothing is known
    assert need(small) == memory.needs(fs, [small])[small]
    memory.keep(fs, large, {"silver": 950 * MB})
    assert (need(small, "silver"), need(large, "silver")) == (900 * MB, 950 * MB)


@pytest.mark.long
def test_a_run_notes_what_its_steps_took_and_the_next_one_of_the_same_tables_claims_that(
    fresh: Path, claims: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, fs = settings_for(fresh), Lake(fresh).fs
    memory, claimed = DayMemory.of(settings), list[int]()
    monkeypatch.setattr(day_memory, "holding_memory", lambda need, **_: claimed.append(need) or nullcontext())
    asked = {DAY: ["raw_future_mbo"]}
    whole = memory.needs(fs, [DAY], tables=asked)[DAY]
    monkeypatch.setattr(table_day, "peak_bytes", lambda: 700 * MB)
    (done,) = run_days(settings, [DAY], select=f"key:{NAME}")
    assert done.success
    (tables,) = kept_peaks(fs, memory.settings).values()
    assert tables == {NAME: 700 * MB}
    list(run_days(settings, [DAY], select=f"key:{NAME}"))  # it reuses the table, which says nothing
    (tables,) = kept_peaks(fs, memory.settings).values()
    assert tables == {NAME: 700 * MB}
    monkeypatch.setattr(table_day, "peak_bytes", lambda: 800 * MB)
    job = build_defs(settings).resolve_job_def("raw_to_bronze")
    with dg.DagsterInstance.ephemeral() as instance:
        result = job.execute_in_process(
            partition_key=str(DAY), asset_selection=[dg.AssetKey(NAME)], instance=instance, tags={FORCE: "true"}
        )
    assert result.success
    assert claimed == [whole, 700 * MB, 700 * MB]
    assert memory.needs(fs, [DAY], tables=asked)[DAY] == 800 * MB


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
