"""The options' day, step by step, with a budget of records for every expiration; compiled.

Makers follow the price as far as their series' budget reaches; what is left of it goes to quotes that are refreshed without a
move of the price, as nearly all of a real day's messages are. The pieces are those of `option_phases`; how budgets come about is
said in `traffic`.
"""

from __future__ import annotations

import sys
from typing import Any, Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from gex_assets.kernels.numba_tools.compiled_unit import fingerprint
from gex_assets.kernels.numba_tools.memory import unowned
from gex_assets.sample import tape as tape_module
from gex_assets.sample.options import orders as option_orders
from gex_assets.sample.options import phases as option_phases
from gex_assets.sample.options import quotes as option_quotes
from gex_assets.sample.options.orders import (
    MAKERS,
    NOW,
    PLACES,
    Books,
    auction,
    best,
    cancel,
    cross,
    place,
    reprice,
    resize,
    tick,
)
from gex_assets.sample.options.phases import (
    CLOSED,
    OPEN,
    PRE_OPEN,
    QUIET_STRIDE,
    Course,
    Customers,
    Fair,
    Flow,
    Plan,
    close,
    fair_value,
    leave,
    planned_clears,
    planned_crossings,
    planned_spreads,
    planned_straddles,
    quote_before_open,
)
from gex_assets.sample.options.quotes import Quoting, follow, quote_size
from gex_assets.sample.tape import ASK, BID, COUNT, NO_PRICE, Tape, chance, exponential, lognormal, pick, uniform

__all__ = ["MOST_DUE", "MOST_OF_AN_INSTRUMENT", "Traffic", "run_budgeted"]

MOST_DUE: Final = 20_000
"""Refreshed quotes in one step; what is due beyond that comes in the next ones."""

MOST_OF_AN_INSTRUMENT: Final = 240
"""Records that closing or opening a book and following the price can take in one step, at most."""

BORROWED_STEPS: Final = 20
"""Following the price may spend the budget of so many steps to come; refreshing waits for it."""

FLEEING_SHARE: Final = 0.85
STEP_ROOM_NS: Final = 225_000_000


class Traffic(NamedTuple):
    """The budget, and who spends it.

    `progress`: share of the day's records that is due by a step's end; `goal`: live records of each series in the whole day;
    `written`: so far; `series`: of each instrument; `first`, `length`: the series' instruments, which lie together; `keep`,
    `other`: Walker's alias table of the instruments of a series by how much they are quoted; `trades`: of customers, as a share
    of the records; `drain`: records after which the tape is drained.
    """

    progress: NDArray[np.float64]
    goal: NDArray[np.float64]
    written: NDArray[np.int64]
    series: NDArray[np.int64]
    first: NDArray[np.int64]
    length: NDArray[np.int64]
    keep: NDArray[np.float64]
    other: NDArray[np.int64]
    trades: float
    drain: int


@njit()
def _chosen(tape: Tape, traffic: Traffic, s: int) -> int:
    """An instrument of a series, by Walker's method (ACM TOMS 3 (1977) 253): the time is the same for any number of them."""
    thrown = uniform(tape.dice) * traffic.length[s]
    k = int(thrown)
    i = int(traffic.first[s] + k)
    return i if thrown - k < traffic.keep[i] else int(traffic.other[i])


@njit()
def _customer(tape: Tape, book: Books, i: int, side: int) -> None:
    """A customer's order comes, or one that rests goes."""
    place_ = MAKERS + int(uniform(tape.dice) * (PLACES - MAKERS))
    if book.order_id[i, side, place_] != 0:
        cancel(tape, book, i, side, place_, 0.0)
        return
    top = best(book, i, side)
    if top == NO_PRICE or not chance(tape.dice, 0.4):
        return
    inward = tick(top, 0) if side == BID else -tick(top, 0)
    whim = uniform(tape.dice)
    price = top
    if whim < 0.03:
        other = best(book, i, ASK if side == BID else BID)
        if other != NO_PRICE and abs(other - top) > 2 * abs(inward):
            price = top + inward
    elif whim > 0.4:
        price = top - inward * (1 + int(exponential(tape.dice, 3.0)))
    if price >= 1:
        place(tape, book, i, side, place_, price, max(1, min(200, int(lognormal(tape.dice, 3.0, 1.1)))), 0.0)


