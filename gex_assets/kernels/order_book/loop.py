"""The compiled unit of the order book: one loop over the records of all instruments.

Nothing is allocated here. Where an array is full, the loop returns a code before it changes anything for that record; its caller
(`books`) makes room and calls again. What a record does is in `rules`, where orders are found in `tables`.
"""

from __future__ import annotations

import sys
from typing import Any, Final

import numpy as np
from numba import njit

from gex_assets.kernels.mbo_record import F_LAST, F_SNAPSHOT
from gex_assets.kernels.numba_tools.compiled_unit import fingerprint
from gex_assets.kernels.numba_tools.memory import prefetch, unowned
from gex_assets.kernels.order_book import ladders as order_book_ladders
from gex_assets.kernels.order_book import rows as order_book_rows
from gex_assets.kernels.order_book import rules as order_book_rules
from gex_assets.kernels.order_book import tables as order_book_tables
from gex_assets.kernels.order_book import zones as order_book_zones
from gex_assets.kernels.order_book.ladders import place_ladder, rung_of
from gex_assets.kernels.order_book.layout import (
    ASK,
    BACKSTEP,
    BID,
    BOUNDARY,
    CARE,
    CLOCK,
    CROSSED,
    DONE,
    FILLS_USED,
    GROUP_FULL,
    GROW_FILLS,
    GROW_LEVELS,
    GROW_ORDERS,
    IS_OPEN,
    LEVELS_USED,
    NO_SIDE,
    ODD_ACTION,
    ORDERS_USED,
    OUTSIDE_WINDOWS,
    PICKS,
    RECORDS,
    TO_MOVE,
    UNDEFINED,
    UNSELECTED,
    WIDEST,
    Int,
    RecordArrays,
    RowArrays,
    State,
)
from gex_assets.kernels.order_book.rows import close_windows
from gex_assets.kernels.order_book.rules import change, fill, heed, trade
from gex_assets.kernels.order_book.tables import expect_order, pick

__all__ = ["apply_records"]

FAR, NEAR = np.uint64(32), np.uint64(16)
"""A side of a book is prefetched FAR records in advance; the places of its order and its level NEAR records in advance."""

A, B, C, F, M, N, T = (ord(letter) for letter in "ABCFMNT")


