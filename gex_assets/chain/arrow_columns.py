"""Arrow columns of arrays and texts, made from their bytes.

`pa.array` and `pyarrow.compute` import pandas where it is installed, or compile a hundred functions: half a second, which is
longer than a chain takes. What the calculator makes itself has types that are known, so it needs neither.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

__all__ = ["float_table", "floats", "integers", "texts"]

Float = NDArray[np.float64]
Int = NDArray[np.int64]


def floats(values: Float) -> pa.Array:
    """(n,) numbers as float64; NaN becomes NULL.

    Examples
    --------
    >>> floats(np.array([1.5, np.nan])).to_pylist()
    [1.5, None]
    """
    numbers = np.ascontiguousarray(values, dtype=np.float64)
    return _fixed(pa.float64(), numbers, there=~np.isnan(numbers))


def integers(values: Int | None, *, size: int) -> pa.Array:
    """(size,) whole numbers as int64; NULL everywhere where there are none.

    Examples
    --------
    >>> integers(np.array([7, 8]), size=2).to_pylist(), integers(None, size=2).to_pylist()
    ([7, 8], [None, None])
    """
    if values is None:
        return _fixed(pa.int64(), np.zeros(size, dtype=np.int64), there=np.zeros(size, dtype=np.bool_))
    return _fixed(pa.int64(), np.ascontiguousarray(values, dtype=np.int64), there=np.ones(size, dtype=np.bool_))


def texts(values: Sequence[str | None]) -> pa.Array:
    """(n,) texts; None becomes NULL.

    Examples
    --------
    >>> texts(["0dte", None, "später"]).to_pylist()
    ['0dte', None, 'später']
    """
    coded = [b"" if value is None else value.encode() for value in values]
    offsets = np.fromiter(accumulate(map(len, coded), initial=0), dtype=np.int32, count=len(coded) + 1)
    there = np.fromiter((value is not None for value in values), dtype=np.bool_, count=len(coded))
    return pa.StringArray.from_buffers(len(coded), pa.py_buffer(offsets), pa.py_buffer(b"".join(coded)), _bits(there))


def float_table(columns: Mapping[str, Float]) -> pa.Table:
    """(n,) numbers each as a table; NaN becomes NULL."""
    return pa.table({name: floats(values) for name, values in columns.items()})


def _fixed(kind: pa.DataType, values: NDArray[np.generic], *, there: NDArray[np.bool_]) -> pa.Array:
    return pa.Array.from_buffers(kind, values.size, [_bits(there), pa.py_buffer(values)])


def _bits(there: NDArray[np.bool_]) -> pa.Buffer | None:
    """Arrow's bitmap of what is there; None where everything is."""
    return None if there.all() else pa.py_buffer(np.packbits(there, bitorder="little"))
