"""The options' day, step by step, at fixed rates: makers follow the price, customers trade and rest orders; compiled.

One call simulates a stretch of steps for all instruments and stops early when the tape is full. The pieces are those of
`option_phases`.
"""

from __future__ import annotations

import sys
from typing import Any, Final

import numpy as np
from numba import njit

from gex_assets.kernels.numba_tools.compiled_unit import fingerprint
from gex_assets.kernels.numba_tools.memory import unowned
from gex_assets.sample import tape as tape_module
from gex_assets.sample.options import orders as option_orders
from gex_assets.sample.options import phases as option_phases
from gex_assets.sample.options import quotes as option_quotes
from gex_assets.sample.options.orders import NOW, Books, auction, best, cancel, cross, place, resize, tick
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
    rest,
)
from gex_assets.sample.options.quotes import Quoting, follow, quote_size
from gex_assets.sample.tape import ASK, BID, COUNT, NO_PRICE, Tape, chance, exponential, lognormal, pick, uniform

__all__ = ["run"]

MOST_RECORDS_A_STEP: Final = 40_000


@njit()
def _noise(tape: Tape, book: Books, waiting: Customers, quoting: Quoting, i: int, step: int) -> None:
    """One thing that happens without a move of the price: a customer's order, a maker's size, a maker who pauses or returns."""
    side = BID if chance(tape.dice, 0.5) else ASK
    if not quoting.sides[i] & (1 << side):
        return
    top = best(book, i, side)
    if top == NO_PRICE:
        return
    away = tick(top, 0)
    inward = away if side == BID else -away
    whim = uniform(tape.dice)
    maker = int(uniform(tape.dice) * quoting.makers[i])
    if whim < 0.38:
        price, place_in = top, uniform(tape.dice)
        other = best(book, i, ASK if side == BID else BID)
        if place_in < 0.03 and other != NO_PRICE and abs(other - top) > 2 * away:
            price = top + inward
        elif place_in > 0.4:
            price = top - inward * (1 + int(exponential(tape.dice, 3.0)))
        size = max(1, min(200, int(lognormal(tape.dice, 3.0, 1.1))))
        rest(tape, book, waiting, i, side, price, size, step + 1 + int(min(lognormal(tape.dice, 32.0, 2.2), 60_000.0)))
    elif whim < 0.72:
        if book.order_id[i, side, maker] != 0:
            resize(tape, book, i, side, maker, quote_size(tape, quoting, i, maker), 100_000.0)
    elif maker > 0:
        lead = book.price[i, side, 0]
        if book.order_id[i, side, maker] != 0:
            cancel(tape, book, i, side, maker, 100_000.0)
        elif book.order_id[i, side, 0] != 0:
            behind = lead - quoting.offset[i, maker] * inward
            if behind >= 1:
                place(tape, book, i, side, maker, behind, quote_size(tape, quoting, i, maker), 100_000.0)


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
    count = book.order_id.shape[0]
    for step in range(first, stop):
        if tape.clock[COUNT] > tape.ts_recv.size - MOST_RECORDS_A_STEP:
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
        is_busy = course.is_busy[step]
        if phase == OPEN and before == PRE_OPEN:
            for i in range(count):
                auction(tape, book, i)
        if phase == OPEN and (is_busy or step % QUIET_STRIDE == 0 or before != OPEN):
            offset = int(uniform(tape.dice) * count)
            for k in range(count):
                i = k + offset if k + offset < count else k + offset - count
                if step >= quoting.expires[i]:
                    if step == quoting.expires[i]:
                        close(tape, book, waiting, 0.7, i)
                    continue
                value = fair_value(fair, knot, x, i)
                if book.calm[i, 0] <= value < book.calm[i, 1] or quoting.sides[i] == 0:
                    continue
                if quoting.starts[i] <= step < quoting.stale_from[i] and not np.isnan(value):
                    follow(tape, book, quoting, i, value, step, 120_000.0)
        if phase == PRE_OPEN:
            quote_before_open(tape, book, quoting, fair, knot, x, step)
        planned_crossings(tape, book, waiting, plan, step, phase == PRE_OPEN)
        if step % QUIET_STRIDE == 0:
            leave(tape, book, waiting, quoting, step)
        if phase != OPEN:
            continue
        planned_clears(tape, book, quoting, fair, plan, knot, x, step)
        planned_spreads(tape, book, fair, plan, knot, x, step)
        events = int(is_busy)
        while chance(tape.dice, flow.trade_rate[events]):
            i = pick(tape.dice, flow.trades)
            if quoting.starts[i] <= step < min(quoting.stale_from[i], quoting.expires[i]):
                size = max(1, min(250, int(lognormal(tape.dice, 5.0, 1.3)))) if chance(tape.dice, 0.85) else 1_000
                cross(tape, book, i, BID if chance(tape.dice, flow.buys[i]) else ASK, size, 0)
        noise = flow.noise_rate[events]
        due = int(noise) + (1 if chance(tape.dice, noise - int(noise)) else 0)
        for _ in range(due):
            i = pick(tape.dice, flow.noise)
            if quoting.starts[i] <= step < min(quoting.stale_from[i], quoting.expires[i]):
                book.state[NOW] += int(exponential(tape.dice, 100.0e6 / (due + 1)))
                book.state[NOW] = min(book.state[NOW], start + 230_000_000)
                _noise(tape, book, waiting, quoting, i, step)
        planned_straddles(tape, book, quoting, plan, step, start + course.step_ns)
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


run: Final = _compiled(fingerprint(tape_module, option_orders, option_quotes, option_phases, sys.modules[__name__]))
