"""The check `is_up_to_date`: it passes after a run, says what a change made stale and nothing else, and costs one step."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import dagster as dg
import pytest

from gex_assets.defs.build import build_defs
from gex_assets.defs.upkeep.up_to_date import up_to_date_verdict
from gex_assets.lake.status import State, TableState
from gex_assets.schemas.check_guide import said_of
from gex_assets.schemas.pages import PAGES
from gex_assets.schemas.registry import DAY_TABLES
from gex_assets_tests.conftest import DAY, settings_for
from gex_assets_tests.defs.upkeep.judged import judged

EVERYTHING = {*DAY_TABLES, *PAGES}


@pytest.fixture
def lake(published: Path, tmp_path: Path) -> Path:
    lake = tmp_path / "lake"
    shutil.copytree(published, lake)
    return lake


def test_a_change_makes_stale_what_it_reaches_and_nothing_else_and_says_what_to_do(lake: Path) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        found = judged(lake, instance)
        assert set(found) == EVERYTHING
        assert all(one.passed for one in found.values())
        assert {one.partition for one in found.values()} == {str(DAY)}
        changed = judged(lake, instance, min_strikes_required=12)
        assert {name for name, one in changed.items() if not one.passed} == {"regime_scores", "regime_events", "day_page"}
        said = changed["regime_scores"]
        assert said.severity == dg.AssetCheckSeverity.WARN
        assert said.description is not None
        assert "settings changed: one of " in said.description
        assert f"gex refresh --date {DAY}" in said.description


def test_a_file_of_other_bytes_is_said_by_every_table_that_it_reaches(lake: Path) -> None:
    (path,) = lake.rglob(f"*{DAY:%Y%m%d}.statistics.dbn.zst")
    path.write_bytes(path.read_bytes()[:-1])
    with dg.DagsterInstance.ephemeral() as instance:
        found = judged(lake, instance)
    stale = {name for name, one in found.items() if not one.passed}
    assert {"raw_option_statistics", "bronze_option_statistics", "silver_gex_levels"} <= stale
    assert not {"raw_option_mbo", "bronze_future_mbo", "silver_future_quotes"} & stale
    assert "changed" in str(found["raw_option_statistics"].description)


def test_a_run_from_the_ui_answers_it_after_its_tables(fresh: Path) -> None:
    job = build_defs(settings_for(fresh)).resolve_implicit_global_asset_job_def()
    keys = [dg.AssetKey("raw_future_mbo"), dg.AssetKey("bronze_future_mbo")]
    with dg.DagsterInstance.ephemeral() as instance:
        result = job.execute_in_process(partition_key=str(DAY), instance=instance, asset_selection=keys)
    found = [one for one in result.get_asset_check_evaluations() if one.check_name == "is_up_to_date"]
    assert {one.asset_key for one in found} == set(keys)
    assert all(one.passed for one in found)


@pytest.mark.parametrize(
    ("state", "why", "said"),
    [
        ("published", (), "made from the inputs, the code and the settings of now"),
        (
            "stale",
            ("code version 1 -> 2", "settings changed"),
            "was stale: code version 1 -> 2; settings changed. To do: `gex refresh",
        ),
        ("missing", (), "was none. To do: `gex refresh --date 2026-01-06`"),
        ("rejected", ("refused: cut",), "was rejected: refused: cut. To do: See the reason, then `gex run --date 2026-01-06`"),
    ],
)
def test_each_state_is_said_with_its_reason(state: State, why: tuple[str, ...], said: str) -> None:
    verdict = up_to_date_verdict(TableState(table="silver_gex", product="ES", day=date(2026, 1, 6), state=state, why=why))
    assert verdict.passed is (state == "published")
    assert verdict.severity == "warn"
    assert said in said_of(verdict)
    assert not verdict.rejects