@njit()
def _refresh(tape: Tape, book: Books, quoting: Quoting, i: int) -> None:
    """Something that happens without a move of the price: a maker enters a quote anew, changes it, pauses or returns."""
    side = BID if chance(tape.dice, 0.5) else ASK
    if not quoting.sides[i] & (1 << side):
        side = ASK if side == BID else BID
    whim = uniform(tape.dice)
    if whim < 0.3:
        _customer(tape, book, i, side)
        return
    if book.order_id[i, side, 0] == 0:
        return
    maker = int(uniform(tape.dice) * quoting.makers[i])
    lead = book.price[i, side, 0]
    size = quote_size(tape, quoting, i, maker)
    if maker == 0:
        if whim < 0.64:
            resize(tape, book, i, side, 0, size, 0.0)
        else:
            reprice(tape, book, i, side, 0, lead, size, True, 0.0)  # noqa: FBT003
        return
    away = quoting.offset[i, maker] * tick(lead, quoting.grid[i])
    behind = lead - away if side == BID else lead + away
    if behind < 1:
        return
    if book.order_id[i, side, maker] == 0:
        place(tape, book, i, side, maker, behind, size, 0.0)
    elif whim < 0.65:
        cancel(tape, book, i, side, maker, 0.0)
    elif whim < 0.8 or book.price[i, side, maker] == behind:
        resize(tape, book, i, side, maker, size, 0.0)
    else:
        reprice(tape, book, i, side, maker, behind, size, quoting.replaces[i, maker], 0.0)


@njit()
def _flee(tape: Tape, book: Books, i: int) -> None:
    """Most customers whose orders are left better than the leader's quote withdraw them."""
    low, high = book.calm[i, 0], book.calm[i, 1]
    for side in range(2):
        lead = book.price[i, side, 0]
        if book.order_id[i, side, 0] == 0:
            continue
        for place_ in range(MAKERS, PLACES):
            price = book.price[i, side, place_]
            is_left = price > lead if side == BID else price < lead
            if book.order_id[i, side, place_] != 0 and is_left and chance(tape.dice, FLEEING_SHARE):
                cancel(tape, book, i, side, place_, 20_000.0)
    book.calm[i, 0], book.calm[i, 1] = low, high


@njit()
def _follow_all(
    tape: Tape,
    book: Books,
    waiting: Customers,
    quoting: Quoting,
    fair: Fair,
    traffic: Traffic,
    step: int,
    knot: int,
    x: float,
    room: NDArray[np.float64],
) -> None:
    """Every quote that the price has left behind moves, as long as its series has room."""
    count = book.order_id.shape[0]
    offset = int(uniform(tape.dice) * count)
    for k in range(count):
        i = k + offset if k + offset < count else k + offset - count
        if step >= quoting.expires[i]:
            if step == quoting.expires[i]:
                close(tape, book, waiting, 0.7, i)
            continue
        s = traffic.series[i]
        if room[s] <= 0.0:
            continue
        value = fair_value(fair, knot, x, i)
        if book.calm[i, 0] <= value < book.calm[i, 1] or quoting.sides[i] == 0:
            continue
        if quoting.starts[i] <= step < quoting.stale_from[i] and not np.isnan(value):
            before = tape.clock[COUNT]
            follow(tape, book, quoting, i, value, step, 60_000.0)
            if tape.clock[COUNT] > before:
                _flee(tape, book, i)
            room[s] -= tape.clock[COUNT] - before
            traffic.written[s] += tape.clock[COUNT] - before


@njit()
def _refresh_all(
    tape: Tape, book: Books, quoting: Quoting, traffic: Traffic, step: int, end_ns: int, room: NDArray[np.float64]
) -> None:
    """Quotes are refreshed until no series has room, spread over the time that is left."""
    due = 0.0
    for s in range(room.size):
        room[s] = max(traffic.goal[s] * traffic.progress[step] - traffic.written[s], 0.0)
        due += room[s]
    most = min(int(due), MOST_DUE)
    gap = max(end_ns - book.state[NOW], 0) / (most + 1)
    begun, tries = tape.clock[COUNT], 0
    while tape.clock[COUNT] - begun < most and tries < 4 * most + 40:
        tries += 1
        thrown, s = uniform(tape.dice) * due, 0
        while s < room.size - 1 and thrown >= room[s]:
            thrown -= room[s]
            s += 1
        i = _chosen(tape, traffic, s)
        if quoting.starts[i] <= step < min(quoting.stale_from[i], quoting.expires[i]) and quoting.sides[i] != 0:
            before, moment = tape.clock[COUNT], book.state[NOW]
            book.state[NOW] += int(exponential(tape.dice, gap))
            _refresh(tape, book, quoting, i)
            if tape.clock[COUNT] == before:
                book.state[NOW] = moment
            traffic.written[s] += tape.clock[COUNT] - before


