"""A future's order book: queues by price around a spread of one tick; compiled. The loop decides who adds and cancels."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from gex_assets.sample.tape import ASK, BID

__all__ = [
    "BEST_BID",
    "CROSSING",
    "NOW",
    "ORDER",
    "PRICE",
    "QUEUE",
    "SIZE",
    "Ladder",
    "append",
    "new_ladder",
    "remove",
    "side_of",
]

QUEUE: Final = 24
"""Most orders of one price."""

BEST_BID, NOW, CROSSING = range(3)
"""Elements of `Ladder.state`."""

ORDER, PRICE, SIZE = range(3)
"""Columns of `Ladder.crossing`."""


class Ladder(NamedTuple):
    """Queues by level; level k is the price `lowest` + k ticks.

    Attributes
    ----------
    order_id, size : (levels, QUEUE) order numbers (0 behind the last), sizes. [contracts]
    length : (levels,) orders of each queue.
    crossing : (8, 3) number, price [ticks] and size [contracts] of pre-open bids above the best ask.
    state : (3,) level of the best bid, the time of the engine [UNIX ns], number of `crossing` orders.
    """

    order_id: NDArray[np.int64]
    size: NDArray[np.int64]
    length: NDArray[np.int64]
    crossing: NDArray[np.int64]
    state: NDArray[np.int64]
    lowest: int


def new_ladder(*, price_ticks: float, prices: int = 16384) -> Ladder:
    """Make an empty ladder around a price [ticks]."""
    best_bid = int(np.floor(price_ticks))
    state = np.zeros(3, np.int64)
    lowest = best_bid - prices // 2
    state[BEST_BID] = best_bid - lowest
    return Ladder(
        order_id=np.zeros((prices, QUEUE), np.int64),
        size=np.zeros((prices, QUEUE), np.int64),
        length=np.zeros(prices, np.int64),
        crossing=np.zeros((8, 3), np.int64),
        state=state,
        lowest=lowest,
    )


@njit()
def side_of(ladder: Ladder, level: int) -> int:
    """Side of a level: bids up to the best bid, asks above it."""
    return BID if level <= ladder.state[BEST_BID] else ASK


@njit()
def remove(ladder: Ladder, level: int, k: int) -> None:
    """Remove the order at position k of a level's queue."""
    last = ladder.length[level] - 1
    for j in range(k, last):
        ladder.order_id[level, j] = ladder.order_id[level, j + 1]
        ladder.size[level, j] = ladder.size[level, j + 1]
    ladder.order_id[level, last] = 0
    ladder.length[level] = last


@njit()
def append(ladder: Ladder, level: int, order: int, size: int) -> bool:
    """Add an order at the end of a level's queue; False where the queue is full."""
    n = ladder.length[level]
    if n == QUEUE:
        return False
    ladder.order_id[level, n] = order
    ladder.size[level, n] = size
    ladder.length[level] = n + 1
    return True
