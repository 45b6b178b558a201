"""The compiled unit of the order book: one loop over the records of all instruments.

Nothing is allocated here: where an array is full the loop returns a code before it changes anything for that record, its caller
(`order_book`) makes room and calls again. What a record does is in `order_book_rules`, where things lie in `order_book_tables`.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit

from gex_assets.kernels import order_book_rows, order_book_rules, order_book_tables
from gex_assets.kernels.compiled_unit import fingerprint
from gex_assets.kernels.order_book_layout import (
    ASK,
    BACKSTEP,
    BID,
    BOUNDARY,
    CLOCK,
    CROSSED,
    DONE,
    FILLS_USED,
    GROW_FILLS,
    GROW_LEVELS,
    GROW_ORDERS,
    IS_OPEN,
    LEVELS_USED,
    MAYBE_BAD_BOOK,
    NO_SIDE,
    ODD_ACTION,
    ODD_FLAG,
    ORDERS_USED,
    OUTSIDE_WINDOWS,
    RECORDS,
    UNDEFINED,
    UNSELECTED,
    WIDEST,
    Array,
    RowArrays,
    State,
)
from gex_assets.kernels.order_book_memory import prefetch, unowned
from gex_assets.kernels.order_book_rows import close_windows
from gex_assets.kernels.order_book_rules import add, cancel, clear, fill, modify, trade
from gex_assets.kernels.order_book_tables import best, expect_order

__all__ = ["apply_records"]

F_LAST, F_SNAPSHOT, F_MAYBE_BAD_BOOK = 128, 32, 4
F_NEVER_SEEN: Final = 64 | 16 | 1
"""Top of book, price levels instead of orders, reserved: not in this data."""

FAR, NEAR = 24, 10
"""So many records ahead an instrument is fetched, and what that points to."""

A, B, C, F, M, N, R, T = (ord(letter) for letter in "ABCFMNRT")


def _compiled(unit: int) -> Any:
    @njit(cache=True, nogil=True)
    def apply_records(
        given: State,
        rows: RowArrays,
        ts_recv: Array,
        clocks: Array,
        positions: Array,
        order_id: Array,
        action: Array,
        side: Array,
        price: Array,
        size: Array,
        flags: Array,
        first: int,
    ) -> tuple[int, int]:
        """Apply records from position `first` on.

        Parameters
        ----------
        given, rows : as `order_book_layout` says.
        ts_recv : (n,) int64. [UNIX ns UTC]
        clocks : (n,) int64, ts_recv or the greatest before it in a larger stream. [UNIX ns UTC]
        positions : (n,) int32 among the instruments; negative: skipped.
        order_id : (n,) uint64.
        action, side : (n,) uint8, the vendor's letters.
        price : (n,) int64. [1e-9 index points]
        size : (n,) uint32. [contracts]
        flags : (n,) uint8, the vendor's bits.

        Returns
        -------
        A code, and the position to go on from: DONE and n; GROUP_FULL when `rows` is complete; GROW_… when there is no room.
        """
        unit  # noqa: B018
        orders, fills, levels = unowned(given.orders), unowned(given.fills), unowned(given.levels)
        sides, books, listing = unowned(given.sides), unowned(given.books), unowned(given.listing)
        flow, ends, cursor, counts = unowned(given.flow), unowned(given.window_ends), unowned(given.cursor), unowned(given.counts)
        state = State(orders, fills, levels, sides, books, listing, flow, ends, cursor, counts)
        fetchable = len(ts_recv) - FAR
        order_room, fill_room = len(orders) >> 1, len(fills) >> 1
        for r in range(first, len(ts_recv)):
            moment = ts_recv[r]
            tick = clocks[r]
            if tick > cursor[CLOCK]:
                if tick >= cursor[BOUNDARY] and cursor[BOUNDARY] != UNDEFINED:
                    code = close_windows(given, rows, tick)
                    if code != DONE:
                        return code, r
                cursor[CLOCK] = tick
            if r < fetchable:
                coming = np.int64(positions[r + FAR])
                if coming >= 0:
                    prefetch(sides, 2 * coming)
                    prefetch(books, coming)
                coming = np.int64(positions[r + NEAR])
                if coming >= 0:
                    b = 2 * coming + (side[r + NEAR] == A)
                    prefetch(levels, sides[b].start + sides[b].count - 1)
                    expect_order(orders, books[coming].number, order_id[r + NEAR])
            i = np.int64(positions[r])
            if i < 0:
                counts[UNSELECTED] += 1
                continue
            kind = action[r]
            if kind in (A, M):
                if cursor[ORDERS_USED] >= order_room:
                    return GROW_ORDERS, r
                if len(levels) - cursor[LEVELS_USED] < 2 * cursor[WIDEST]:
                    return GROW_LEVELS, r
            elif kind == F and cursor[FILLS_USED] >= fill_room:
                return GROW_FILLS, r
            clock = cursor[CLOCK]
            counts[RECORDS] += 1
            if moment < clock:
                counts[BACKSTEP] += 1
            if cursor[IS_OPEN] == 0:
                counts[OUTSIDE_WINDOWS] += 1
            bits = np.int64(flags[r])
            snapshot = bits & F_SNAPSHOT != 0
            if snapshot or kind == R:
                books[i].suspect = 0
            if bits & (F_MAYBE_BAD_BOOK | F_NEVER_SEEN):
                if bits & F_MAYBE_BAD_BOOK:
                    books[i].suspect = 1
                    counts[MAYBE_BAD_BOOK] += 1
                if bits & F_NEVER_SEEN:
                    counts[ODD_FLAG] += 1
            if books[i].seen == 0:
                books[i].seen = 1
                if books[i].listed == UNDEFINED:
                    books[i].listed = clock
            where = BID if side[r] == B else (ASK if side[r] == A else NO_SIDE)
            if kind in (A, C, M, R):
                bid, bid_size = best(levels, sides, 2 * i)
                ask, ask_size = best(levels, sides, 2 * i + 1)
                if kind == A:
                    add(state, i, order_id[r], where, price[r], np.int64(size[r]), snapshot)
                elif kind == C:
                    cancel(state, i, order_id[r], where, np.int64(size[r]), snapshot)
                elif kind == M:
                    modify(state, i, order_id[r], where, price[r], np.int64(size[r]), snapshot)
                else:
                    clear(state, i)
                bid_now, bid_size_now = best(levels, sides, 2 * i)
                ask_now, ask_size_now = best(levels, sides, 2 * i + 1)
                if bid_now != bid or bid_size_now != bid_size or ask_now != ask or ask_size_now != ask_size:
                    books[i].changed = clock
            elif kind == T:
                if not snapshot:
                    trade(state, i, where, price[r], np.int64(size[r]), moment)
            elif kind == F:
                if not snapshot:
                    fill(state, i, order_id[r], np.int64(size[r]))
            elif kind != N:
                counts[ODD_ACTION] += 1
            if bits & F_LAST:
                books[i].mid_event = 0
                books[i].event = 0
                if cursor[IS_OPEN] and clock < books[i].expiration:
                    bid, bid_size = best(levels, sides, 2 * i)
                    ask, ask_size = best(levels, sides, 2 * i + 1)
                    if bid_size > 0 and ask_size > 0 and bid >= ~ask:
                        counts[CROSSED] += 1
            else:
                books[i].mid_event = 1
        return DONE, len(ts_recv)

    return apply_records


apply_records: Final = _compiled(fingerprint(order_book_rows, order_book_rules, order_book_tables))
