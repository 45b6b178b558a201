"""The book by zones around a fixed price: what rests in each at a window's start and end, and what was added and pulled there.

The reference is the mid of an `ok` book at the window's start. Zones are drawn on each side by whole ticks from it
(`zone_edges`). On the wrong side of the reference the distance is 0. What lies beyond the last zone is ignored.

Zones are on where `State.zones` has rows, one per side; without rows nothing here is called. Compiled pieces of the order book's
loop and of the unit that closes its windows.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numba import njit

from gex_assets.kernels.numba_tools.memory import highest_bit
from gex_assets.kernels.order_book.layout import MISSING, Array, Int, State
from gex_assets.kernels.order_book.zone_edges import LAST_TICK, ZONE_BEGINS, ZONES

__all__ = ["ZONE_COLUMNS", "ZONE_NUMBERS", "added", "open_zones", "pulled", "repriced", "write_zones", "zone_rows"]

COUNT: Final = len(ZONES)
NEAR_FROM, MID_FROM, FAR_FROM = (ZONE_BEGINS[zone] for zone in ZONES[1:])
BEYOND_FROM: Final = LAST_TICK + 1
"""Ticks from the reference at which the zones after AT begin, and at which the last ends."""

PER_SIDE: Final = (
    *(f"{moment}_{name}" for moment in ("start", "end") for name in (*ZONES, "size_ticks")),
    *(f"{flow}_{zone}" for flow in ("add", "pull_rest") for zone in ZONES),
    *("toward", "away", "best_ticks"),
)
ZONE_COLUMNS: Final = (
    *("start_bid", "start_ask", "start_complete"),
    *(f"{side}_{name}" for side in ("bid", "ask") for name in PER_SIDE),
)
"""Columns of a row: the best prices at the window's start [1e-9 index points], and whether the book was complete then (1 or 0);
then of each side the sizes resting in each
zone at start and end [contracts] and the sum of size times distance over them [contracts x ticks], the sizes added, pulled after
a rest and re-priced [contracts], and the distance of its best price at the end [ticks], MISSING where there is none. All
MISSING where the book was not ok at the start."""

# Positions in a row of `State.zones`.
TICK: Final = 0
"""The tick that zones are drawn with. [1e-9 index points]"""
REFERENCE: Final = 1
"""Key of the reference."""
KNOWN: Final = 2
"""Whether there is a reference in the open window."""
BEST: Final = 3
"""Best price at the window's start. [1e-9 index points]"""
RESTING: Final = COUNT + 1
"""Numbers about what rests: the size in each zone, then the sum of size times distance."""
COMPLETE: Final = 4
"""Whether the book was complete at the window's start."""
START: Final = 5
"""What rested at the window's start: `RESTING` numbers."""
ADD: Final = START + RESTING
PULL_REST: Final = ADD + COUNT
"""Sizes added, and pulled after a rest: one number per zone each."""
TOWARD: Final = PULL_REST + COUNT
AWAY: Final = TOWARD + 1
"""Sizes re-priced towards the reference and away from it."""
ZONE_NUMBERS: Final = AWAY + 1

FLOWS: Final = ZONE_NUMBERS - ADD
"""Numbers about flow, from ADD to AWAY."""

# Positions in a row of `ZONE_COLUMNS`: the best prices of both sides, whether the book was complete, the columns of the bids,
# then those of the asks.
START_COMPLETE: Final = 2
SIDES_FROM: Final = 3
SIDE_COLUMNS: Final = len(PER_SIDE)
END_FROM: Final = RESTING
FLOWS_FROM: Final = 2 * RESTING
BEST_TICKS: Final = SIDE_COLUMNS - 1
"""Within a side's columns: what rested at the end, the flows, and the distance of the best price at the end."""

ONE, WORD_BITS = np.uint64(1), np.uint64(6)


def zone_rows(sides: int, *, tick: int) -> Array:
    """Rows of `State.zones` for so many new sides; `tick` in 1e-9 index points."""
    rows = np.zeros((sides, ZONE_NUMBERS), np.int64)
    rows[:, TICK] = tick
    return rows


@njit(forceinline=True)
def _below(reference: Int, key: Int) -> Int:
    """How far a key lies below that of the reference, 0 above it; exact for any two keys. [1e-9 index points]."""
    return np.uint64(reference) - np.uint64(key) if key < reference else np.uint64(0)


@njit(forceinline=True)
def _zone(own: Array, key: Int) -> Int:
    """Number of the zone of a key: 0 AT … 3 FAR; COUNT beyond."""
    distance, tick = _below(own[REFERENCE], key), np.uint64(own[TICK])
    return (
        np.int64(distance >= np.uint64(NEAR_FROM) * tick)
        + np.int64(distance >= np.uint64(MID_FROM) * tick)
        + np.int64(distance >= np.uint64(FAR_FROM) * tick)
        + np.int64(distance >= np.uint64(BEYOND_FROM) * tick)
    )


