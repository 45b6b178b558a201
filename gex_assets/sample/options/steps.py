"""The part of a step that both loops of the options share: the clock, the pre-open, the auction, orders that leave; compiled.

`rate_loop` and `budget_loop` put a step together from these pieces. They differ in what makes records: rates, or a budget.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from gex_assets.sample.course import CLOSED, OPEN, PRE_OPEN, QUIET_STRIDE, Course
from gex_assets.sample.options.customers import Customers, leave
from gex_assets.sample.options.fair import Fair, fair_value
from gex_assets.sample.options.orders import (
    LEADER,
    MAKERS,
    NO_ORDER,
    NOW,
    PLACES,
    Books,
    auction,
    cancel,
)
from gex_assets.sample.options.plan import Plan, planned_clears, planned_crossings, planned_spreads
from gex_assets.sample.options.quotes import Quoting, follow, is_quoted
from gex_assets.sample.tape import ASK, BID, Tape, chance, exponential, uniform

__all__ = ["Moment", "begin_step", "come_and_go", "expire", "open_auctions", "planned_in_session", "rotated"]


class Moment(NamedTuple):
    """One step.

    Attributes
    ----------
    step, start_ns : its number and beginning. [UNIX ns]
    phase : closed, pre-open or open.
    is_busy : within the stretch of real intensity.
    is_opening : the first step of a session after a pre-open.
    is_moving : the market is open and the price may have moved.
    knot, x : the part of the fair prices, and the front price's distance from that of the part. [index points]
    """

    step: int
    start_ns: int
    phase: int
    is_busy: bool
    is_opening: bool
    is_moving: bool
    knot: int
    x: float


@njit()
def begin_step(tape: Tape, book: Books, waiting: Customers, course: Course, fair: Fair, step: int) -> Moment:
    """Set the engine's time to the step; the first step of a closed market empties the books."""
    start = course.start_ns + step * course.step_ns
    book.state[NOW] = start + 400_000 + int(exponential(tape.dice, 2.0e6))
    phase = int(course.phase[step])
    before = int(course.phase[step - 1]) if step > 0 else phase
    if phase == CLOSED and before == OPEN:
        for i in range(book.order_id.shape[0]):
            _empty(tape, book, i, 1.0, 0.6)
        waiting.length[0] = 0
    is_busy = bool(course.is_busy[step])
    knot = (step - fair.first_step) // fair.steps_per_knot
    return Moment(
        step,
        start,
        phase,
        is_busy,
        phase == OPEN and before == PRE_OPEN,
        phase == OPEN and (is_busy or step % QUIET_STRIDE == 0 or before != OPEN),
        knot,
        course.price[step] - fair.price[knot],
    )


@njit()
def _empty(tape: Tape, book: Books, i: int, of_makers: float, of_customers: float) -> None:
    """Cancel shares of the makers' and the customers' orders of an instrument."""
    for side in range(2):
        for place_ in range(PLACES):
            share = of_makers if place_ < MAKERS else of_customers
            if book.order_id[i, side, place_] != NO_ORDER and chance(tape.dice, share):
                cancel(tape, book, i, side, place_, 15_000.0)


@njit()
def open_auctions(tape: Tape, book: Books) -> None:
    """Uncross every book."""
    for i in range(book.order_id.shape[0]):
        auction(tape, book, i)


@njit(forceinline=True)
def rotated(k: int, offset: int, count: int) -> int:
    """Number k of `count` instruments, counted from `offset` on."""
    return k + offset if k + offset < count else k + offset - count


@njit()
def expire(tape: Tape, book: Books, i: int) -> None:
    """Cancel most orders of an instrument at the step of its expiration."""
    _empty(tape, book, i, 0.7, 0.7)


@njit()
def come_and_go(tape: Tape, book: Books, waiting: Customers, quoting: Quoting, fair: Fair, plan: Plan, now: Moment) -> None:
    """Quote and cross books before the open; withdraw the customers' orders whose time has come."""
    if now.phase == PRE_OPEN:
        _quote_before_open(tape, book, quoting, fair, now)
    planned_crossings(tape, book, waiting, plan, now.step, now.phase == PRE_OPEN)
    if now.step % QUIET_STRIDE == 0:
        leave(tape, book, waiting, quoting, now.step)


@njit()
def _quote_before_open(tape: Tape, book: Books, quoting: Quoting, fair: Fair, now: Moment) -> None:
    """Quote a few instruments, one in 400, wherever nobody quotes yet."""
    count = book.order_id.shape[0]
    for _ in range(max(1, count // 400)):
        i = int(uniform(tape.dice) * count)
        value = fair_value(fair, now.knot, now.x, i)
        is_empty = book.order_id[i, BID, LEADER] == NO_ORDER and book.order_id[i, ASK, LEADER] == NO_ORDER
        if is_empty and is_quoted(quoting, i, now.step) and quoting.sides[i] > 0 and not np.isnan(value):
            follow(tape, book, quoting, i, value, now.step, 400_000.0)


@njit()
def planned_in_session(tape: Tape, book: Books, quoting: Quoting, fair: Fair, plan: Plan, now: Moment) -> None:
    """Carry out the clears and the spreads' trades that are due."""
    planned_clears(tape, book, quoting, fair, plan, now.knot, now.x, now.step)
    planned_spreads(tape, book, fair, plan, now.knot, now.x, now.step)
