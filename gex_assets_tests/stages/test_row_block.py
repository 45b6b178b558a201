from datetime import date

import numpy as np
import pyarrow as pa
import pytest

from gex_assets.schemas.table import CATEGORY, Column, Table
from gex_assets.stages.row_block import category, float_columns, row_block

PROMISE = Table(
    name="made_up",
    layer="silver",
    about="",
    key=("number",),
    columns=(
        Column(name="number", type=pa.int64(), about=""),
        Column(name="session_date", type=pa.date32(), about=""),
        Column(name="name", type=CATEGORY, about="", nullable=True),
        Column(name="price", type=pa.float64(), about="", nullable=True),
        Column(name="seen", type=pa.bool_(), about=""),
    ),
)


def test_a_block_has_exactly_the_schema_and_nan_is_null():
    block = row_block(
        PROMISE,
        {
            "number": np.array([[1, 2], [3, 4]]),
            "session_date": np.array([0, 1, 2, 3], dtype=np.int64),
            "name": category(np.array([1, -1, 0, 1]), ("a", "b")),
            "price": np.array([[1.5, np.nan], [0.0, -0.0]]).T,
            "seen": np.array([True, False, True, False]),
        },
    )
    assert block.schema == PROMISE.arrow_schema()
    assert block.to_pydict() == {
        "number": [1, 2, 3, 4],
        "session_date": [date(1970, 1, day) for day in (1, 2, 3, 4)],
        "name": ["b", None, "a", "b"],
        "price": [1.5, 0.0, None, 0.0],
        "seen": [True, False, True, False],
    }


def test_a_block_without_rows():
    block = row_block(
        PROMISE, {name: np.zeros(0) for name in PROMISE.column_names if name != "name"} | {"name": category(np.zeros(0), ())}
    )
    assert (block.num_rows, block.schema) == (0, PROMISE.arrow_schema())


@pytest.mark.parametrize("rows", [0, 1, 8, 13])
def test_columns_of_floats_are_what_arrow_would_make_of_each(rows):
    columns = np.arange(3 * rows, dtype=np.float64).reshape(3, rows)
    columns[0, ::3] = np.nan
    columns[2] = np.nan
    for found, values in zip(float_columns(columns), columns, strict=True):
        found.validate(full=True)
        assert found.equals(pa.array(values, from_pandas=True))
        assert found.null_count == np.count_nonzero(np.isnan(values))
