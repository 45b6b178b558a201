"""The compiled unit that closes windows: it writes a row of every instrument from the state of its book, and sets the sums to 0.

What records do to a book is in `rules`.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit

from gex_assets.kernels.numba_tools.compiled_unit import fingerprint
from gex_assets.kernels.numba_tools.memory import copy, prefetch, unowned
from gex_assets.kernels.order_book import ladders as order_book_ladders
from gex_assets.kernels.order_book import zones as order_book_zones
from gex_assets.kernels.order_book.ladders import best_level, rung_of
from gex_assets.kernels.order_book.layout import (
    AGGRESSOR_NET,
    ASK_COUNTS,
    ASK_FLOW,
    BID_ADD,
    BID_ADDS,
    BID_AWAY,
    BID_DEPTH,
    BID_EXEC,
    BID_EXECS,
    BID_LEVELS,
    BID_ORDERS,
    BID_PRICE,
    BID_PULL,
    BID_PULL_REST,
    BID_PULLS,
    BID_SIZE,
    BID_TOWARD,
    BOUNDARY,
    DONE,
    GROUP_END,
    GROUP_FIRST,
    GROUP_FULL,
    IS_OPEN,
    LAST_TRADE_PRICE,
    LAST_TRADE_TS,
    LOW_BITS,
    MIDDLE_BITS,
    MISSING,
    NANO,
    QUOTE_AGE,
    TRADE_BUY,
    TRADE_NONE,
    TRADE_SELL,
    TURN,
    UNDEFINED,
    VWAP,
    WINDOW,
    Int,
    RowArrays,
    State,
)
from gex_assets.kernels.order_book.zones import open_zones, write_zones
from gex_assets.time_units import WINDOW_NS

__all__ = ["close_windows"]

AHEAD: Final = np.uint64(8)
"""The best levels are prefetched this many rows in advance."""

EXPIRED, UNSEEN, SUSPECT, EMPTY, ONE_SIDED, CROSSED, OK = range(7)


@njit(forceinline=True)
def _forget_flow(state: State, i: int) -> None:
    for b in range(2 * i, 2 * i + 2):
        flow = state.flow[b]
        flow.add = flow.pull = flow.pull_rest = flow.exec = flow.toward = flow.away = 0
        flow.adds = flow.pulls = flow.execs = 0
    trades = state.trades[i]
    trades.buy = trades.sell = trades.none = 0
    trades.value_high = trades.value_middle = trades.value_low = trades.volume = 0


@njit(forceinline=True)
def _show(state: State, shown: RowArrays, i: Int, end: Int) -> None:
    """Write one instrument's row: the first state that holds, best prices, whole sides, and the flow, which is then set to 0."""
    book, trades = state.books[i], state.trades[i]
    bids, asks = state.sides[2 * i].count, state.sides[2 * i + 1].count
    if book.expiration <= end:
        shown.state[i] = EXPIRED
    elif book.seen == 0:
        shown.state[i] = UNSEEN
    elif book.suspect != 0:
        shown.state[i] = SUSPECT
    elif bids + asks == 0:
        shown.state[i] = EMPTY
    elif bids == 0 or asks == 0:
        shown.state[i] = ONE_SIDED
    else:
        shown.state[i] = CROSSED if state.sides[2 * i].best >= ~state.sides[2 * i + 1].best else OK
    shown.present[i] = book.listed < end and state.claimed_since[i] <= end - WINDOW_NS
    shown.is_complete[i] = book.complete != 0
    shown.mid_event[i] = book.mid_event != 0
    value = trades.value_high * np.float64(2 ** (MIDDLE_BITS + LOW_BITS))
    value += trades.value_middle * np.float64(2**LOW_BITS) + trades.value_low
    shown.floats[LAST_TRADE_PRICE, i] = book.last_trade_price / NANO if book.last_trade_price != UNDEFINED else np.nan
    shown.floats[VWAP, i] = value / (trades.volume * np.float64(NANO)) if trades.volume > 0 else np.nan
    shown.longs[LAST_TRADE_TS, i] = book.last_trade_ts
    shown.longs[QUOTE_AGE, i] = book.changed
    shown.longs[AGGRESSOR_NET, i] = trades.aggressor_net
    shown.longs[TRADE_BUY, i] = trades.buy
    shown.longs[TRADE_SELL, i] = trades.sell
    shown.longs[TRADE_NONE, i] = trades.none
    for is_ask in range(2):
        side, flow = state.sides[2 * i + is_ask], state.flow[2 * i + is_ask]
        price, size, orders = np.nan, 0, 0
        if side.count > 0:
            size, orders = best_level(state, 2 * i + is_ask)
            price = (side.best ^ -is_ask) / NANO
        shown.floats[BID_PRICE + is_ask, i] = price
        shown.longs[BID_SIZE + is_ask, i] = size
        shown.longs[BID_DEPTH + is_ask, i] = side.depth
        shown.longs[BID_ADD + ASK_FLOW * is_ask, i] = flow.add
        shown.longs[BID_PULL + ASK_FLOW * is_ask, i] = flow.pull
        shown.longs[BID_PULL_REST + ASK_FLOW * is_ask, i] = flow.pull_rest
        shown.longs[BID_EXEC + ASK_FLOW * is_ask, i] = flow.exec
        shown.longs[BID_TOWARD + ASK_FLOW * is_ask, i] = flow.toward
        shown.longs[BID_AWAY + ASK_FLOW * is_ask, i] = flow.away
        shown.ints[BID_ORDERS + is_ask, i] = orders
        shown.ints[BID_LEVELS + is_ask, i] = side.count
        shown.ints[BID_ADDS + ASK_COUNTS * is_ask, i] = flow.adds
        shown.ints[BID_PULLS + ASK_COUNTS * is_ask, i] = flow.pulls
        shown.ints[BID_EXECS + ASK_COUNTS * is_ask, i] = flow.execs
    _forget_flow(state, i)


