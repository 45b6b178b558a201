"""What happens in the options at steps that are fixed before the day begins; compiled.

Instruments are cleared, pre-open orders cross the book, user-defined spreads trade, and trades straddle the end of a window.
The plan is made by `feed`; both loops carry it out.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from gex_assets.sample.options.customers import Customers, rest
from gex_assets.sample.options.fair import Fair, fair_value
from gex_assets.sample.options.orders import NOW, VENUE_GRID, Books, best, clear, cross, free_place, tick
from gex_assets.sample.options.quotes import Quoting, follow, is_quoted
from gex_assets.sample.tape import (
    ADD,
    ASK,
    BID,
    CANCEL,
    FILL,
    MODIFY,
    NO_PRICE,
    TRADE,
    Tape,
    any_integer,
    begin_event,
    chance,
    end_event,
    exponential,
    new_order_id,
    new_packet,
    other_side,
    record,
)

__all__ = ["Plan", "planned_clears", "planned_crossings", "planned_spreads", "planned_straddles"]

CLEARED, CROSSED, SPREADS, STRADDLES = (any_integer(kind) for kind in range(4))
"""Elements of `Plan.done`."""

STEP, INSTRUMENT, SIDE = range(3)
"""Columns of `Plan.clears`, `crossed` and `straddles`."""

SPREAD, AGGRESSOR, SIZE = range(1, 4)
"""Columns of `Plan.spreads` after the first, which is the step too."""

CROSSED_SIZE: Final = any_integer(12)
CROSSED_STEPS: Final = 30_000
"""Steps after which an order that crossed the book before the open is withdrawn."""

STRADDLE_SIZE: Final = any_integer(6)
STRADDLE_NS: Final = 3_000
"""Time from a straddling trade to the end of the window."""

SPREAD_PACKET_NS: Final = any_integer(9_000)


class Plan(NamedTuple):
    """What happens when; the rows of each kind are sorted by step.

    Attributes
    ----------
    clears : (n, 2) step, instrument.
    crossed : (n, 3) step, instrument, side of a customer's order beyond the other side's best.
    spreads : (n, 4) step, spread, aggressor, size [contracts] of a trade.
    straddles : (n, 2) step, instrument of a trade whose reductions are received in the next window.
    legs, ratios : (spreads, 4) instruments of a spread (-1 none), and what a buyer buys (+) or sells (-) of each.
    done : (4,) rows of each kind that have been carried out.
    """

    clears: NDArray[np.int64]
    crossed: NDArray[np.int64]
    spreads: NDArray[np.int64]
    straddles: NDArray[np.int64]
    legs: NDArray[np.int64]
    ratios: NDArray[np.int64]
    done: NDArray[np.int64]


@njit()
def _next_due(rows: NDArray[np.int64], done: NDArray[np.int64], kind: int, step: int) -> int:
    """Row that is due at a step, and count it as done; -1 where none is."""
    n = done[kind]
    if n == rows.shape[0] or rows[n, STEP] > step:
        return -1
    done[kind] = n + 1
    return int(n)


@njit()
def planned_clears(tape: Tape, book: Books, quoting: Quoting, fair: Fair, plan: Plan, knot: int, x: float, step: int) -> None:
    """Clear instruments, and quote them again."""
    n = _next_due(plan.clears, plan.done, CLEARED, step)
    while n >= 0:
        i = plan.clears[n, INSTRUMENT]
        value = fair_value(fair, knot, x, i)
        if quoting.starts[i] <= step < quoting.expires[i] and not np.isnan(value):
            clear(tape, book, i)
            follow(tape, book, quoting, i, value, step, 300_000.0)
        n = _next_due(plan.clears, plan.done, CLEARED, step)


@njit()
def planned_crossings(tape: Tape, book: Books, waiting: Customers, plan: Plan, step: int, is_pre_open: bool) -> None:  # noqa: FBT001
    """Add customers' orders beyond the other side's best, which only the pre-open allows."""
    n = _next_due(plan.crossed, plan.done, CROSSED, step)
    while n >= 0:
        i, side = plan.crossed[n, INSTRUMENT], plan.crossed[n, SIDE]
        top = best(book, i, other_side(side))
        if is_pre_open and top != NO_PRICE and free_place(book, i, side) >= 0:
            beyond = 3 * tick(top, VENUE_GRID)
            price = top + beyond if side == BID else max(top - beyond, 1)
            rest(tape, book, waiting, i, side, price, CROSSED_SIZE, step + CROSSED_STEPS)
        n = _next_due(plan.crossed, plan.done, CROSSED, step)


@njit()
def planned_spreads(tape: Tape, book: Books, fair: Fair, plan: Plan, knot: int, x: float, step: int) -> None:
    """Trade user-defined spreads."""
    n = _next_due(plan.spreads, plan.done, SPREADS, step)
    while n >= 0:
        spread, value = plan.spreads[n, SPREAD], 0.0
        for k in range(plan.legs.shape[1]):
            leg = plan.legs[spread, k]
            if leg >= 0:
                value += plan.ratios[spread, k] * fair_value(fair, knot, x, leg)
        if not np.isnan(value):
            _trade_spread(tape, book, spread, plan.spreads[n, AGGRESSOR], plan.spreads[n, SIZE], value)
        n = _next_due(plan.spreads, plan.done, SPREADS, step)


@njit()
def planned_straddles(tape: Tape, book: Books, quoting: Quoting, plan: Plan, step: int, end_ns: int) -> None:
    """Trade just before a window's end `end_ns`, so that the reductions are received in the next window."""
    n = _next_due(plan.straddles, plan.done, STRADDLES, step)
    while n >= 0:
        i = plan.straddles[n, INSTRUMENT]
        if is_quoted(quoting, i, step):
            cross(tape, book, i, BID if chance(tape.dice, 0.5) else ASK, STRADDLE_SIZE, end_ns - STRADDLE_NS)
        n = _next_due(plan.straddles, plan.done, STRADDLES, step)


