"""A flip out of reach is nowhere on a page: not in words, not in a chart, not in the packed day, not in a preview."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from gex_assets.lake.lineage import Lineage
from gex_assets.lake.tables import Lake, StoredTable
from gex_assets.pages.history import history_page
from gex_assets.pages.picture.windows import window_events
from gex_assets.pages.previews import preview_of
from gex_assets.pages.sections import sections
from gex_assets.schemas.registry import TABLES
from gex_assets_tests.conftest import DAY
from gex_assets_tests.pages.made_up_days import history_row
from gex_assets_tests.pages.picture.made_up_pages import page_of, tables_of
from gex_assets_tests.pages.reading import parsed
from gex_assets_tests.twins.packed_day import PackedDay

FLIP = ("zero_gamma", "zero_gamma_low", "zero_gamma_high")


def replaced(lake: Path, name: str, **columns: float | None) -> StoredTable:
    """The table with the same number in every row of some columns."""
    where = Lake(lake)
    rows = where.open(name, product="ES", day=DAY).read()
    for column, value in columns.items():
        field = rows.schema.field(column)
        rows = rows.set_column(rows.schema.get_field_index(column), field, pa.array([value] * rows.num_rows, type=field.type))
    lineage = Lineage(table=name, product="ES", day=DAY, code_version="1", settings_hash="")
    with where.replace(TABLES[name], product="ES", day=DAY, lineage=lineage) as staged:
        staged.write(rows)
        staged.finish()
        return staged.publish()


@pytest.fixture(scope="module")
def far(published: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The published day, its flips near the price and nine standard deviations away."""
    lake = tmp_path_factory.mktemp("far") / "lake"
    shutil.copytree(published, lake)
    replaced(lake, "silver_gex_levels", zero_gamma=6931.0, zero_gamma_low=6930.0, zero_gamma_high=6932.0, zero_gamma_sigmas=9.0)
    return lake


def test_the_packed_day_has_none(far: Path, published: Path) -> None:
    known = PackedDay(page_of(tables_of(published, DAY)).decode())
    assert any(any(row) for row in known.column("zero_gamma"))
    page = PackedDay(page_of(tables_of(far, DAY)).decode())
    for name in FLIP:
        assert not any(value is not None for row in page.column(name) for value in row), name
    assert any(any(row) for row in page.column("call_wall"))


def test_a_replayed_window_has_none(far: Path) -> None:
    window = next(window_events(tables_of(far, DAY)))
    assert {value for name in FLIP for value in window["columns"][name]} == {None}


def test_sections_say_why_and_draw_none(far: Path) -> None:
    found = {one.id: parsed(one.html) for one in sections(tables_of(far, DAY))}
    assert "farther than 3 daily standard deviations from the price" in found["summary"].text
    assert "Flip: none: farther than 3" in found["profile"].text
    for section in found.values():
        assert not section.all("path", class_="flip dashed")
        assert "6931" not in section.text
        assert "band 69" not in section.text
    labels = [one.text for one in found["profile"].all("span") if one.attributes.get("class", "").startswith("mark")]
    assert any(one.startswith("price") for one in labels)
    assert not any(one.startswith("flip") for one in labels)


@pytest.mark.parametrize(("hedge", "is_shown"), [(1.5e9, True), (1.5e7, False), (None, True)])
def test_a_history_shows_it_by_what_hedges_trade_in_a_deviation(hedge: float | None, is_shown: bool) -> None:
    row = history_row(date(2026, 1, 6), hedge_per_sigma=hedge)
    page = history_page([row], product="ES", walls={}, link=lambda _: None)
    assert ("6,950.0" in page) == is_shown
    assert f"{int(is_shown)} of 1 days have a flip in reach" in page


def test_a_preview_of_regimes_draws_none(published: Path, tmp_path: Path) -> None:
    pictures = []
    scores = Lake(published).open("regime_scores", product="ES", day=DAY).read(["reference_price"])
    price = float(np.nanmean(scores["reference_price"].to_numpy()))
    flip = {"zero_gamma": price + 2.0}
    for at, columns in enumerate((flip | {"hedge_per_sigma": 1e15}, flip | {"hedge_per_sigma": 1.0}, {"zero_gamma": None})):
        lake = tmp_path / str(at)
        shutil.copytree(published / "regime_scores", lake / "regime_scores")
        drawn = preview_of(replaced(lake, "regime_scores", **columns))
        assert drawn is not None
        pictures.append(drawn.png)
    near, out_of_reach, none = pictures
    assert out_of_reach == none
    assert near != none
