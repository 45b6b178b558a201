"""What each kind of record does to a book and to the flow of the open window.

Compiled pieces of the order book's loop (`loop`), one function per kind of record. Each assumes that there is room for one more
order, one more fill and one more level.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numba import njit

from gex_assets.kernels.mbo_record import F_LAST, F_MAYBE_BAD_BOOK, F_NEVER_SEEN, F_SNAPSHOT, UNDEF_SIZE
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
    MAYBE_BAD_BOOK,
    MIDDLE_BITS,
    NO_SIDE,
    ODD_FLAG,
    ODD_SIDE,
    ODD_SIZE,
    OFF_TICK,
    ORDERS_USED,
    TO_MOVE,
    UNDEFINED,
    UNDEFINED_PRICE,
    UNDEFINED_SIZE,
    UNKNOWN_CANCEL,
    UNKNOWN_MODIFY,
    Array,
    Int,
    State,
)
from gex_assets.kernels.order_book.tables import find, remove
from gex_assets.kernels.order_book.zones import added, pulled, repriced

__all__ = ["LONG_AGO", "REST_NS", "change", "clear", "fill", "heed", "trade"]

_A, _C, _F, _M, _N, _R, _T = (ord(letter) for letter in "ACFMNRT")

SAYS_MORE: Final = F_SNAPSHOT | F_MAYBE_BAD_BOOK | F_NEVER_SEEN
"""Flags that say something of the book."""

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


@njit(nogil=True)
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
def _add(state: State, i: Int, order_id: Int, side: Int, price: Int, size: Int, snapshot: Int, clock: Int) -> Int:
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
def _modify(state: State, i: Int, place: Int, order_id: Int, side: Int, price: Int, size: Int, snapshot: Int, clock: Int) -> Int:
    """M: a known order gets this price and size."""
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
def _cancel(state: State, i: Int, order_id: Int, side: Int, size: Int, snapshot: Int, clock: Int) -> Int:
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
    # A ladder that should be moved may be this book's, and an empty one has no place to move to. Only speed is lost.
    state.cursor[TO_MOVE] = 0
    state.cursor[BOOKS_MADE] += 1
    state.books[i].number = 2 * state.cursor[BOOKS_MADE]
    state.books[i].event = 0
    changed = False
    for b in range(2 * i, 2 * i + 2):
        changed |= state.sides[b].count > 0
        forget_levels(state.sides, state.rungs, state.words, state.slabs, b)
    return changed


@njit(forceinline=True)
def heed(state: State, i: Int, kind: Int, bits: Int, size: Int, clock: Int) -> Int:
    """What few records do before their kind does; the kind to go on with, as `_heed` says."""
    restated = state.books[np.uint64(i)].restated
    if bits & SAYS_MORE or restated != 0 or kind == _R or size == UNDEF_SIZE:
        return _heed(state, i, kind, bits, size, clock)
    return kind


@njit(nogil=True)
def _heed(state: State, i: Int, kind: Int, bits: Int, size: Int, clock: Int) -> int:
    """What few records do before their kind does: R, flags that say something of the book, no size where one is needed.

    A snapshot is the whole book, whether an R says so or not: its first record drops what rested. Another snapshot begins where
    the record before was none of a snapshot, and with an A where it was the last of one at an earlier moment.

    Returns
    -------
    The kind to go on with: N where nothing more is to be done, as after R, or where the size is missing, which is counted.
    """
    book = state.books[np.uint64(i)]
    snapshot = bits & F_SNAPSHOT != 0
    begins = kind == _R
    if snapshot:
        at = state.snapshot_at[np.uint64(i)]
        state.snapshot_at[np.uint64(i)] = clock
        begins |= book.restated == 0 or (book.restated & F_LAST != 0 and kind == _A and clock > at)
    book.restated = bits if snapshot else 0
    if begins or snapshot:
        book.suspect = 0
    if begins:
        book.complete = 1
        book.changed = clock if clear(state, i) else book.changed
    if bits & F_MAYBE_BAD_BOOK:
        book.suspect = 1
        state.counts[MAYBE_BAD_BOOK] += 1
    if bits & F_NEVER_SEEN:
        state.counts[ODD_FLAG] += 1
    if size == UNDEF_SIZE and kind in (_A, _C, _F, _M, _T):
        state.counts[UNDEFINED_SIZE] += 1
        return _N
    return _N if kind == _R else kind


@njit(forceinline=True)
def change(state: State, i: Int, kind: Int, order_id: Int, side: Int, price: Int, size: Int, snapshot: Int, clock: Int) -> Int:
    """A, M or C: the book changes; whether the best price or its size did. An M of an unknown order is an A."""
    if kind == _M:
        place = find(state.orders, state.books[np.uint64(i)].number, order_id)
        if place >= 0:
            return _modify(state, i, place, order_id, side, price, size, snapshot, clock)
        state.counts[UNKNOWN_MODIFY] += 1
    if kind == _C:
        return _cancel(state, i, order_id, side, size, snapshot, clock)
    return _add(state, i, order_id, side, price, size, snapshot, clock)
