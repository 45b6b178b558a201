"""Columns of a wide table as one array per stretch of windows, preceded by the windows that a look-back needs.

At most a row group of the table and a stretch of windows are in memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from gex_assets.stages.chain_grid import InStep

__all__ = ["FeatureRows"]

Float = NDArray[np.float64]
Int = NDArray[np.int64]


class FeatureRows:
    """Rows of one series per window, stretch by stretch.

    Parameters
    ----------
    groups : row groups in order of time, with `ts_window_end`, the column `series` and `columns`.
    series : the column that names a row's future (`underlying`, `symbol`).
    names : the futures; windows ask for them by their position here.
    before : how many earlier windows precede the windows asked for.
    """

    def __init__(
        self, groups: Iterable[pa.Table], *, columns: Sequence[str], series: str, names: Sequence[str], before: int
    ) -> None:
        self._rows = InStep(groups)
        self._columns = tuple(columns)
        self._series = series
        self._names = pa.array(names, type=pa.string())
        self._last: Float = np.full((before, len(self._columns)), np.nan)

    def at(self, *, ends: Int, series: Int) -> Float:
        """(before + W, C) values of these windows, which follow those asked for last; NaN without a row and for NULL.

        Parameters
        ----------
        ends : (W,) ascending, at least one. [UNIX ns UTC]
        series : (W,) position in `names` of each window's future.
        """
        present = np.full((ends.size, len(self._columns)), np.nan)
        rows = self._rows.until(int(ends[-1]))
        if rows is not None:
            window = np.minimum(np.searchsorted(ends, rows["ts_window_end"].to_numpy()), ends.size - 1)
            wanted = ends[window] == rows["ts_window_end"].to_numpy()
            number = pc.index_in(rows[self._series].cast(pa.string()), self._names).fill_null(-1).to_numpy()
            wanted &= series[window] == number
            taken = window[wanted]
            for place, name in enumerate(self._columns):
                present[taken, place] = rows[name].to_numpy()[wanted]
        joined = np.concatenate([self._last, present])
        self._last = joined[joined.shape[0] - self._last.shape[0] :].copy()
        return joined
