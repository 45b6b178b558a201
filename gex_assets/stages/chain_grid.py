"""Rows of the chain as dense arrays by expiration, and in step with the quotes: the same windows, however rows are grouped.

Row groups without rows are not stored, so a chain's groups are matched with those of the quotes by time, never by number.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from gex_assets.stages.ladders import Ladders

__all__ = ["CHAIN_KEYS", "ChainGrid", "InStep", "chain_grid"]

Float = NDArray[np.float64]
Int = NDArray[np.int64]
Bool = NDArray[np.bool_]

CHAIN_KEYS: Final = ("ts_window_end", "ts_expiration", "strike")
"""Columns that every grid needs beside those asked for."""


class InStep:
    """Hands out rows of row groups up to a moment, in order of time.

    Holds the rows that were read but lie after the moment asked for: at most one group.
    """

    def __init__(self, groups: Iterable[pa.Table]) -> None:
        self._groups = iter(groups)
        self._held: pa.Table | None = None

    def until(self, last_end: int) -> pa.Table | None:
        """All rows not yet handed out with ts_window_end <= last_end; None where there are none."""
        taken: list[pa.Table] = []
        while True:
            if self._held is None:
                self._held = next(self._groups, None)
                if self._held is None:
                    break
            ends = self._held.column("ts_window_end").to_numpy()
            count = int(np.searchsorted(ends, last_end, side="right"))
            if count:
                taken.append(self._held.slice(0, count))
            self._held = self._held.slice(count) if count < ends.size else None
            if self._held is not None:
                break
        return pa.concat_tables(taken) if taken else None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainGrid:
    """Chain rows of some windows.

    Attributes
    ----------
    windows : number of windows.
    cells : for each ladder (its rows, their places in a flat (W, S) array), or None where it has no row.
    """

    windows: int
    rows: pa.Table | None
    cells: tuple[tuple[Int, Int] | None, ...]
    widths: tuple[int, ...]

    def listed(self, ladder: int) -> Bool:
        """(W, S) whether the chain has a row of this ladder's strike in the window."""
        there = np.zeros((self.windows, self.widths[ladder]), dtype=np.bool_)
        found = self.cells[ladder]
        if found is not None:
            there.reshape(-1)[found[1]] = True
        return there

    def of(self, column: str, ladder: int) -> Float:
        """(W, S) values of a numeric column; NaN where NULL or without a row."""
        dense = np.full((self.windows, self.widths[ladder]), np.nan)
        found = self.cells[ladder]
        if found is not None and self.rows is not None:
            rows, cells = found
            dense.reshape(-1)[cells] = self.rows.column(column).to_numpy()[rows]
        return dense


def chain_grid(rows: pa.Table | None, *, ends: Int, ladders: Ladders) -> ChainGrid:
    """Arrange chain rows by window, expiration and strike.

    Parameters
    ----------
    rows : rows of `silver_gex_chain` (at least `CHAIN_KEYS`) of these windows, or None.
    ends : (W,) ascending ends of windows; rows of other windows are left out. [UNIX ns UTC]
    ladders : the day's ladders; rows of other expirations and strikes are left out.
    """
    widths = tuple(ladder.strikes.size for ladder in ladders.by_expiration)
    if rows is None or rows.num_rows == 0:
        return ChainGrid(windows=ends.size, rows=None, cells=(None,) * len(widths), widths=widths)
    rows = rows.combine_chunks()
    row_ends, expirations, strikes = (rows.column(name).to_numpy() for name in CHAIN_KEYS)
    window = np.minimum(np.searchsorted(ends, row_ends), ends.size - 1)
    known = ends[window] == row_ends
    cells: list[tuple[Int, Int] | None] = []
    for ladder in ladders.by_expiration:
        mine = np.flatnonzero(known & (expirations == ladder.ts_expiration))
        place = np.minimum(np.searchsorted(ladder.strikes, strikes[mine]), ladder.strikes.size - 1)
        exact = ladder.strikes[place] == strikes[mine]
        mine, place = mine[exact], place[exact]
        cells.append((mine, window[mine] * ladder.strikes.size + place) if mine.size else None)
    return ChainGrid(windows=ends.size, rows=rows, cells=tuple(cells), widths=widths)