@njit(nogil=True)
def _note(zones: Array, b: int, sums: int, step: int, key: int, size: int) -> None:
    """Add size to one of the sums, which lie `step` apart by the zone of the key; beyond the zones to none."""
    own = zones[b]
    if own[KNOWN] != 0:
        zone = _zone(own, key)
        if zone < COUNT:
            own[sums + step * zone] += size


@njit(forceinline=True)
def added(state: State, b: Int, key: Int, size: Int) -> None:
    """Size came to rest at a key of side b."""
    if len(state.zones) != 0:
        _note(state.zones, b, ADD, 1, key, size)


@njit(forceinline=True)
def pulled(state: State, b: Int, key: Int, size: Int, rested: Int) -> None:
    """Size was pulled that stood at a key of side b; counted if it had rested."""
    if len(state.zones) != 0 and rested:
        _note(state.zones, b, PULL_REST, 1, key, size)


@njit(forceinline=True)
def repriced(state: State, b: Int, key: Int, size: Int, toward: Int) -> None:
    """An order that stood at a key of side b got another price; counted by its new size."""
    if len(state.zones) != 0:
        _note(state.zones, b, TOWARD if toward else AWAY, 0, key, size)


@njit(forceinline=True)
def _rest(own: Array, key: Int, size: Int, into: Array, at: Int) -> bool:
    """Add a level to the sums of its zone; false if it lies beyond the zones."""
    zone = _zone(own, key)
    if zone == COUNT:
        return False
    into[at + zone] += size
    into[at + COUNT] += size * np.int64(_below(own[REFERENCE], key) // np.uint64(own[TICK]))
    return True


@njit(nogil=True)
def _sum_levels(state: State, b: int, own: Array, into: Array, at: int) -> None:
    """Sizes by zone and size times distance of a side's levels, from the best price to the last zone."""
    for j in range(at, at + COUNT + 1):
        into[j] = 0
    side, slab = state.sides[b], state.slabs[b]
    filled, inside = side.filled, True
    while filled != 0 and inside:
        word = highest_bit(filled)
        bits = state.words[(np.uint64(side.start) >> WORD_BITS) + word]
        while bits != 0 and inside:
            bit = highest_bit(bits)
            rung = (word << WORD_BITS) + bit
            key = side.base + np.int64(rung) * side.tick
            inside = _rest(own, key, state.rungs[np.uint64(side.start) + rung].size, into, at)
            bits ^= ONE << bit
        filled ^= ONE << word
    for j in range(slab.start + slab.count - 1, slab.start - 1, -1):
        if not _rest(own, state.levels[j].key, state.levels[j].size, into, at):
            break


@njit(nogil=True)
def open_zones(state: State, i: int, start: int) -> None:
    """A window of instrument i starts: find the reference, measure what rests, set the sums to 0."""
    bids, asks, book = state.sides[2 * i], state.sides[2 * i + 1], state.books[i]
    ask = ~asks.best
    ok = (
        book.expiration > start and book.seen != 0 and book.suspect == 0 and bids.count > 0 and asks.count > 0 and bids.best < ask
    )
    # Half of each and what both halves drop: the sum itself could overflow.
    floor = (bids.best >> 1) + (ask >> 1) + (bids.best & ask & 1)
    half = (bids.best ^ ask) & 1
    for is_ask in range(2):
        own = state.zones[2 * i + is_ask]
        own[KNOWN] = ok
        own[COMPLETE] = book.complete
        own[START:] = 0
        if ok:
            # floor((price - mid)/tick) is the same for the next whole number: ticks are whole, and so are prices.
            own[REFERENCE] = ~(floor + half) if is_ask else floor
            own[BEST] = ask if is_ask else bids.best
            _sum_levels(state, 2 * i + is_ask, own, own, START)


@njit(nogil=True)
def write_zones(state: State, columns: Array, i: int, at: int) -> None:
    """Write the row of instrument i at its window's end into position `at` of the columns."""
    if state.zones[2 * i, KNOWN] == 0:
        for c in range(columns.shape[0]):
            columns[c, at] = MISSING
        return
    columns[START_COMPLETE, at] = state.zones[2 * i, COMPLETE]
    end = np.empty(RESTING, np.int64)
    for is_ask in range(2):
        side, own = state.sides[2 * i + is_ask], state.zones[2 * i + is_ask]
        first = SIDES_FROM + is_ask * SIDE_COLUMNS
        columns[is_ask, at] = own[BEST]
        _sum_levels(state, 2 * i + is_ask, own, end, 0)
        for c in range(RESTING):
            columns[first + c, at] = own[START + c]
            columns[first + END_FROM + c, at] = end[c]
        for c in range(FLOWS):
            columns[first + FLOWS_FROM + c, at] = own[ADD + c]
        best = np.int64(MISSING)
        if side.count > 0:
            best = np.int64(_below(own[REFERENCE], side.best) // np.uint64(own[TICK]))
        columns[first + BEST_TICKS, at] = best