@njit(forceinline=True)
def _show_changed(state: State, shown: RowArrays, end: Int) -> None:
    """Update the rows that may differ from the window before.

    These are the rows of instruments with records in this window, and of those with records in the window before, as their flow
    has ended. All rows are updated where the time alone changes one: a listing or an expiration.
    """
    cursor, books, touched = state.cursor, state.books, state.touched
    every = end >= cursor[TURN]
    if every:
        cursor[TURN] = UNDEFINED
        for i in range(len(books)):
            book = books[i]
            if book.expiration > end:
                cursor[TURN] = min(cursor[TURN], book.expiration)
            if book.listed >= end:
                cursor[TURN] = min(cursor[TURN], book.listed)
    turned, changed = state.turned, np.uint64(0)
    for i in range(len(books)):
        turned[changed] = i
        changed += np.uint64(touched[i] != 0 or every)
    for k in range(changed):
        if k + AHEAD < changed:
            for b in range(2 * np.int64(turned[k + AHEAD]), 2 * np.int64(turned[k + AHEAD]) + 2):
                prefetch(state.rungs, np.uint64(state.sides[b].start) + rung_of(state.sides[b], state.sides[b].best))
        row = np.uint64(turned[k])
        _show(state, shown, np.int64(row), end)
        touched[row] -= touched[row] > 0


@njit(forceinline=True)
def _write(shown: RowArrays, rows: RowArrays, at: Int, count: Int, end: Int) -> None:
    """Write one window's rows, with ages as of its end."""
    for c in range(rows.floats.shape[0]):
        copy(rows.floats, c * rows.floats.shape[1] + at, shown.floats, c * shown.floats.shape[1], count)
    for c in range(rows.longs.shape[0]):
        copy(rows.longs, c * rows.longs.shape[1] + at, shown.longs, c * shown.longs.shape[1], count)
    for c in range(rows.ints.shape[0]):
        copy(rows.ints, c * rows.ints.shape[1] + at, shown.ints, c * shown.ints.shape[1], count)
    copy(rows.state, at, shown.state, 0, count)
    copy(rows.mid_event, at, shown.mid_event, 0, count)
    copy(rows.is_complete, at, shown.is_complete, 0, count)
    copy(rows.present, at, shown.present, 0, count)
    for i in range(count):
        changed = shown.longs[QUOTE_AGE, i]
        rows.longs[QUOTE_AGE, at + i] = end - changed if changed != MISSING else MISSING


@njit(forceinline=True)
def _open_zones(state: State, start: Int) -> None:
    """Start the zones of a window, where there are zones."""
    for i in range(len(state.zones) >> 1):
        open_zones(state, i, start)


@njit(forceinline=True)
def _write_zones(state: State, rows: RowArrays, at: Int, end: Int) -> None:
    """Write one window's zones, and start those of the window that may begin where it ends."""
    for i in range(len(state.zones) >> 1):
        write_zones(state, rows.zones, i, at + i)
        open_zones(state, i, end)


def _compiled(unit: int) -> Any:
    @njit(cache=True, nogil=True)
    def close_windows(given: State, given_shown: RowArrays, given_rows: RowArrays, until: int) -> int:
        """Write the rows of every window that ends at or before a moment, and open the one it lies in.

        Parameters
        ----------
        given : `cursor` says which window is next and which windows the rows hold.
        given_shown : every instrument's row as it was last written, ages as the moments that they count from.
        given_rows : room for the windows GROUP_FIRST ... GROUP_END of the cursor.
        until : [UNIX ns UTC]

        Returns
        -------
        GROUP_FULL as soon as the last window of the group is written (call again with room for the next group), else DONE.
        """
        unit  # noqa: B018
        state, shown, rows = unowned(given), unowned(given_shown), unowned(given_rows)
        cursor, ends, count = state.cursor, state.window_ends, len(state.books)
        while cursor[WINDOW] < len(ends):
            w = cursor[WINDOW]
            if cursor[IS_OPEN] == 0:
                cursor[BOUNDARY] = ends[w] - WINDOW_NS
                if cursor[BOUNDARY] > until:
                    return DONE
                for i in range(len(state.books)):
                    _forget_flow(state, i)
                _open_zones(state, cursor[BOUNDARY])
                cursor[IS_OPEN] = 1
            cursor[BOUNDARY] = ends[w]
            if ends[w] > until:
                return DONE
            _show_changed(state, shown, ends[w])
            _write(shown, rows, (w - cursor[GROUP_FIRST]) * count, count, ends[w])
            _write_zones(state, rows, (w - cursor[GROUP_FIRST]) * count, ends[w])
            cursor[WINDOW] = w + 1
            if w + 1 == len(ends) or ends[w + 1] - WINDOW_NS != ends[w]:
                cursor[IS_OPEN] = 0
            if w + 1 == cursor[GROUP_END]:
                return GROUP_FULL
        cursor[BOUNDARY] = UNDEFINED
        return DONE

    return close_windows


close_windows: Final = _compiled(fingerprint(order_book_ladders, order_book_zones))
