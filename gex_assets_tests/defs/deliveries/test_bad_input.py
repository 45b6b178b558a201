"""What bad input gets, through Dagster: a clear error or a warning, never a silent loss, and the good day stays."""

from __future__ import annotations

import hashlib
import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from gex_assets.defs.partitions import daily
from gex_assets.defs.product_assets import ProductAssets
from gex_assets.defs.run import DayRun, run_days
from gex_assets.defs.table_day import TableDay
from gex_assets.lake.local_filesystem import LocalFileSystem
from gex_assets.lake.queries import query
from gex_assets.lake.raw.layout import find_files
from gex_assets.lake.tables import Lake
from gex_assets.schemas.checks import something_was_selected
from gex_assets.schemas.pages import PAGES
from gex_assets.schemas.registry import DAY_TABLES
from gex_assets_tests.conftest import DAY, settings_for
from gex_assets_tests.long_cases import mostly_long

RAW = ("raw_option_mbo", "raw_future_mbo", "raw_option_definition", "raw_option_statistics")


def run(lake: Path, **choices: object) -> DayRun:
    (done,) = run_days(settings_for(lake, **choices), [DAY])
    return done


def option_file(lake: Path, kind: str = "option_mbo") -> Path:
    (found,) = find_files(LocalFileSystem(lake), kind=kind, product="ES", day=DAY)
    return lake / found.key


def spoil(path: Path, how: str) -> None:
    data = path.read_bytes()
    manifest = path.parent / "manifest.json"
    if how == "truncated":
        path.write_bytes(data[: len(data) // 2])
        manifest.unlink()
    elif how == "last_byte_missing":
        path.write_bytes(data[:-1])
        manifest.unlink()
    elif how == "wrong_size":
        path.write_bytes(data[:-1])
    elif how == "wrong_hash":
        text = json.loads(manifest.read_text())
        for file in text["files"]:
            if file["filename"] == path.name:
                file["hash"] = "sha256:" + "0" * 64
        manifest.write_text(json.dumps(text))
    elif how == "other_schema":
        other = option_file(path.parents[6], "option_definition")
        path.write_bytes(other.read_bytes())
        manifest.unlink()
    elif how == "pending":
        condition = path.parent / "condition.json"
        text = [row | {"condition": "pending"} for row in json.loads(condition.read_text())]
        condition.write_text(json.dumps(text))
        manifest.unlink()


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ("truncated", "Expected"),
        ("last_byte_missing", "Expected"),
        ("wrong_size", "manifest.json says"),
        ("wrong_hash", "Expected sha256"),
        ("other_schema", "Expected schema 'mbo', was 'definition'"),
        ("pending", "Expected data available"),
    ],
)
def test_a_refused_file_fails_its_raw_asset_and_changes_nothing_below(fresh, how, says):
    path = option_file(fresh)
    spoil(path, how)
    before = path.read_bytes()
    done = run(fresh)
    assert not done.success
    assert "raw_option_mbo" in done.failure
    assert says in done.failure
    assert path.name in done.failure
    assert path.read_bytes() == before
    lake = Lake(fresh)
    below = [name for name in DAY_TABLES if name.startswith(("bronze_option", "silver_option", "silver_gex", "regime"))]
    assert [name for name in ["raw_option_mbo", *below] if lake.find(name, product="ES", day=DAY)] == []
    assert "silver_future_quotes" in done.materialized
    kept = lake.rejection("raw_option_mbo", product="ES", day=DAY)
    assert done.failure.startswith(f"raw_option_mbo: {kept.file}: Expected {kept.expected}, was")
    assert done.failure.endswith(kept.was)
    assert kept.files[path.relative_to(fresh).as_posix()].sha256 == hashlib.sha256(before).hexdigest()
    assert list(kept.files) == [path.relative_to(fresh).as_posix()]


def test_a_failing_redelivery_leaves_the_good_day_published(published, tmp_path):
    root = tmp_path / "lake"
    shutil.copytree(published, root)
    lake = Lake(root)
    before = {name: lake.open(name, product="ES", day=DAY).sha256() for name in DAY_TABLES}
    spoil(option_file(root), "truncated")
    assert not run(root).success
    assert {name: Lake(root).open(name, product="ES", day=DAY).sha256() for name in DAY_TABLES} == before


