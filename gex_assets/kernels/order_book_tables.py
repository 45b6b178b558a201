"""Where orders and levels lie: a hash of orders by (book, order id), of instruments by id, and sorted slabs of price levels.

Compiled pieces of the order book's loop; they move memory and know no rules (`order_book_rules`).
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numba import njit

from gex_assets.kernels.order_book_layout import LEVELS_USED, WIDEST, Array, Int
from gex_assets.kernels.order_book_memory import prefetch

__all__ = ["best", "change_level", "expect_order", "find", "list_instrument", "positions_of", "rehash", "remove"]

GOLDEN: Final = np.uint64(0x9E3779B97F4A7C15)
MIX: Final = np.uint64(0xC2B2AE3D27D4EB4F)


@njit(forceinline=True)
def _home(order_id: Int, number: Int, size: Int) -> Int:
    """Where a search begins in a table of 2^k places: a Fibonacci hash, its high bits folded into the low ones."""
    mixed = (order_id ^ (np.uint64(number) * MIX)) * GOLDEN
    return np.int64(mixed ^ (mixed >> np.uint64(40))) & (size - 1)


@njit(forceinline=True)
def find(table: Array, number: Int, order_id: Int) -> Int:
    """Place of an entry of this book (or event), or the complement of the free place where it belongs."""
    mask = len(table) - 1
    place = _home(order_id, number, len(table))
    while True:
        found = np.int64(table[place].number)
        if found == 0:
            return ~place
        if (found & ~1) == number and table[place].order_id == order_id:
            return place
        place = (place + 1) & mask


@njit(forceinline=True)
def remove(orders: Array, place: Int) -> None:
    """Free a place and close the gap behind it, so that no search ends too early."""
    mask = len(orders) - 1
    follower = place
    while True:
        follower = (follower + 1) & mask
        if orders[follower].number == 0:
            break
        home = _home(orders[follower].order_id, np.int64(orders[follower].number) & ~1, len(orders))
        if ((follower - home) & mask) >= ((follower - place) & mask):
            orders[place] = orders[follower]
            place = follower
    orders[place].number = 0


@njit(forceinline=True)
def rehash(table: Array, larger: Array, alive: Array) -> Int:
    """Copy the entries whose book or event still lives (`alive` at half its number) into an empty table; how many they were."""
    kept = 0
    for place in range(len(table)):
        number = np.int64(table[place].number)
        if number != 0 and alive[number >> 1]:
            larger[~find(larger, number & ~1, table[place].order_id)] = table[place]
            kept += 1
    return kept


@njit(forceinline=True)
def list_instrument(listing: Array, instrument_id: Int, position: Int) -> None:
    """Enter an instrument; the table must have a free place."""
    place = np.int64(np.uint64(instrument_id) * GOLDEN >> np.uint64(32)) & (len(listing) - 1)
    while listing[place].position >= 0:
        place = (place + 1) & (len(listing) - 1)
    listing[place].instrument_id = instrument_id
    listing[place].position = position


@njit(cache=True, nogil=True)
def positions_of(listing: Array, instrument_id: Array, found: Array) -> None:
    """Write each record's position among the instruments, -1 where it is not listed."""
    mask = len(listing) - 1
    for r in range(len(instrument_id)):
        place = np.int64(np.uint64(instrument_id[r]) * GOLDEN >> np.uint64(32)) & mask
        while listing[place].position >= 0 and listing[place].instrument_id != instrument_id[r]:
            place = (place + 1) & mask
        found[r] = listing[place].position


@njit(forceinline=True)
def expect_order(orders: Array, number: Int, order_id: Int) -> None:
    """Fetch the place where a search will begin."""
    prefetch(orders, _home(order_id, number, len(orders)))


@njit(forceinline=True)
def _level_place(levels: Array, start: Int, stop: Int, key: Int) -> Int:
    """First place of a slab whose key is not below this one. Most changes are near the best, which is last."""
    near = max(start, stop - 8)
    place = stop
    while place > near and levels[place - 1].key >= key:
        place -= 1
    if place > near:
        return place
    low = start
    while low < place:
        middle = (low + place) >> 1
        if levels[middle].key >= key:
            place = middle
        else:
            low = middle + 1
    return place


@njit(forceinline=True)
def change_level(levels: Array, sides: Array, cursor: Array, b: Int, key: Int, size: Int, orders: Int) -> None:
    """Add size and orders, of either sign, to a level, which comes with its first order and goes with its last."""
    start, count = sides[b].start, sides[b].count
    stop = start + count
    sides[b].depth += size
    place = _level_place(levels, start, stop, key)
    if place < stop and levels[place].key == key:
        levels[place].size += size
        levels[place].orders += orders
        if levels[place].orders == 0:
            for j in range(place, stop - 1):
                levels[j] = levels[j + 1]
            sides[b].count = count - 1
        return
    if count == sides[b].capacity:
        moved = cursor[LEVELS_USED]
        for j in range(count):
            levels[moved + j] = levels[start + j]
        sides[b].start = moved
        sides[b].capacity = 2 * count
        cursor[LEVELS_USED] = moved + 2 * count
        cursor[WIDEST] = max(cursor[WIDEST], 2 * count)
        place += moved - start
        stop = moved + count
    for j in range(stop, place, -1):
        levels[j] = levels[j - 1]
    levels[place].key = key
    levels[place].size = size
    levels[place].orders = orders
    sides[b].count = count + 1


@njit(forceinline=True)
def best(levels: Array, sides: Array, b: Int) -> tuple[Int, Int]:
    """Key and size of a side's best price; size 0 where the side is empty."""
    count = sides[b].count
    if count == 0:
        return np.int64(0), np.int64(0)
    best = sides[b].start + count - 1
    return levels[best].key, levels[best].size
