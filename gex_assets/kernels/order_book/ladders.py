"""The price levels of a side: a ladder with a place for each tick, and a sorted slab for all other prices.

The ladder spans at most `SPAN_LIMIT` ticks and has a bitmap of two levels to find the best price. It covers the prices with most
levels and is moved as prices move. The slab takes any other price: off the tick, too far away, or of a side too quiet for a
ladder. Results do not depend on which of the two holds a level. Compiled pieces of the order book's loop.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numba import njit

from gex_assets.kernels.numba_tools.memory import highest_bit
from gex_assets.kernels.order_book.layout import (
    CARE,
    COARSE,
    DONE,
    FINE,
    GROW_LEVELS,
    GROW_RUNGS,
    LEVELS_USED,
    MISSING,
    NEEDED,
    RUNGS_USED,
    SPAN_LIMIT,
    TO_MOVE,
    UNDEFINED,
    WIDEST,
    Array,
    Int,
    State,
)

__all__ = ["best_level", "forget_levels", "is_off_tick", "lower", "place_ladder", "raise_", "rung_of"]

TWOS: Final = np.uint64(7)
"""Both ticks are 2^7 times a power of 5."""
FINE_INVERSE: Final = np.uint64(pow(FINE >> 7, -1, 2**64))
COARSE_INVERSE: Final = np.uint64(pow(COARSE >> 7, -1, 2**64))
SPAN_LEAST: Final = 64
LEVELS_TO_RUNGS: Final = 4
"""A ladder has less than twice this many rungs for each level of its side, unless it has `SPAN_LEAST`."""
MISSES_TO_MOVE: Final = 16
"""A ladder is moved after one miss for each this many rungs and levels that moving it goes through."""

ONE, LOW_SIX, WORD_BITS = np.uint64(1), np.uint64(63), np.uint64(6)


@njit(forceinline=True)
def rung_of(side: Array, key: Int) -> Int:
    """The rung of a key, not below `span` if the ladder has none for it: below, above, or between two ticks.

    With a tick of 2^7 times an odd number, multiplying by the odd number's inverse modulo 2^64 and rotating by 7 bits divides
    what the tick divides; being one to one, it takes every other difference above 2^64 / tick, which no span reaches.
    """
    scaled = (np.uint64(key) - np.uint64(side.base)) * side.inverse
    return (scaled >> TWOS) | (scaled << (np.uint64(64) - TWOS))


@njit(forceinline=True)
def is_off_tick(side: Array, key: Int, price: Int) -> Int:
    """Whether a price is between two of the finer ticks; what has a rung is not."""
    return rung_of(side, key) >= np.uint64(side.span) and np.uint64(abs(price)) % np.uint64(FINE) != 0


@njit(forceinline=True)
def raise_(state: State, b: Int, key: Int, size: Int, orders: Int) -> Int:
    """Add size and an order (or none) to a level, which comes with its first; whether the best price or its size changed."""
    side = state.sides[np.uint64(b)]
    rung = rung_of(side, key)
    side.depth += size
    is_best = key >= side.best
    if rung >= np.uint64(side.span):
        _raise_slab(state.levels, state.sides, state.slabs, state.cursor, b, key, size, orders)
        return is_best
    place = np.uint64(side.start) + rung
    held = state.rungs[place]
    side.count += held.orders == 0
    held.size += size
    held.orders += orders
    state.words[place >> WORD_BITS] |= ONE << (place & LOW_SIX)
    side.filled |= ONE << (rung >> WORD_BITS)
    side.best = max(side.best, key)
    return is_best


@njit(forceinline=True)
def lower(state: State, b: Int, key: Int, size: Int, orders: Int) -> Int:
    """Take size and an order (or none) from a level, which goes with its last; whether the best price or its size changed."""
    side = state.sides[np.uint64(b)]
    rung = rung_of(side, key)
    side.depth -= size
    is_best = key == side.best
    if rung >= np.uint64(side.span):
        if _lower_slab(state.levels, state.sides, state.slabs, b, key, size, orders) and is_best:
            _find_best(state.sides, state.words, state.slabs, state.levels, b)
        return is_best
    place = np.uint64(side.start) + rung
    held = state.rungs[place]
    held.size -= size
    held.orders -= orders
    empty = np.uint64(held.orders == 0)
    word = place >> WORD_BITS
    left = state.words[word] & ~(empty << (place & LOW_SIX))
    state.words[word] = left
    side.filled &= ~(np.uint64(left == 0) << (rung >> WORD_BITS))
    side.count -= np.int64(empty)
    if is_best and empty:
        _find_best(state.sides, state.words, state.slabs, state.levels, b)
    return is_best


@njit(forceinline=True)
def _find_best(sides: Array, words: Array, slabs: Array, levels: Array, b: Int) -> None:
    side = sides[np.uint64(b)]
    best = np.int64(MISSING)
    if side.filled != 0:
        word = highest_bit(side.filled)
        rung = (word << WORD_BITS) + highest_bit(words[(np.uint64(side.start) >> WORD_BITS) + word])
        best = side.base + np.int64(rung) * side.tick
    slab = slabs[np.uint64(b)]
    if slab.count > 0:
        best = max(best, levels[np.uint64(slab.start + slab.count - 1)].key)
    side.best = best


@njit(forceinline=True)
def best_level(state: State, b: Int) -> tuple[Int, Int]:
    """Size and orders of the best price of a side that has one."""
    side = state.sides[b]
    rung = rung_of(side, side.best)
    if rung < np.uint64(side.span):
        held = state.rungs[np.uint64(side.start) + rung]
        return held.size, held.orders
    slab = state.slabs[b]
    level = state.levels[slab.start + slab.count - 1]
    return level.size, level.orders


@njit(forceinline=True)
def _slab_place(levels: Array, start: Int, stop: Int, key: Int) -> Int:
    """First place of a slab whose key is not below this one."""
    while start < stop:
        middle = (start + stop) >> 1
        if levels[middle].key >= key:
            stop = middle
        else:
            start = middle + 1
    return start


@njit(nogil=True)
def _raise_slab(levels: Array, sides: Array, slabs: Array, cursor: Array, b: int, key: int, size: int, orders: int) -> None:
    side, slab = sides[b], slabs[b]
    start, count = slab.start, slab.count
    stop = start + count
    place = _slab_place(levels, start, stop, key)
    if (key + (b & 1)) % FINE == 0:
        slab.misses += 1
        if slab.misses * MISSES_TO_MOVE >= slab.patience * (SPAN_LEAST + side.span + count):
            cursor[TO_MOVE] = b + 1
            cursor[CARE] = 1
    if place < stop and levels[place].key == key:
        levels[place].size += size
        levels[place].orders += orders
        return
    if count == slab.capacity:
        moved = cursor[LEVELS_USED]
        for j in range(count):
            levels[moved + j] = levels[start + j]
        slab.start = moved
        slab.capacity = 2 * count
        cursor[LEVELS_USED] = moved + 2 * count
        cursor[WIDEST] = max(cursor[WIDEST], 2 * count)
        cursor[CARE] = 1
        place += moved - start
        stop = moved + count
    for j in range(stop, place, -1):
        levels[j] = levels[j - 1]
    levels[place].key = key
    levels[place].size = size
    levels[place].orders = orders
    slab.count = count + 1
    side.count += 1
    side.best = max(side.best, key)


@njit(nogil=True)
def _lower_slab(levels: Array, sides: Array, slabs: Array, b: int, key: int, size: int, orders: int) -> bool:
    """Whether the level is gone."""
    slab = slabs[b]
    stop = slab.start + slab.count
    place = _slab_place(levels, slab.start, stop, key)
    levels[place].size -= size
    levels[place].orders -= orders
    if levels[place].orders != 0:
        return False
    for j in range(place, stop - 1):
        levels[j] = levels[j + 1]
    slab.count -= 1
    sides[b].count -= 1
    return True


@njit(nogil=True)
def forget_levels(sides: Array, rungs: Array, words: Array, slabs: Array, b: int) -> None:
    """Empty a side; its ladder stays where it is."""
    side = sides[b]
    _empty_ladder(side, rungs, words)
    slabs[b].count = 0
    side.count = side.depth = 0
    side.best = MISSING


@njit(forceinline=True)
def _empty_ladder(side: Array, rungs: Array, words: Array) -> None:
    while side.filled != 0:
        word = highest_bit(side.filled)
        at = (np.uint64(side.start) >> WORD_BITS) + word
        while words[at] != 0:
            bit = highest_bit(words[at])
            held = rungs[(at << WORD_BITS) + bit]
            held.size = held.orders = 0
            words[at] ^= ONE << bit
        side.filled ^= ONE << word


@njit(nogil=True)
def place_ladder(state: State) -> int:
    """Place the ladder that asks for it where it holds the most levels, with the tick that most of them keep.

    Returns
    -------
    DONE; or GROW_LEVELS, GROW_RUNGS before anything is changed, with `NEEDED` in the cursor.
    """
    cursor, levels, rungs = state.cursor, state.levels, state.rungs
    b = cursor[TO_MOVE] - 1
    side, slab = state.sides[b], state.slabs[b]
    capacity, span = slab.capacity, np.int64(side.span)
    while capacity < side.count:
        capacity *= 2
    if capacity > slab.capacity and len(levels) - cursor[LEVELS_USED] < capacity:
        cursor[NEEDED] = capacity
        return GROW_LEVELS
    if span == 0:
        span = np.int64(SPAN_LEAST)
    while span < SPAN_LIMIT and span < LEVELS_TO_RUNGS * side.count:
        span *= 2
    if span > side.span and len(rungs) - cursor[RUNGS_USED] < span:
        cursor[NEEDED] = span
        return GROW_RUNGS
    cursor[TO_MOVE] = 0
    missed = slab.count
    _make_room(state, b, capacity)
    _spill(state, b)
    if span > side.span:
        side.start, side.span = cursor[RUNGS_USED], span
        cursor[RUNGS_USED] += span
    _choose_window(side, slab, levels, b & 1)
    _lift(state, b)
    slab.misses = 0
    slab.patience = 1 if 2 * slab.count <= missed else min(2 * slab.patience, 1 << 10)
    return DONE


@njit(forceinline=True)
def _make_room(state: State, b: Int, capacity: Int) -> None:
    """Let a slab hold so many levels."""
    slab, levels, cursor = state.slabs[b], state.levels, state.cursor
    if capacity > slab.capacity:
        moved = cursor[LEVELS_USED]
        for j in range(slab.count):
            levels[moved + j] = levels[slab.start + j]
        slab.start, slab.capacity = moved, capacity
        cursor[LEVELS_USED] += capacity
        cursor[WIDEST] = max(cursor[WIDEST], capacity)


@njit(forceinline=True)
def _spill(state: State, b: Int) -> None:
    """Move all levels of a ladder into the slab, which has the room: two sorted runs merged from their ends."""
    side, slab, levels, words = state.sides[b], state.slabs[b], state.levels, state.words
    last, into = slab.start + slab.count - 1, slab.start + side.count - 1
    first = np.uint64(side.start) >> WORD_BITS
    filled = side.filled
    while filled != 0:
        word = highest_bit(filled)
        bits = words[first + word]
        while bits != 0:
            bit = highest_bit(bits)
            rung = (word << WORD_BITS) + bit
            held = state.rungs[np.uint64(side.start) + rung]
            key = side.base + np.int64(rung) * side.tick
            while last >= slab.start and levels[last].key > key:
                levels[into] = levels[last]
                last -= 1
                into -= 1
            levels[into].key, levels[into].size, levels[into].orders = key, held.size, held.orders
            into -= 1
            bits ^= ONE << bit
        filled ^= ONE << word
    slab.count = side.count
    _empty_ladder(side, state.rungs, words)


@njit(forceinline=True)
def _choose_window(side: Array, slab: Array, levels: Array, is_ask: Int) -> None:
    """Set base and tick so that the ladder holds the most of a slab's levels, of equal windows the best."""
    start, stop = slab.start, slab.start + slab.count
    fine = coarse = 0
    for j in range(start, stop):
        fine += (levels[j].key + is_ask) % FINE == 0
        coarse += (levels[j].key + is_ask) % COARSE == 0
    if fine == 0:
        return
    tick = COARSE if 8 * coarse >= 7 * fine else FINE
    reach = np.uint64(np.int64(side.span) * 7 // 8 * tick)
    low, held, most, lowest, highest = start, 0, 0, np.int64(0), np.int64(0)
    for high in range(start, stop):
        if (levels[high].key + is_ask) % tick != 0:
            continue
        held += 1
        while (levels[low].key + is_ask) % tick != 0 or np.uint64(levels[high].key) - np.uint64(levels[low].key) > reach:
            held -= (levels[low].key + is_ask) % tick == 0
            low += 1
        if held >= most:
            most, lowest, highest = held, levels[low].key, levels[high].key
    step = np.uint64(tick)
    spare = np.int64(side.span) - 1 - np.int64((np.uint64(highest) - np.uint64(lowest)) // step)
    below = max(spare // 2, spare - np.int64((np.uint64(UNDEFINED) - np.uint64(highest)) // step))
    below = min(below, np.int64((np.uint64(lowest) - np.uint64(MISSING)) // step))
    side.base, side.tick = lowest - below * tick, tick
    side.inverse = COARSE_INVERSE if tick == COARSE else FINE_INVERSE


@njit(forceinline=True)
def _lift(state: State, b: Int) -> None:
    """Move the levels that have a rung from the slab to the ladder."""
    side, slab, levels = state.sides[b], state.slabs[b], state.levels
    kept = slab.start
    for j in range(slab.start, slab.start + slab.count):
        level = levels[j]
        rung = rung_of(side, level.key)
        if rung < np.uint64(side.span):
            place = np.uint64(side.start) + rung
            held = state.rungs[place]
            held.size, held.orders = level.size, level.orders
            state.words[place >> WORD_BITS] |= ONE << (place & LOW_SIX)
            side.filled |= ONE << (rung >> WORD_BITS)
        else:
            levels[kept] = level
            kept += 1
    slab.count = kept - slab.start
