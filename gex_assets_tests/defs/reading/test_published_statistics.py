"""Statistics of the days that a table reads: which files are inputs, and what happens to one that is refused."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from gex_assets.defs.partitions import daily
from gex_assets.defs.product_assets import ProductAssets
from gex_assets.defs.raw import verified_day
from gex_assets.defs.reading.published_statistics import published_statistics
from gex_assets.defs.table_day import TableDay
from gex_assets.lake.raw.layout import find_files
from gex_assets.lake.tables import Lake
from gex_assets.schemas.registry import OPEN_TABLES
from gex_assets_tests.conftest import DAY, settings_for

EVENING = DAY - timedelta(days=1)
"""The day before the sample's; its statistics are delivered, too."""


def table_day(lake: Path, name: str) -> TableDay:
    assets = ProductAssets(product="ES", settings=settings_for(lake), partitions=daily(EVENING))
    return TableDay(assets=assets, name=name, day=EVENING, lake=Lake(lake))


@pytest.fixture
def lake(delivered: Path, tmp_path: Path) -> Path:
    """A lake of statistics alone, in which those of the evening are registered."""
    root = tmp_path / "lake"
    shutil.copytree(delivered / "raw", root / "raw", ignore=shutil.ignore_patterns("*.mbo.*", "*.definition.*"))
    list(verified_day(table_day(root, "raw_option_statistics"), "option_statistics"))
    return root


def late_file(lake: Path) -> Path:
    (found,) = [one for one in find_files(Lake(lake).fs, kind="option_statistics", product="ES") if one.day == DAY]
    return lake / found.key


def test_levels_before_a_session_read_the_next_days_file_and_the_days_own_table_does_not(lake: Path) -> None:
    for name, dates in (*((name, {EVENING, DAY}) for name in OPEN_TABLES), ("bronze_option_statistics", {EVENING})):
        day = table_day(lake, name)
        read = {one for part in published_statistics(day) for one in part["file_date"].to_pylist()}
        assert read == dates
        assert (late_file(lake).relative_to(lake).as_posix() in day.inputs) == (DAY in dates)


def test_a_refused_file_of_another_day_is_left_out_counted_and_an_input_all_the_same(
    lake: Path, caplog: pytest.LogCaptureFixture
) -> None:
    late_file(lake).write_bytes(b"no statistics")
    day = table_day(lake, "open_levels")
    read = {one for part in published_statistics(day) for one in part["file_date"].to_pylist()}
    assert read == {EVENING}
    assert day.tally["refused_earlier_file"] == 1
    assert late_file(lake).relative_to(lake).as_posix() in day.inputs
    assert f"left out of open_levels of {EVENING}" in caplog.text
