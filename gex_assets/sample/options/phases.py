"""What the options' venue and its people do at any time of the day, piece by piece: open, close, clear, rest, leave; compiled.

The loops over a day's steps put the pieces together: `option_market` with fixed rates, `option_traffic` with a budget of records.
What the prices, the intensities and the plans are is decided by their callers; nothing here knows a calendar.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from gex_assets.sample.options.orders import MAKERS, NOW, PLACES, Books, best, cancel, clear, cross, free_place, place, tick
from gex_assets.sample.options.quotes import Quoting, follow
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
    begin_event,
    chance,
    end_event,
    exponential,
    new_order_id,
    new_packet,
    record,
    uniform,
)

__all__ = [
    "CLOSED",
    "OPEN",
    "PRE_OPEN",
    "QUIET_STRIDE",
    "Course",
    "Customers",
    "Fair",
    "Flow",
    "Plan",
    "close",
    "customers",
    "fair_value",
    "leave",
    "planned_clears",
    "planned_crossings",
    "planned_spreads",
    "planned_straddles",
    "quote_before_open",
    "rest",
]

CLOSED: Final = 0
PRE_OPEN: Final = 1
OPEN: Final = 2
QUIET_STRIDE: Final = 4
"""Outside of the busy stretch the price jumps once in four steps."""

RESETS, CROSSED, SPREADS, STRADDLES = range(4)


class Course(NamedTuple):
    """What a day brings, step by step: front future's price, phase, whether it is busy; when it starts."""

    price: NDArray[np.float64]
    phase: NDArray[np.int8]
    is_busy: NDArray[np.bool_]
    start_ns: int
    step_ns: int


class Fair(NamedTuple):
    """Fair prices of a stretch in ticks, a + b x + c x² with x the front price less `price` of the stretch's part (knot)."""

    a: NDArray[np.float64]
    b: NDArray[np.float64]
    c: NDArray[np.float64]
    price: NDArray[np.float64]
    first_step: int
    steps_per_knot: int


class Flow(NamedTuple):
    """Who comes how often: running sums of weights by instrument, chance that a customer buys, rates per step (quiet, busy)."""

    noise: NDArray[np.float64]
    trades: NDArray[np.float64]
    buys: NDArray[np.float64]
    noise_rate: NDArray[np.float64]
    trade_rate: NDArray[np.float64]


class Plan(NamedTuple):
    """What happens at fixed steps, each sorted by step: clears, crossed pre-open orders, spread trades, trades across a window.

    `legs`, `ratios`: by spread, instrument (-1 none) and signed ratio of a buyer. `done`: how many of each have been.
    """

    resets: NDArray[np.int64]
    crossed: NDArray[np.int64]
    spreads: NDArray[np.int64]
    straddles: NDArray[np.int64]
    legs: NDArray[np.int64]
    ratios: NDArray[np.int64]
    done: NDArray[np.int64]


class Customers(NamedTuple):
    """Customers' orders that will be withdrawn: where they rest, their number, the step they go at."""

    where: NDArray[np.int64]
    order_id: NDArray[np.int64]
    until: NDArray[np.int64]
    length: NDArray[np.int64]


def customers(capacity: int = 4096) -> Customers:
    """Make an empty list."""
    return Customers(
        where=np.zeros((capacity, 3), np.int64),
        order_id=np.zeros(capacity, np.int64),
        until=np.zeros(capacity, np.int64),
        length=np.zeros(1, np.int64),
    )


@njit(forceinline=True)
def fair_value(fair: Fair, knot: int, x: float, i: int) -> float:
    """Fair price of an instrument `x` from the knot's price [ticks]."""
    return float(fair.a[knot, i] + x * (fair.b[knot, i] + x * fair.c[knot, i]))


@njit()
def rest(tape: Tape, book: Books, waiting: Customers, i: int, side: int, price: int, size: int, until: int) -> None:
    """A customer's order comes to rest, to be withdrawn at the step `until`; nothing where there is no room for it."""
    place_ = free_place(book, i, side)
    n = waiting.length[0]
    if place_ < 0 or n == waiting.until.size or price < 1:
        return
    place(tape, book, i, side, place_, price, size, 100_000.0)
    waiting.where[n, 0], waiting.where[n, 1], waiting.where[n, 2] = i, side, place_
    waiting.order_id[n] = book.order_id[i, side, place_]
    waiting.until[n] = until
    waiting.length[0] = n + 1


@njit()
def leave(tape: Tape, book: Books, waiting: Customers, quoting: Quoting, step: int) -> None:
    """Withdraw the customers' orders whose time has come."""
    k = 0
    while k < waiting.length[0]:
        i, side, place_ = waiting.where[k, 0], waiting.where[k, 1], waiting.where[k, 2]
        is_there = book.order_id[i, side, place_] == waiting.order_id[k] and step < quoting.expires[i]
        if is_there and waiting.until[k] > step:
            k += 1
            continue
        if is_there:
            cancel(tape, book, i, side, place_, 100_000.0)
        last = waiting.length[0] - 1
        for column in range(3):
            waiting.where[k, column] = waiting.where[last, column]
        waiting.order_id[k] = waiting.order_id[last]
        waiting.until[k] = waiting.until[last]
        waiting.length[0] = last


