"""What each kind of record does to a book and to the flow of the open window.

Compiled pieces of the order book's loop (`loop`), one function per kind of record. Each assumes that there is room for one more
order, one more fill and one more level.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numba import njit

from gex_assets.kernels.order_book.ladders import forget_levels, is_off_tick, lower, raise_
from gex_assets.kernels.order_book.layout import (
    ASK,
    BID,
    BOOKS_MADE,
    DUPLICATE_ADD,
    EVENTS_MADE,
    EXCESS_CANCEL,
    FILLS_USED,
    LOW_BITS,
    MIDDLE_BITS,
    NO_SIDE,
    ODD_SIDE,
    ODD_SIZE,
    OFF_TICK,
    ORDERS_USED,
    UNDEFINED,
    UNDEFINED_PRICE,
    UNKNOWN_CANCEL,
    UNKNOWN_MODIFY,
    Array,
    Int,
    State,
)
from gex_assets.kernels.order_book.tables import find, remove
from gex_assets.kernels.order_book.zones import added, pulled, repriced

__all__ = ["LONG_AGO", "REST_NS", "add", "cancel", "clear", "fill", "modify", "trade"]

REST_NS: Final = 500_000_000
LONG_AGO: Final = -(2**62)
"""The moment since which snapshot orders rest: they always count as rested, and a time less this stays within int64."""


@njit(forceinline=True)
def _settle(state: State, i: Int, place: Int, order_id: Int, side: Int, key: Int, size: Int, since: Int) -> Int:
    """An order of instrument i comes to rest; `place` is its own in the table, or a free one. Whether the best changed."""
    order = state.orders[np.uint64(place)]
    order.order_id = order_id
    order.key = key
    order.since = since
    order.size = size
    order.number = state.books[i].number + side
    return raise_(state, 2 * i + side, key, size, 1)


@njit(forceinline=True)
def _shrink(state: State, i: Int, place: Int, side: Int, old: Int, lost: Int) -> Int:
    """An order loses size, and is removed with its last contract. Whether the best changed."""
    order = state.orders[np.uint64(place)]
    is_best = lower(state, 2 * i + side, order.key, lost, lost == old)
    if lost == old:
        remove(state.orders, place)
        state.cursor[ORDERS_USED] -= 1
    else:
        order.size = old - lost
    return is_best


@njit(forceinline=True)
def _since(snapshot: Int, clock: Int) -> Int:
    """Since when an order rests that comes to rest now."""
    return LONG_AGO if snapshot else clock


@njit(forceinline=True)
def _relocate(state: State, i: Int, place: Int, order_id: Int, side: Int, key: Int, size: Int, since: Int) -> Int:
    """A known order moves to another side, price and size, or is gone with size 0. Whether the best changed."""
    order = state.orders[np.uint64(place)]
    old, old_key, old_side = np.int64(order.size), order.key, np.int64(order.number) & 1
    if size == 0:
        return _shrink(state, i, place, old_side, old, old)
    changed = lower(state, 2 * i + old_side, old_key, old, 1)
    return changed | _settle(state, i, place, order_id, side, key, size, since)


@njit(forceinline=True)
def _filled(state: State, i: Int, order_id: Int, lost: Int) -> Int:
    """The part of a lost size that fills of the open event explain; each fill explains a loss once."""
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
def _add_flow(state: State, b: Int, key: Int, size: Int) -> None:
    flow = state.flow[np.uint64(b)]
    flow.add += size
    flow.adds += 1
    added(state, b, key, size)


@njit(forceinline=True)
def _exec_flow(flow: Array, size: Int) -> None:
    if size > 0:
        flow.exec += size
        flow.execs += 1


@njit(forceinline=True)
def _pull_flow(state: State, b: Int, key: Int, size: Int, rested: Int) -> None:
    flow = state.flow[np.uint64(b)]
    flow.pull += size
    flow.pulls += size > 0
    flow.pull_rest += size if rested else 0
    pulled(state, b, key, size, rested)


@njit(forceinline=True)
def _replace(state: State, i: Int, place: Int, order_id: Int, side: Int, key: Int, size: Int, snapshot: Int, clock: Int) -> Int:
    """An order that rests already is added again: its old size is pulled. Whether the best changed."""
    state.counts[DUPLICATE_ADD] += 1
    order = state.orders[np.uint64(place)]
    old, old_key, old_side = np.int64(order.size), order.key, np.int64(order.number) & 1
    if not snapshot:
        _pull_flow(state, 2 * i + old_side, old_key, old, clock - order.since >= REST_NS)
    changed = _relocate(state, i, place, order_id, side, key, size, _since(snapshot, clock))
    if size == 0:
        return changed
    return changed and not (old_side == side and old_key == key and old == size)


@njit(forceinline=True)
def add(state: State, i: Int, order_id: Int, side: Int, price: Int, size: Int, snapshot: Int, clock: Int) -> Int:
    """A: an order comes to rest; one that rests already is replaced, its old size pulled."""
    if side == NO_SIDE:
        state.counts[ODD_SIDE] += 1
        return False
    if price == UNDEFINED:
        state.counts[UNDEFINED_PRICE] += 1
        return False
    b = np.uint64(2 * i + side)
    key = price ^ -side
    if is_off_tick(state.sides[b], key, price):
        state.counts[OFF_TICK] += 1
    place = find(state.orders, state.books[i].number, order_id)
    if size == 0:
        state.counts[ODD_SIZE] += 1
    changed = False
    if place >= 0:
        changed = _replace(state, i, place, order_id, side, key, size, snapshot, clock)
    elif size > 0:
        state.cursor[ORDERS_USED] += 1
        changed = _settle(state, i, ~place, order_id, side, key, size, _since(snapshot, clock))
    if size > 0 and not snapshot:
        _add_flow(state, b, key, size)
    return changed


@njit(forceinline=True)
def _resize_flow(state: State, b: Int, key: Int, grown: Int, filled: Int, rested: Int) -> None:
    """Count a change of size at the same price: growth is added, what fills do not explain of a loss is pulled."""
    if grown > 0:
        _add_flow(state, b, key, grown)
    elif grown < 0:
        _pull_flow(state, b, key, -grown - filled, rested)


@njit(forceinline=True)
def _resize(state: State, i: Int, place: Int, side: Int, old: Int, size: Int, now: Int) -> Int:
    """A known order gets another size at the same price; growth loses its place in the queue. Whether the best changed."""
    if size < old:
        return _shrink(state, i, place, side, old, old - size)
    if size == old:
        return False
    order = state.orders[np.uint64(place)]
    order.size = size
    order.since = now
    return raise_(state, 2 * i + side, order.key, size - old, 0)


@njit(forceinline=True)
def _move_flow(state: State, b: Int, key: Int, size: Int, old_b: Int, old_key: Int, pulled_size: Int, rested: Int) -> None:
    """Count a change of price: re-priced by the new size on the same side; pulled from one side and added on the other."""
    if b == old_b:
        flow, toward = state.flow[np.uint64(b)], key > old_key
        flow.toward += size if toward else 0
        flow.away += 0 if toward else size
        repriced(state, b, old_key, size, toward)
    else:
        _pull_flow(state, old_b, old_key, pulled_size, rested)
        if size > 0:
            _add_flow(state, b, key, size)


@njit(forceinline=True)
def modify(state: State, i: Int, order_id: Int, side: Int, price: Int, size: Int, snapshot: Int, clock: Int) -> Int:
    """M: a known order gets this price and size; an unknown one is added."""
    place = find(state.orders, state.books[i].number, order_id)
    if place < 0:
        state.counts[UNKNOWN_MODIFY] += 1
        return add(state, i, order_id, side, price, size, snapshot, clock)
    if price == UNDEFINED:
        state.counts[UNDEFINED_PRICE] += 1
        return False
    if size == 0:
        state.counts[ODD_SIZE] += 1
    order = state.orders[np.uint64(place)]
    old, old_key, old_side, since = np.int64(order.size), order.key, np.int64(order.number) & 1, order.since
    counted = side != NO_SIDE and not snapshot
    state.counts[ODD_SIDE] += side != old_side
    side = old_side if side == NO_SIDE else side
    key = price ^ -side
    if is_off_tick(state.sides[np.uint64(2 * i + side)], key, price):
        state.counts[OFF_TICK] += 1
    b, old_b = 2 * i + side, 2 * i + old_side
    lost = old if side != old_side else old - size
    filled = _filled(state, i, order_id, lost)
    if counted:
        _exec_flow(state.flow[np.uint64(old_b)], filled)
    rested = clock - since >= REST_NS
    now = _since(snapshot, clock)
    if side == old_side and key == old_key:
        if counted:
            _resize_flow(state, b, key, size - old, filled, rested)
        return _resize(state, i, place, side, old, size, now)
    changed = _relocate(state, i, place, order_id, side, key, size, now)
    if counted:
        _move_flow(state, b, key, size, old_b, old_key, old - filled, rested)
    return changed


@njit(forceinline=True)
def cancel(state: State, i: Int, order_id: Int, side: Int, size: Int, snapshot: Int, clock: Int) -> Int:
    """C: an order loses this size, at most what it has."""
    place = find(state.orders, state.books[i].number, order_id)
    if place < 0:
        state.counts[UNKNOWN_CANCEL] += 1
        return False
    order = state.orders[np.uint64(place)]
    old, old_key, old_side, since = np.int64(order.size), order.key, np.int64(order.number) & 1, order.since
    if side != old_side:
        state.counts[ODD_SIDE] += 1
    if size > old:
        state.counts[EXCESS_CANCEL] += 1
    if size == 0:
        state.counts[ODD_SIZE] += 1
        return False
    lost = min(size, old)
    filled = _filled(state, i, order_id, lost)
    if side != NO_SIDE and not snapshot:
        _exec_flow(state.flow[np.uint64(2 * i + old_side)], filled)
        _pull_flow(state, 2 * i + old_side, old_key, lost - filled, clock - since >= REST_NS)
    return _shrink(state, i, place, old_side, old, lost)


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
    trades, book = state.trades[i], state.books[i]
    if side == BID:
        trades.buy += size
        trades.aggressor_net += size
    elif side == ASK:
        trades.sell += size
        trades.aggressor_net -= size
    else:
        trades.none += size
    if price == UNDEFINED:
        state.counts[UNDEFINED_PRICE] += 1
        return
    book.last_trade_price = price
    book.last_trade_ts = ts_recv
    trades.value_high += (price >> (MIDDLE_BITS + LOW_BITS)) * size
    trades.value_middle += ((price >> LOW_BITS) & (2**MIDDLE_BITS - 1)) * size
    trades.value_low += (price & (2**LOW_BITS - 1)) * size
    trades.volume += size


@njit(nogil=True)
def clear(state: State, i: Int) -> bool:
    """R: the instrument's orders are removed, and with them the fills of its open event."""
    state.cursor[BOOKS_MADE] += 1
    state.books[i].number = 2 * state.cursor[BOOKS_MADE]
    state.books[i].event = 0
    changed = False
    for b in range(2 * i, 2 * i + 2):
        changed |= state.sides[b].count > 0
        forget_levels(state.sides, state.rungs, state.words, state.slabs, b)
    return changed
