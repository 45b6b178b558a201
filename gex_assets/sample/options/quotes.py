"""How market makers quote one option: outward rounding, hysteresis, a leader and followers; compiled.

The leader's quote is the market: no other maker stays better than it. When the fair price moves against resting quotes, the side
in danger moves first, so that makers never lock or cross each other. Which options are quoted how is decided by `makers`.
"""

from __future__ import annotations

import sys
from typing import Any, Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from gex_assets.kernels.numba_tools.compiled_unit import fingerprint
from gex_assets.sample import tape as tape_module
from gex_assets.sample.options import orders as option_orders
from gex_assets.sample.options.orders import (
    ANY_SIZE,
    CALM_FROM,
    CALM_TO,
    COARSE,
    COARSE_FROM,
    IN_TURN,
    LEADER,
    MAKERS,
    NO_ORDER,
    PLACES,
    VENUE_GRID,
    Books,
    best,
    cancel,
    cross,
    place,
    reprice,
    tick,
)
from gex_assets.sample.tape import ASK, BID, NO_PRICE, Tape, chance, lognormal, other_side, uniform

__all__ = ["ASK_ONLY", "BID_ONLY", "BOTH", "Quoting", "behind", "fill_in", "follow", "is_quoted", "quote_size"]

BID_ONLY: Final = 1
ASK_ONLY: Final = 2
BOTH: Final = 3
WIDENING_STEPS: Final = 3600
"""Steps before the expiration in which spreads widen, to eight times their width."""

YIELDING_SHARE: Final = 0.88
"""Share of customers who withdraw an order when a quote moves to its price; the others are traded with."""


class Quoting(NamedTuple):
    """How each instrument is quoted, by instrument (and maker).

    Attributes
    ----------
    makers : (instruments,) number of makers.
    offset : (instruments, MAKERS) distance that a maker stays behind the leader. [steps of the grid]
    replaces : (instruments, MAKERS) the maker moves a quote by C and A instead of M.
    size : (instruments, MAKERS) usual size. [contracts]
    half : (instruments,) half spread before rounding. [ticks]
    band : (instruments,) how far beyond a rounding border the fair price has to be for a quote to move. [ticks]
    grid : (instruments,) the makers' own grid, `VENUE_GRID` for the venue's ticks. [ticks]
    sides : (instruments,) bits of `BOTH`; 0 is not quoted.
    starts, stale_from, expires : (instruments,) steps: quoted from, left alone from, gone from.
    """

    makers: NDArray[np.int64]
    offset: NDArray[np.int64]
    replaces: NDArray[np.bool_]
    size: NDArray[np.int64]
    half: NDArray[np.float64]
    band: NDArray[np.float64]
    grid: NDArray[np.int64]
    sides: NDArray[np.int64]
    starts: NDArray[np.int64]
    stale_from: NDArray[np.int64]
    expires: NDArray[np.int64]


@njit(forceinline=True)
def is_quoted(quoting: Quoting, i: int, step: int) -> bool:
    """Whether somebody keeps quotes in an instrument: it is listed, not left alone and not expired."""
    return bool(quoting.starts[i] <= step < min(quoting.stale_from[i], quoting.expires[i]))


@njit()
def quote_size(tape: Tape, quoting: Quoting, i: int, maker: int) -> int:
    """Size of a maker's new quote: the usual one times a lognormal factor, at least 1."""
    return max(1, int(lognormal(tape.dice, float(quoting.size[i, maker]), 0.25)))


@njit()
def _rounded(value: float, side: int, grid: int) -> int:
    """Round bids down and asks up to the grid; NO_PRICE for a bid below one tick.

    At the border of the venue's coarse ticks a bid rounds by the tick above the border and an ask by the tick below it.
    """
    if side == BID:
        step = grid if grid > 0 else (COARSE if value >= COARSE_FROM else 1)
        price = int(np.floor(value / step)) * step
        return price if price >= 1 else NO_PRICE
    step = grid if grid > 0 else (COARSE if value > COARSE_FROM else 1)
    return max(int(np.ceil(value / step)) * step, 1)


