"""What order books take and give, as arrays: order records, claims, and the rows of windows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gex_assets.kernels.numba_tools.array_types import read_only
from gex_assets.kernels.order_book.layout import RecordArrays

__all__ = ["BookRows", "Claims", "Records"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Records:
    """Order records in the file's order, (n,) each; contiguous or strided.

    Attributes
    ----------
    ts_recv, price : int64. [UNIX ns UTC; 1e-9 index points, UNDEFINED where there is none]
    instrument_id, size : uint32.  order_id : uint64.
    action, side, flags : uint8: the vendor's letters and bits.
    behind : int64: how far ts_recv lies behind the clock of a larger stream that these records are a part of; None where they
        are all of it. [ns]
    """

    ts_recv: NDArray[np.int64]
    instrument_id: NDArray[np.uint32]
    order_id: NDArray[np.uint64]
    action: NDArray[np.uint8]
    side: NDArray[np.uint8]
    price: NDArray[np.int64]
    size: NDArray[np.uint32]
    flags: NDArray[np.uint8]
    behind: NDArray[np.int64] | None = None

    def arrays(self) -> RecordArrays:
        """The columns as compiled loops take them, with the clock at each record."""
        return RecordArrays(
            ts_recv=read_only(self.ts_recv),
            clock=read_only(self.ts_recv if self.behind is None else self.ts_recv + self.behind),
            instrument_id=read_only(self.instrument_id),
            order_id=read_only(self.order_id),
            action=read_only(self.action),
            side=read_only(self.side),
            price=read_only(self.price),
            size=read_only(self.size),
            flags=read_only(self.flags),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class BookRows:
    """Rows of consecutive windows, all instruments in each.

    Attributes
    ----------
    first, end : which windows, half-open.
    instrument_ids : (I,) in the order of their listing.
    present : (G, I) whether the instrument has a row in the window: it was listed before the window's end, and its claims cover
        the window.
    columns : name -> (G, I): those of `FLOATS` float64 [index points], NaN where there is none; of `LONGS` int64, MISSING where
        there is none; of `INTS` int32; `book_state` int32, position in `schemas.book_columns.BOOK_STATES`; `mid_event` and
        `is_complete` bool.
    """

    first: int
    end: int
    instrument_ids: NDArray[np.uint32]
    present: NDArray[np.bool_]
    columns: dict[str, NDArray[np.generic]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """The stretches of time in which records of instruments are read, (n,) each: one per instrument and stretch.

    Attributes
    ----------
    instrument_id : uint32.
    ts_start, ts_end : int64, half-open; stretches of one instrument are disjoint. Two that touch come from two deliveries, and
        the book goes on. [UNIX ns UTC]
    ts_complete : int64, the moment from which the books of the stretch are complete whatever came before; MISSING where nothing
        says so. [UNIX ns UTC]
    """

    instrument_id: NDArray[np.uint32]
    ts_start: NDArray[np.int64]
    ts_end: NDArray[np.int64]
    ts_complete: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.instrument_id)
