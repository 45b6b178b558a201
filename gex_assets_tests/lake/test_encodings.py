from __future__ import annotations

import math

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gex_assets.lake.encodings import canonical_category, writer_options
from gex_assets.schemas.registry import TABLES
from gex_assets.schemas.table import CATEGORY, Column, Table


@given(
    words=st.lists(st.sampled_from(["z", "a", "m", "", "ä", None]), unique=True, min_size=1),
    codes=st.lists(st.one_of(st.none(), st.integers(0, 5)), max_size=20),
    index=st.sampled_from([pa.int8(), pa.int32(), pa.int64()]),
    value=st.sampled_from([pa.string(), pa.large_string()]),
)
def test_the_strings_stay_and_the_dictionary_is_what_occurs_sorted(words, codes, index, value):
    codes = [code if code is None or code < len(words) else 0 for code in codes]
    values = pa.DictionaryArray.from_arrays(pa.array(codes, type=index), pa.array(words, type=value))
    canonical = canonical_category(values)
    canonical.validate(full=True)
    assert canonical.type == CATEGORY
    assert canonical.to_pylist() == values.to_pylist()
    assert canonical.dictionary.to_pylist() == sorted({word for word in values.to_pylist() if word is not None})
    assert canonical_category(pa.array(values.to_pylist(), type=pa.string())).equals(canonical)


def test_a_slice_of_a_larger_array_is_looked_at_as_a_slice():
    values = pa.DictionaryArray.from_arrays(pa.array([3, 0, 1, None, 1], type=pa.int32()), pa.array(["z", "k", "b", "q"])).slice(
        1
    )
    assert canonical_category(values).to_pylist() == ["z", "k", None, "k"]
    assert canonical_category(values).dictionary.to_pylist() == ["k", "z"]


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.name)
def test_no_column_is_both_in_a_dictionary_and_otherwise_encoded(table):
    options = writer_options(table)
    assert not set(options["use_dictionary"]) & set(options["column_encoding"])
    categories = {column.name for column in table.columns if column.type == CATEGORY}
    assert categories <= set(options["use_dictionary"])


def test_order_records_are_encoded_as_measured():
    options = writer_options(TABLES["bronze_option_mbo"])
    assert {"ts_recv", "ts_event", "order_id", "sequence", "record_index"} <= {
        name for name, kind in options["column_encoding"].items() if kind == "DELTA_BINARY_PACKED"
    }
    assert "price" in options["use_dictionary"]
    assert options["column_encoding"]["size"] == "BYTE_STREAM_SPLIT"
    assert {name for name, kind in options["column_encoding"].items() if kind == "PLAIN"} == {
        "instrument_id",
        "channel_id",
        "strike",
        "ts_expiration",
        "flags",
        "ts_recv_behind",
    }
    assert {name for name, codec in options["compression"].items() if codec == "none"} == {
        "ts_recv",
        "ts_event",
        "order_id",
        "ts_in_delta",
    }
    assert set(TABLES["bronze_option_mbo"].column_names) - set(options["write_statistics"]) == {"action", "side", "right"}
    assert writer_options(TABLES["silver_gex_chain"])["column_encoding"]["gamma"] == "BYTE_STREAM_SPLIT"


def test_order_records_are_stored_as_the_options_say(tmp_path):
    table = TABLES["bronze_option_mbo"]
    rows = pa.table(
        {
            name: pa.array([["a", "b"][at % 2] if kind == CATEGORY else at % 200 for at in range(2_000)]).cast(kind)
            for name, kind in zip(table.column_names, table.arrow_schema().types, strict=True)
        },
        table.arrow_schema(),
    )
    pq.write_table(rows, tmp_path / "orders.parquet", **writer_options(table))
    file = pq.ParquetFile(tmp_path / "orders.parquet")
    assert file.read().equals(rows)
    columns = {one.path_in_schema: one for one in (file.metadata.row_group(0).column(at) for at in range(len(table.columns)))}
    assert {name: one.compression for name, one in columns.items() if one.compression != "ZSTD"} == dict.fromkeys(
        ("ts_recv", "ts_event", "order_id", "ts_in_delta"), "UNCOMPRESSED"
    )
    assert {name for name, one in columns.items() if one.statistics is None} == {"action", "side", "right"}
    assert "BYTE_STREAM_SPLIT" in columns["size"].encodings
    assert {"RLE_DICTIONARY", "PLAIN_DICTIONARY"}.isdisjoint(columns["instrument_id"].encodings)


def test_tables_with_lists_are_compressed_as_a_whole():
    """Options by column would have to name the leaves of a list."""
    options = writer_options(TABLES["bronze_option_trades"])
    assert (options["compression"], options["compression_level"], options["write_statistics"]) == ("zstd", 1, True)


def test_numbers_have_their_bytes_split_and_moments_of_records_are_differences():
    kinds = writer_options(TABLES["bronze_option_trades"])["column_encoding"]
    assert {name for name, kind in kinds.items() if kind == "DELTA_BINARY_PACKED"} == {
        "ts_recv", "ts_event", "ts_in_delta", "record_index", "order_id", "sequence",
    }  # fmt: skip
    quotes = writer_options(TABLES["silver_option_quotes"])
    assert quotes["column_encoding"] == {
        column.name: "BYTE_STREAM_SPLIT"
        for column in TABLES["silver_option_quotes"].columns
        if column.type in {pa.int32(), pa.uint32(), pa.int64(), pa.float64()}
    }
    assert {"session_date", "book_state"} == set(quotes["use_dictionary"])


def test_split_bytes_are_read_by_everybody(tmp_path):
    kinds = [pa.int32(), pa.uint32(), pa.int64(), pa.uint64(), pa.float64()]
    columns = tuple(Column(name=str(kind), type=kind, about="", nullable=True) for kind in kinds)
    table = Table(name="numbers", layer="silver", about="", key=("int32",), columns=columns)
    ends = {
        str(kind): (-1.5, math.inf) if kind == pa.float64() else (int(np.iinfo(str(kind)).min), int(np.iinfo(str(kind)).max))
        for kind in kinds
    }
    values = {name: [None, 0, 1, *both] for name, both in ends.items()}
    rows = pa.table({str(kind): pa.array(values[str(kind)] * 3, kind) for kind in kinds}, table.arrow_schema())
    with pq.ParquetWriter(tmp_path / "x.parquet", rows.schema, **writer_options(table)) as writer:
        writer.write_table(rows)
    footer = pq.ParquetFile(tmp_path / "x.parquet").metadata.row_group(0)
    assert all("BYTE_STREAM_SPLIT" in footer.column(at).encodings for at in range(len(kinds)))
    assert pq.read_table(tmp_path / "x.parquet").equals(rows)
    assert duckdb.sql(f"SELECT * FROM '{tmp_path}/x.parquet'").to_arrow_table().cast(rows.schema).equals(rows)
