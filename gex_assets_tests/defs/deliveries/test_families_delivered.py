"""Outrights that were delivered and of which none is used: the day is rejected, the good one stays, families are named."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from gex_assets.defs.run import run_days
from gex_assets.lake.tables import Lake
from gex_assets.schemas.registry import DAY_TABLES
from gex_assets_tests.conftest import DAY, settings_for
from gex_assets_tests.defs.deliveries.small_lakes import CALL, PUT, Given, mbo, run, take

BELOW = [name for name in DAY_TABLES if name.startswith(("bronze_option", "silver_option", "silver_gex", "regime"))]


@pytest.mark.parametrize("families", ["weekly", "daily,eom"])
def test_a_setting_cannot_empty_a_good_day(published: Path, tmp_path: Path, families: str) -> None:
    root = tmp_path / "lake"
    shutil.copytree(published, root)
    before = {name: Lake(root).open(name, product="ES", day=DAY).sha256() for name in BELOW}
    (done,) = run_days(settings_for(root, option_families=families), [DAY])
    assert not done.success
    (failed,) = [text for text in done.failed_checks if "something_was_selected" in text]
    assert "quarterly (not enabled)" in failed
    assert "see option_families" in failed
    assert {name: Lake(root).open(name, product="ES", day=DAY).sha256() for name in BELOW} == before
    kept = Lake(root).rejection("bronze_option_instruments", product="ES", day=DAY)
    assert kept is not None
    assert "quarterly (not enabled)" in kept.reason


def test_weeklies_alone_under_the_default_are_rejected(tmp_path: Path) -> None:
    """The reverse: files of weeklies, and the setting is what it is unless chosen."""
    names = {CALL: "EW1F6 C6900", PUT: "EW1F6 P6900"}
    orders = mbo((60, CALL, "AB", {"order_id": 1, "size": 2}), (61, PUT, "AA", {"order_id": 2, "size": 2, "price": 20}))
    take(tmp_path, [Given("option_mbo", orders, names)])
    done = run(tmp_path, "bronze_option_instruments")
    assert not done.success
    assert any("2 weekly (not enabled)" in text for text in done.failed_checks)
    assert run(tmp_path, "bronze_option_instruments", option_families="weekly").success


def test_spreads_alone_are_no_outrights(tmp_path: Path) -> None:
    """A file of spreads only holds nothing that any setting would use: a warning."""
    orders = mbo((60, 200, "AB", {"order_id": 1, "size": 2}))
    take(tmp_path, [Given("option_mbo", orders, {200: "UD:1V: VT 111"})])
    done = run(tmp_path, "bronze_option_instruments")
    assert done.success, done.failure
    assert any("was no option input" in text for text in done.warnings)
