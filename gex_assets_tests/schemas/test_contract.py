from __future__ import annotations

import pandera.pyarrow as pandera
import pyarrow as pa
import pytest

from gex_assets.schemas.contract import breaches, named_for_pandera, pandera_schema
from gex_assets.schemas.registry import TABLES
from gex_assets.schemas.table import CATEGORY, Column
from gex_assets_tests.lake.made_up_tables import LEVELS, levels

GOOD = levels(range(3)).cast(LEVELS.arrow_schema())


def put(name, values, kind=None):
    number = GOOD.column_names.index(name)
    return GOOD.set_column(number, name, values if isinstance(values, pa.Array) else pa.array(values, type=kind))


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.name)
def test_an_empty_table_passes_its_schema(table):
    few = table.columns[:40]  # pandera's time grows with the square of the columns
    schema = pandera_schema(table, few)
    rows = named_for_pandera(table.empty().select([column.name for column in few]))
    assert list(schema.columns) == rows.column_names
    schema.validate(rows, lazy=True)


def test_rows_that_match_the_schema_pass():
    pandera_schema(LEVELS).validate(GOOD, lazy=True)


@pytest.mark.parametrize(
    "rows",
    [
        GOOD.drop(["price"]),
        GOOD.append_column("more", GOOD.column("price")),
        GOOD.select(GOOD.column_names[::-1]),
        put("count", GOOD.column("count").cast(pa.int64()).combine_chunks()),
        put("convention", GOOD.column("convention").cast(pa.string()).combine_chunks()),
        put("session_date", GOOD.column("session_date").cast(pa.timestamp("s")).combine_chunks()),
        put("roots", pa.array([[1]] * 6)),
        put("count", [1, 2, None, 4, 5, 6], pa.int32()),
        put("price", [1.0, 2.0, -3.0, 4.0, 5.0, 6.0]),
        put("price", [1.0, 2.0, 3.0, 4.0, 5.0, 60_000.0]),
        put("gex", [1.0, 2.0, float("nan"), 4.0, 5.0, 6.0]),
        put("gex", [1.0, 2.0, float("inf"), 4.0, 5.0, 6.0]),
        put("roots", [None, [1.0, float("nan")], None, None, None, None], LEVELS.arrow_schema().field("roots").type),
        put("reason", pa.array([None, "tired", None, None, None, None]).cast(CATEGORY)),
    ],
    ids=[
        "a column missing",
        "a column too many",
        "another order",
        "another integer",
        "strings for categories",
        "moments for dates",
        "other lists",
        "NULL",
        "too small",
        "too large",
        "NaN",
        "infinite",
        "NaN in a list",
        "an unknown word",
    ],
)
def test_pandera_refuses_every_kind_of_breach(rows):
    with pytest.raises(pandera.errors.SchemaErrors):
        pandera_schema(LEVELS).validate(rows, lazy=True)


def test_null_breaks_no_range():
    pandera_schema(LEVELS).validate(put("price", [None] * 6, pa.float64()), lazy=True)


def test_breaches_say_what_was_expected_and_where():
    column = Column(name="x", type=pa.float64(), about="", at_least=0.0, at_most=1.0)
    values = pa.chunked_array([[0.5, None, -1.0], [2.0, float("nan")]])
    assert {expected: broken.to_pylist() for expected, broken in breaches(column, values)} == {
        "no NULL": [False, True, False, False, False],
        "at least 0.0": [False, False, True, False, False],
        "at most 1.0": [False, False, False, True, False],
        "a finite number or NULL": [False, False, False, False, True],
    }
    assert list(breaches(column, pa.chunked_array([[0.5, 1.0]]))) == []
    words = Column(name="y", type=CATEGORY, about="", nullable=True, one_of=("a", "b"))
    found = dict(breaches(words, pa.chunked_array([pa.array(["a", None, "c"]).cast(CATEGORY)])))
    assert {expected: broken.to_pylist() for expected, broken in found.items()} == {"one of a, b": [False, False, True]}
