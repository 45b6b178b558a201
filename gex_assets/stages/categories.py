"""Names as small integers: the position of each name in a list that is fixed, or in one that grows as names come.

`row_block.category` makes a stored column of such integers.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

__all__ = ["GrowingNames", "codes_of"]

Int = NDArray[np.int64]


def codes_of(column: pa.ChunkedArray, names: Sequence[str]) -> Int:
    """(n,) position of each word in `names`; -1 for NULL and for any other word.

    Parameters
    ----------
    column : (n,) strings, plain or dictionary-coded.
    """
    known = pa.array(names, type=pa.string())
    return np.concatenate([np.empty(0, np.int64), *(_codes_of(chunk, known) for chunk in column.chunks)])


def _codes_of(chunk: pa.Array, names: pa.Array) -> Int:
    words = chunk.dictionary if isinstance(chunk, pa.DictionaryArray) else chunk
    codes: Int = pc.index_in(words.cast(pa.string()), names).fill_null(-1).to_numpy().astype(np.int64)
    if isinstance(chunk, pa.DictionaryArray):
        # The last code is that of NULL.
        codes = np.append(codes, -1)[chunk.indices.fill_null(-1).to_numpy()]
    return codes


class GrowingNames:
    """Names in the order in which they came. A name keeps its position."""

    def __init__(self, *first: str) -> None:
        self._positions: dict[str, int] = {}
        for name in first:
            self._positions.setdefault(name, len(self._positions))

    def add(self, column: pa.ChunkedArray) -> Int:
        """(n,) position of each word of a column; -1 for NULL. Words that are no name yet become names."""
        codes = codes_of(column, self.names)
        if column.null_count < np.count_nonzero(codes < 0):
            for word in pc.unique(column.cast(pa.string())).to_pylist():
                if word is not None:
                    self._positions.setdefault(word, len(self._positions))
            codes = codes_of(column, self.names)
        return codes

    @property
    def names(self) -> tuple[str, ...]:
        """All names so far."""
        return tuple(self._positions)
