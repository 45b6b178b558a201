"""The latest day is the last one with rows: a run without delivered files publishes tables without any."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from gex_assets.doctor import findings
from gex_assets.errors import GexError
from gex_assets.lake.ranges.latest import last_known_window, latest_day
from gex_assets.lake.tables import Lake
from gex_assets.pages.day_page import whole_heatmap
from gex_assets.pages.day_tables import DayTables
from gex_assets.schemas.registry import TABLES
from gex_assets.serve.catalogue import Catalogue
from gex_assets_tests.lake.made_up_levels import level, rows_of
from gex_assets_tests.lake.made_up_tables import nulls, publish

LEVELS = TABLES["silver_gex_levels"]
FULL, EMPTY = date(2026, 1, 6), date(2026, 1, 20)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    lake = Lake(tmp_path)
    publish(lake, LEVELS, nulls(LEVELS), day=FULL)
    publish(lake, LEVELS, LEVELS.empty(), day=EMPTY)
    return lake


def test_everybody_means_the_same_day(lake: Lake, tmp_path: Path) -> None:
    catalogue = Catalogue(lake, [LEVELS.name])
    found = catalogue.latest(LEVELS.name, "ES")
    assert found is not None
    assert found.day == latest_day(lake, LEVELS.name, "ES") == FULL
    (said,) = (one.said for one in findings(lake=tmp_path) if one.about == "lake")
    assert said.endswith("2 days, 2026-01-06 to 2026-01-20; the latest with levels is 2026-01-06")


def test_it_is_another_one_as_soon_as_a_later_day_has_rows(lake: Lake) -> None:
    catalogue = Catalogue(lake, [LEVELS.name])
    catalogue.latest(LEVELS.name, "ES")
    publish(lake, LEVELS, nulls(LEVELS), day=EMPTY)
    catalogue.refresh()
    found = catalogue.latest(LEVELS.name, "ES")
    assert found is not None
    assert found.day == EMPTY


def test_without_rows_on_any_day_it_is_the_last_and_without_days_none(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    assert latest_day(lake, LEVELS.name, "ES") is None
    for day in (FULL, EMPTY):
        publish(lake, LEVELS, LEVELS.empty(), day=day)
    assert latest_day(lake, LEVELS.name, "ES") == EMPTY


def test_a_day_that_was_run_without_files_is_not_to_be_run_again(lake: Lake) -> None:
    with pytest.raises(GexError, match="was a published day without rows: gex status --date 2026-01-20 says what was delivered"):
        whole_heatmap(DayTables(lake, product="ES", day=EMPTY), conventions=(), settings_hash="")


def test_the_last_known_window_by_a_moment_has_a_value(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    rows = rows_of(LEVELS, *(level(end, net_gex=None if end == 30 else 1.0) for end in (10, 20, 30, 40)))
    publish(lake, LEVELS, rows, day=FULL)
    stored = lake.open(LEVELS.name, product="ES", day=FULL)
    found = {until: last_known_window(stored, "net_gex", until=until) for until in (9, 10, 19, 20, 39, 40, 99, None)}
    assert found == {9: None, 10: 10, 19: 10, 20: 20, 39: 20, 40: 40, 99: 40, None: 40}
