"""The loop over a day's steps for profiles with fixed rates (`small`): makers follow the price, customers act; compiled.

How many records a day has follows from the rates. One call simulates a stretch of steps of all instruments. It stops early when
the tape is full. What it shares with `budget_loop` is in `steps`, `plan` and `customers`.
"""

from __future__ import annotations

import sys
from typing import Any, Final

import numpy as np
from numba import njit

from gex_assets.kernels.numba_tools.compiled_unit import fingerprint
from gex_assets.kernels.numba_tools.memory import unowned
from gex_assets.sample import tape as tape_module
from gex_assets.sample.course import CLOSED, OPEN, Course
from gex_assets.sample.options import customers as option_customers
from gex_assets.sample.options import fair as option_fair
from gex_assets.sample.options import orders as option_orders
from gex_assets.sample.options import plan as option_plan
from gex_assets.sample.options import quotes as option_quotes
from gex_assets.sample.options import steps as option_steps
from gex_assets.sample.options.customers import Customers, Flow, order_price, order_size, rest, trade
from gex_assets.sample.options.fair import Fair, fair_value
from gex_assets.sample.options.orders import (
    CALM_FROM,
    CALM_TO,
    LEADER,
    NO_ORDER,
    NOW,
    VENUE_GRID,
    Books,
    best,
    cancel,
    place,
    resize,
    tick,
)
from gex_assets.sample.options.plan import Plan, planned_straddles
from gex_assets.sample.options.quotes import Quoting, follow, is_quoted, quote_size
from gex_assets.sample.options.steps import (
    Moment,
    begin_step,
    come_and_go,
    expire,
    open_auctions,
    planned_in_session,
    rotated,
)
from gex_assets.sample.tape import ASK, BID, COUNT, NO_PRICE, Tape, chance, exponential, lognormal, pick, uniform

__all__ = ["run"]

MOST_RECORDS_A_STEP: Final = 40_000
LAST_NS: Final = 230_000_000
"""Latest time within a step at which an event without a move of the price begins."""

CUSTOMERS_BELOW, RESIZES_BELOW = 0.38, 0.72
"""What a number drawn from [0, 1) stands for when nothing moved: a customer's order, another size, else a pause or return."""

LONGEST_STEPS: Final = 60_000.0


@njit()
def _noise(tape: Tape, book: Books, waiting: Customers, quoting: Quoting, i: int, step: int) -> None:
    """Do one thing that needs no move of the price: a customer's order, a maker's size, a maker who pauses or returns."""
    side = BID if chance(tape.dice, 0.5) else ASK
    if not quoting.sides[i] & (1 << side):
        return
    top = best(book, i, side)
    if top == NO_PRICE:
        return
    whim = uniform(tape.dice)
    maker = int(uniform(tape.dice) * quoting.makers[i])
    if whim < CUSTOMERS_BELOW:
        price, size = order_price(tape, book, i, side, top), order_size(tape)
        rest(tape, book, waiting, i, side, price, size, step + 1 + int(min(lognormal(tape.dice, 32.0, 2.2), LONGEST_STEPS)))
    elif whim < RESIZES_BELOW:
        if book.order_id[i, side, maker] != NO_ORDER:
            resize(tape, book, i, side, maker, quote_size(tape, quoting, i, maker), 100_000.0)
    elif maker != LEADER:
        _pause_or_return(tape, book, quoting, i, side, maker, tick(top, VENUE_GRID))


@njit()
def _pause_or_return(tape: Tape, book: Books, quoting: Quoting, i: int, side: int, maker: int, away: int) -> None:
    """Cancel a follower's quote, or add it again, its offset counted in steps of `away` ticks."""
    if book.order_id[i, side, maker] != NO_ORDER:
        cancel(tape, book, i, side, maker, 100_000.0)
    elif book.order_id[i, side, LEADER] != NO_ORDER:
        offset = quoting.offset[i, maker] * (away if side == BID else -away)
        price = book.price[i, side, LEADER] - offset
        if price >= 1:
            place(tape, book, i, side, maker, price, quote_size(tape, quoting, i, maker), 100_000.0)


@njit()
def _follow_all(tape: Tape, book: Books, quoting: Quoting, fair: Fair, now: Moment) -> None:
    """Move every quote that the price has left behind."""
    count = book.order_id.shape[0]
    offset = int(uniform(tape.dice) * count)
    for k in range(count):
        i = rotated(k, offset, count)
        if now.step >= quoting.expires[i]:
            if now.step == quoting.expires[i]:
                expire(tape, book, i)
            continue
        value = fair_value(fair, now.knot, now.x, i)
        if book.calm[i, CALM_FROM] <= value < book.calm[i, CALM_TO] or quoting.sides[i] == 0:
            continue
        if quoting.starts[i] <= now.step < quoting.stale_from[i] and not np.isnan(value):
            follow(tape, book, quoting, i, value, now.step, 120_000.0)


@njit()
def _trades_and_noise(tape: Tape, book: Books, waiting: Customers, quoting: Quoting, flow: Flow, now: Moment) -> None:
    """Let customers trade, then do what needs no move of the price, as often as the rates say."""
    rate = int(now.is_busy)
    while chance(tape.dice, flow.trade_rate[rate]):
        trade(tape, book, quoting, flow, now.step)
    noise = flow.noise_rate[rate]
    due = int(noise) + (1 if chance(tape.dice, noise - int(noise)) else 0)
    for _ in range(due):
        i = pick(tape.dice, flow.noise)
        if is_quoted(quoting, i, now.step):
            book.state[NOW] += int(exponential(tape.dice, 100.0e6 / (due + 1)))
            book.state[NOW] = min(book.state[NOW], now.start_ns + LAST_NS)
            _noise(tape, book, waiting, quoting, i, now.step)


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
    first: int,
    stop: int,
) -> int:
    for step in range(first, stop):
        if tape.clock[COUNT] > tape.ts_recv.size - MOST_RECORDS_A_STEP:
            return step
        now = begin_step(tape, book, waiting, course, fair, step)
        if now.phase == CLOSED:
            continue
        if now.is_opening:
            open_auctions(tape, book)
        if now.is_moving:
            _follow_all(tape, book, quoting, fair, now)
        come_and_go(tape, book, waiting, quoting, fair, plan, now)
        if now.phase == OPEN:
            planned_in_session(tape, book, quoting, fair, plan, now)
            _trades_and_noise(tape, book, waiting, quoting, flow, now)
            planned_straddles(tape, book, quoting, plan, step, now.start_ns + course.step_ns)
    return stop


def _compiled(unit: int) -> Any:
    @njit(cache=True)
    def run(
        tape: Tape,
        book: Books,
        waiting: Customers,
        quoting: Quoting,
        course: Course,
        fair: Fair,
        flow: Flow,
        plan: Plan,
        first: int,
        stop: int,
    ) -> int:
        """Simulate the steps [first, stop); stop early where the tape might overflow.

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
                first,
                stop,
            )
        )

    return run


run: Final = _compiled(
    fingerprint(
        tape_module,
        option_orders,
        option_quotes,
        option_fair,
        option_customers,
        option_plan,
        option_steps,
        sys.modules[__name__],
    )
)
