"""The options' customers: which instruments they choose, orders that rest for a while, and trades; compiled.

Both loops use these pieces. How often customers come is decided by the loops; the weights are made by `makers.flow`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from gex_assets.sample.options.orders import (
    IN_TURN,
    VENUE_GRID,
    Books,
    best,
    cancel,
    cross,
    free_place,
    place,
    tick,
)
from gex_assets.sample.options.quotes import Quoting, is_quoted
from gex_assets.sample.tape import ASK, BID, NO_PRICE, Tape, chance, exponential, lognormal, other_side, pick, uniform

__all__ = ["Customers", "Flow", "customers", "leave", "order_price", "order_size", "rest", "trade"]


class Flow(NamedTuple):
    """How often customers and makers act, and where.

    Attributes
    ----------
    noise, trades : (instruments,) running sums of the weights of instruments.
    buys : (instruments,) chance that a customer buys.
    noise_rate, trade_rate : (2,) events per step, quiet and busy; unused with a budget of records.
    """

    noise: NDArray[np.float64]
    trades: NDArray[np.float64]
    buys: NDArray[np.float64]
    noise_rate: NDArray[np.float64]
    trade_rate: NDArray[np.float64]


class Customers(NamedTuple):
    """Customers' orders that will be withdrawn; the first `length[0]` entries count.

    Attributes
    ----------
    instrument, side, place : where the order rests.
    order_id : its number, to see whether it still rests there.
    until : the step at which it is withdrawn.
    """

    instrument: NDArray[np.int64]
    side: NDArray[np.int64]
    place: NDArray[np.int64]
    order_id: NDArray[np.int64]
    until: NDArray[np.int64]
    length: NDArray[np.int64]


def customers(capacity: int = 4096) -> Customers:
    """Make an empty list."""
    instrument, side, place_, order_id, until = (np.zeros(capacity, np.int64) for _ in range(5))
    return Customers(instrument, side, place_, order_id, until, np.zeros(1, np.int64))


@njit()
def order_price(tape: Tape, book: Books, i: int, side: int, top: int) -> int:
    """Price of a customer's order, given the best one of its side: seldom better, often the same, else worse [ticks]."""
    inward = tick(top, VENUE_GRID) if side == BID else -tick(top, VENUE_GRID)
    whim = uniform(tape.dice)
    if whim < 0.03:
        other = best(book, i, other_side(side))
        return top + inward if other != NO_PRICE and abs(other - top) > 2 * abs(inward) else top
    return top - inward * (1 + int(exponential(tape.dice, 3.0))) if whim > 0.4 else top


@njit()
def order_size(tape: Tape) -> int:
    """Size of a customer's order: lognormal around 3, from 1 to 200 [contracts]."""
    return max(1, min(200, int(lognormal(tape.dice, 3.0, 1.1))))


@njit()
def rest(tape: Tape, book: Books, waiting: Customers, i: int, side: int, price: int, size: int, until: int) -> None:
    """Add a customer's order that is withdrawn at the step `until`; nothing where the book or the list is full."""
    place_ = free_place(book, i, side)
    n = waiting.length[0]
    if place_ < 0 or n == waiting.until.size or price < 1:
        return
    place(tape, book, i, side, place_, price, size, 100_000.0)
    waiting.instrument[n], waiting.side[n], waiting.place[n] = i, side, place_
    waiting.order_id[n] = book.order_id[i, side, place_]
    waiting.until[n] = until
    waiting.length[0] = n + 1


@njit()
def leave(tape: Tape, book: Books, waiting: Customers, quoting: Quoting, step: int) -> None:
    """Withdraw the customers' orders whose time has come, and forget those that rest no more."""
    k = 0
    while k < waiting.length[0]:
        i, side, place_ = waiting.instrument[k], waiting.side[k], waiting.place[k]
        is_there = book.order_id[i, side, place_] == waiting.order_id[k] and step < quoting.expires[i]
        if is_there and waiting.until[k] > step:
            k += 1
            continue
        if is_there:
            cancel(tape, book, i, side, place_, 100_000.0)
        last = waiting.length[0] - 1
        waiting.instrument[k], waiting.side[k], waiting.place[k] = (
            waiting.instrument[last],
            waiting.side[last],
            waiting.place[last],
        )
        waiting.order_id[k] = waiting.order_id[last]
        waiting.until[k] = waiting.until[last]
        waiting.length[0] = last


@njit()
def trade(tape: Tape, book: Books, quoting: Quoting, flow: Flow, step: int) -> int:
    """Let one customer trade in an instrument chosen by the weights; nothing where it is not quoted.

    Returns
    -------
    The instrument.
    """
    i = pick(tape.dice, flow.trades)
    if is_quoted(quoting, i, step):
        size = max(1, min(250, int(lognormal(tape.dice, 5.0, 1.3)))) if chance(tape.dice, 0.85) else 1_000
        cross(tape, book, i, BID if chance(tape.dice, flow.buys[i]) else ASK, size, IN_TURN)
    return i
