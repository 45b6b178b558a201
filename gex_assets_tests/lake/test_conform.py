from __future__ import annotations

import pyarrow as pa
import pytest

from gex_assets.errors import ContractError
from gex_assets.lake.conform import conform
from gex_assets.schemas.table import CATEGORY
from gex_assets_tests.lake.made_up_tables import LEVELS, levels

ROWS = levels(range(3))


def put(name, values):
    return ROWS.set_column(ROWS.column_names.index(name), name, values)


def test_rows_that_fit_come_out_as_they_are():
    assert conform(LEVELS, ROWS).cast(LEVELS.arrow_schema()).equals(ROWS.cast(LEVELS.arrow_schema()))


@pytest.mark.parametrize(
    "values",
    [
        pa.array(["flow", "field"] * 3),
        pa.array(["flow", "field"] * 3, type=pa.large_string()),
        pa.array(["flow", "field"] * 3).cast(pa.dictionary(pa.int8(), pa.string())),
        pa.chunked_array(
            [pa.array(["flow"]).dictionary_encode(), pa.array(["field", "flow", "field", "flow", "field"]).dictionary_encode()]
        ),
    ],
    ids=["strings", "large strings", "narrow codes", "chunks with dictionaries of their own"],
)
def test_strings_become_categories_of_one_form(values):
    column = conform(LEVELS, put("convention", values)).column("convention")
    assert column.type == CATEGORY
    assert column.num_chunks == 1
    assert column.chunk(0).dictionary.to_pylist() == ["field", "flow"]
    assert column.to_pylist() == ["flow", "field"] * 3


def test_nothing_but_null_fits_everywhere():
    rows = put("price", pa.nulls(6))
    assert conform(LEVELS, rows).column("price").type == pa.float64()


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("count", pa.array(range(6), type=pa.int64())),
        ("price", pa.array(range(6), type=pa.int32())),
        ("price", pa.array(["1"] * 6)),
        ("convention", pa.array(range(6))),
        ("session_date", pa.array(range(6), type=pa.timestamp("ns"))),
        ("roots", pa.array([["a"]] * 6)),
    ],
)
def test_another_type_is_refused_by_name(name, values):
    with pytest.raises(ContractError, match=f"Expected made_up_levels.{name} as .*, was"):
        conform(LEVELS, put(name, values))


def test_other_columns_are_refused_by_name():
    with pytest.raises(ContractError, match=r"without \['price'\] and with \[\]"):
        conform(LEVELS, ROWS.drop(["price"]))
    with pytest.raises(ContractError, match=r"without \[\] and with \['more'\]"):
        conform(LEVELS, ROWS.append_column("more", ROWS.column("price")))
    with pytest.raises(ContractError, match="in their order"):
        conform(LEVELS, ROWS.select(ROWS.column_names[::-1]))
