"""Columns of a wide table as one array per block of windows, preceded by the windows that a look-back needs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from gex_assets.stages.categories import codes_of

__all__ = ["FeatureRows"]

Float = NDArray[np.float64]
Int = NDArray[np.int64]


class FeatureRows:
    """Rows of one future per window, block by block.

    Parameters
    ----------
    columns : the columns of the array, in order.
    future : the column that names a row's future (`underlying`, `symbol`).
    before : how many earlier windows precede the windows of a block.
    """

    def __init__(self, *, columns: Sequence[str], future: str, before: int) -> None:
        self._columns = tuple(columns)
        self._future = future
        self._last: Float = np.full((before, len(self._columns)), np.nan)

    def with_present(self, rows: pa.Table | None, *, ends: Int, series: Int, symbols: Sequence[str]) -> Float:
        """(before + W, C) values of the windows before and of these; NaN without a row and for NULL.

        Parameters
        ----------
        rows : the block's rows in order of time, with `ts_window_end`, the column `future` and `columns`; rows of other windows
            and other futures are left out.
        ends : (W,) ascending ends of the windows, which follow those of the last call. [UNIX ns UTC]
        series : (W,) position in `symbols` of each window's future.
        symbols : names of futures.
        """
        before = self._last.shape[0]
        joined = np.full((before + ends.size, len(self._columns)), np.nan)
        joined[:before] = self._last
        if rows is not None and ends.size:
            row_ends = rows["ts_window_end"].to_numpy()
            window = np.minimum(np.searchsorted(ends, row_ends), ends.size - 1)
            future = codes_of(rows[self._future], symbols)
            wanted = (ends[window] == row_ends) & (future >= 0) & (series[window] == future)
            values = np.stack([column.to_numpy() for column in rows.select(self._columns).columns], dtype=np.float64)
            joined[before + window[wanted]] = values[:, wanted].T
        self._last = joined[joined.shape[0] - before :].copy()
        return joined
