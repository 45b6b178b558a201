"""Order books of many instruments at once, from order records to their state at each window's end and the flow within it.

`OrderBooks` owns the memory and makes it grow; the compiled loops work on it. Exact for any price, any order id and any number of
orders, levels and instruments: no buffer is fixed and nothing is dropped. Tables are made in `stages.silver.quotes`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gex_assets.kernels.numba_tools.array_types import read_only
from gex_assets.kernels.order_book.layout import (
    BOOK,
    BOOKS_MADE,
    BOUNDARY,
    CLOCK,
    CURSORS,
    DONE,
    EVENTS_MADE,
    FILL,
    FILLS_USED,
    FLOATS,
    FLOW,
    GROUP_END,
    GROUP_FIRST,
    GROUP_FULL,
    GROW_FILLS,
    GROW_LEVELS,
    GROW_ORDERS,
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
    TURN,
    UNDEFINED,
    WIDEST,
    WINDOW,
    RecordArrays,
    RowArrays,
    State,
)
from gex_assets.kernels.order_book.loop import apply_records
from gex_assets.kernels.order_book.rows import close_windows
from gex_assets.kernels.order_book.tables import list_instruments, rehash
from gex_assets.kernels.order_book.zones import ZONE_COLUMNS, zone_rows

__all__ = ["MISSING", "UNDEFINED", "BookRows", "OrderBooks", "Records"]


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


@dataclass(frozen=True, slots=True, kw_only=True)
class BookRows:
    """Rows of consecutive windows, all instruments in each.

    Attributes
    ----------
    first, end : which windows, half-open.
    instrument_ids : (I,) in the order of their listing.
    present : (G, I) whether the instrument has a row in the window: it was listed before the window's end.
    columns : name -> (G, I): those of `FLOATS` float64 [index points], NaN where there is none; of `LONGS` int64, MISSING where
        there is none; of `INTS` int32; `book_state` int32, position in `schemas.book_columns.BOOK_STATES`; `mid_event` bool.
    """

    first: int
    end: int
    instrument_ids: NDArray[np.uint32]
    present: NDArray[np.bool_]
    columns: dict[str, NDArray[np.generic]]


class OrderBooks:
    """The books of a day. List instruments, `apply` records in the file's order, then `finish`.

    Parameters
    ----------
    window_ends : (W,) int64, ascending, windows of 5 s that do not overlap; gaps between sessions are allowed. [UNIX ns UTC]
    windows_per_group : windows per group of rows.
    zone_tick : the tick that zones are drawn with; rows then have the columns `zones.ZONE_COLUMNS`. None: no zones.
        [1e-9 index points]
    reuse_rows : whether all groups use the same memory: each is valid until the next is requested.
    order_places, fill_places, level_places, rung_places : initial room; a power of two for the first two, a multiple of 64 for
        the last. Only speed depends on them.

    Notes
    -----
    The clock is the greatest ts_recv (plus what it is `behind`) of all records passed in, of listed instruments or not. Flow
    outside every window is dropped; books, last trade and `aggressor_net` are updated there too.
    """

    def __init__(
        self,
        *,
        window_ends: NDArray[np.int64],
        windows_per_group: int = 240,
        reuse_rows: bool = False,
        zone_tick: int | None = None,
        order_places: int = 1 << 16,
        fill_places: int = 1 << 10,
        level_places: int = 8,
        rung_places: int = 1 << 12,
    ) -> None:
        self._per_group = windows_per_group
        self._reuse_rows = reuse_rows
        self._zone_tick = zone_tick
        self._zones = () if zone_tick is None else ZONE_COLUMNS
        self._level_places = level_places
        self._ids = np.empty(0, np.uint32)
        cursor = np.zeros(CURSORS, np.int64)
        cursor[CLOCK] = cursor[BOUNDARY] = MISSING
        cursor[WIDEST] = level_places
        cursor[GROUP_END] = min(windows_per_group, len(window_ends))
        self._state = State(
            orders=_zeros(order_places, ORDER),
            fills=_zeros(fill_places, FILL),
            sides=_zeros(0, SIDE),
            rungs=_zeros(rung_places, RUNG),
            words=np.zeros(rung_places // 64, np.uint64),
            slabs=_zeros(0, SLAB),
            levels=_zeros(2 * level_places, LEVEL),
            books=_zeros(0, BOOK),
            listing=_listing(self._ids),
            picks=_zeros(PICKS, PICK),
            flow=_zeros(0, FLOW),
            trades=_zeros(0, TRADES),
            zones=zone_rows(0, tick=0),
            touched=np.zeros(0, np.uint8),
            turned=np.empty(0, np.int32),
            window_ends=np.ascontiguousarray(window_ends, np.int64),
            cursor=cursor,
            counts=np.zeros(len(KINDS), np.int64),
        )
        self._shown = self._rows = self._room(0)

    def list_instruments(
        self,
        *,
        instrument_ids: NDArray[np.uint32],
        listed: NDArray[np.int64] | None = None,
        expiration: NDArray[np.int64] | None = None,
    ) -> None:
        """Add instruments, none of them listed before; records of others are skipped.

        Parameters
        ----------
        instrument_ids : (n,) distinct.
        listed : (n,) when; rows begin with the window that ends after it. None: with the instrument's first record. [UNIX ns UTC]
        expiration : (n,) from when on the state is `expired`. None: never. [UNIX ns UTC]
        """
        state, cursor = self._state, self._state.cursor
        added, before, tick = len(instrument_ids), len(self._ids), self._zone_tick
        books = np.zeros(added, BOOK)
        books["number"] = 2 * (cursor[BOOKS_MADE] + 1 + np.arange(added))
        books["changed"] = books["last_trade_ts"] = MISSING
        books["last_trade_price"] = UNDEFINED
        books["listed"] = UNDEFINED if listed is None else listed
        books["expiration"] = UNDEFINED if expiration is None else expiration
        cursor[BOOKS_MADE] += added
        sides, slabs = np.zeros(2 * added, SIDE), np.zeros(2 * added, SLAB)
        sides["best"] = MISSING
        slabs["start"] = cursor[LEVELS_USED] + self._level_places * np.arange(2 * added)
        slabs["capacity"] = self._level_places
        slabs["patience"] = 1
        cursor[LEVELS_USED] += 2 * added * self._level_places
        cursor[TURN] = MISSING
        self._ids = np.concatenate([self._ids, np.asarray(instrument_ids, np.uint32)])
        self._state = state._replace(
            books=_joined(state.books, books),
            sides=_joined(state.sides, sides),
            slabs=_joined(state.slabs, slabs),
            flow=_joined(state.flow, np.zeros(2 * added, FLOW)),
            trades=_joined(state.trades, np.zeros(added, TRADES)),
            zones=state.zones if tick is None else np.concatenate([state.zones, zone_rows(2 * added, tick=tick)]),
            touched=np.concatenate([state.touched, np.zeros(added, np.uint8)]),
            turned=np.empty(before + added, np.int32),
            listing=_listing(self._ids),
        )
        self._grow_levels()
        self._shown = self._room(len(self._ids))
        windows = self._windows()
        rows = self._room(windows * len(self._ids))
        for old, new in zip(_planes(self._rows, windows, before), _planes(rows, windows, len(self._ids)), strict=True):
            new[..., :before] = old
        _planes(rows, windows, len(self._ids)).present[:, before:] = False
        self._rows = rows

    def apply(self, records: Records) -> Iterator[BookRows]:
        """Apply records; yields rows whenever a group of windows is complete. The caller must exhaust the iterator."""
        columns = RecordArrays(
            ts_recv=read_only(records.ts_recv),
            clock=read_only(records.ts_recv if records.behind is None else records.ts_recv + records.behind),
            instrument_id=read_only(records.instrument_id),
            order_id=read_only(records.order_id),
            action=read_only(records.action),
            side=read_only(records.side),
            price=read_only(records.price),
            size=read_only(records.size),
            flags=read_only(records.flags),
        )
        position = 0
        while True:
            code, position = apply_records(self._state, self._shown, self._rows, columns, position)
            if code == DONE:
                return
            if code == GROUP_FULL:
                yield self._take_rows()
            elif code == GROW_ORDERS:
                self._grow_orders()
            elif code == GROW_FILLS:
                self._grow_fills()
            elif code == GROW_LEVELS:
                self._grow_levels()
            else:
                self._grow_rungs()

    def finish(self) -> Iterator[BookRows]:
        """Close the windows that are left, with the books as the last record left them."""
        ends, cursor = self._state.window_ends, self._state.cursor
        while cursor[WINDOW] < len(ends):
            close_windows(self._state, self._shown, self._rows, int(ends[-1]))
            yield self._take_rows()

    @property
    def counts(self) -> Counter[str]:
        """Records by kind so far.

        `records` applied; `unselected`: of instruments not listed; `outside_windows`: before, between or after the windows. Odd:
        `unknown_cancel`, `unknown_modify`, `duplicate_add`, `excess_cancel` (above what rests); `odd_action` (none of
        ACMRTFN); `odd_flag`; `odd_side` (an A, C or M without a side, or against its order's); `odd_size` (an A, C or M of 0);
        `off_tick` (an A or M off the 0.05 grid); `ts_recv_backstep`; `undefined_price` (of an A, M or T); `crossed_in_session`
        (ended an event within a window and before expiration over a crossed book); `maybe_bad_book` (flagged by the vendor).
        """
        return Counter({kind: int(count) for kind, count in zip(KINDS, self._state.counts, strict=True) if count})

    @property
    def resting_orders(self) -> int:
        """Orders in all books."""
        books = np.sort(self._state.books["number"])
        numbers = self._state.orders["number"] & ~np.uint32(1)
        return int(np.isin(numbers[numbers > 0], books).sum())

    def _room(self, places: int) -> RowArrays:
        return _rows(places, zones=len(self._zones))

    def _windows(self) -> int:
        """How many windows the next rows hold."""
        return int(self._state.cursor[GROUP_END] - self._state.cursor[GROUP_FIRST])

    def _take_rows(self) -> BookRows:
        cursor, ids = self._state.cursor, self._ids
        rows = _planes(self._rows, self._windows(), len(ids))
        columns: dict[str, NDArray[np.generic]] = {"book_state": rows.state, "mid_event": rows.mid_event}
        for names, planes in ((FLOATS, rows.floats), (LONGS, rows.longs), (INTS, rows.ints), (self._zones, rows.zones)):
            columns |= dict(zip(names, planes, strict=True))
        first, end = int(cursor[GROUP_FIRST]), int(cursor[GROUP_END])
        cursor[GROUP_FIRST] = end
        cursor[GROUP_END] = min(end + self._per_group, len(self._state.window_ends))
        if not self._reuse_rows:
            self._rows = self._room(self._windows() * len(ids))
        return BookRows(first=first, end=end, instrument_ids=ids, present=rows.present, columns=columns)

    def _grow_orders(self) -> None:
        state = self._state
        alive = np.zeros(state.cursor[BOOKS_MADE] + 1, np.bool_)
        alive[state.books["number"] >> 1] = True
        kept = int(alive[state.orders["number"] >> 1].sum())
        larger = _zeros(_places(len(state.orders), kept), ORDER)
        state.cursor[ORDERS_USED] = rehash(state.orders, larger, alive)
        self._state = state._replace(orders=larger)

    def _grow_fills(self) -> None:
        state = self._state
        alive = np.zeros(state.cursor[EVENTS_MADE] + 1, np.bool_)
        alive[state.books["event"] >> 1] = True
        alive[0] = False
        kept = int(alive[state.fills["number"] >> 1].sum())
        larger = _zeros(_places(len(state.fills), kept), FILL)
        state.cursor[FILLS_USED] = rehash(state.fills, larger, alive)
        self._state = state._replace(fills=larger)

    def _grow_levels(self) -> None:
        state = self._state
        used, room = int(state.cursor[LEVELS_USED]), max(2 * int(state.cursor[WIDEST]), int(state.cursor[NEEDED]))
        state.cursor[NEEDED] = 0
        if len(state.levels) - used >= room:
            return
        larger = _zeros(max(2 * len(state.levels), used + 2 * room), LEVEL)
        larger[: len(state.levels)] = state.levels
        self._state = state._replace(levels=larger)

    def _grow_rungs(self) -> None:
        state, places = self._state, len(self._state.rungs)
        larger = _zeros(-(-max(5 * places // 4, int(state.cursor[RUNGS_USED] + state.cursor[NEEDED])) // 64) * 64, RUNG)
        larger[:places] = state.rungs
        words = np.zeros(len(larger) // 64, np.uint64)
        words[: len(state.words)] = state.words
        state.cursor[NEEDED] = 0
        self._state = state._replace(rungs=larger, words=words)


def _zeros(places: int, dtype: np.dtype[Any]) -> NDArray[np.void]:
    """An array that begins with a cache line."""
    memory = np.zeros(places * dtype.itemsize + 64, np.uint8)
    first = -memory.ctypes.data % 64
    return memory[first : first + places * dtype.itemsize].view(dtype)


def _rows(places: int, *, zones: int) -> RowArrays:
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
        present=np.empty(places, np.bool_),
        zones=columns(zones, np.int64),
    )


def _planes(rows: RowArrays, windows: int, instruments: int) -> RowArrays:
    """The rows that are in use, windows down and instruments across."""
    used = windows * instruments
    return RowArrays(*(column[..., :used].reshape(*column.shape[:-1], windows, instruments) for column in rows))


def _joined(first: NDArray[np.void], second: NDArray[np.void]) -> NDArray[np.void]:
    both = _zeros(len(first) + len(second), first.dtype)
    both[: len(first)], both[len(first) :] = first, second
    return both


def _places(places: int, kept: int) -> int:
    """Twice the room, unless at most an eighth is needed once entries of cleared books or closed events are gone."""
    return places if max(8 * kept, 8) <= places else 2 * places


def _listing(instrument_ids: NDArray[np.uint32]) -> NDArray[np.void]:
    listing = np.zeros(1 << (4 * len(instrument_ids) + 1).bit_length(), LISTING)
    listing["position"] = -1
    list_instruments(listing, instrument_ids)
    return listing
