"""What each kind of record does to a book and to the flow of the open window.

Compiled pieces of the order book's loop (`order_book_loop`), one function a kind. Each assumes that there is room for one more
order, one more fill and one more level.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numba import njit

from gex_assets.kernels.order_book_layout import (
    ADD,
    ADD_COUNT,
    ASK,
    AWAY,
    BID,
    BOOKS_MADE,
    CLOCK,
    DUPLICATE_ADD,
    EVENTS_MADE,
    EXCESS_CANCEL,
    EXEC,
    EXEC_COUNT,
    FILLS_USED,
    LOW_BITS,
    MIDDLE_BITS,
    NO_SIDE,
    ODD_SIDE,
    ODD_SIZE,
    OFF_TICK,
    ORDERS_USED,
    PER_SIDE,
    PULL,
    PULL_COUNT,
    PULL_REST,
    TOWARD,
    TRADE_BUY,
    TRADE_NONE,
    TRADE_SELL,
    UNDEFINED,
    UNDEFINED_PRICE,
    UNKNOWN_CANCEL,
    UNKNOWN_MODIFY,
    VALUE_HIGH,
    VALUE_LOW,
    VALUE_MIDDLE,
    VALUE_SIZE,
    Int,
    State,
)
from gex_assets.kernels.order_book_tables import change_level, find, remove

__all__ = ["LONG_AGO", "REST_NS", "TICK", "add", "cancel", "clear", "fill", "modify", "trade"]

REST_NS: Final = 500_000_000
TICK: Final = 50_000_000
LONG_AGO: Final = -(2**62)
"""Since when snapshot orders rest: they count as rested at any time, and times less this stay within int64."""


@njit(forceinline=True)
def _settle(state: State, i: Int, place: Int, order_id: Int, side: Int, key: Int, size: Int, since: Int) -> None:
    """An order of instrument i comes to rest at a place of the table, which is its own or free."""
    state.orders[place].order_id = order_id
    state.orders[place].key = key
    state.orders[place].since = since
    state.orders[place].size = size
    state.orders[place].number = state.books[i].number + side
    change_level(state.levels, state.sides, state.cursor, 2 * i + side, key, size, 1)


@njit(forceinline=True)
def _shrink(state: State, i: Int, place: Int, side: Int, old: Int, lost: Int) -> None:
    """An order loses size; with its last contract it is gone."""
    change_level(state.levels, state.sides, state.cursor, 2 * i + side, state.orders[place].key, -lost, -1 if lost == old else 0)
    if lost == old:
        remove(state.orders, place)
        state.cursor[ORDERS_USED] -= 1
    else:
        state.orders[place].size = old - lost


@njit(forceinline=True)
def _filled(state: State, i: Int, order_id: Int, lost: Int) -> Int:
    """The part of a lost size that fills of the open event explain; what explained one loss explains no other."""
    event = state.books[i].event
    if event == 0 or lost <= 0:
        return np.int64(0)
    place = find(state.fills, event, order_id)
    if place < 0:
        return np.int64(0)
    explained = min(lost, state.fills[place].left)
    state.fills[place].left -= explained
    return explained


@njit(forceinline=True)
def _add_flow(state: State, i: Int, side: Int, size: Int) -> None:
    state.flow[i, PER_SIDE * side + ADD] += size
    state.flow[i, PER_SIDE * side + ADD_COUNT] += 1


@njit(forceinline=True)
def _exec_flow(state: State, i: Int, side: Int, size: Int) -> None:
    if size > 0:
        state.flow[i, PER_SIDE * side + EXEC] += size
        state.flow[i, PER_SIDE * side + EXEC_COUNT] += 1


@njit(forceinline=True)
def _pull_flow(state: State, i: Int, side: Int, size: Int, rested: Int) -> None:
    if size > 0:
        state.flow[i, PER_SIDE * side + PULL] += size
        state.flow[i, PER_SIDE * side + PULL_COUNT] += 1
        if rested:
            state.flow[i, PER_SIDE * side + PULL_REST] += size


@njit(forceinline=True)
def add(state: State, i: Int, order_id: Int, side: Int, price: Int, size: Int, snapshot: Int) -> None:
    """A: an order comes to rest; one that is known already is replaced, its old size pulled."""
    clock = state.cursor[CLOCK]
    if side == NO_SIDE:
        state.counts[ODD_SIDE] += 1
        return
    if price == UNDEFINED:
        state.counts[UNDEFINED_PRICE] += 1
        return
    if np.uint64(abs(price)) % np.uint64(TICK) != 0:
        state.counts[OFF_TICK] += 1
    place = find(state.orders, state.books[i].number, order_id)
    if size == 0:
        state.counts[ODD_SIZE] += 1
    if place >= 0:
        state.counts[DUPLICATE_ADD] += 1
        old, old_side, rested = (
            np.int64(state.orders[place].size),
            np.int64(state.orders[place].number) & 1,
            clock - state.orders[place].since >= REST_NS,
        )
        if not snapshot:
            _pull_flow(state, i, old_side, old, rested)
        if size == 0:
            _shrink(state, i, place, old_side, old, old)
        else:
            change_level(state.levels, state.sides, state.cursor, 2 * i + old_side, state.orders[place].key, -old, -1)
    if size == 0:
        return
    if place < 0:
        place = ~place
        state.cursor[ORDERS_USED] += 1
    key = price if side == BID else ~price
    _settle(state, i, place, order_id, side, key, size, LONG_AGO if snapshot else clock)
    if not snapshot:
        _add_flow(state, i, side, size)


@njit(forceinline=True)
def modify(state: State, i: Int, order_id: Int, side: Int, price: Int, size: Int, snapshot: Int) -> None:
    """M: a known order gets this price and size; an unknown one is added."""
    clock = state.cursor[CLOCK]
    place = find(state.orders, state.books[i].number, order_id)
    if place < 0:
        state.counts[UNKNOWN_MODIFY] += 1
        add(state, i, order_id, side, price, size, snapshot)
        return
    if price == UNDEFINED:
        state.counts[UNDEFINED_PRICE] += 1
        return
    if np.uint64(abs(price)) % np.uint64(TICK) != 0:
        state.counts[OFF_TICK] += 1
    if size == 0:
        state.counts[ODD_SIZE] += 1
    order = state.orders[place]
    old, old_key, old_side, since = np.int64(order.size), order.key, np.int64(order.number) & 1, order.since
    counted = side != NO_SIDE and not snapshot
    if side != old_side:
        state.counts[ODD_SIDE] += 1
        if side == NO_SIDE:
            side = old_side
    key = price if side == BID else ~price
    lost = old if side != old_side else old - size
    filled = _filled(state, i, order_id, lost)
    if counted:
        _exec_flow(state, i, old_side, filled)
    rested = clock - since >= REST_NS
    now = LONG_AGO if snapshot else clock
    if side == old_side and key == old_key:
        if size < old:
            _shrink(state, i, place, side, old, lost)
            if counted:
                _pull_flow(state, i, side, lost - filled, rested)
        elif size > old:
            change_level(state.levels, state.sides, state.cursor, 2 * i + side, key, size - old, 0)
            order.size = size
            order.since = now
            if counted:
                _add_flow(state, i, side, size - old)
        return
    if size == 0:
        _shrink(state, i, place, old_side, old, old)
    else:
        change_level(state.levels, state.sides, state.cursor, 2 * i + old_side, old_key, -old, -1)
        _settle(state, i, place, order_id, side, key, size, now)
    if not counted:
        return
    if side == old_side:
        state.flow[i, PER_SIDE * side + (TOWARD if key > old_key else AWAY)] += size
    else:
        _pull_flow(state, i, old_side, old - filled, rested)
        if size > 0:
            _add_flow(state, i, side, size)


@njit(forceinline=True)
def cancel(state: State, i: Int, order_id: Int, side: Int, size: Int, snapshot: Int) -> None:
    """C: an order loses this size, at most what it has."""
    place = find(state.orders, state.books[i].number, order_id)
    if place < 0:
        state.counts[UNKNOWN_CANCEL] += 1
        return
    order = state.orders[place]
    old, old_side, rested = np.int64(order.size), np.int64(order.number) & 1, state.cursor[CLOCK] - order.since >= REST_NS
    if side != old_side:
        state.counts[ODD_SIDE] += 1
    if size > old:
        state.counts[EXCESS_CANCEL] += 1
    if size == 0:
        state.counts[ODD_SIZE] += 1
        return
    lost = min(size, old)
    filled = _filled(state, i, order_id, lost)
    _shrink(state, i, place, old_side, old, lost)
    if side != NO_SIDE and not snapshot:
        _exec_flow(state, i, old_side, filled)
        _pull_flow(state, i, old_side, lost - filled, rested)


@njit(forceinline=True)
def fill(state: State, i: Int, order_id: Int, size: Int) -> None:
    """F: remember until the event ends what was taken from this order; the book changes with the C or M that follows."""
    if state.books[i].event == 0:
        state.cursor[EVENTS_MADE] += 1
        state.books[i].event = 2 * state.cursor[EVENTS_MADE]
    place = find(state.fills, state.books[i].event, order_id)
    if place < 0:
        place = ~place
        state.cursor[FILLS_USED] += 1
        state.fills[place].order_id = order_id
        state.fills[place].number = state.books[i].event
        state.fills[place].left = 0
    state.fills[place].left += size


@njit(forceinline=True)
def trade(state: State, i: Int, side: Int, price: Int, size: Int, ts_recv: Int) -> None:
    """T: side is the aggressor's; the book does not change."""
    if side == BID:
        state.flow[i, TRADE_BUY] += size
        state.books[i].aggressor_net += size
    elif side == ASK:
        state.flow[i, TRADE_SELL] += size
        state.books[i].aggressor_net -= size
    else:
        state.flow[i, TRADE_NONE] += size
    if price == UNDEFINED:
        state.counts[UNDEFINED_PRICE] += 1
        return
    state.books[i].last_trade_price = price
    state.books[i].last_trade_ts = ts_recv
    state.flow[i, VALUE_HIGH] += (price >> (MIDDLE_BITS + LOW_BITS)) * size
    state.flow[i, VALUE_MIDDLE] += ((price >> LOW_BITS) & (2**MIDDLE_BITS - 1)) * size
    state.flow[i, VALUE_LOW] += (price & (2**LOW_BITS - 1)) * size
    state.flow[i, VALUE_SIZE] += size


@njit(forceinline=True)
def clear(state: State, i: Int) -> None:
    """R: the instrument's orders are gone, and with them what its open event had filled."""
    state.cursor[BOOKS_MADE] += 1
    state.books[i].number = 2 * state.cursor[BOOKS_MADE]
    state.books[i].event = 0
    for b in range(2 * i, 2 * i + 2):
        state.sides[b].count = 0
        state.sides[b].depth = 0
