"""What goes wrong while a day is read in one thread and written in the other: one error, nothing half, no thread left."""

from __future__ import annotations

import errno
import threading
from collections.abc import Generator, Iterable
from pathlib import Path

import pyarrow as pa
import pytest

from gex_assets.defs import bronze, table_day
from gex_assets.defs.run import DayRun, run_days
from gex_assets.lake.local_filesystem import LocalFileSystem
from gex_assets.lake.raw.layout import find_files
from gex_assets.lake.tables import Lake, Staged
from gex_assets_tests.conftest import DAY, settings_for
from gex_assets_tests.long_cases import mostly_long

ORDERS = {"option_mbo": "bronze_option_mbo", "future_mbo": "bronze_future_mbo"}


def run(lake: Path, select: str, **choices: object) -> DayRun:
    (done,) = run_days(settings_for(lake, **choices), [DAY], select=select)
    return done


def left_over(lake: Path) -> list[str]:
    threads = [thread.name for thread in threading.enumerate() if thread.name == "gex-prefetch"]
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
    (found,) = find_files(LocalFileSystem(verified), kind=kind, product="ES", day=DAY)
    path = verified / found.key
    data = path.read_bytes()
    # A skippable frame decompresses to nothing: all records are what they were, and only the hash is another.
    path.write_bytes(data[:-1] if how == "truncated" else data + b"\x50\x2a\x4d\x18\x01\x00\x00\x00x")
    done = run(verified, f"key:{ORDERS[kind]}", block_records=1_000)
    assert not done.success
    assert done.failure is not None
    assert f"{path}: Expected {says}" in done.failure
    assert Lake(verified).find(ORDERS[kind], product="ES", day=DAY) is None
    assert left_over(verified) == []


SILVER = ("silver_option_quotes", "silver_gex_chain", "silver_gex_levels")


@pytest.mark.parametrize("name", mostly_long([*ORDERS.values(), "bronze_option_trades", *SILVER]))
def test_a_disk_that_fills_up_stops_the_thread_that_makes_the_rows(
    verified: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if name in SILVER:
        before = run(verified, f'+key:"{name}" and not key:"{name}"')
        assert before.success, before.failure
    append, written = Staged._append, []

    def until_full(staged: Staged, *arguments: object) -> None:
        if staged.table.name == name:
            written.append(threading.current_thread())
            if len(written) > 1 or name in SILVER:  # whose day is one row group here
                raise OSError(errno.ENOSPC, "No space left on device")
        append(staged, *arguments)

    monkeypatch.setattr(Staged, "_append", until_full)
    monkeypatch.setattr(bronze, "STRETCH_RECORDS", 1_000)
    monkeypatch.setattr("gex_assets.stages.bronze.trades.ROWS_PER_GROUP", 10)
    done = run(verified, f"key:{name}", block_records=1_000)
    assert not done.success
    assert done.failure is not None
    assert f"Expected room and permission to write {name}/product=ES/date={DAY}/data.parquet" in done.failure
    assert "No space left on device" in done.failure
    assert set(written) == {threading.main_thread()}
    assert Lake(verified).find(name, product="ES", day=DAY) is None
    assert left_over(verified) == []


@pytest.mark.parametrize("name", mostly_long(SILVER))
def test_a_stage_that_fails_fails_its_run_and_leaves_what_was_published(
    fresh: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rows come from another thread; its error is the run's, and yesterday's good day stays."""
    done = run(fresh, f'+key:"{name}"')
    assert done.success, done.failure
    good = Lake(fresh).open(name, product="ES", day=DAY).sha256()
    made, gathered = [], table_day._gathered

    def breaking_off(groups: Iterable[pa.Table]) -> Generator[pa.Table, None, None]:
        for group in gathered(groups):
            made.append(threading.current_thread().name)
            yield group.slice(0, group.num_rows // 2)
            raise ArithmeticError("the second group cannot be made")

    monkeypatch.setattr(table_day, "_gathered", breaking_off)
    (done,) = run_days(settings_for(fresh), [DAY], select=f"key:{name}", force=True)
    assert not done.success
    assert done.failure is not None
    assert "the second group cannot be made" in done.failure
    assert made == ["gex-prefetch"]
    assert Lake(fresh).open(name, product="ES", day=DAY).sha256() == good
    assert left_over(fresh) == []