@njit()
def _trade_spread(
    tape: Tape, book: Books, plan: Plan, fair: Fair, row: NDArray[np.int64], knot: int, x: float, first: int
) -> None:
    """A request for a spread: two makers answer, the customer takes one of them, what is left goes."""
    spread, aggressor, size = row[1], row[2], row[3]
    value = 0.0
    for k in range(plan.legs.shape[1]):
        leg = plan.legs[spread, k]
        if leg >= 0:
            value += plan.ratios[spread, k] * fair_value(fair, knot, x, leg)
    if np.isnan(value):
        return
    prices = (int(np.floor(value)) - 2, int(np.ceil(value)) + 2)
    orders = np.zeros(2, np.int64)
    sizes = np.zeros(2, np.int64)
    for side in range(2):
        book.state[NOW] += int(exponential(tape.dice, 3.0e6))
        begin_event(tape, book.state[NOW])
        orders[side], sizes[side] = new_order_id(tape), size + int(exponential(tape.dice, 20.0))
        record(tape, first + spread, ADD, side, orders[side], prices[side], sizes[side])
        end_event(tape)
    resting = ASK if aggressor == BID else BID
    book.state[NOW] += int(exponential(tape.dice, 5.0e6))
    begin_event(tape, book.state[NOW])
    record(tape, first + spread, TRADE, aggressor, new_order_id(tape), prices[resting], size)
    record(tape, first + spread, FILL, resting, orders[resting], prices[resting], size)
    new_packet(tape, 9_000)
    rest = sizes[resting] - size
    record(
        tape,
        first + spread,
        MODIFY if rest > 0 else CANCEL,
        resting,
        orders[resting],
        prices[resting],
        rest if rest > 0 else size,
    )
    end_event(tape)
    for side in range(2):
        rest = sizes[side] - size if side == resting else sizes[side]
        if rest > 0:
            book.state[NOW] += int(exponential(tape.dice, 3.0e6))
            begin_event(tape, book.state[NOW])
            record(tape, first + spread, CANCEL, side, orders[side], prices[side], rest)
            end_event(tape)


@njit()
def close(tape: Tape, book: Books, waiting: Customers, share: float, only: int) -> None:
    """Makers leave, and a share of the customers' orders with them; of one instrument (`only`) or of all (-1)."""
    for i in range(book.order_id.shape[0]):
        if only >= 0 and i != only:
            continue
        for side in range(2):
            for place_ in range(PLACES):
                if book.order_id[i, side, place_] != 0 and chance(tape.dice, 1.0 if place_ < MAKERS and only < 0 else share):
                    cancel(tape, book, i, side, place_, 15_000.0)
    if only < 0:
        waiting.length[0] = 0


@njit()
def quote_before_open(tape: Tape, book: Books, quoting: Quoting, fair: Fair, knot: int, x: float, step: int) -> None:
    """A few instruments, wherever nobody quotes yet, get their quotes."""
    count = book.order_id.shape[0]
    for _ in range(max(1, count // 400)):
        i = int(uniform(tape.dice) * count)
        value = fair_value(fair, knot, x, i)
        is_quoted = quoting.starts[i] <= step < min(quoting.stale_from[i], quoting.expires[i]) and quoting.sides[i] > 0
        if is_quoted and book.order_id[i, BID, 0] == 0 and book.order_id[i, ASK, 0] == 0 and not np.isnan(value):
            follow(tape, book, quoting, i, value, step, 400_000.0)


@njit()
def planned_crossings(tape: Tape, book: Books, waiting: Customers, plan: Plan, step: int, is_pre_open: bool) -> None:  # noqa: FBT001
    """Customers' orders beyond the other side's best, while that is allowed."""
    while plan.done[CROSSED] < plan.crossed.shape[0] and plan.crossed[plan.done[CROSSED], 0] <= step:
        i, side = plan.crossed[plan.done[CROSSED], 1], plan.crossed[plan.done[CROSSED], 2]
        plan.done[CROSSED] += 1
        top = best(book, i, ASK if side == BID else BID)
        if is_pre_open and top != NO_PRICE and free_place(book, i, side) >= 0:
            beyond = 3 * tick(top, 0)
            rest(tape, book, waiting, i, side, top + beyond if side == BID else max(top - beyond, 1), 12, step + 30_000)


@njit()
def planned_clears(tape: Tape, book: Books, quoting: Quoting, fair: Fair, plan: Plan, knot: int, x: float, step: int) -> None:
    """Instruments that are cleared, and quoted again."""
    while plan.done[RESETS] < plan.resets.shape[0] and plan.resets[plan.done[RESETS], 0] <= step:
        i = plan.resets[plan.done[RESETS], 1]
        plan.done[RESETS] += 1
        value = fair_value(fair, knot, x, i)
        if quoting.starts[i] <= step < quoting.expires[i] and not np.isnan(value):
            clear(tape, book, i)
            follow(tape, book, quoting, i, value, step, 300_000.0)


@njit()
def planned_spreads(tape: Tape, book: Books, fair: Fair, plan: Plan, knot: int, x: float, step: int) -> None:
    """Trades in user-defined spreads."""
    while plan.done[SPREADS] < plan.spreads.shape[0] and plan.spreads[plan.done[SPREADS], 0] <= step:
        _trade_spread(tape, book, plan, fair, plan.spreads[plan.done[SPREADS]], knot, x, book.order_id.shape[0])
        plan.done[SPREADS] += 1


@njit()
def planned_straddles(tape: Tape, book: Books, quoting: Quoting, plan: Plan, step: int, end_ns: int) -> None:
    """Trades whose reductions are received in the next window: theirs comes just before `end_ns`."""
    while plan.done[STRADDLES] < plan.straddles.shape[0] and plan.straddles[plan.done[STRADDLES], 0] <= step:
        i = plan.straddles[plan.done[STRADDLES], 1]
        plan.done[STRADDLES] += 1
        if quoting.starts[i] <= step < min(quoting.stale_from[i], quoting.expires[i]):
            cross(tape, book, i, BID if chance(tape.dice, 0.5) else ASK, 6, end_ns - 3_000)