@njit()
def _trade(tape: Tape, book: Books, quoting: Quoting, flow: Flow, traffic: Traffic, step: int, due: float) -> None:
    expected = due * traffic.trades
    for _ in range(int(expected) + (1 if chance(tape.dice, expected - int(expected)) else 0)):
        i = pick(tape.dice, flow.trades)
        if quoting.starts[i] <= step < min(quoting.stale_from[i], quoting.expires[i]):
            size = max(1, min(250, int(lognormal(tape.dice, 5.0, 1.3)))) if chance(tape.dice, 0.85) else 1_000
            before = tape.clock[COUNT]
            cross(tape, book, i, BID if chance(tape.dice, flow.buys[i]) else ASK, size, 0)
            traffic.written[traffic.series[i]] += tape.clock[COUNT] - before


@njit()
def _steps(
    tape: Tape,
    book: Books,
    waiting: Customers,
    quoting: Quoting,
    course: Course,
    fair: Fair,
    flow: Flow,
    plan: Plan,
    traffic: Traffic,
    first: int,
    stop: int,
) -> int:
    count = book.order_id.shape[0]
    room = np.zeros(traffic.goal.size)
    for step in range(first, stop):
        if tape.clock[COUNT] >= traffic.drain:
            return step
        start = course.start_ns + step * course.step_ns
        book.state[NOW] = start + 400_000 + int(exponential(tape.dice, 2.0e6))
        phase = course.phase[step]
        before = course.phase[step - 1] if step > 0 else phase
        if phase == CLOSED:
            if before == OPEN:
                close(tape, book, waiting, 0.6, -1)
            continue
        knot = (step - fair.first_step) // fair.steps_per_knot
        x = course.price[step] - fair.price[knot]
        is_opening = phase == OPEN and before == PRE_OPEN
        due = 0.0
        ahead = traffic.progress[min(step + BORROWED_STEPS, traffic.progress.size - 1)]
        for s in range(room.size):
            due += max(traffic.goal[s] * traffic.progress[step] - traffic.written[s], 0.0)
            room[s] = np.inf if is_opening else traffic.goal[s] * ahead - traffic.written[s]
        if is_opening:
            for i in range(count):
                auction(tape, book, i)
        if phase == OPEN and (course.is_busy[step] or step % QUIET_STRIDE == 0 or before != OPEN):
            _follow_all(tape, book, waiting, quoting, fair, traffic, step, knot, x, room)
        if phase == PRE_OPEN:
            quote_before_open(tape, book, quoting, fair, knot, x, step)
        planned_crossings(tape, book, waiting, plan, step, phase == PRE_OPEN)
        if step % QUIET_STRIDE == 0:
            leave(tape, book, waiting, quoting, step)
        if phase != OPEN:
            continue
        planned_clears(tape, book, quoting, fair, plan, knot, x, step)
        planned_spreads(tape, book, fair, plan, knot, x, step)
        if is_opening:
            continue
        _trade(tape, book, quoting, flow, traffic, step, due)
        _refresh_all(tape, book, quoting, traffic, step, start + STEP_ROOM_NS, room)
        planned_straddles(tape, book, quoting, plan, step, start + course.step_ns)
    return stop


def _compiled(unit: int) -> Any:
    @njit(cache=True)
    def run_budgeted(
        tape: Tape,
        book: Books,
        waiting: Customers,
        quoting: Quoting,
        course: Course,
        fair: Fair,
        flow: Flow,
        plan: Plan,
        traffic: Traffic,
        first: int,
        stop: int,
    ) -> int:
        """Simulate the steps [first, stop); stop early where the tape is to be drained.

        The tape holds the most that a step can write beyond `drain`: MOST_DUE twice, and MOST_OF_AN_INSTRUMENT of each.

        Returns
        -------
        The first step that was not simulated.
        """
        unit  # noqa: B018
        return int(
            _steps(
                unowned(tape),
                unowned(book),
                unowned(waiting),
                unowned(quoting),
                unowned(course),
                unowned(fair),
                unowned(flow),
                unowned(plan),
                unowned(traffic),
                first,
                stop,
            )
        )

    return run_budgeted


run_budgeted: Final = _compiled(fingerprint(tape_module, option_orders, option_quotes, option_phases, sys.modules[__name__]))