@njit()
def _wanted(quoting: Quoting, i: int, side: int, fair: float, half: float, price: int) -> int:
    """Price that the leader wants on a side: the present one (`price`, NO_PRICE if none) as long as it is within the band."""
    value = fair - half if side == BID else fair + half
    target = _rounded(value, side, quoting.grid[i])
    if NO_PRICE in (price, target) or target == price:
        return target
    band = quoting.band[i]
    step = tick(price, quoting.grid[i])
    if side == BID and (value >= price + step + band or value < price - band):
        return target
    if side == ASK and (value > price + band or value <= price - step - band):
        return target
    return price


@njit()
def _make_way(tape: Tape, book: Books, i: int, side: int, price: int) -> int:
    """Price that a quote can move to without crossing: customers' orders in the way leave or are taken, makers' ones stay."""
    other = other_side(side)
    while True:
        opposite = best(book, i, other)
        if opposite == NO_PRICE or (side == BID and opposite > price) or (side == ASK and opposite < price):
            return price
        for maker in range(MAKERS):
            if book.order_id[i, other, maker] != NO_ORDER and book.price[i, other, maker] == opposite:
                return opposite - tick(opposite - 1, VENUE_GRID) if side == BID else opposite + tick(opposite, VENUE_GRID)
        for place_ in range(MAKERS, PLACES):
            is_in_way = book.order_id[i, other, place_] != NO_ORDER and book.price[i, other, place_] == opposite
            if is_in_way and chance(tape.dice, YIELDING_SHARE):
                cancel(tape, book, i, other, place_, 30_000.0)
        if best(book, i, other) == opposite:
            cross(tape, book, i, side, ANY_SIZE, IN_TURN)


@njit()
def behind(quoting: Quoting, i: int, maker: int, side: int, price: int) -> int:
    """Price of a maker whose leader quotes `price`; NO_PRICE below one tick."""
    away = quoting.offset[i, maker] * tick(price, quoting.grid[i])
    target = price - away if side == BID else price + away
    return target if target >= 1 else NO_PRICE


@njit()
def _move(tape: Tape, book: Books, quoting: Quoting, i: int, side: int, price: int, gap: float) -> None:
    """Move the leader's quote of one side, then quotes that would be better than it, and some of those left behind."""
    if price == NO_PRICE:
        _withdraw(tape, book, i, side, 30_000.0)
        return
    price = _make_way(tape, book, i, side, price)
    if price < 1:
        return
    size = quote_size(tape, quoting, i, LEADER) if chance(tape.dice, 0.2) else book.size[i, side, LEADER]
    if book.order_id[i, side, LEADER] == NO_ORDER:
        place(tape, book, i, side, LEADER, price, quote_size(tape, quoting, i, LEADER), gap)
    elif book.price[i, side, LEADER] != price:
        reprice(tape, book, i, side, LEADER, price, size, quoting.replaces[i, LEADER], gap)
    for maker in range(1, quoting.makers[i]):
        target = behind(quoting, i, maker, side, price)
        if target == NO_PRICE:
            continue
        pause = 0.0 if chance(tape.dice, 0.45) else 60_000.0
        if book.order_id[i, side, maker] == NO_ORDER:
            if chance(tape.dice, 0.3):
                place(tape, book, i, side, maker, target, quote_size(tape, quoting, i, maker), pause)
            continue
        own = book.price[i, side, maker]
        is_better = own > price if side == BID else own < price
        is_left = target - own if side == BID else own - target
        if is_better or (is_left > tick(price, quoting.grid[i]) and chance(tape.dice, 0.5)):
            reprice(tape, book, i, side, maker, target, book.size[i, side, maker], quoting.replaces[i, maker], pause)


@njit()
def _withdraw(tape: Tape, book: Books, i: int, side: int, gap: float) -> None:
    """Cancel every maker's quote of a side."""
    for maker in range(MAKERS):
        if book.order_id[i, side, maker] != NO_ORDER:
            cancel(tape, book, i, side, maker, gap)


