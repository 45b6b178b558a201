"""The compiled unit that closes windows: rows of every instrument from the books as they are, and the sums start anew.

What records do to a book is in `order_book_loop`.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from gex_assets.kernels.order_book_layout import (
    BOUNDARY,
    DONE,
    FLOW_COUNTS,
    FLOW_SIZES,
    GROUP_END,
    GROUP_FIRST,
    GROUP_FULL,
    IS_OPEN,
    LOW_BITS,
    MIDDLE_BITS,
    MISSING,
    NANO,
    PER_SIDE,
    TRADE_BUY,
    TRADE_NONE,
    TRADE_SELL,
    UNDEFINED,
    VALUE_HIGH,
    VALUE_LOW,
    VALUE_MIDDLE,
    VALUE_SIZE,
    WINDOW,
    WINDOW_NS,
    RowArrays,
    State,
)

__all__ = ["close_windows"]

EXPIRED, UNSEEN, SUSPECT, EMPTY, ONE_SIDED, CROSSED, OK = range(7)


@njit(cache=True, nogil=True)
def close_windows(state: State, rows: RowArrays, until: int) -> int:
    """Write the rows of every window that ends at or before a moment, and open the one it lies in.

    Parameters
    ----------
    state : `cursor` says which window is next and which windows `rows` holds.
    rows : room for the windows GROUP_FIRST ... GROUP_END of the cursor.
    until : [UNIX ns UTC]

    Returns
    -------
    GROUP_FULL as soon as the last window of the group is written (call again with room for the next group), else DONE.
    """
    cursor, ends, flow = state.cursor, state.window_ends, state.flow
    while cursor[WINDOW] < len(ends):
        w = cursor[WINDOW]
        if cursor[IS_OPEN] == 0:
            cursor[BOUNDARY] = ends[w] - WINDOW_NS
            if cursor[BOUNDARY] > until:
                return DONE
            flow[:] = 0
            cursor[IS_OPEN] = 1
        cursor[BOUNDARY] = ends[w]
        if ends[w] > until:
            return DONE
        _write(state, rows, w - cursor[GROUP_FIRST], ends[w])
        flow[:] = 0
        cursor[WINDOW] = w + 1
        if w + 1 == len(ends) or ends[w + 1] - WINDOW_NS != ends[w]:
            cursor[IS_OPEN] = 0
        if w + 1 == cursor[GROUP_END]:
            return GROUP_FULL
    cursor[BOUNDARY] = UNDEFINED
    return DONE


@njit(nogil=True)
def _write(state: State, rows: RowArrays, g: int, end: int) -> None:
    """One window's rows: the state that holds first, the best prices, the whole sides, the flow."""
    sides, books, levels, flow = state.sides, state.books, state.levels, state.flow
    for i in range(len(books)):
        bids, asks = sides[2 * i].count, sides[2 * i + 1].count
        bid, bid_size, bid_orders, bid_price = 0, 0, 0, np.nan
        if bids > 0:
            best = levels[sides[2 * i].start + bids - 1]
            bid, bid_size, bid_orders = best.key, best.size, best.orders
            bid_price = bid / NANO
        ask, ask_size, ask_orders, ask_price = 0, 0, 0, np.nan
        if asks > 0:
            best = levels[sides[2 * i + 1].start + asks - 1]
            ask, ask_size, ask_orders = ~best.key, best.size, best.orders
            ask_price = ask / NANO
        book = books[i]
        if book.expiration <= end:
            rows.state[g, i] = EXPIRED
        elif book.seen == 0:
            rows.state[g, i] = UNSEEN
        elif book.suspect != 0:
            rows.state[g, i] = SUSPECT
        elif bids + asks == 0:
            rows.state[g, i] = EMPTY
        elif bids == 0 or asks == 0:
            rows.state[g, i] = ONE_SIDED
        else:
            rows.state[g, i] = CROSSED if bid >= ask else OK
        rows.present[g, i] = book.listed < end
        rows.mid_event[g, i] = book.mid_event != 0
        traded, volume = book.last_trade_price, flow[i, VALUE_SIZE]
        value = flow[i, VALUE_HIGH] * np.float64(2 ** (MIDDLE_BITS + LOW_BITS))
        value += flow[i, VALUE_MIDDLE] * np.float64(2**LOW_BITS) + flow[i, VALUE_LOW]
        rows.floats[0, g, i] = bid_price
        rows.floats[1, g, i] = ask_price
        rows.floats[2, g, i] = traded / NANO if traded != UNDEFINED else np.nan
        rows.floats[3, g, i] = value / (volume * np.float64(NANO)) if volume > 0 else np.nan
        rows.longs[0, g, i] = bid_size
        rows.longs[1, g, i] = ask_size
        rows.longs[2, g, i] = sides[2 * i].depth
        rows.longs[3, g, i] = sides[2 * i + 1].depth
        rows.longs[4, g, i] = book.last_trade_ts
        rows.longs[5, g, i] = end - book.changed if book.changed != MISSING else MISSING
        rows.longs[6, g, i] = book.aggressor_net
        for side in range(2):
            for k in range(FLOW_SIZES):
                rows.longs[7 + FLOW_SIZES * side + k, g, i] = flow[i, PER_SIDE * side + k]
            for k in range(FLOW_COUNTS):
                rows.ints[4 + FLOW_COUNTS * side + k, g, i] = flow[i, PER_SIDE * side + FLOW_SIZES + k]
        rows.longs[19, g, i] = flow[i, TRADE_BUY]
        rows.longs[20, g, i] = flow[i, TRADE_SELL]
        rows.longs[21, g, i] = flow[i, TRADE_NONE]
        rows.ints[0, g, i] = bid_orders
        rows.ints[1, g, i] = ask_orders
        rows.ints[2, g, i] = bids
        rows.ints[3, g, i] = asks
