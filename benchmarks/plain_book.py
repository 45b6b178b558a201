"""A frozen yardstick: the plainest compiled book that follows adds, modifications and cancels. It is not fit for real data.

It has one table of orders and one array of sizes by instrument, side and tick. The best tick is sought again where it empties. It
does the kind of work that the kernel does: hashing, scattered memory, branches that cannot be predicted. So another processor, or
a busy neighbour, changes both alike. It must not become faster or slower: recorded ratios depend on it.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = ["PLACES", "TICKS", "follow"]

PLACES: Final = 1 << 16
"""Room for orders; twice what rests at most."""

TICKS: Final = 256
"""Prices are ticks below this."""

ADD, CANCEL, BID = ord("A"), ord("C"), ord("B")
GOLDEN: Final = np.uint64(0x9E3779B97F4A7C15)
SHIFT: Final = np.uint64(64 - 16)


@njit(nogil=True)
def follow(  # noqa: PLR0917 - compiled loops take no keywords
    instrument: NDArray[np.int64],
    order_id: NDArray[np.uint64],
    action: NDArray[np.uint8],
    side: NDArray[np.uint8],
    tick: NDArray[np.int64],
    size: NDArray[np.int64],
    keys: NDArray[np.uint64],
    held: NDArray[np.int64],
    levels: NDArray[np.int64],
    best: NDArray[np.int64],
) -> int:
    """Follow (n,) records with empty books; how often a best price changed.

    `keys` (PLACES,), `held` (PLACES, 2): tick and size of an order; `levels` (2 × instruments, TICKS); `best` (2 × instruments,).
    """
    keys[:], levels[:], best[:] = 0, 0, -1
    mask, changes = PLACES - 1, 0
    for r in range(len(order_id)):
        key = order_id[r]
        book = 2 * instrument[r] + (side[r] != BID)
        at = np.int64((key * GOLDEN) >> SHIFT)
        while keys[at] != key and keys[at] != 0:
            at = (at + 1) & mask
        before = best[book]
        if keys[at] == key:
            levels[book, held[at, 0]] -= held[at, 1]
        if action[r] != CANCEL:
            keys[at] = key
            held[at, 0] = tick[r]
            held[at, 1] = size[r]
            levels[book, tick[r]] += size[r]
            if before < 0 or (tick[r] > before if side[r] == BID else tick[r] < before):
                best[book] = tick[r]
        elif keys[at] == key:
            probe = (at + 1) & mask
            while keys[probe] != 0:
                home = np.int64((keys[probe] * GOLDEN) >> SHIFT)
                if ((probe - home) & mask) >= ((probe - at) & mask):
                    keys[at], held[at, 0], held[at, 1] = keys[probe], held[probe, 0], held[probe, 1]
                    at = probe
                probe = (probe + 1) & mask
            keys[at] = 0
        now = best[book]
        if now >= 0 and levels[book, now] == 0:
            step = -1 if side[r] == BID else 1
            while 0 <= now < TICKS and levels[book, now] == 0:
                now += step
            best[book] = now if 0 <= now < TICKS else -1
        changes += best[book] != before
    return changes
