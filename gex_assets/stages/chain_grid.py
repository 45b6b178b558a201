"""Rows of the chain as dense arrays by expiration, read window by window along with the quotes.

Row groups without rows are not stored. So a chain's groups are matched with those of the quotes by time, never by number.
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
"""Columns that every grid needs, whatever others are wanted."""


class InStep:
    """Returns rows of row groups up to a moment, in order of time.

    Groups hold whole windows. Rows that were read but lie after that moment are held for the next call: at most one group.
    A group that ends at that moment is the last one read.
    """

    def __init__(self, groups: Iterable[pa.Table]) -> None:
        self._groups = iter(groups)
        self._held: pa.Table | None = None

    def until(self, last_end: int) -> pa.Table | None:
        """All rows not yet returned with ts_window_end <= last_end; None where there are none."""
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
            if self._held is not None or (count and ends[-1] == last_end):
                break
        return pa.concat_tables(taken) if taken else None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainGrid:
    """Chain rows of some windows.

    Attributes
    ----------
    columns : name -> (n,) values of the rows; NaN where NULL.
    row_of : for each ladder (W, S) the row of each window and strike, -1 where there is none.
    """

    columns: dict[str, Float]
    row_of: tuple[Int, ...]

    def listed(self, ladder: int, strikes: Int | None = None) -> Bool:
        """Whether the chain has a row of these strikes (positions; all by default) of a ladder in each window: (W, s)."""
        there: Bool = self._rows(ladder, strikes) >= 0
        return there

    def of(self, column: str, ladder: int, strikes: Int | None = None) -> Float:
        """(W, s) values at these strikes (positions; all by default) of a ladder; NaN where NULL or without a row."""
        rows = self._rows(ladder, strikes)
        values = self.columns.get(column)
        if values is None or values.size == 0:
            return np.full(rows.shape, np.nan)
        return np.where(rows >= 0, values[rows], np.nan)

    def last(self, windows: int) -> ChainGrid:
        """The last windows alone."""
        return ChainGrid(columns=self.columns, row_of=tuple(rows[rows.shape[0] - windows :] for rows in self.row_of))

    def _rows(self, ladder: int, strikes: Int | None) -> Int:
        return self.row_of[ladder] if strikes is None else self.row_of[ladder][:, strikes]


def chain_grid(rows: pa.Table | None, *, ends: Int, ladders: Ladders) -> ChainGrid:
    """Arrange chain rows by window, expiration and strike.

    Parameters
    ----------
    rows : rows of `silver_gex_chain` (at least `CHAIN_KEYS`) of these windows, or None.
    ends : (W,) ascending ends of windows; rows of other windows are left out. [UNIX ns UTC]
    ladders : all that is known; rows of other expirations and strikes are left out.
    """
    row_of = tuple(np.full((ends.size, ladder.strikes.size), -1, dtype=np.int64) for ladder in ladders.by_expiration)
    if rows is None or rows.num_rows == 0:
        return ChainGrid(columns={}, row_of=row_of)
    row_ends, expirations, strikes = (rows.column(name).to_numpy() for name in CHAIN_KEYS)
    window = np.minimum(np.searchsorted(ends, row_ends), ends.size - 1)
    known = ends[window] == row_ends
    for ladder, cells in zip(ladders.by_expiration, row_of, strict=True):
        mine = np.flatnonzero(known & (expirations == ladder.ts_expiration))
        place = np.minimum(np.searchsorted(ladder.strikes, strikes[mine]), ladder.strikes.size - 1)
        exact = ladder.strikes[place] == strikes[mine]
        cells[window[mine[exact]], place[exact]] = mine[exact]
    columns = {name: rows.column(name).to_numpy() for name in rows.column_names if name not in CHAIN_KEYS}
    return ChainGrid(columns=columns, row_of=row_of)