@njit()
def _stay_calm(book: Books, quoting: Quoting, i: int, half: float) -> None:
    """Store the interval of fair prices for which `_wanted` answers what rests."""
    low, high = -np.inf, np.inf
    grid, band = quoting.grid[i], quoting.band[i]
    for side in range(2):
        if not quoting.sides[i] & (1 << side):
            continue
        price = book.price[i, side, LEADER]
        if book.order_id[i, side, LEADER] == NO_ORDER:
            if side == ASK:
                high = low
            high = min(high, max(grid, 1) + half)
        elif side == BID:
            low = max(low, max(price - band, 1.0) + half)
            high = min(high, price + tick(price, grid) + band + half)
        else:
            low = max(low, price - tick(price - 1, grid) - band - half)
            high = min(high, price + band - half)
    book.calm[i, CALM_FROM], book.calm[i, CALM_TO] = low, high


@njit()
def follow(tape: Tape, book: Books, quoting: Quoting, i: int, fair: float, step: int, gap: float) -> None:
    """Move the quotes of one instrument to a fair price, the side in danger first.

    Parameters
    ----------
    fair : fair price now. [ticks]
    step : the present step, for the widening before the expiration.
    gap : mean time since the previous event. [ns]
    """
    half = quoting.half[i]
    left = quoting.expires[i] - step
    if left < WIDENING_STEPS:
        half *= 8.0 - 7.0 * left / WIDENING_STEPS
    old_bid = book.price[i, BID, LEADER] if book.order_id[i, BID, LEADER] != NO_ORDER else NO_PRICE
    old_ask = book.price[i, ASK, LEADER] if book.order_id[i, ASK, LEADER] != NO_ORDER else NO_PRICE
    bid = _wanted(quoting, i, BID, fair, half, old_bid) if quoting.sides[i] & BID_ONLY else NO_PRICE
    ask = _wanted(quoting, i, ASK, fair, half, old_ask) if quoting.sides[i] & ASK_ONLY else NO_PRICE
    is_falling = old_bid != NO_PRICE and (bid == NO_PRICE or bid < old_bid)
    later = 0.0 if chance(tape.dice, 0.4) else 50_000.0
    if is_falling:
        if bid != old_bid:
            _move(tape, book, quoting, i, BID, bid, gap)
        if ask != old_ask:
            _move(tape, book, quoting, i, ASK, ask, later)
    else:
        if ask != old_ask:
            _move(tape, book, quoting, i, ASK, ask, gap)
            gap = later
        if bid != old_bid:
            _move(tape, book, quoting, i, BID, bid, gap)
    if left >= WIDENING_STEPS:
        _stay_calm(book, quoting, i, half)


@njit()
def _fill_in(tape: Tape, book: Books, quoting: Quoting, i: int, fair: float, is_open: bool) -> None:  # noqa: FBT001
    for side in range(2):
        if not quoting.sides[i] & (1 << side):
            continue
        price = _rounded(fair - quoting.half[i] if side == BID else fair + quoting.half[i], side, quoting.grid[i])
        if price == NO_PRICE:
            continue
        for maker in range(quoting.makers[i] if is_open else 0):
            target = behind(quoting, i, maker, side, price)
            if target != NO_PRICE:
                place(tape, book, i, side, maker, target, quote_size(tape, quoting, i, maker), 0.0)
        for k in range(MAKERS, MAKERS + int(uniform(tape.dice) * 3.0)):
            far = 0.6 * uniform(tape.dice) + 0.2
            target = _rounded(price * (1.0 - far) if side == BID else price * (1.0 + far) + 20.0, side, VENUE_GRID)
            if target != NO_PRICE and k < PLACES:
                place(tape, book, i, side, k, target, 1 + int(lognormal(tape.dice, 3.0, 1.0)), 0.0)


def _compiled(unit: int) -> Any:
    @njit(cache=True)
    def fill_in(tape: Tape, book: Books, quoting: Quoting, i: int, fair: float, is_open: bool) -> None:  # noqa: FBT001
        """Add the orders that a day begins with: makers' around the fair price if the market is open, customers' far away."""
        unit  # noqa: B018
        _fill_in(tape, book, quoting, i, fair, is_open)

    return fill_in


fill_in: Final = _compiled(fingerprint(tape_module, option_orders, sys.modules[__name__]))
