"""A future's day, step by step: a ladder of queues around the price, orders that come and go, sweeps when it moves; compiled.

Prices are whole ticks of the future. A price belongs to bids or asks by its place against the spread, which is one tick;
orders that cross it before the open are kept apart and matched in the auction. Nothing here knows a calendar.
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
from gex_assets.sample.futures import ladder as future_ladder
from gex_assets.sample.futures.ladder import BEST_BID, CROSSING, NOW, QUEUE, Ladder, append, remove, side_of
from gex_assets.sample.options import phases as option_phases
from gex_assets.sample.options.phases import CLOSED, OPEN, PRE_OPEN, Course
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
    begin_event,
    chance,
    end_event,
    exponential,
    lognormal,
    new_order_id,
    new_packet,
    record,
    uniform,
)

__all__ = ["Pace", "fill_ladder", "run"]

DEEP: Final = 14
"""Prices on each side that are kept filled."""

QUIET_STRIDE: Final = 4
SELDOM: Final = 0.5
"""Customers' trades a step up to which one may bring another, with no end to it; more of them come one by one."""

MOST_RECORDS_A_STEP: Final = 20_000


class Pace(NamedTuple):
    """Events per step, quiet and busy: orders that come, change or go; customers' trades. And what this future is.

    `ratio` times the front future's price is this one's, in ticks; `reach`: the spread follows when the price is further
    than this from its middle. [ticks]
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
    """An aggressor takes from one price: T, F for every order met, then C for each emptied and M for one left in part."""
    side = side_of(ladder, level)
    total, met = 0, 0
    while met < ladder.length[level] and total < want:
        total += min(want - total, ladder.size[level, met])
        met += 1
    if met == 0:
        return
    _at(tape, ladder, gap)
    price = ladder.lowest + level
    record(tape, pace.instrument, TRADE, ASK if side == BID else BID, new_order_id(tape), price, total)
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
        order, size = ladder.order_id[level, 0], ladder.size[level, 0]
        if size <= total:
            record(tape, pace.instrument, CANCEL, side, order, ladder.lowest + level, size)
            remove(ladder, level, 0)
            total -= size
        else:
            ladder.size[level, 0] = size - total
            record(tape, pace.instrument, MODIFY, side, order, ladder.lowest + level, size - total)
            total = 0


@njit()
def _shift(tape: Tape, ladder: Ladder, pace: Pace, direction: int) -> None:
    """The spread moves one tick: some orders in its way flee, the others are traded, and new ones take the price from behind."""
    level = ladder.state[BEST_BID] + 1 if direction > 0 else ladder.state[BEST_BID]
    k = 0
    while k < ladder.length[level]:
        if chance(tape.dice, 0.45):
            _cancel(tape, ladder, pace, level, k, 15_000.0)
        else:
            k += 1
    if ladder.length[level] > 0:
        _take(tape, ladder, pace, level, 1_000_000, 60_000.0)
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
    ladder.crossing[n, 0], ladder.crossing[n, 1], ladder.crossing[n, 2] = order, price, size
    ladder.state[CROSSING] = n + 1


@njit()
def _auction(tape: Tape, ladder: Ladder, pace: Pace) -> None:
    """Match the crossing bids against the best ask: one T without side and order, F without side, then the reductions."""
    level = ladder.state[BEST_BID] + 1
    waiting, offered = 0, 0
    for k in range(ladder.state[CROSSING]):
        waiting += ladder.crossing[k, 2]
    for k in range(ladder.length[level]):
        offered += ladder.size[level, k]
    if waiting == 0:
        return
    price = ladder.lowest + level
    _at(tape, ladder, 100_000.0)
    record(tape, pace.instrument, TRADE, NO_SIDE, 0, price, waiting)
    for k in range(ladder.state[CROSSING]):
        record(tape, pace.instrument, FILL, NO_SIDE, ladder.crossing[k, 0], price, ladder.crossing[k, 2])
    left = waiting
    for k in range(ladder.length[level]):
        filled = min(left, ladder.size[level, k])
        if filled > 0:
            record(tape, pace.instrument, FILL, NO_SIDE, ladder.order_id[level, k], price, filled)
        left -= filled
    new_packet(tape, 25_000)
    for k in range(ladder.state[CROSSING]):
        record(tape, pace.instrument, CANCEL, BID, ladder.crossing[k, 0], ladder.crossing[k, 1], ladder.crossing[k, 2])
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
def _steps(tape: Tape, ladder: Ladder, course: Course, pace: Pace, first: int, stop: int) -> int:
    for step in range(first, stop):
        if tape.clock[COUNT] > tape.ts_recv.size - MOST_RECORDS_A_STEP:
            return step
        start = course.start_ns + step * course.step_ns
        ladder.state[NOW] = start + 300_000 + int(exponential(tape.dice, 1.0e6))
        phase = course.phase[step]
        if phase == CLOSED:
            continue
        is_busy = int(course.is_busy[step])
        if phase == PRE_OPEN:
            if chance(tape.dice, 0.003):
                _cross_before_open(tape, ladder, pace)
            elif chance(tape.dice, 0.05):
                _add(tape, ladder, pace, ladder.state[BEST_BID] - int(exponential(tape.dice, 8.0)), 1.0e6)
            continue
        if step > 0 and course.phase[step - 1] == PRE_OPEN:
            _auction(tape, ladder, pace)
        if is_busy == 1 or step % QUIET_STRIDE == 0 or (step > 0 and course.phase[step - 1] != OPEN):
            price = course.price[step] * pace.ratio - ladder.lowest
            while price > ladder.state[BEST_BID] + 0.5 + pace.reach:
                _shift(tape, ladder, pace, 1)
            while price < ladder.state[BEST_BID] + 0.5 - pace.reach:
                _shift(tape, ladder, pace, -1)
            _fill_up(tape, ladder, pace, 60_000.0)
        due = int(pace.noise[is_busy]) + (1 if chance(tape.dice, pace.noise[is_busy] - int(pace.noise[is_busy])) else 0)
        trades = pace.trades[is_busy]
        certain = int(trades) if trades >= SELDOM else 0
        for _ in range(certain):
            _customer(tape, ladder, pace)
        if trades < SELDOM:
            while chance(tape.dice, trades):
                _customer(tape, ladder, pace)
        elif chance(tape.dice, trades - certain):
            _customer(tape, ladder, pace)
        for _ in range(due):
            ladder.state[NOW] += int(exponential(tape.dice, 120.0e6 / (due + 1)))
            ladder.state[NOW] = min(ladder.state[NOW], start + 230_000_000)
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
        given = unowned(tape), unowned(ladder), unowned(course), unowned(pace)
        return int(_steps(given[0], given[1], given[2], given[3], first, stop))

    return run


def _compiled_filling(unit: int) -> Any:
    @njit(cache=True)
    def fill_ladder(tape: Tape, ladder: Ladder, pace: Pace, deep: int) -> None:
        """Rest the orders that a day begins with: full queues near the price, thinning out with distance (`deep` prices)."""
        unit  # noqa: B018
        _fill_ladder(tape, ladder, pace, deep)

    return fill_ladder


UNIT: Final = fingerprint(tape_module, future_ladder, option_phases, sys.modules[__name__])
run: Final = _compiled(UNIT)
fill_ladder: Final = _compiled_filling(UNIT)
