"""What `gex refresh` plans and makes: what is stale or missing of the known days, and nothing else."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest

from gex_assets.defs.run import run_days
from gex_assets.defs.upkeep.refresh import Refresh, planned_refresh
from gex_assets.lake.tables import Lake
from gex_assets.report.refresh_plan import refresh_lines
from gex_assets.schemas.pages import PAGES
from gex_assets.schemas.registry import DAY_TABLES
from gex_assets_tests.cli.typed import gex
from gex_assets_tests.conftest import DAY, settings_for

SCORES = {"regime_scores", "regime_events"}


@pytest.fixture
def lake(published: Path, tmp_path: Path) -> Path:
    """A published day of a test's own, with its history."""
    lake = tmp_path / "lake"
    shutil.copytree(published, lake)
    return lake


def plan(lake: Path, **choices: object) -> Refresh:
    return planned_refresh(settings_for(lake, **choices), Lake(lake))


def file(lake: Path, table: str) -> Path:
    return lake / table / "product=ES" / f"date={DAY}" / "data.parquet"


def test_a_lake_that_is_up_to_date_has_nothing_to_make_but_its_history(lake: Path) -> None:
    found = plan(lake)
    assert found.days == ()
    assert found.only == {}
    assert found.history in ((), (DAY,))


def test_a_setting_plans_what_it_reaches_and_a_run_of_the_plan_leaves_nothing(lake: Path) -> None:
    chosen = {"min_strikes_required": 12}
    found = plan(lake, **chosen)
    (day,) = found.days
    assert {state.table for state in day.made} == {*SCORES, "day_page"}
    assert all(state.why for state in day.made)
    assert not day.files
    assert "silver_gex_levels" in day.tables
    assert found.history == (DAY,)
    (done,) = run_days(settings_for(lake, **chosen), list(found.only), only=found.only)
    assert done.success
    assert {*done.materialized} - {*done.reused} == {*SCORES, "day_page"}
    assert set(done.materialized) <= {state.table for state in day.made} | set(day.below)
    assert plan(lake, **chosen).days == ()
    said = list(refresh_lines(found))
    assert said[0].startswith(f"ES {DAY}: makes 2 tables and 1 page, reads ")
    assert said[-1] == "1 day: 2 tables and 1 page to make, 0 files (0 B) to read"


def test_a_missing_table_is_planned_with_what_is_made_from_it(lake: Path) -> None:
    file(lake, "bronze_option_mbo").unlink()
    (day,) = plan(lake).days
    missing = [state.table for state in day.made if state.state == "missing"]
    assert missing == ["bronze_option_mbo"]
    made = {state.table for state in day.made} | set(day.below)
    assert {"silver_option_quotes", "regime_scores", "day_page"} <= made
    assert not {"bronze_future_mbo", "open_levels", "raw_option_mbo"} & made
    assert any("mbo" in key for key in day.files)
    assert "raw_option_mbo" in day.tables


def test_days_outside_of_the_range_and_other_products_are_left(lake: Path) -> None:
    file(lake, "silver_gex").unlink()
    settings, opened = settings_for(lake), Lake(lake)
    assert planned_refresh(settings, opened, first=DAY, last=DAY).days
    assert not planned_refresh(settings, opened, first=DAY + timedelta(days=1)).days
    assert not planned_refresh(settings, opened, last=DAY - timedelta(days=1)).days
    assert not planned_refresh(settings, opened, products=("NQ",)).days


def test_of_the_day_that_is_running_nothing_is_planned_and_it_says_how_to_make_it(fresh: Path) -> None:
    noon = datetime.combine(DAY, time(12), tzinfo=UTC)
    found = planned_refresh(settings_for(fresh), Lake(fresh), now=noon)
    assert (found.days, found.only) == ((), {})
    said = list(refresh_lines(found))
    assert said[0].startswith(f"{DAY} is left alone: today is still running: ")
    assert "`gex run --date today --partial`" in said[0]
    assert said[-1] == "Nothing to make: every table of every known day is up to date, but for what is left alone."
    assert plan(fresh).outside == {}


def test_a_refused_file_is_left_alone_until_it_changes(fresh: Path) -> None:
    (path,) = fresh.rglob("*.definition.dbn.zst")
    whole = path.read_bytes()
    path.write_bytes(whole[:-1])
    before = plan(fresh)
    assert {state.table for state in before.days[0].made} == {*DAY_TABLES, *PAGES}
    (done,) = run_days(settings_for(fresh), list(before.only), only=before.only)
    assert not done.success
    (day,) = plan(fresh).days
    assert [state.table for state in day.left] == ["raw_option_definition"]
    assert not day.made
    assert "bronze_option_instruments" in day.waiting
    said = "\n".join(refresh_lines(plan(fresh)))
    assert "raw_option_definition is left alone, it was rejected: refused: " in said
    assert "for it wait " in said
    assert "but for what is left alone." in said or plan(fresh).history
    path.write_bytes(whole)
    (day,) = plan(fresh).days
    assert not day.left
    assert "raw_option_definition" in {state.table for state in day.made}


@pytest.mark.long
def test_a_dry_run_says_what_and_changes_nothing(lake: Path, tmp_path: Path) -> None:
    file(lake, "regime_events").unlink()

    def state() -> dict[str, int]:
        return {str(path): path.stat().st_mtime_ns for path in lake.rglob("*.parquet")}

    before = state()
    done = gex("refresh", "--dry-run", "--lake", "lake", "--date", str(DAY), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "regime_events is missing" in done.stdout
    assert state() == before
    done = gex("refresh", "--lake", "lake", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert set(before) < set(state())
    done = gex("refresh", "--lake", "lake", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "Nothing to make: every table of every known day is up to date.\n")


def test_a_range_that_ends_before_it_begins_is_refused(tmp_path: Path) -> None:
    (tmp_path / "lake").mkdir()
    done = gex("refresh", "--lake", "lake", "--date", str(DAY), "--to", str(DAY - timedelta(days=1)), cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith(f"gex: Expected --to on or after --date {DAY}, was ")
