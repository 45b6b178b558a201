"""How columns are written into Parquet: which encoding suits which column, and one form of every dictionary.

Measured on a day of every table:

- Numbers are stored with their bytes split. That is up to twice as fast to write as a dictionary, and smaller: zstd finds
  what repeats among bytes of the same rank.
- Words are stored as dictionaries.
- Times of consecutive records are stored as differences.

Order tables are the bulk of a day, so each of their columns has an encoding of its own.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pyarrow as pa

from gex_assets.schemas.table import CATEGORY, Column, Table

__all__ = ["canonical_category", "writer_options"]

_STEPPING: Final = frozenset({"ts_recv", "ts_event", "ts_in_delta", "record_index", "order_id", "sequence"})
"""Integers close to their neighbour: stored as differences."""

_ORDER_RUNS: Final = frozenset({"instrument_id", "channel_id", "strike", "ts_expiration", "flags", "ts_recv_behind"})
"""Long runs of one value in order tables, which are sorted by instrument: zstd finds them without a dictionary."""

_ORDER_SPLIT: Final = frozenset({"size"})
"""Small integers in order tables: most of their bytes are zero, so a dictionary makes them no smaller."""

_ORDER_NOISE: Final = frozenset({"ts_recv", "ts_event", "order_id", "ts_in_delta"})
"""Differences in order tables, packed into as many bits as they need: zstd costs time and saves nothing."""

_EVERYWHERE: Final = frozenset({"action", "side", "right"})
"""Words that all occur in every row group of orders. Their bounds exclude no row group, and cost more than the words do."""

_SPLIT_BITS: Final = 32
"""Narrower numbers are not split."""


def writer_options(table: Table) -> dict[str, Any]:
    """Options of `pyarrow.parquet.ParquetWriter` for the table: equal rows give equal bytes."""
    has_orders = _has_orders(table)
    kinds = {column.name: _encoding(column, has_orders=has_orders) for column in table.columns}
    paths = {column.name: _path(column) for column in table.columns}
    options: dict[str, Any] = {"compression": "zstd", "compression_level": 1, "write_statistics": True}
    if has_orders:
        kinds |= {name: "PLAIN" for name in kinds if name in _ORDER_RUNS}
        kinds |= {name: "BYTE_STREAM_SPLIT" for name in kinds if name in _ORDER_SPLIT}
        options = {
            "compression": {name: "none" if name in _ORDER_NOISE else "zstd" for name in kinds},
            "compression_level": {name: 1 for name in kinds if name not in _ORDER_NOISE},
            "write_statistics": [name for name in kinds if name not in _EVERYWHERE],
        }
    return options | {
        "use_compliant_nested_type": False,  # a list's values come back under the name that the schema gives them
        "use_dictionary": [name for name, kind in kinds.items() if kind == "DICTIONARY"],
        "column_encoding": {paths[name]: kind for name, kind in kinds.items() if kind not in {"DICTIONARY", "DEFAULT"}},
    }


def _path(column: Column) -> str:
    """The Parquet path of the column's values."""
    return f"{column.name}.list.{column.type.value_field.name}" if pa.types.is_fixed_size_list(column.type) else column.name


def _has_orders(table: Table) -> bool:
    """Whether rows are order records without nested columns."""
    names = set(table.column_names)
    return {"record_index", "action", "size"} <= names and not any(pa.types.is_nested(column.type) for column in table.columns)


def _encoding(column: Column, *, has_orders: bool) -> str:
    kind = column.type
    if pa.types.is_fixed_size_list(kind) and pa.types.is_floating(kind.value_type):
        return "BYTE_STREAM_SPLIT"
    if pa.types.is_nested(kind) or pa.types.is_boolean(kind):
        return "DEFAULT"
    if column.name in _STEPPING:
        return "DELTA_BINARY_PACKED"
    is_number = pa.types.is_floating(kind) or pa.types.is_integer(kind)
    if is_number and kind.bit_width >= _SPLIT_BITS and not has_orders:
        return "BYTE_STREAM_SPLIT"
    return "DICTIONARY"


def canonical_category(values: pa.Array) -> pa.DictionaryArray:
    """Return the same strings with a sorted dictionary of exactly those that occur.

    A row group's bytes then depend on its rows only. The caller's dictionary may hold words of other groups, in any order.

    Parameters
    ----------
    values : (n,) dictionary array of strings with any index type, or array of strings.
    """
    if not pa.types.is_dictionary(values.type):
        values = values.dictionary_encode()
    words = values.dictionary.to_pylist()
    codes = values.indices
    if codes.null_count == 0:
        numbers, absent = codes.to_numpy(zero_copy_only=True), None
    else:
        numbers = codes.fill_null(0).to_numpy(zero_copy_only=True)
        absent = codes.is_null().to_numpy(zero_copy_only=False)
    occurs = np.zeros(len(words), dtype=np.bool_)
    occurs[numbers if absent is None else numbers[~absent]] = True
    kept = sorted({word for word, used in zip(words, occurs, strict=True) if used and word is not None})
    if kept == words and values.type == CATEGORY:
        return values
    place = {word: number for number, word in enumerate(kept)}
    translation = np.array([*(place.get(word, -1) for word in words), -1], dtype=np.int32)
    new_codes = translation[numbers]
    missing = absent
    if None in words:
        missing = new_codes < 0 if absent is None else absent | (new_codes < 0)
    indices = pa.array(new_codes, mask=missing)
    return pa.DictionaryArray.from_arrays(indices, pa.array(kept, type=pa.string()))
