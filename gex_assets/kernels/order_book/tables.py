"""Where orders lie: a hash of orders by (book, order id), and one of instruments by id.

Compiled pieces of the order book's loop, and two units of their own that its caller runs. They move memory; what records do is
in `rules`.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numba import njit

from gex_assets.kernels.numba_tools.memory import prefetch
from gex_assets.kernels.order_book.layout import Array, Int

__all__ = ["expect_order", "find", "list_instruments", "pick", "rehash", "remove"]

GOLDEN: Final = np.uint64(0x9E3779B97F4A7C15)
MIX: Final = np.uint64(0xC2B2AE3D27D4EB4F)


@njit(forceinline=True)
def _home(order_id: Int, number: Int, size: Int) -> Int:
    """Where a search begins in a table of 2^k places: a Fibonacci hash, its high bits folded into the low ones."""
    mixed = (order_id ^ (np.uint64(number) * MIX)) * GOLDEN
    return (mixed ^ (mixed >> np.uint64(40))) & np.uint64(size - 1)


@njit(forceinline=True)
def find(table: Array, number: Int, order_id: Int) -> Int:
    """Place of an entry of this book (or event), or the complement of the free place where it belongs."""
    mask = np.uint64(len(table) - 1)
    place = _home(order_id, number, len(table))
    while True:
        entry = table[place]
        found = np.int64(entry.number)
        if (found & ~1) == number and entry.order_id == order_id:
            return np.int64(place)
        if found == 0:
            return ~np.int64(place)
        place = (place + np.uint64(1)) & mask


@njit(forceinline=True)
def remove(orders: Array, place: Int) -> None:
    """Free a place and close the gap behind it, so that no search ends too early."""
    mask = np.uint64(len(orders) - 1)
    gap = np.uint64(place)
    follower = gap
    while True:
        follower = (follower + np.uint64(1)) & mask
        number = np.int64(orders[follower].number)
        if number == 0:
            break
        home = _home(orders[follower].order_id, number & ~1, len(orders))
        if ((follower - home) & mask) >= ((follower - gap) & mask):
            orders[gap] = orders[follower]
            gap = follower
    orders[gap].number = 0


@njit(cache=True, nogil=True)
def rehash(table: Array, larger: Array, alive: Array) -> Int:
    """Copy the entries whose book or event still exists (`alive` at half its number) into an empty table; how many they were."""
    kept = 0
    for place in range(len(table)):
        number = np.int64(table[place].number)
        if number != 0 and alive[number >> 1]:
            larger[~find(larger, number & ~1, table[place].order_id)] = table[place]
            kept += 1
    return kept


@njit(cache=True, nogil=True)
def list_instruments(listing: Array, instrument_ids: Array) -> None:
    """Enter instruments, their positions in their order; the table must have free places."""
    for position in range(len(instrument_ids)):
        place = np.int64(np.uint64(instrument_ids[position]) * GOLDEN >> np.uint64(32)) & (len(listing) - 1)
        while listing[place].position >= 0:
            place = (place + 1) & (len(listing) - 1)
        listing[place].instrument_id = instrument_ids[position]
        listing[place].position = position


@njit(forceinline=True)
def pick(listing: Array, picks: Array, clocks: Array, instrument_id: Array, first: Int, last: Int, clock: Int) -> tuple[Int, Int]:
    """Find the records of listed instruments from one position to another; how many they are, and the clock after all."""
    mask = np.uint64(len(listing) - 1)
    picked = np.uint64(0)
    for r in range(first, last):
        clock = max(clock, clocks[r])
        wanted = instrument_id[r]
        place = (np.uint64(wanted) * GOLDEN >> np.uint64(32)) & mask
        while listing[place].position >= 0 and listing[place].instrument_id != wanted:
            place = (place + np.uint64(1)) & mask
        position = listing[place].position
        one = picks[picked]
        one.clock = clock
        one.row = r - first
        one.position = position
        picked += np.uint64(position >= 0)
    return picked, clock


@njit(forceinline=True)
def expect_order(orders: Array, number: Int, order_id: Int) -> None:
    """Prefetch the place where a search will begin."""
    prefetch(orders, _home(order_id, number, len(orders)))
