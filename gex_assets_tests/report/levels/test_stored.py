"""Levels read from published tables: which partition, which window, and what is refused."""

from __future__ import annotations

from datetime import date, time, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from gex_assets.errors import GexError
from gex_assets.lake.tables import Lake
from gex_assets.report.levels.stored import levels_before, levels_within
from gex_assets.schemas.open_levels import OPEN_LEVELS
from gex_assets_tests.conftest import DAY
from gex_assets_tests.lake.made_up_tables import publish
from gex_assets_tests.stages.premarket.made_up_settlements import EVENING, SESSION, rows_of, usual

FIELD = ("field",)


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """Two partitions: one evening with levels, and a later one without."""
    found = Lake(tmp_path_factory.mktemp("lake"))
    rows = pa.Table.from_pylist(list(rows_of(usual()).values()), schema=OPEN_LEVELS.arrow_schema())
    publish(found, OPEN_LEVELS, rows, day=EVENING)
    publish(found, OPEN_LEVELS, OPEN_LEVELS.empty(), day=EVENING + timedelta(days=1))
    return found


def test_the_latest_session_that_has_levels_is_taken(lake: Lake) -> None:
    for session in (None, SESSION.session_date):
        (found,) = levels_before(lake, product="ES", session=session, conventions=FIELD, scope="all")
        assert found.session_date == SESSION.session_date
        assert "reference" in {one.name for one in found.levels}


def test_conventions_come_in_the_order_asked_for(lake: Lake) -> None:
    found = levels_before(lake, product="ES", session=None, conventions=("magic8", "field"), scope="0dte")
    assert [one.convention for one in found] == ["magic8", "field"]


@pytest.mark.parametrize(
    ("choice", "said"),
    [
        ({"session": date(2026, 1, 9)}, "Expected levels before the session of 2026-01-09, was none"),
        ({"conventions": ("flow",)}, "Expected a convention of field, magic8, was flow: nothing is computed by it here"),
        ({"scope": "1dte"}, "Expected a scope of 0dte, all, exp:2026-01-07, exp:2026-03-20, selected, was '1dte'"),
        ({"product": "NQ"}, "Expected levels before any session, was none for NQ"),
    ],
)
def test_what_is_not_there_is_refused_with_what_there_is(lake: Lake, choice: dict[str, object], said: str) -> None:
    asked: dict[str, Any] = {"product": "ES", "session": None, "conventions": FIELD, "scope": "all", **choice}
    with pytest.raises(GexError, match=said):
        levels_before(lake, **asked)


def test_within_a_day_the_last_window_by_the_moment_counts(published: Path) -> None:
    lake = Lake(published)
    (last,) = levels_within(lake, product="ES", day=DAY, clock=None, conventions=FIELD, scope="selected")
    (early,) = levels_within(lake, product="ES", day=DAY, clock=time(14, 30, 4), conventions=FIELD, scope="selected")
    assert early.about == "14:30:00 UTC"
    assert last.about > early.about
    table = lake.open("silver_gex_levels", product="ES", day=DAY).read().to_pylist()
    (row,) = [
        one for one in table if (one["ts_window_end"], one["convention"], one["scope"]) == (early.ts_known, "field", "selected")
    ]
    assert {level.price for level in early.levels if level.kind == "call_wall"} == {row["call_wall"]}


def test_a_moment_before_the_first_window_is_refused(published: Path) -> None:
    with pytest.raises(GexError, match=f"Expected a window of {DAY} by 03:00:00 with levels, was none"):
        levels_within(Lake(published), product="ES", day=DAY, clock=time(3), conventions=FIELD, scope="selected")
