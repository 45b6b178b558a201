"""Rows of quotes as dense arrays (windows, instruments), the form in which the silver stages compute.

There is one grid per block of whole windows. Nothing is computed here.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from gex_assets.schemas.book_columns import BOOK_STATES
from gex_assets.schemas.silver_quotes import SILVER_OPTION_QUOTES
from gex_assets.stages.windows import WINDOWS_PER_GROUP

__all__ = ["GRID_KEYS", "STATE", "UNKNOWN_INT", "QuoteGrid", "last_end", "quote_grid", "quote_grids", "whole_groups"]

GRID_KEYS: Final = ("ts_window_end", "instrument_id", "session_date")
"""Columns that every grid needs, whatever others are wanted."""

STATE: Final = {name: code for code, name in enumerate(BOOK_STATES)}
"""Name of a `book_state` -> its code in a grid."""

UNKNOWN_INT: Final = -1
"""Stands for NULL in the nullable integer columns (`quote_age_ns`, `last_trade_ts`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QuoteGrid:
    """Quotes of some windows and instruments.

    Attributes
    ----------
    ends : (W,) ascending ends of windows. [UNIX ns UTC]
    session_date : (W,) days since 1970-01-01.
    present : (W, I) whether the instrument has a row in the window.
    columns : name -> (W, I) values. Where there is no row or the value is NULL, floats are NaN, integers 0, nullable integers -1,
        `book_state` is "unseen" and flags are false.
    """

    ends: NDArray[np.int64]
    session_date: NDArray[np.int32]
    present: NDArray[np.bool_]
    columns: dict[str, NDArray[Any]]

    def at(self, column: str, positions: NDArray[np.int64], *, windows: NDArray[np.int64] | None = None) -> NDArray[Any]:
        """(w, n) values of a column at these positions of instruments; a position of -1 counts as an instrument without rows.

        `windows` are positions of windows, ascending; all by default.
        """
        values, filler = self.columns[column], _filler(column)
        if windows is not None and windows.size < values.shape[0]:
            values = values[windows]
        if values.shape[1] == 0:
            return np.full((values.shape[0], positions.size), filler, dtype=values.dtype)
        picked = np.take(values, np.maximum(positions, 0), axis=1)
        if positions.size and positions.min() < 0:
            picked[:, positions < 0] = filler
        return picked

    def parts(self, *, cells: int) -> Iterator[QuoteGrid]:
        """Parts of whole windows with at most so many cells, but at least one window; a grid without windows is one part."""
        step = max(1, cells // max(1, self.present.shape[1]))
        for first in range(0, max(1, self.ends.size), step):
            yield self._only(slice(first, first + step))

    def last(self, windows: int) -> QuoteGrid:
        """The last windows alone."""
        return self._only(slice(self.ends.size - windows, None))

    def _only(self, windows: slice) -> QuoteGrid:
        return QuoteGrid(
            ends=self.ends[windows],
            session_date=self.session_date[windows],
            present=self.present[windows],
            columns={name: values[windows] for name, values in self.columns.items()},
        )


def whole_groups(groups: Iterable[pa.Table]) -> Iterator[pa.Table]:
    """Join row groups until each has at least `WINDOWS_PER_GROUP` windows.

    For stages that read a few columns and spend most of their time per group, not per row.

    Parameters
    ----------
    groups : row groups of whole windows (at least `ts_window_end`), in order of time.
    """
    held: list[pa.Table] = []
    windows = 0
    for group in groups:
        held.append(group)
        windows += np.unique(group.column("ts_window_end").to_numpy()).size
        if windows >= WINDOWS_PER_GROUP:
            yield pa.concat_tables(held)
            held, windows = [], 0
    if held:
        yield pa.concat_tables(held)


def last_end(block: pa.Table) -> int:
    """End of the last window of a block whose rows are in order of time; -1 without rows. [UNIX ns UTC]."""
    return int(block.column("ts_window_end")[-1].as_py()) if block.num_rows else -1


def quote_grids(groups: Iterable[pa.Table], *, instrument_ids: NDArray[np.uint32], columns: Sequence[str]) -> Iterator[QuoteGrid]:
    """Make each row group of whole windows a grid, as `quote_grid` does."""
    for group in groups:
        yield quote_grid(group, instrument_ids=instrument_ids, columns=columns)


def quote_grid(block: pa.Table, *, instrument_ids: NDArray[np.uint32], columns: Sequence[str]) -> QuoteGrid:
    """Make a block of whole windows a grid.

    Parameters
    ----------
    block : rows of `silver_option_quotes` (at least `GRID_KEYS` and `columns`), in order of time.
    instrument_ids : (I,) ascending; rows of other instruments are left out.
    columns : numeric columns of the quotes, flags, or `book_state`.
    """
    row_ends = block.column("ts_window_end").to_numpy()
    ends, first_rows = np.unique(row_ends, return_index=True)
    row_dates = block.column("session_date").cast(pa.int32()).to_numpy()
    shape = (ends.size, instrument_ids.size)

    row_ids = block.column("instrument_id").to_numpy()
    complete = row_ids.size == shape[0] * shape[1] and bool(
        np.all(row_ids.reshape(shape) == instrument_ids) and np.all(row_ends.reshape(shape) == ends[:, None])
    )
    if complete:
        places = None
        present = np.ones(shape, dtype=np.bool_)
    else:
        across = np.searchsorted(instrument_ids, row_ids)
        known = np.zeros(row_ids.size, dtype=np.bool_)
        inside = across < instrument_ids.size
        known[inside] = instrument_ids[across[inside]] == row_ids[inside]
        rows = np.flatnonzero(known)
        places = (rows, np.searchsorted(ends, row_ends[rows]) * shape[1] + across[rows])
        present = np.zeros(shape, dtype=np.bool_)
        present.reshape(-1)[places[1]] = True

    filled: dict[str, NDArray[Any]] = {}
    for name in columns:
        values = _values(block, name)
        if places is None:
            filled[name] = values.reshape(shape)
            continue
        rows, cells = places
        dense = np.full(shape, _filler(name), dtype=values.dtype)
        dense.reshape(-1)[cells] = values[rows]
        filled[name] = dense
    return QuoteGrid(ends=ends, session_date=row_dates[first_rows], present=present, columns=filled)


def _values(block: pa.Table, name: str) -> NDArray[Any]:
    column = block.column(name)
    if name == "book_state":
        return _state_codes(column)
    if pa.types.is_boolean(column.type):
        return np.concatenate([np.zeros(0, np.bool_), *(chunk.to_numpy(zero_copy_only=False) for chunk in column.chunks)])
    if not pa.types.is_floating(column.type) and column.null_count:
        column = pc.fill_null(column, _filler(name))
    values: NDArray[Any] = column.to_numpy()
    return values


def _state_codes(column: pa.ChunkedArray) -> NDArray[np.uint8]:
    codes = [
        np.array([STATE[name] for name in chunk.dictionary.to_pylist()], dtype=np.uint8)[chunk.indices.to_numpy()]
        for chunk in column.chunks
    ]
    return np.concatenate([np.zeros(0, dtype=np.uint8), *codes])


@functools.cache
def _filler(name: str) -> float | int:
    if name == "book_state":
        return STATE["unseen"]
    kind = SILVER_OPTION_QUOTES.arrow_schema().field(name)
    if pa.types.is_boolean(kind.type):
        return False
    if pa.types.is_floating(kind.type):
        return float("nan")
    return UNKNOWN_INT if kind.nullable else 0
