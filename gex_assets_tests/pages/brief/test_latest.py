"""The latest session's page, or the reason why there is none."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from gex_assets.errors import LakeError
from gex_assets.lake.tables import Lake
from gex_assets.pages.brief.latest import latest_brief_page
from gex_assets.schemas.open_levels import OPEN_LEVELS
from gex_assets_tests.lake.made_up_tables import publish
from gex_assets_tests.pages.reading import parsed
from gex_assets_tests.stages.premarket.made_up_settlements import EVENING, SESSION, rows_of, usual


def test_a_lake_without_levels_says_what_to_do(tmp_path: Path) -> None:
    text = parsed(latest_brief_page(Lake(tmp_path), product="ES")).one("main").text
    assert "Expected levels before any session, was none for ES: deliver definitions and statistics" in text


def test_the_latest_session_is_shown(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    levels = pa.Table.from_pylist(list(rows_of(usual()).values()), schema=OPEN_LEVELS.arrow_schema())
    publish(lake, OPEN_LEVELS, levels, day=EVENING)
    page = parsed(latest_brief_page(lake, product="ES", links=[("days", "index-ES.html")]))
    assert page.one("h1").text == f"Session of {SESSION.session_date:%a} {SESSION.session_date}"
    assert "Nothing of the session is published yet." in page.one("main").text


def test_levels_that_cannot_be_read_are_an_error(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    publish(lake, OPEN_LEVELS, OPEN_LEVELS.empty(), day=EVENING)
    Path(lake.open("open_levels", product="ES", day=EVENING).uri).write_bytes(b"no table")
    with pytest.raises(LakeError):
        latest_brief_page(lake, product="ES")
