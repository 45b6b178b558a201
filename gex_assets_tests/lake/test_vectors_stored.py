"""Lists of fixed size in the lake: their rules are checked, their bytes are split, NULL inside them stays NULL."""

from __future__ import annotations

from datetime import date

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from gex_assets.lake.audit import judge
from gex_assets.lake.lineage import Lineage
from gex_assets.lake.queries import query
from gex_assets.lake.tables import Lake
from gex_assets.schemas.dictionary import type_name
from gex_assets.schemas.gold_trigger_vectors import GOLD_TRIGGER_VECTORS, VECTOR
from gex_assets.schemas.vector_layout import VECTOR_LENGTH
from gex_assets_tests.stages.gold.made_up_gold import made_up_gold
from gex_assets_tests.stages.gold.made_up_vectors import vectors_of

DAY = date(2026, 1, 6)


@pytest.fixture(scope="module")
def rows() -> pa.Table:
    return vectors_of(made_up_gold(2, windows=40))


def stored_with(lake: Lake, rows: pa.Table, vectors: list[list[float | None] | None] | None = None) -> list[str]:
    """Publish the rows, their vectors replaced where some are given; what the audit says."""
    if vectors is not None:
        rows = rows.slice(0, len(vectors)).set_column(rows.num_columns - 1, "vector", pa.array(vectors, type=VECTOR))
    lineage = Lineage(table=GOLD_TRIGGER_VECTORS.name, product="ES", day=DAY, code_version="1", settings_hash="")
    with lake.replace(GOLD_TRIGGER_VECTORS, product="ES", day=DAY, lineage=lineage) as staged:
        staged.write(rows)
        failures = judge(staged.finish(), GOLD_TRIGGER_VECTORS).failures
        staged.publish()
    return failures


def vector(**elements: float | None) -> list[float | None]:
    """A vector of ones but for the elements named by their number: `_3=None`."""
    values: list[float | None] = [1.0] * VECTOR_LENGTH
    for name, value in elements.items():
        values[int(name[1:])] = value
    return values


def test_vectors_come_back_as_they_were_written(rows, tmp_path):
    lake = Lake(tmp_path)
    assert not stored_with(lake, rows)
    back = lake.open("gold_trigger_vectors", product="ES", day=DAY)
    assert back.schema.field("vector").type == VECTOR
    assert back.read(["vector"])["vector"].to_pylist() == rows["vector"].to_pylist()
    group = pq.ParquetFile(back.uri).metadata.row_group(0)
    (leaf,) = [group.column(n) for n in range(group.num_columns) if group.column(n).path_in_schema.startswith("vector.")]
    assert "BYTE_STREAM_SPLIT" in leaf.encodings
    answer = query(lake, "SELECT vector[1] AS first, vector[6090] AS last FROM gold_trigger_vectors ORDER BY ALL").to_pylist()
    assert sorted(row["first"] or 0.0 for row in answer) == sorted(one[0] or 0.0 for one in rows["vector"].to_pylist())


def test_null_is_allowed_inside_a_vector_and_not_instead_of_one(rows, tmp_path):
    assert not stored_with(Lake(tmp_path), rows, [vector(_0=None), vector(_7=None)])
    (failure,) = stored_with(Lake(tmp_path), rows, [vector(), None])[:1]
    assert failure.startswith("Expected gold_trigger_vectors.vector to be no NULL")


@pytest.mark.parametrize("number", [float("inf"), float("nan")])
def test_what_is_no_number_is_refused_in_a_vector(rows, tmp_path, number):
    (failure,) = stored_with(Lake(tmp_path), rows, [vector(), vector(_5=number), vector(_9=None)])
    assert failure.startswith("Expected gold_trigger_vectors.vector to be finite numbers")
    assert "1 of 3 rows" in failure


def test_the_dictionary_of_tables_says_how_long_it_is():
    assert type_name(VECTOR) == f"list of {VECTOR_LENGTH} float32"
