"""The loop over one future's day: orders come and go, trades sweep a price when the spread moves; compiled.

Prices are whole ticks of the future, and the spread is always one tick. Bids above the best ask before the open are kept apart
and matched in the auction. Nothing here knows a calendar: phases and prices come with the course.
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
from gex_assets.sample.course import OPEN, PRE_OPEN, QUIET_STRIDE, Course
from gex_assets.sample.futures import ladder as future_ladder
from gex_assets.sample.futures.ladder import (
    BEST_BID,
    CROSSING,
    NOW,
    ORDER,
    PRICE,
    QUEUE,
    SIZE,
    Ladder,
    append,
    remove,
    side_of,
)
from gex_assets.sample.tape import (
    ADD,
    ASK,
    BID,
    CANCEL,
    COUNT,
    FILL,
    MODIFY,
    NO_SIDE,
    TRADE,
    Tape,
    any_integer,
    begin_event,
    chance,
    end_event,
    exponential,
    lognormal,
    new_order_id,
    new_packet,
    other_side,
    record,
    uniform,
)

__all__ = ["Pace", "fill_ladder", "run"]

DEEP: Final = 14
"""Prices on each side that are kept filled."""

SELDOM: Final = 0.5
"""Trades per step below which their number is geometric; from here on it is the rate, rounded up or down by chance."""

MOST_RECORDS_A_STEP: Final = 20_000
LAST_NS: Final = 230_000_000
"""Latest time within a step at which an order comes, changes or goes without a move of the price."""

ANY_SIZE: Final = any_integer(1_000_000)
NO_ORDER: Final = any_integer(0)
NO_SIZE: Final = any_integer(0)
FIRST: Final = any_integer(0)
"""Position of the oldest order of a queue."""

AUCTION_PACKET_NS: Final = any_integer(25_000)
UP, DOWN = any_integer(1), any_integer(-1)


class Pace(NamedTuple):
    """How often things happen to one future, and what it is.

    Attributes
    ----------
    noise : (2,) orders that come, change or go, per step, quiet and busy.
    trades : (2,) customers' trades per step, quiet and busy.
    instrument : its number on the tape.
    ratio : its price in ticks is this times the front future's price in points. [ticks/point]
    reach : the spread moves when the price is further than this from its middle. [ticks]
    """

    noise: NDArray[np.float64]
    trades: NDArray[np.float64]
    instrument: int
    ratio: float
    reach: float


@njit()
def _size(tape: Tape) -> int:
    return max(1, min(60, int(lognormal(tape.dice, 1.4, 1.1))))


@njit()
def _at(tape: Tape, ladder: Ladder, mean_gap: float) -> None:
    ladder.state[NOW] += int(exponential(tape.dice, mean_gap))
    begin_event(tape, ladder.state[NOW])


@njit()
def _add(tape: Tape, ladder: Ladder, pace: Pace, level: int, gap: float) -> None:
    size = _size(tape)
    order = new_order_id(tape)
    if not append(ladder, level, order, size):
        return
    _at(tape, ladder, gap)
    record(tape, pace.instrument, ADD, side_of(ladder, level), order, ladder.lowest + level, size)
    end_event(tape)


@njit()
def _cancel(tape: Tape, ladder: Ladder, pace: Pace, level: int, k: int, gap: float) -> None:
    _at(tape, ladder, gap)
    order, size = ladder.order_id[level, k], ladder.size[level, k]
    record(tape, pace.instrument, CANCEL, side_of(ladder, level), order, ladder.lowest + level, size)
    end_event(tape)
    remove(ladder, level, k)


@njit()
def _take(tape: Tape, ladder: Ladder, pace: Pace, level: int, want: int, gap: float) -> None:
    """Trade at one price: T, F for every order met, then C for each filled order and M for one filled in part."""
    side = side_of(ladder, level)
    total, met = NO_SIZE, 0
    while met < ladder.length[level] and total < want:
        total += min(want - total, ladder.size[level, met])
        met += 1
    if met == 0:
        return
    _at(tape, ladder, gap)
    price = ladder.lowest + level
    record(tape, pace.instrument, TRADE, other_side(side), new_order_id(tape), price, total)
    left = total
    for k in range(met):
        filled = min(left, ladder.size[level, k])
        record(tape, pace.instrument, FILL, side, ladder.order_id[level, k], price, filled)
        left -= filled
    new_packet(tape, 8_000 + int(exponential(tape.dice, 8_000.0)))
    _reduce(tape, ladder, pace, level, side, total)
    end_event(tape)


@njit()
def _reduce(tape: Tape, ladder: Ladder, pace: Pace, level: int, side: int, total: int) -> None:
    while total > 0 and ladder.length[level] > 0:
        order, size = ladder.order_id[level, FIRST], ladder.size[level, FIRST]
        if size <= total:
            record(tape, pace.instrument, CANCEL, side, order, ladder.lowest + level, size)
            remove(ladder, level, FIRST)
            total -= size
        else:
            ladder.size[level, FIRST] = size - total
            record(tape, pace.instrument, MODIFY, side, order, ladder.lowest + level, size - total)
            total = 0


@njit()
def _shift(tape: Tape, ladder: Ladder, pace: Pace, direction: int) -> None:
    """Move the spread one tick: orders in its way are cancelled or traded, and new ones of the other side take the price."""
    level = ladder.state[BEST_BID] + 1 if direction == UP else ladder.state[BEST_BID]
    k = FIRST
    while k < ladder.length[level]:
        if chance(tape.dice, 0.45):
            _cancel(tape, ladder, pace, level, k, 15_000.0)
        else:
            k += 1
    if ladder.length[level] > 0:
        _take(tape, ladder, pace, level, ANY_SIZE, 60_000.0)
    ladder.state[BEST_BID] += direction
    for _ in range(2 + int(exponential(tape.dice, 2.0))):
        _add(tape, ladder, pace, level, 90_000.0)


@njit()
def _fill_up(tape: Tape, ladder: Ladder, pace: Pace, gap: float) -> None:
    for distance in range(DEEP):
        for level in (ladder.state[BEST_BID] - distance, ladder.state[BEST_BID] + 1 + distance):
            least = 3 if distance < 3 else 2
            while ladder.length[level] < least:
                _add(tape, ladder, pace, level, gap)


@njit()
def _noise(tape: Tape, ladder: Ladder, pace: Pace) -> None:
    distance = min(int(exponential(tape.dice, 3.5)), 60)
    level = ladder.state[BEST_BID] - distance if chance(tape.dice, 0.5) else ladder.state[BEST_BID] + 1 + distance
    n = ladder.length[level]
    whim = uniform(tape.dice)
    if whim < 0.44 or n == 0:
        _add(tape, ladder, pace, level, 50_000.0)
        return
    k = int(uniform(tape.dice) * n)
    if whim < 0.80:
        if n > 2:
            _cancel(tape, ladder, pace, level, k, 50_000.0)
        return
    order, size, side = ladder.order_id[level, k], ladder.size[level, k], side_of(ladder, level)
    if whim < 0.9:
        new = _size(tape)
        if new > size:
            remove(ladder, level, k)
            append(ladder, level, order, new)
        elif new < size:
            ladder.size[level, k] = new
        else:
            return
        to = level
    else:
        new = size
        to = level + (1 if chance(tape.dice, 0.5) else -1)
        if side_of(ladder, to) != side or n < 2 or not append(ladder, to, order, new):
            return
        remove(ladder, level, k)
    _at(tape, ladder, 50_000.0)
    record(tape, pace.instrument, MODIFY, side, order, ladder.lowest + to, new)
    end_event(tape)


@njit()
def _cross_before_open(tape: Tape, ladder: Ladder, pace: Pace) -> None:
    n = ladder.state[CROSSING]
    if n == ladder.crossing.shape[0]:
        return
    order, size = new_order_id(tape), 2 * _size(tape)
    price = ladder.lowest + ladder.state[BEST_BID] + 2 + int(exponential(tape.dice, 4.0))
    _at(tape, ladder, 200_000.0)
    record(tape, pace.instrument, ADD, BID, order, price, size)
    end_event(tape)
    ladder.crossing[n, ORDER], ladder.crossing[n, PRICE], ladder.crossing[n, SIZE] = order, price, size
    ladder.state[CROSSING] = n + 1


@njit()
def _auction(tape: Tape, ladder: Ladder, pace: Pace) -> None:
    """Match the crossing bids with the best ask: one T without side and order, F without a side, then the reductions."""
    level = ladder.state[BEST_BID] + 1
    waiting, offered = NO_SIZE, NO_SIZE
    for k in range(ladder.state[CROSSING]):
        waiting += ladder.crossing[k, SIZE]
    for k in range(ladder.length[level]):
        offered += ladder.size[level, k]
    if waiting == 0:
        return
    price = ladder.lowest + level
    _at(tape, ladder, 100_000.0)
    record(tape, pace.instrument, TRADE, NO_SIDE, NO_ORDER, price, waiting)
    for k in range(ladder.state[CROSSING]):
        record(tape, pace.instrument, FILL, NO_SIDE, ladder.crossing[k, ORDER], price, ladder.crossing[k, SIZE])
    left = waiting
    for k in range(ladder.length[level]):
        filled = min(left, ladder.size[level, k])
        if filled > 0:
            record(tape, pace.instrument, FILL, NO_SIDE, ladder.order_id[level, k], price, filled)
        left -= filled
    new_packet(tape, AUCTION_PACKET_NS)
    for k in range(ladder.state[CROSSING]):
        order, limit, size = ladder.crossing[k, ORDER], ladder.crossing[k, PRICE], ladder.crossing[k, SIZE]
        record(tape, pace.instrument, CANCEL, BID, order, limit, size)
    _reduce(tape, ladder, pace, level, ASK, min(waiting, offered))
    end_event(tape)
    ladder.state[CROSSING] = 0


@njit()
def _fill_ladder(tape: Tape, ladder: Ladder, pace: Pace, deep: int) -> None:
    for distance in range(deep):
        near = np.exp(-distance / 12.0)
        for level in (ladder.state[BEST_BID] - distance, ladder.state[BEST_BID] + 1 + distance):
            count = int(exponential(tape.dice, 6.0 * near + 0.6) + 2.5 * near)
            for _ in range(min(count, QUEUE - 4)):
                _add(tape, ladder, pace, level, 0.0)


@njit()
def _customer(tape: Tape, ladder: Ladder, pace: Pace) -> None:
    level = ladder.state[BEST_BID] + (1 if chance(tape.dice, 0.5) else 0)
    _take(tape, ladder, pace, level, _size(tape), 500_000.0)


@njit()
def _before_open(tape: Tape, ladder: Ladder, pace: Pace) -> None:
    """Add few orders before the open: bids, now and then one above the best ask."""
    if chance(tape.dice, 0.003):
        _cross_before_open(tape, ladder, pace)
    elif chance(tape.dice, 0.05):
        _add(tape, ladder, pace, ladder.state[BEST_BID] - int(exponential(tape.dice, 8.0)), 1.0e6)


@njit()
def _follow(tape: Tape, ladder: Ladder, pace: Pace, price: float) -> None:
    """Move the spread until the price, counted in levels, is within reach; then fill up the queues around it."""
    while price > ladder.state[BEST_BID] + 0.5 + pace.reach:
        _shift(tape, ladder, pace, UP)
    while price < ladder.state[BEST_BID] + 0.5 - pace.reach:
        _shift(tape, ladder, pace, DOWN)
    _fill_up(tape, ladder, pace, 60_000.0)


@njit()
def _trades(tape: Tape, ladder: Ladder, pace: Pace, rate: float) -> None:
    """Let customers trade, on average `rate` times a step where that is not seldom."""
    certain = int(rate) if rate >= SELDOM else 0
    for _ in range(certain):
        _customer(tape, ladder, pace)
    if rate < SELDOM:
        while chance(tape.dice, rate):
            _customer(tape, ladder, pace)
    elif chance(tape.dice, rate - certain):
        _customer(tape, ladder, pace)


@njit()
def _steps(tape: Tape, ladder: Ladder, course: Course, pace: Pace, first: int, stop: int) -> int:
    for step in range(first, stop):
        if tape.clock[COUNT] > tape.ts_recv.size - MOST_RECORDS_A_STEP:
            return step
        start = course.start_ns + step * course.step_ns
        ladder.state[NOW] = start + 300_000 + int(exponential(tape.dice, 1.0e6))
        phase = course.phase[step]
        before = course.phase[step - 1] if step > 0 else phase
        if phase == PRE_OPEN:
            _before_open(tape, ladder, pace)
        if phase != OPEN:
            continue
        if before == PRE_OPEN:
            _auction(tape, ladder, pace)
        is_busy = int(course.is_busy[step])
        if is_busy == 1 or step % QUIET_STRIDE == 0 or before != OPEN:
            _follow(tape, ladder, pace, course.price[step] * pace.ratio - ladder.lowest)
        noise = pace.noise[is_busy]
        due = int(noise) + (1 if chance(tape.dice, noise - int(noise)) else 0)
        _trades(tape, ladder, pace, pace.trades[is_busy])
        for _ in range(due):
            ladder.state[NOW] += int(exponential(tape.dice, 120.0e6 / (due + 1)))
            ladder.state[NOW] = min(ladder.state[NOW], start + LAST_NS)
            _noise(tape, ladder, pace)
    return stop


def _compiled(unit: int) -> Any:
    @njit(cache=True)
    def run(tape: Tape, ladder: Ladder, course: Course, pace: Pace, first: int, stop: int) -> int:
        """Simulate the steps [first, stop); stop early where the tape might overflow.

        Returns
        -------
        The first step that was not simulated.
        """
        unit  # noqa: B018
        return int(_steps(unowned(tape), unowned(ladder), unowned(course), unowned(pace), first, stop))

    return run


def _compiled_filling(unit: int) -> Any:
    @njit(cache=True)
    def fill_ladder(tape: Tape, ladder: Ladder, pace: Pace, deep: int) -> None:
        """Add the orders that a day begins with: full queues near the price, thinner ones with distance, `deep` prices a side."""
        unit  # noqa: B018
        _fill_ladder(tape, ladder, pace, deep)

    return fill_ladder


UNIT: Final = fingerprint(tape_module, future_ladder, sys.modules[__name__])
run: Final = _compiled(UNIT)
fill_ladder: Final = _compiled_filling(UNIT)
