"""From arrays to one block of rows of a stored table, with exactly its schema; NaN becomes NULL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from gex_assets.schemas.table import CATEGORY, Table

__all__ = ["category", "float_columns", "row_block"]

Float = NDArray[np.float64]

_FLOAT: Final = pa.float64()


def category(codes: NDArray[Any], names: Sequence[str]) -> pa.DictionaryArray:
    """Codes as a dictionary-coded column; a negative code is NULL."""
    flat = np.ascontiguousarray(codes).reshape(-1).astype(np.int32)
    missing = flat < 0
    indices = pa.array(flat, mask=missing) if missing.any() else pa.array(flat)
    return pa.DictionaryArray.from_arrays(indices, pa.array(names, type=pa.string())).cast(CATEGORY)


def row_block(table: Table, columns: Mapping[str, NDArray[Any] | pa.Array]) -> pa.Table:
    """One block of rows.

    Parameters
    ----------
    table : the schema; every column must be given.
    columns : numpy arrays of any shape, read in C order, or Arrow arrays. Floats that are NaN become NULL; dates are
        int32 days since 1970-01-01.

    Returns
    -------
    Rows with exactly `table.arrow_schema()`.
    """
    schema = table.arrow_schema()
    return pa.table([_array(columns[field.name], field.type) for field in schema], schema=schema)


def _array(values: NDArray[Any] | pa.Array, kind: pa.DataType) -> pa.Array:
    if not isinstance(values, np.ndarray):
        return values
    flat = np.ascontiguousarray(values).reshape(-1)
    if pa.types.is_date32(kind):
        return pa.array(flat.astype(np.int32, copy=False)).cast(kind)
    if kind == _FLOAT:
        return float_columns(flat.astype(np.float64, copy=False)[None, :])[0]
    return pa.array(flat, type=kind, from_pandas=True)


def float_columns(columns: Float) -> list[pa.Array]:
    """Arrow arrays over the columns' own memory, which must not change afterwards; NaN becomes NULL.

    Parameters
    ----------
    columns : (k, n) in C order, one column in each row.
    """
    count, rows = columns.shape
    missing = np.isnan(columns)
    nulls = np.count_nonzero(missing, axis=1)
    bitmaps = np.packbits(~missing, axis=1, bitorder="little")
    data, bits = pa.py_buffer(columns), pa.py_buffer(bitmaps)
    width, bitmap_width = rows * columns.itemsize, bitmaps.shape[1]
    return [
        pa.Array.from_buffers(
            _FLOAT,
            rows,
            [bits.slice(k * bitmap_width, bitmap_width) if nulls[k] else None, data.slice(k * width, width)],
            int(nulls[k]),
        )
        for k in range(count)
    ]
