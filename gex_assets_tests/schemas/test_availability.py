"""Every table says since when its rows could be known, by a column that it has."""

from __future__ import annotations

import pytest

from gex_assets.schemas.availability import availability
from gex_assets.schemas.gold_trigger_outcomes import BARS
from gex_assets.schemas.registry import TABLES
from gex_assets.schemas.table import Table


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.name)
def test_the_column_is_a_moment_of_the_table(table: Table) -> None:
    found = availability(table)
    assert found.about.endswith(".")
    if found.column is not None:
        (column,) = [one for one in table.columns if one.name == found.column]
        assert column.unit == "UNIX ns UTC"


def test_what_looks_ahead_says_how_far() -> None:
    found = availability(TABLES["gold_trigger_outcomes"])
    assert found.column is None
    assert f"up to {12 + 2 * BARS} minutes ahead" in found.about
    assert availability(TABLES["silver_gex"]).column == "ts_window_end"
    assert availability(TABLES["bronze_option_mbo"]).column == "ts_recv"
