"""Allocates the arrays of the order book and copies them into larger ones.

`layout` says what the arrays hold. The compiled loops say when one is full; `books` then calls for the larger one.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gex_assets.kernels.order_book.layout import (
    BOOK,
    BOOKS_MADE,
    BOUNDARY,
    CLOCK,
    CURSORS,
    EVENTS_MADE,
    FILL,
    FILLS_USED,
    FLOATS,
    FLOW,
    INTS,
    KINDS,
    LEVEL,
    LEVELS_USED,
    LISTING,
    LONGS,
    MISSING,
    NEEDED,
    ORDER,
    ORDERS_USED,
    PICK,
    PICKS,
    RUNG,
    RUNGS_USED,
    SIDE,
    SLAB,
    TRADES,
    WIDEST,
    RowArrays,
    State,
)
from gex_assets.kernels.order_book.tables import list_instruments, rehash
from gex_assets.kernels.order_book.zones import zone_rows

__all__ = [
    "joined",
    "listing_of",
    "new_state",
    "planes",
    "row_arrays",
    "with_more_fills",
    "with_more_levels",
    "with_more_orders",
    "with_more_rungs",
    "zeros",
]


def new_state(
    *, window_ends: NDArray[np.int64], order_places: int, fill_places: int, level_places: int, rung_places: int
) -> State:
    """The state of books without instruments, before the first record."""
    cursor = np.zeros(CURSORS, np.int64)
    cursor[CLOCK] = cursor[BOUNDARY] = MISSING
    cursor[WIDEST] = level_places
    return State(
        orders=zeros(order_places, ORDER),
        fills=zeros(fill_places, FILL),
        sides=zeros(0, SIDE),
        rungs=zeros(rung_places, RUNG),
        words=np.zeros(rung_places // 64, np.uint64),
        slabs=zeros(0, SLAB),
        levels=zeros(2 * level_places, LEVEL),
        books=zeros(0, BOOK),
        claimed_since=np.zeros(0, np.int64),
        snapshot_at=np.zeros(0, np.int64),
        listing=listing_of(np.empty(0, np.uint32)),
        picks=zeros(PICKS, PICK),
        flow=zeros(0, FLOW),
        trades=zeros(0, TRADES),
        zones=zone_rows(0, tick=0),
        touched=np.zeros(0, np.uint8),
        turned=np.empty(0, np.int32),
        window_ends=np.ascontiguousarray(window_ends, np.int64),
        cursor=cursor,
        counts=np.zeros(len(KINDS), np.int64),
    )


def zeros(places: int, dtype: np.dtype[Any]) -> NDArray[np.void]:
    """An array that begins with a cache line."""
    memory = np.zeros(places * dtype.itemsize + 64, np.uint8)
    first = -memory.ctypes.data % 64
    return memory[first : first + places * dtype.itemsize].view(dtype)


def row_arrays(places: int, *, zones: int) -> RowArrays:
    """Room for so many rows, the columns at distances that do not send the same row of all to the same few lines of the cache."""

    def columns(count: int, dtype: type) -> NDArray[Any]:
        size = np.dtype(dtype).itemsize
        line, page = 64 // size, 4096 // size
        return np.empty((count, -(-(places + 1) // page) * page + 3 * line), dtype)

    return RowArrays(
        floats=columns(len(FLOATS), np.float64),
        longs=columns(len(LONGS), np.int64),
        ints=columns(len(INTS), np.int32),
        state=np.empty(places, np.int32),
        mid_event=np.empty(places, np.bool_),
        is_complete=np.empty(places, np.bool_),
        present=np.empty(places, np.bool_),
        zones=columns(zones, np.int64),
    )


def planes(rows: RowArrays, windows: int, instruments: int) -> RowArrays:
    """The rows that are in use, windows down and instruments across."""
    used = windows * instruments
    return RowArrays(*(column[..., :used].reshape(*column.shape[:-1], windows, instruments) for column in rows))


def joined(first: NDArray[np.void], second: NDArray[np.void]) -> NDArray[np.void]:
    """Both arrays, one behind the other, in memory that begins with a cache line."""
    both = zeros(len(first) + len(second), first.dtype)
    # As bytes: numpy copies records field by field.
    bytes_ = both.view(np.uint8)
    bytes_[: first.nbytes], bytes_[first.nbytes :] = first.view(np.uint8), second.view(np.uint8)
    return both


def _hash_places(places: int, kept: int) -> int:
    """Twice the room, unless at most an eighth is needed once entries of cleared books or closed events are gone."""
    return places if max(8 * kept, 8) <= places else 2 * places


def listing_of(instrument_ids: NDArray[np.uint32]) -> NDArray[np.void]:
    """A hash from each of these instruments to its position."""
    listing = np.zeros(1 << (4 * len(instrument_ids) + 1).bit_length(), LISTING)
    listing["position"] = -1
    list_instruments(listing, instrument_ids)
    return listing


def with_more_orders(state: State) -> State:
    """Room for more orders; those of cleared books are dropped."""
    alive = np.zeros(state.cursor[BOOKS_MADE] + 1, np.bool_)
    alive[state.books["number"] >> 1] = True
    kept = int(alive[state.orders["number"] >> 1].sum())
    larger = zeros(_hash_places(len(state.orders), kept), ORDER)
    state.cursor[ORDERS_USED] = rehash(state.orders, larger, alive)
    return state._replace(orders=larger)


def with_more_fills(state: State) -> State:
    """Room for more fills; those of events that have ended are dropped."""
    alive = np.zeros(state.cursor[EVENTS_MADE] + 1, np.bool_)
    alive[state.books["event"] >> 1] = True
    alive[0] = False
    kept = int(alive[state.fills["number"] >> 1].sum())
    larger = zeros(_hash_places(len(state.fills), kept), FILL)
    state.cursor[FILLS_USED] = rehash(state.fills, larger, alive)
    return state._replace(fills=larger)


def with_more_levels(state: State) -> State:
    """Room for the largest slab to double, and for what is said to be missing; the same state where there is."""
    used, room = int(state.cursor[LEVELS_USED]), max(2 * int(state.cursor[WIDEST]), int(state.cursor[NEEDED]))
    state.cursor[NEEDED] = 0
    if len(state.levels) - used >= room:
        return state
    larger = zeros(max(2 * len(state.levels), used + 2 * room), LEVEL)
    larger[: len(state.levels)] = state.levels
    return state._replace(levels=larger)


def with_more_rungs(state: State) -> State:
    """Room for a quarter more rungs, and for what is said to be missing."""
    places = len(state.rungs)
    larger = zeros(-(-max(5 * places // 4, int(state.cursor[RUNGS_USED] + state.cursor[NEEDED])) // 64) * 64, RUNG)
    larger[:places] = state.rungs
    words = np.zeros(len(larger) // 64, np.uint64)
    words[: len(state.words)] = state.words
    state.cursor[NEEDED] = 0
    return state._replace(rungs=larger, words=words)
