"""The loop over a day's steps for profiles with a budget of records (`full`): the budget decides how often quotes move; compiled.

Makers follow the price as far as the budget of their expiration reaches. What is left of it goes to quotes that are refreshed
without a move of the price, as nearly all messages of a real day are. `budget` says how the budget is made. What this loop shares
with `rate_loop` is in `steps`, `plan` and `customers`.
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
from gex_assets.sample.course import CLOSED, OPEN, Course
from gex_assets.sample.options import customers as option_customers
from gex_assets.sample.options import fair as option_fair
from gex_assets.sample.options import orders as option_orders
from gex_assets.sample.options import plan as option_plan
from gex_assets.sample.options import quotes as option_quotes
from gex_assets.sample.options import steps as option_steps
from gex_assets.sample.options.customers import Customers, Flow, order_price, order_size, trade
from gex_assets.sample.options.fair import Fair, fair_value
from gex_assets.sample.options.orders import (
    CALM_FROM,
    CALM_TO,
    LEADER,
    MAKERS,
    NO_ORDER,
    NOW,
    PLACES,
    Books,
    best,
    cancel,
    place,
    reprice,
    resize,
)
from gex_assets.sample.options.plan import Plan, planned_straddles
from gex_assets.sample.options.quotes import Quoting, behind, follow, is_quoted, quote_size
from gex_assets.sample.options.steps import (
    Moment,
    begin_step,
    come_and_go,
    expire,
    open_auctions,
    planned_in_session,
    rotated,
)
from gex_assets.sample.tape import ASK, BID, COUNT, NO_PRICE, Tape, chance, exponential, other_side, uniform

__all__ = ["MOST_DUE", "MOST_OF_AN_INSTRUMENT", "RecordBudget", "run_budgeted"]

MOST_DUE: Final = 20_000
"""Refreshed quotes in one step; what is due beyond that comes in the next ones."""

MOST_OF_AN_INSTRUMENT: Final = 240
"""Most records of one instrument in one step for opening or closing its book and following the price."""

BORROWED_STEPS: Final = 20
"""Following the price may spend the budget of so many steps to come. Refreshed quotes get none until it is paid back."""

FLEEING_SHARE: Final = 0.85
"""Share of customers who cancel an order that is better than the leader's new quote."""

STEP_ROOM_NS: Final = 225_000_000
"""Time within a step over which refreshed quotes are spread."""

CUSTOMERS_BELOW, CANCELS_BELOW, RESIZES_BELOW = 0.3, 0.65, 0.8
LEADER_RESIZES_BELOW: Final = 0.64
"""What a number drawn from [0, 1) stands for when nothing moved: a customer's order, a cancel, another size, another price."""


class RecordBudget(NamedTuple):
    """How many records each series may write, and which instruments write them.

    Attributes
    ----------
    progress : (steps,) share of the day's records that is due by the end of a step.
    goal, written : (series,) live records of the whole day, and those so far.
    series : (instruments,) the series of an instrument.
    first, length : (series,) the instruments of a series lie together.
    keep, other : (instruments,) Walker's alias table of a series' instruments by how much they are quoted.
    trades : customers' trades, as a share of the records.
    drain : records after which the tape is drained.
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
def _chosen(tape: Tape, budget: RecordBudget, s: int) -> int:
    """An instrument of a series by Walker's alias method (ACM TOMS 3 (1977) 253), whose time does not depend on their number."""
    thrown = uniform(tape.dice) * budget.length[s]
    k = int(thrown)
    i = int(budget.first[s] + k)
    return i if thrown - k < budget.keep[i] else int(budget.other[i])


@njit()
def _customer(tape: Tape, book: Books, i: int, side: int) -> None:
    """Add a customer's order at a place chosen by chance, or cancel the one that rests there."""
    place_ = MAKERS + int(uniform(tape.dice) * (PLACES - MAKERS))
    if book.order_id[i, side, place_] != NO_ORDER:
        cancel(tape, book, i, side, place_, 0.0)
        return
    top = best(book, i, side)
    if top == NO_PRICE or not chance(tape.dice, 0.4):
        return
    price = order_price(tape, book, i, side, top)
    if price >= 1:
        place(tape, book, i, side, place_, price, order_size(tape), 0.0)


@njit()
def _refresh(tape: Tape, book: Books, quoting: Quoting, i: int) -> None:
    """Do one thing that needs no move of the price: a customer's order, or a maker's quote that is refreshed."""
    side = BID if chance(tape.dice, 0.5) else ASK
    if not quoting.sides[i] & (1 << side):
        side = other_side(side)
    whim = uniform(tape.dice)
    if whim < CUSTOMERS_BELOW:
        _customer(tape, book, i, side)
    elif book.order_id[i, side, LEADER] != NO_ORDER:
        _refresh_quote(tape, book, quoting, i, side, whim)


@njit(forceinline=True)
def _refresh_quote(tape: Tape, book: Books, quoting: Quoting, i: int, side: int, whim: float) -> None:
    """Enter a maker's quote again, change its size, cancel it or add it; `whim` in [CUSTOMERS_BELOW, 1) chooses."""
    maker = int(uniform(tape.dice) * quoting.makers[i])
    size = quote_size(tape, quoting, i, maker)
    if maker == LEADER:
        if whim < LEADER_RESIZES_BELOW:
            resize(tape, book, i, side, maker, size, 0.0)
        else:
            reprice(tape, book, i, side, maker, book.price[i, side, maker], size, True, 0.0)  # noqa: FBT003
        return
    price = behind(quoting, i, maker, side, book.price[i, side, LEADER])
    if price == NO_PRICE:
        return
    if book.order_id[i, side, maker] == NO_ORDER:
        place(tape, book, i, side, maker, price, size, 0.0)
    elif whim < CANCELS_BELOW:
        cancel(tape, book, i, side, maker, 0.0)
    elif whim < RESIZES_BELOW or book.price[i, side, maker] == price:
        resize(tape, book, i, side, maker, size, 0.0)
    else:
        reprice(tape, book, i, side, maker, price, size, quoting.replaces[i, maker], 0.0)


