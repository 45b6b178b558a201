"""Small pictures of tables: small, the right colours in the right places, and none where nothing is known."""

import io
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from PIL import Image

from gex_assets.lake.lineage import Lineage
from gex_assets.lake.tables import Lake, StoredTable
from gex_assets.pages.previews import MOST_BYTES, as_markdown, preview_of
from gex_assets.schemas.registry import TABLES
from gex_assets.schemas.silver_gex import SLOTS, slot_column
from gex_assets_tests.conftest import DAY

WITH_PICTURE = ("silver_gex", "silver_gex_chain", "silver_gex_profile", "gold_trigger_vectors", "regime_scores")


def pixels(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(int)


def stored_again(lake: Lake, table: str, rows: pa.Table) -> StoredTable:
    lineage = Lineage(table=table, product="ES", day=DAY, code_version="1", settings_hash="")
    with lake.replace(TABLES[table], product="ES", day=DAY, lineage=lineage) as staged:
        staged.write(rows)
        staged.finish()
        return staged.publish()


@pytest.mark.parametrize("table", WITH_PICTURE)
def test_each_picture_is_a_small_png(published: Path, table: str) -> None:
    found = preview_of(Lake(published).open(table, product="ES", day=DAY))
    assert found is not None
    assert len(found.png) <= MOST_BYTES
    image = Image.open(io.BytesIO(found.png))
    assert (image.format, image.width) == ("PNG", 760)
    assert len(np.unique(pixels(found.png).reshape(-1, 3), axis=0)) > 4
    assert as_markdown(found).startswith(f"![{found.title}](data:image/png;base64,iVBOR")


def test_other_tables_have_none(published: Path) -> None:
    assert preview_of(Lake(published).open("silver_forward", product="ES", day=DAY)) is None


@pytest.mark.parametrize("table", WITH_PICTURE)
def test_a_table_without_rows_has_none(tmp_path: Path, table: str) -> None:
    assert preview_of(stored_again(Lake(tmp_path), table, TABLES[table].empty())) is None


@pytest.mark.parametrize("table", ["silver_gex", "silver_gex_chain", "regime_scores"])
def test_rows_without_a_value_have_none(published: Path, tmp_path: Path, table: str) -> None:
    rows = Lake(published).open(table, product="ES", day=DAY).read()
    for place, column in enumerate(TABLES[table].columns):
        if column.nullable and pa.types.is_float64(column.type):
            rows = rows.set_column(place, rows.schema.field(place), pa.nulls(rows.num_rows, column.type))
    assert preview_of(stored_again(Lake(tmp_path), table, rows)) is None


def test_a_strip_has_the_colour_of_the_sign(published: Path, tmp_path: Path) -> None:
    """With every net negative nothing is green, and the other way round."""
    rows = Lake(published).open("silver_gex", product="ES", day=DAY).read()
    for sign, more, less in ((1.0, 1, 0), (-1.0, 0, 1)):
        changed = rows
        for slot in SLOTS:
            name = slot_column("gexoi", slot, "net")
            place = changed.schema.get_field_index(name)
            values = pc.multiply(pc.abs(changed[name]), sign)
            changed = changed.set_column(place, changed.schema.field(place), values)
        found = preview_of(stored_again(Lake(tmp_path / str(sign)), "silver_gex", changed))
        assert found is not None
        drawing = pixels(found.png)[30:230, 70:740]
        strong = np.ptp(drawing, axis=2) > 60
        assert strong.sum() > 1000
        assert (drawing[strong][:, more] > drawing[strong][:, less]).all()


def test_a_day_later_is_another_picture(published: Path) -> None:
    """What is drawn comes from the rows."""
    lake = Lake(published)
    chain, scores = (preview_of(lake.open(name, product="ES", day=DAY)) for name in ("silver_gex_chain", "regime_scores"))
    assert chain is not None
    assert scores is not None
    assert str(date(2026, 3, 20)) in chain.title
    assert chain.png != scores.png