@njit()
def _begin(tape: Tape, book: Books, mean_gap: float) -> None:
    """Start an event of a spread; its makers' haste is not that of the outrights."""
    book.state[NOW] += int(exponential(tape.dice, mean_gap))
    begin_event(tape, book.state[NOW])


@njit()
def _trade_spread(tape: Tape, book: Books, spread: int, aggressor: int, size: int, value: float) -> None:
    """Answer a request for a spread: two makers quote around `value`, the customer takes one quote, what is left is cancelled."""
    instrument = book.order_id.shape[0] + spread
    prices = (int(np.floor(value)) - 2, int(np.ceil(value)) + 2)
    orders = np.zeros(2, np.int64)
    sizes = np.zeros(2, np.int64)
    for side in range(2):
        _begin(tape, book, 3.0e6)
        orders[side], sizes[side] = new_order_id(tape), size + int(exponential(tape.dice, 20.0))
        record(tape, instrument, ADD, side, orders[side], prices[side], sizes[side])
        end_event(tape)
    resting = other_side(aggressor)
    order, price = orders[resting], prices[resting]
    _begin(tape, book, 5.0e6)
    record(tape, instrument, TRADE, aggressor, new_order_id(tape), price, size)
    record(tape, instrument, FILL, resting, order, price, size)
    new_packet(tape, SPREAD_PACKET_NS)
    sizes[resting] -= size
    if sizes[resting] > 0:
        record(tape, instrument, MODIFY, resting, order, price, sizes[resting])
    else:
        record(tape, instrument, CANCEL, resting, order, price, size)
    end_event(tape)
    for side in range(2):
        if sizes[side] > 0:
            _begin(tape, book, 3.0e6)
            record(tape, instrument, CANCEL, side, orders[side], prices[side], sizes[side])
            end_event(tape)
