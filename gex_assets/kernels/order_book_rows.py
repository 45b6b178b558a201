"""The compiled unit that closes windows: rows of every instrument from the books as they are, and the sums start anew.

What records do to a book is in `order_book_loop`.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit

from gex_assets.kernels import order_book_ladders
from gex_assets.kernels.compiled_unit import fingerprint
from gex_assets.kernels.order_book_ladders import best_level, rung_of
from gex_assets.kernels.order_book_layout import (
    BOUNDARY,
    DONE,
    GROUP_END,
    GROUP_FIRST,
    GROUP_FULL,
    IS_OPEN,
    LOW_BITS,
    MIDDLE_BITS,
    MISSING,
    NANO,
    UNDEFINED,
    WINDOW,
    WINDOW_NS,
    RowArrays,
    State,
)
from gex_assets.kernels.order_book_memory import prefetch

__all__ = ["close_windows"]

AHEAD: Final = 6
"""So many instruments ahead the best levels are fetched."""

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


@njit(nogil=True)
def _write(state: State, rows: RowArrays, g: int, end: int) -> None:
    """One window's rows: the state that holds first, the best prices, the whole sides, the flow, which is forgotten."""
    fetchable = len(state.sides) - 2 * AHEAD
    for i in range(len(state.books)):
        if 2 * i < fetchable:
            for b in range(2 * (i + AHEAD), 2 * (i + AHEAD) + 2):
                prefetch(state.rungs, np.uint64(state.sides[b].start) + rung_of(state.sides[b], state.sides[b].best))
        book, trades = state.books[i], state.trades[i]
        bids, asks = state.sides[2 * i].count, state.sides[2 * i + 1].count
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
            rows.state[g, i] = CROSSED if state.sides[2 * i].best >= ~state.sides[2 * i + 1].best else OK
        rows.present[g, i] = book.listed < end
        rows.mid_event[g, i] = book.mid_event != 0
        value = trades.value_high * np.float64(2 ** (MIDDLE_BITS + LOW_BITS))
        value += trades.value_middle * np.float64(2**LOW_BITS) + trades.value_low
        rows.floats[2, g, i] = book.last_trade_price / NANO if book.last_trade_price != UNDEFINED else np.nan
        rows.floats[3, g, i] = value / (trades.volume * np.float64(NANO)) if trades.volume > 0 else np.nan
        rows.longs[4, g, i] = book.last_trade_ts
        rows.longs[5, g, i] = end - book.changed if book.changed != MISSING else MISSING
        rows.longs[6, g, i] = trades.aggressor_net
        rows.longs[19, g, i] = trades.buy
        rows.longs[20, g, i] = trades.sell
        rows.longs[21, g, i] = trades.none
        for is_ask in range(2):
            side, flow = state.sides[2 * i + is_ask], state.flow[2 * i + is_ask]
            price, size, orders = np.nan, 0, 0
            if side.count > 0:
                size, orders = best_level(state, 2 * i + is_ask)
                price = (side.best ^ -is_ask) / NANO
            rows.floats[is_ask, g, i] = price
            rows.longs[is_ask, g, i] = size
            rows.longs[2 + is_ask, g, i] = side.depth
            rows.longs[7 + 6 * is_ask, g, i] = flow.add
            rows.longs[8 + 6 * is_ask, g, i] = flow.pull
            rows.longs[9 + 6 * is_ask, g, i] = flow.pull_rest
            rows.longs[10 + 6 * is_ask, g, i] = flow.exec
            rows.longs[11 + 6 * is_ask, g, i] = flow.toward
            rows.longs[12 + 6 * is_ask, g, i] = flow.away
            rows.ints[is_ask, g, i] = orders
            rows.ints[2 + is_ask, g, i] = side.count
            rows.ints[4 + 3 * is_ask, g, i] = flow.adds
            rows.ints[5 + 3 * is_ask, g, i] = flow.pulls
            rows.ints[6 + 3 * is_ask, g, i] = flow.execs
        _forget_flow(state, i)


def _compiled(unit: int) -> Any:
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
        unit  # noqa: B018
        cursor, ends = state.cursor, state.window_ends
        while cursor[WINDOW] < len(ends):
            w = cursor[WINDOW]
            if cursor[IS_OPEN] == 0:
                cursor[BOUNDARY] = ends[w] - WINDOW_NS
                if cursor[BOUNDARY] > until:
                    return DONE
                for i in range(len(state.books)):
                    _forget_flow(state, i)
                cursor[IS_OPEN] = 1
            cursor[BOUNDARY] = ends[w]
            if ends[w] > until:
                return DONE
            _write(state, rows, w - cursor[GROUP_FIRST], ends[w])
            cursor[WINDOW] = w + 1
            if w + 1 == len(ends) or ends[w + 1] - WINDOW_NS != ends[w]:
                cursor[IS_OPEN] = 0
            if w + 1 == cursor[GROUP_END]:
                return GROUP_FULL
        cursor[BOUNDARY] = UNDEFINED
        return DONE

    return close_windows


close_windows: Final = _compiled(fingerprint(order_book_ladders))
