"""A convention that the settings had once is refused where a day was made without it; a day that says nothing refuses nothing."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from gex_assets.conventions import conventions
from gex_assets.errors import LakeError
from gex_assets.lake.notes.convention_versions import keep_versions, refuse_gone, refuse_unknown
from gex_assets.lake.tables import Lake
from gex_assets_tests.conftest import DAY


@pytest.fixture
def lake(published: Path, tmp_path: Path) -> Lake:
    """A day of built-in conventions, in a lake that knows another one."""
    lake = Lake(shutil.copytree(published, tmp_path / "lake"))
    keep_versions(lake, conventions([{"name": "mine", "version": 1}]))
    refuse_unknown(lake, ["mine"])
    return lake


@pytest.mark.parametrize(
    ("table", "there"), [("silver_gex_levels", "field, flow, magic8"), ("regime_events", "field, flow"), ("open_chain", "field")]
)
def test_a_day_that_was_made_without_it(lake: Lake, table: str, there: str) -> None:
    said = f"Expected a convention of {there}.*, was mine: `gex refresh` makes .*; these are of {DAY}"
    with pytest.raises(LakeError, match=said):
        refuse_gone(lake, table, ["field", "mine"], product="ES", days=[DAY])


def test_built_in_ones_and_days_without_levels_are_not_looked_at(lake: Lake) -> None:
    refuse_gone(lake, "open_levels", ["flow", "none"], product="ES", days=[DAY])
    refuse_gone(lake, "silver_gex_levels", ["mine"], product="ES", days=[])
    refuse_gone(lake, "silver_gex_levels", ["mine"], product="ES", days=[DAY, DAY + timedelta(days=1)])
