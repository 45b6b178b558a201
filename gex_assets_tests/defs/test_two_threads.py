"""What goes wrong while a day is read in one thread and written in the other: one error, nothing half, no thread left."""

from __future__ import annotations

import errno
import threading
from pathlib import Path

import pytest

from gex_assets.defs import bronze
from gex_assets.defs.run import run_days
from gex_assets.lake.raw_layout import find_files
from gex_assets.lake.tables import Lake, Staged
from gex_assets.report.text import DayRun
from gex_assets_tests.conftest import DAY, settings_for

ORDERS = {"option_mbo": "bronze_option_mbo", "future_mbo": "bronze_future_mbo"}


def run(lake: Path, select: str, **choices: object) -> DayRun:
    (done,) = run_days(settings_for(lake, **choices), [DAY], select=select)
    return done


def left_over(lake: Path) -> list[str]:
    threads = [thread.name for thread in threading.enumerate() if thread.name == "gex-ahead"]
    return threads + [path.name for path in lake.rglob(".*") if path.suffix in {".staged", ".lock"}]


@pytest.fixture
def verified(fresh: Path) -> Path:
    """The raw tables are published, the order tables are not yet."""
    done = run(fresh, "group:raw or key:bronze_option_instruments")
    assert done.success, done.failure
    return fresh


@pytest.mark.parametrize("kind", ORDERS)
@pytest.mark.parametrize(
    ("how", "says"), [("truncated", "the last zstd frame to end"), ("another", "the file that was verified")]
)
def test_a_file_that_changed_after_it_was_verified_publishes_nothing(verified: Path, kind: str, how: str, says: str) -> None:
    (found,) = find_files(verified, kind=kind, product="ES", day=DAY)
    data = found.path.read_bytes()
    # A skippable frame decompresses to nothing: all records are what they were, and only the hash is another.
    found.path.write_bytes(data[:-1] if how == "truncated" else data + b"\x50\x2a\x4d\x18\x01\x00\x00\x00x")
    done = run(verified, f"key:{ORDERS[kind]}", block_records=1_000)
    assert not done.success
    assert done.failure is not None
    assert f"{found.path}: Expected {says}" in done.failure
    assert Lake(verified).find(ORDERS[kind], product="ES", day=DAY) is None
    assert left_over(verified) == []


@pytest.mark.parametrize("name", [*ORDERS.values(), "bronze_option_trades"])
def test_a_disk_that_fills_up_stops_the_thread_that_reads(verified: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    append, written = Staged._append, []

    def until_full(staged: Staged, *arguments: object) -> None:
        if staged.table.name == name:
            if written:
                raise OSError(errno.ENOSPC, "No space left on device")
            written.append(threading.current_thread())
        append(staged, *arguments)

    monkeypatch.setattr(Staged, "_append", until_full)
    monkeypatch.setattr(bronze, "STRETCH_RECORDS", 1_000)
    monkeypatch.setattr("gex_assets.stages.bronze_trades.ROWS_PER_GROUP", 10)
    done = run(verified, f"key:{name}", block_records=1_000)
    assert not done.success
    assert done.failure is not None
    assert "No space left on device" in done.failure
    assert written == [threading.main_thread()]
    assert Lake(verified).find(name, product="ES", day=DAY) is None
    assert left_over(verified) == []