@njit(forceinline=True)
def _apply_picked(  # noqa: C901, PLR0912, PLR0915 - the loop over records: a call per step would cost more than the step
    state: State,
    given: State,
    shown: RowArrays,
    rows: RowArrays,
    records: RecordArrays,
    start: Int,
    picked: Int,
) -> tuple[Int, Int]:
    """Apply the picked records; (DONE or the reason for stopping, which record it stopped before)."""
    cursor, counts, sides, picks = state.cursor, state.counts, state.sides, state.picks
    ts_recv, _, _, order_id, action, side, price, size, flags = records
    order_room, fill_room = len(state.orders) >> 2, len(state.fills) >> 2
    is_tight = cursor[ORDERS_USED] + np.int64(picked) > order_room or cursor[FILLS_USED] + np.int64(picked) > fill_room
    for k in range(picked):
        if cursor[CARE] != 0:
            if cursor[TO_MOVE] != 0:
                code = place_ladder(given)
                if code != DONE:
                    return code, k
            if len(state.levels) - cursor[LEVELS_USED] < 2 * cursor[WIDEST]:
                return GROW_LEVELS, k
            cursor[CARE] = 0
        if is_tight:
            if cursor[ORDERS_USED] >= order_room:
                return GROW_ORDERS, k
            if cursor[FILLS_USED] >= fill_room:
                return GROW_FILLS, k
        clock = picks[k].clock
        if clock >= cursor[BOUNDARY] and close_windows(given, shown, rows, clock) != DONE:
            return GROUP_FULL, k
        cursor[CLOCK] = clock
        if k + FAR < picked:
            coming = np.int64(picks[k + FAR].position)
            prefetch(sides, 2 * coming)
            prefetch(sides, 2 * coming + 1)
            prefetch(state.books, coming)
            coming, at = np.int64(picks[k + NEAR].position), start + np.uint64(picks[k + NEAR].row)
            is_ask = np.int64(side[at] == A)
            its_side = sides[np.uint64(2 * coming + is_ask)]
            rung = np.uint64(its_side.start) + rung_of(its_side, price[at] ^ -is_ask)
            prefetch(state.rungs, rung)
            expect_order(state.orders, state.books[np.uint64(coming)].number, order_id[at])
        i, r = np.int64(picks[k].position), start + np.uint64(picks[k].row)
        moment = ts_recv[r]
        book = state.books[np.uint64(i)]
        state.touched[np.uint64(i)] = 2
        if moment < clock:
            counts[BACKSTEP] += 1
        if cursor[IS_OPEN] == 0:
            counts[OUTSIDE_WINDOWS] += 1
        bits = np.int64(flags[r])
        snapshot = bits & F_SNAPSHOT != 0
        kind = heed(state, i, np.int64(action[r]), bits, size[r], clock)
        if book.seen == 0:
            book.seen = 1
            if book.listed == UNDEFINED:
                book.listed = clock
        given_side = side[r]
        where = BID if given_side == B else (ASK if given_side == A else NO_SIDE)
        if kind in (A, C, M):
            if change(state, i, kind, order_id[r], where, price[r], np.int64(size[r]), snapshot, clock):
                book.changed = clock
        elif kind == T:
            if not snapshot:
                trade(state, i, where, price[r], np.int64(size[r]), moment)
        elif kind == F:
            if not snapshot:
                fill(state, i, order_id[r], np.int64(size[r]))
        elif kind != N:
            counts[ODD_ACTION] += 1
        if bits & F_LAST:
            book.mid_event = 0
            book.event = 0
            bids, asks = sides[np.uint64(2 * i)], sides[np.uint64(2 * i + 1)]
            if bids.best >= ~asks.best and bids.count > 0 and asks.count > 0 and cursor[IS_OPEN] and clock < book.expiration:
                counts[CROSSED] += 1
        else:
            book.mid_event = 1
    return DONE, picked


def _compiled(unit: int) -> Any:
    @njit(cache=True, nogil=True)
    def apply_records(
        given: State,
        shown: RowArrays,
        rows: RowArrays,
        given_records: RecordArrays,
        first: int,
    ) -> tuple[int, Int]:
        """Apply records from position `first` on.

        Parameters
        ----------
        given, shown, rows, given_records : as `layout` says.

        Returns
        -------
        A code, and the position to go on from: DONE and n; GROUP_FULL when `rows` is complete; GROW_… when there is no room.
        """
        unit  # noqa: B018
        state, records = unowned(given), unowned(given_records)
        cursor, counts, picks = state.cursor, state.counts, state.picks
        start, last = np.uint64(first), np.uint64(len(records.ts_recv))
        cursor[CARE] = 1
        while True:
            if cursor[CLOCK] >= cursor[BOUNDARY] and close_windows(given, shown, rows, cursor[CLOCK]) != DONE:
                return GROUP_FULL, np.int64(start)
            if start >= last:
                return DONE, np.int64(start)
            stop = min(start + np.uint64(PICKS), last)
            picked, after = pick(state.listing, picks, records.clock, records.instrument_id, start, stop, cursor[CLOCK])
            code, k = _apply_picked(state, given, shown, rows, records, start, picked)
            applied = np.int64(k)
            seen = np.int64(stop - start) if code == DONE else np.int64(picks[k].row)
            counts[RECORDS] += applied
            counts[UNSELECTED] += seen - applied
            if code != DONE:
                cursor[CLOCK] = picks[k].clock
                return code, np.int64(start) + seen
            cursor[CLOCK] = after
            start = stop

    return apply_records


apply_records: Final = _compiled(
    fingerprint(
        sys.modules[__name__],  # for the constants from other modules
        order_book_ladders,
        order_book_rows,
        order_book_rules,
        order_book_tables,
        order_book_zones,
    )
)