def test_a_redelivery_that_fails_a_blocking_check_is_rejected_with_its_reason(published, tmp_path):
    """Outrights of which none is selected: the day goes aside with its reason, the good one stays."""
    root = tmp_path / "lake"
    shutil.copytree(published, root)
    lake = Lake(root)
    before = lake.open("bronze_option_instruments", product="ES", day=DAY).sha256()
    settings = settings_for(root)
    assets = ProductAssets(product="ES", settings=settings, partitions=daily(settings.start_date))
    day = TableDay(assets=assets, name="bronze_option_instruments", day=DAY, lake=lake, force=True)
    rows = lake.open("bronze_option_instruments", product="ES", day=DAY).read()
    schema = rows.schema
    unselected = [row | {"selected": False, "selection_reason": "expired"} for row in rows.to_pylist()]
    table = type(rows).from_pylist(unselected, schema=schema)
    said = list(
        day.publish([table], checks=[lambda stored: something_was_selected(stored.read(), max_dte=settings.max_dte, tally={})])
    )
    assert [result.passed for result in said] == [True, False]
    assert lake.open("bronze_option_instruments", product="ES", day=DAY).sha256() == before
    rejection = lake.rejection("bronze_option_instruments", product="ES", day=DAY)
    assert "something_was_selected: Expected some of" in rejection.reason
    answer = query(
        root, "SELECT rejected, count(*) AS n FROM bronze_option_instruments_all GROUP BY ALL ORDER BY ALL"
    ).to_pylist()
    assert answer == [{"rejected": False, "n": len(unselected)}, {"rejected": True, "n": len(unselected)}]


@pytest.mark.parametrize("kind", mostly_long(["option_mbo", "future_mbo", "option_definition", "option_statistics"]))
def test_a_missing_kind_warns_and_everything_below_publishes_what_can_be_known(fresh, kind):
    shutil.rmtree(option_file(fresh, kind).parent)
    done = run(fresh)
    assert done.success, done.failure
    assert set(done.materialized) == {*DAY_TABLES, *PAGES}
    assert any(f"raw_{kind}.a_file_is_there" in warning for warning in done.warnings)
    rows = {name: Lake(fresh).open(name, product="ES", day=DAY).num_rows for name in DAY_TABLES}
    assert rows[f"raw_{kind}"] == 0
    if kind == "future_mbo":
        assert rows["silver_future_quotes"] == 0
        assert rows["silver_gex"] > 0
    if kind == "option_mbo":
        assert rows["silver_option_quotes"] == rows["silver_gex"] == rows["regime_scores"] == 0
        assert rows["bronze_option_instruments"] > 0
        assert rows["silver_future_quotes"] > 0
    if kind == "option_definition":
        instruments = Lake(fresh).open("bronze_option_instruments", product="ES", day=DAY).read(["source"])
        assert set(instruments["source"].to_pylist()) == {"symbol"}
        assert rows["silver_gex"] > 0
    if kind == "option_statistics":
        used = query(fresh, "SELECT DISTINCT weight_used FROM silver_gex_levels WHERE convention = 'field'").to_pylist()
        assert used == [{"weight_used": "resting_size"}]


def test_a_day_without_any_file_publishes_empty_tables(tmp_path):
    (tmp_path / "lake").mkdir()
    done = run(tmp_path / "lake")
    assert done.success, done.failure
    assert done.without_files
    assert len([warning for warning in done.warnings if "a_file_is_there" in warning]) == 4
    filled = [name for name in DAY_TABLES if Lake(tmp_path / "lake").open(name, product="ES", day=DAY).num_rows]
    assert filled == ["gold_vector_dictionary"]  # what elements are called is known without a file


@pytest.mark.long
def test_a_killed_run_leaves_nothing_visible_and_a_second_one_succeeds(fresh):
    """A process that dies while a table is being written: no object appears, the lock is free, the next run publishes."""
    code = f"""
import os, signal
from datetime import date
from pathlib import Path
from gex_assets.defs.product_assets import ProductAssets
from gex_assets.defs.partitions import daily
from gex_assets.defs.run import run_days
from gex_assets.defs.table_day import TableDay
from gex_assets.lake.tables import Staged
from gex_assets.settings import load

written = Staged.write
def write(self, rows):
    written(self, rows)
    if self.table.name == "bronze_option_mbo":
        os.kill(os.getpid(), signal.SIGKILL)
Staged.write = write
list(run_days(load(lake=Path({str(fresh)!r})), [date({DAY.year}, {DAY.month}, {DAY.day})]))
"""
    died = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert died.returncode == -signal.SIGKILL
    lake = Lake(fresh)
    assert lake.find("bronze_option_mbo", product="ES", day=DAY) is None
    assert lake.find("bronze_option_instruments", product="ES", day=DAY) is not None
    assert run(fresh).success
    leftovers = [path.name for path in fresh.rglob(".*.staged")]
    assert leftovers == []
