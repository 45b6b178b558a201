"""Settings of non-blocking checks: a judge sees what its table declares and what changes no row, also where it is reused."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from gex_assets.defs import checks
from gex_assets.defs.run import DayRun, run_days
from gex_assets.lake.tables import StoredTable
from gex_assets.schemas.checks import Verdict
from gex_assets.schemas.pages import PAGES
from gex_assets.schemas.registry import DAY_TABLES
from gex_assets.settings import Settings
from gex_assets_tests.conftest import DAY, settings_for


@pytest.fixture
def lake(published: Path, tmp_path: Path) -> Path:
    """A published day of a test's own."""
    lake = tmp_path / "lake"
    shutil.copytree(published, lake)
    return lake


def run_judged_by(monkeypatch: pytest.MonkeyPatch, setting: str, lake: Path, **choices: object) -> tuple[DayRun, list[object]]:
    """Run a day with one check more, of `silver_forward`, that reads a setting; and what it read."""
    found: list[object] = []

    def judge(stored: StoredTable, settings: Settings) -> Verdict:
        found.append(getattr(settings, setting))
        text = f"{stored.lineage.table}: {found[-1]}"
        return Verdict(name="reads_a_setting", passed=False, text=text, severity="warn", todo="nothing")

    added = ("reads_a_setting", judge, ("silver_forward",), "It reads a setting.")
    with monkeypatch.context() as patch:
        patch.setattr(checks, "JUDGES", (*checks.JUDGES, added))
        (done,) = run_days(settings_for(lake, **choices), [DAY])
    return done, found


def test_a_check_is_answered_with_the_setting_of_now_where_its_table_is_reused(lake, monkeypatch):
    for threads in (1, 2):
        done, found = run_judged_by(monkeypatch, "threads", lake, threads=threads)
        assert done.success
        assert set(done.reused) == {*DAY_TABLES, *PAGES}
        assert set(found) == {threads}
        assert any(f"silver_forward: {threads}" in warning for warning in done.warnings)


@pytest.mark.long
def test_a_check_may_read_what_its_table_declares(lake, monkeypatch):
    done, found = run_judged_by(monkeypatch, "rate", lake)
    assert done.success
    assert set(found) == {settings_for(lake).rate}


def test_a_check_that_reads_another_setting_fails_the_run_and_names_it(lake, monkeypatch):
    done, found = run_judged_by(monkeypatch, "max_dte", lake)
    assert not done.success
    assert not found
    assert "was max_dte" in done.failure