@njit()
def _flee(tape: Tape, book: Books, i: int) -> None:
    """Cancel most of the customers' orders that are now better than the leader's quote."""
    low, high = book.calm[i, CALM_FROM], book.calm[i, CALM_TO]
    for side in range(2):
        lead = book.price[i, side, LEADER]
        if book.order_id[i, side, LEADER] == NO_ORDER:
            continue
        for place_ in range(MAKERS, PLACES):
            price = book.price[i, side, place_]
            is_left = price > lead if side == BID else price < lead
            if book.order_id[i, side, place_] != NO_ORDER and is_left and chance(tape.dice, FLEEING_SHARE):
                cancel(tape, book, i, side, place_, 20_000.0)
    book.calm[i, CALM_FROM], book.calm[i, CALM_TO] = low, high


@njit()
def _follow_all(
    tape: Tape, book: Books, quoting: Quoting, fair: Fair, budget: RecordBudget, now: Moment, room: NDArray[np.float64]
) -> None:
    """Move every quote that the price has left behind, as long as its series has room."""
    count = book.order_id.shape[0]
    offset = int(uniform(tape.dice) * count)
    for k in range(count):
        i = rotated(k, offset, count)
        if now.step >= quoting.expires[i]:
            if now.step == quoting.expires[i]:
                expire(tape, book, i)
            continue
        s = budget.series[i]
        if room[s] <= 0.0:
            continue
        value = fair_value(fair, now.knot, now.x, i)
        if book.calm[i, CALM_FROM] <= value < book.calm[i, CALM_TO] or quoting.sides[i] == 0:
            continue
        if quoting.starts[i] <= now.step < quoting.stale_from[i] and not np.isnan(value):
            before = tape.clock[COUNT]
            follow(tape, book, quoting, i, value, now.step, 60_000.0)
            if tape.clock[COUNT] > before:
                _flee(tape, book, i)
            room[s] -= tape.clock[COUNT] - before
            budget.written[s] += tape.clock[COUNT] - before


@njit()
def _make_room(budget: RecordBudget, now: Moment, room: NDArray[np.float64]) -> float:
    """Set each series' room for following the price; all of it at an opening.

    Returns
    -------
    Records of all series that are due by the end of the step.
    """
    due = 0.0
    ahead = budget.progress[min(now.step + BORROWED_STEPS, budget.progress.size - 1)]
    for s in range(room.size):
        due += max(budget.goal[s] * budget.progress[now.step] - budget.written[s], 0.0)
        room[s] = np.inf if now.is_opening else budget.goal[s] * ahead - budget.written[s]
    return due


@njit()
def _refresh_all(
    tape: Tape, book: Books, quoting: Quoting, budget: RecordBudget, step: int, end_ns: int, room: NDArray[np.float64]
) -> None:
    """Refresh quotes until no series has room, spread over the time up to `end_ns`."""
    due = 0.0
    for s in range(room.size):
        room[s] = max(budget.goal[s] * budget.progress[step] - budget.written[s], 0.0)
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
        i = _chosen(tape, budget, s)
        if is_quoted(quoting, i, step) and quoting.sides[i] != 0:
            before, moment = tape.clock[COUNT], book.state[NOW]
            book.state[NOW] += int(exponential(tape.dice, gap))
            _refresh(tape, book, quoting, i)
            if tape.clock[COUNT] == before:
                book.state[NOW] = moment
            budget.written[s] += tape.clock[COUNT] - before


@njit()
def _trade(tape: Tape, book: Books, quoting: Quoting, flow: Flow, budget: RecordBudget, step: int, due: float) -> None:
    """Let customers trade as often as their share of the records due says."""
    expected = due * budget.trades
    for _ in range(int(expected) + (1 if chance(tape.dice, expected - int(expected)) else 0)):
        before = tape.clock[COUNT]
        i = trade(tape, book, quoting, flow, step)
        budget.written[budget.series[i]] += tape.clock[COUNT] - before


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
    budget: RecordBudget,
    first: int,
    stop: int,
) -> int:
    room = np.zeros(budget.goal.size)
    for step in range(first, stop):
        if tape.clock[COUNT] >= budget.drain:
            return step
        now = begin_step(tape, book, waiting, course, fair, step)
        if now.phase == CLOSED:
            continue
        due = _make_room(budget, now, room)
        if now.is_opening:
            open_auctions(tape, book)
        if now.is_moving:
            _follow_all(tape, book, quoting, fair, budget, now, room)
        come_and_go(tape, book, waiting, quoting, fair, plan, now)
        if now.phase == OPEN:
            planned_in_session(tape, book, quoting, fair, plan, now)
            if not now.is_opening:
                _trade(tape, book, quoting, flow, budget, step, due)
                _refresh_all(tape, book, quoting, budget, step, now.start_ns + STEP_ROOM_NS, room)
                planned_straddles(tape, book, quoting, plan, step, now.start_ns + course.step_ns)
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
        budget: RecordBudget,
        first: int,
        stop: int,
    ) -> int:
        """Simulate the steps [first, stop); stop early where the tape is to be drained.

        The tape needs room beyond `drain` for one step: twice MOST_DUE, and MOST_OF_AN_INSTRUMENT for each instrument.

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
                unowned(budget),
                first,
                stop,
            )
        )

    return run_budgeted


run_budgeted: Final = _compiled(
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
