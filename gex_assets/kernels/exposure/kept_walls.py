r"""How often a wall stays where it is when the chain's quotes and forwards are drawn again.

A draw moves the volatilities of each expiration as `smile_errors` says they respond: five normal numbers for the curve, a uniform
one for each volatility that is a quote's own, a normal one for the forward. Exposures follow to first order, never below 0. The
reference price moves with the forward that it is. The wall of each draw is found by the rule of `levels`.

Only strikes that can win are drawn: those within `_REACH` standard deviations of the wall's value and of the reference price.
"""

from __future__ import annotations

import math
from typing import Any, Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from gex_assets.kernels.exposure import levels, redraws
from gex_assets.kernels.exposure.levels import better
from gex_assets.kernels.exposure.redraws import DRAWS, derived, uniform
from gex_assets.kernels.numba_tools.array_types import read_only
from gex_assets.kernels.numba_tools.compiled_unit import fingerprint
from gex_assets.kernels.pricing.natural_spline import TERMS

__all__ = ["DrawnRows", "kept_walls"]

Float = NDArray[np.float64]
Int = NDArray[np.int64]
Seeds = NDArray[np.uint64]

_REACH: Final = 6.0
"""A strike that must move by more standard deviations than this does not win in 500 draws."""

_UNIFORM: Final = math.sqrt(3.0)
_SIDES: Final = 2
_FORWARD: Final = TERMS
"""Position of the forward's number among those of a draw."""


class DrawnRows(NamedTuple):
    """The n rows of a chain, and how they move.

    Attributes
    ----------
    place : (n,) position of the row's price among `prices`; -1 where it has none.
    key : (n,) a number that stands for the strike alone, whatever other strikes there are.
    call, put : (n,) magnitudes; NaN where missing. [any one unit]
    own, curve, tilt : as in `SmileErrors`.
    by_vol : (n,) relative change of the magnitude per unit of volatility. [√year]
    by_forward : (n,) relative change of the magnitude per point of its forward, the volatility held. [1/point]
    forward_error : (n,) standard error of the row's forward. [index points]
    slot : (n,) which seed and numbers the row's expiration has in its window; -1 where none is drawn.
    """

    place: Int
    key: Int
    call: Float
    put: Float
    own: Float
    curve: Float
    tilt: Float
    by_vol: Float
    by_forward: Float
    forward_error: Float
    slot: Int


class _Scratch(NamedTuple):
    """Sums by strike of a window: value, standard deviation; strikes that can win, their rows' range, and the rows."""

    value: Float
    spread: Float
    can_win: Int
    first_row: Int
    row: Int


def kept_walls(
    *,
    first: Int,
    stop: Int,
    prices: Float,
    rows: DrawnRows,
    reference: Float,
    reference_error: Float,
    reference_slot: Int,
    walls: Float,
    by_net: bool,
    seeds: Seeds,
    numbers: Float,
) -> Float:
    """Share of the draws in which each wall is the same strike.

    Parameters
    ----------
    first, stop : (W,) each window's rows are [first, stop).
    prices : (U,) where the strikes of all rows stand. [index points]
    rows : of the chain.
    reference, reference_error : (W,) reference price and its standard error. [index points]
    reference_slot : (W,) the slot of the expiration whose forward it is; -1 where it is exact.
    walls : (W, 2) call wall and put wall; NaN where there is none, or no answer is wanted. [index points]
    by_net : the rule of the walls, as for `strike_levels`.
    seeds : (G,) of the slots, for the quotes of single strikes.
    numbers : (G, `DRAWS`, `NORMALS`) of the slots, from `normals`.

    Returns
    -------
    (W, 2) shares in [0, 1]; NaN without a wall, and where the error of a row with an exposure is not known. [1]
    """
    out = np.full(walls.shape, np.nan)
    frozen = DrawnRows(*map(read_only, rows))
    _all_windows(first, stop, prices, frozen, reference, reference_error, reference_slot, walls, by_net, seeds, numbers, out)
    return out


@njit(nogil=True, error_model="numpy")
def _value(rows: DrawnRows, row: int, is_put_side: bool, by_net: bool) -> float:  # noqa: FBT001
    """What a row adds to the value of its strike on one side; a missing magnitude adds nothing."""
    call = 0.0 if math.isnan(rows.call[row]) else rows.call[row]
    put = 0.0 if math.isnan(rows.put[row]) else rows.put[row]
    if by_net:
        return put - call if is_put_side else call - put
    return put if is_put_side else call


@njit(nogil=True, error_model="numpy")
def _deviation(rows: DrawnRows, row: int) -> float:
    """A bound of the standard deviation of a row's relative change: of its quotes and of its forward together."""
    variance = rows.own[row] ** 2
    for j in range(TERMS):
        variance += rows.curve[row, j] ** 2
    by_forward = rows.by_vol[row] * rows.tilt[row] + rows.by_forward[row]
    return float(math.sqrt(variance) * abs(rows.by_vol[row]) + abs(by_forward) * rows.forward_error[row])


@njit(nogil=True, error_model="numpy")
def _place_of(rows: DrawnRows, start: int, stop: int, prices: Float, wall: float) -> int:
    """Position of the wall's price; -1 where no row stands there."""
    for row in range(start, stop):
        if rows.place[row] >= 0 and prices[rows.place[row]] == wall:
            return int(rows.place[row])
    return -1


@njit(nogil=True, error_model="numpy")
def _sum_by_strike(
    rows: DrawnRows,
    start: int,
    stop: int,
    is_put_side: bool,  # noqa: FBT001
    by_net: bool,  # noqa: FBT001
    work: _Scratch,
) -> bool:
    """Values and deviations of the window's strikes; false where an error is not known."""
    for row in range(start, stop):
        if rows.place[row] >= 0:
            work.value[rows.place[row]] = work.spread[rows.place[row]] = 0.0
    known = True
    for row in range(start, stop):
        if rows.place[row] < 0 or (math.isnan(rows.call[row]) and math.isnan(rows.put[row])):
            continue
        value = _value(rows, row, is_put_side, by_net)
        if value != 0.0:
            deviation = _deviation(rows, row)
            known = known and not math.isnan(deviation) and rows.slot[row] >= 0
            work.value[rows.place[row]] += value
            work.spread[rows.place[row]] += abs(value) * deviation
    return known


@njit(nogil=True, error_model="numpy")
def _gather(
    rows: DrawnRows,
    start: int,
    stop: int,
    prices: Float,
    wall: int,
    F: float,
    reach: float,
    is_put_side: bool,  # noqa: FBT001
    work: _Scratch,
) -> int:
    """Strikes that can win, the wall first, and their rows; how many they are."""
    least = work.value[wall] - _REACH * work.spread[wall]
    count = 1
    work.can_win[0] = wall
    for row in range(start, stop):
        at = rows.place[row]
        if at < 0 or at == wall:
            continue
        on_side = prices[at] <= F + reach if is_put_side else prices[at] > F - reach
        best = work.value[at] + _REACH * work.spread[at]
        if not on_side or best <= 0.0 or best < least:
            continue
        is_new = True
        for i in range(count):
            is_new = is_new and work.can_win[i] != at
        if is_new:
            work.can_win[count] = at
            count += 1
    taken = 0
    for i in range(count):
        work.first_row[i] = taken
        for row in range(start, stop):
            if rows.place[row] == work.can_win[i]:
                work.row[taken] = row
                taken += 1
    work.first_row[count] = taken
    return count


@njit(nogil=True, error_model="numpy")
def _drawn_value(rows: DrawnRows, row: int, value: float, draw: int, seeds: Seeds, numbers: Float) -> float:
    """A row's value in one draw."""
    slot = rows.slot[row]
    off = numbers[slot, draw, _FORWARD] * rows.forward_error[row]
    vol = rows.tilt[row] * off
    if rows.own[row] > 0.0:
        seed = derived(seeds[slot], rows.key[row])
        vol += rows.own[row] * _UNIFORM * (2.0 * uniform(seed, draw) - 1.0)
    for j in range(TERMS):
        vol += rows.curve[row, j] * numbers[slot, draw, j]
    return float(value * max(0.0, 1.0 + rows.by_vol[row] * vol + rows.by_forward[row] * off))


@njit(nogil=True, error_model="numpy")
def _is_sure(work: _Scratch, count: int, wall: int, from_reference: float, reach: float) -> bool:
    """Whether no draw can move the wall: nothing else can win, its value stays positive and it stays on its side."""
    return count == 1 and work.value[wall] > _REACH * work.spread[wall] and from_reference > reach


@njit(nogil=True, error_model="numpy")
def _drawn_wall(
    rows: DrawnRows,
    prices: Float,
    work: _Scratch,
    count: int,
    price: float,
    is_put_side: bool,  # noqa: FBT001
    by_net: bool,  # noqa: FBT001
    draw: int,
    seeds: Seeds,
    numbers: Float,
) -> float:
    """The wall of one draw among the strikes that can win; NaN where none has a value above 0 on its side."""
    best, largest = math.nan, math.nan
    for i in range(count):
        strike = prices[work.can_win[i]]
        if (strike > price) == is_put_side:
            continue
        value = 0.0
        for k in range(work.first_row[i], work.first_row[i + 1]):
            there = _value(rows, work.row[k], is_put_side, by_net)
            if there != 0.0:
                value += _drawn_value(rows, work.row[k], there, draw, seeds, numbers)
        if value > 0.0 and better(value, strike, largest, best, price):
            best, largest = strike, value
    return best


def _compiled(unit: int) -> Any:
    @njit(cache=True, nogil=True, error_model="numpy")
    def _all_windows(
        first: Int,
        stop: Int,
        prices: Float,
        rows: DrawnRows,
        reference: Float,
        reference_error: Float,
        reference_slot: Int,
        walls: Float,
        by_net: bool,  # noqa: FBT001
        seeds: Seeds,
        numbers: Float,
        out: Float,
    ) -> None:
        unit  # noqa: B018
        size, longest = prices.shape[0], 0
        for w in range(first.shape[0]):
            longest = max(longest, stop[w] - first[w])
        work = _Scratch(
            np.zeros(size),
            np.zeros(size),
            np.empty(longest + 1, dtype=np.int64),
            np.empty(longest + 2, dtype=np.int64),
            np.empty(longest + 1, dtype=np.int64),
        )
        for w in range(first.shape[0]):
            F = reference[w]
            reach = _REACH * reference_error[w] if reference_slot[w] >= 0 else 0.0
            for side in range(_SIDES):
                wall, is_put_side = walls[w, side], side > 0
                if math.isnan(wall) or math.isnan(reach):
                    continue
                at = _place_of(rows, first[w], stop[w], prices, wall)
                if at < 0 or not _sum_by_strike(rows, first[w], stop[w], is_put_side, by_net, work):
                    continue
                count = _gather(rows, first[w], stop[w], prices, at, F, reach, is_put_side, work)
                if _is_sure(work, count, at, F - wall if is_put_side else wall - F, reach):
                    out[w, side] = 1.0
                    continue
                kept = 0
                for draw in range(DRAWS):
                    price = F
                    if reference_slot[w] >= 0:
                        price += numbers[reference_slot[w], draw, _FORWARD] * reference_error[w]
                    kept += _drawn_wall(rows, prices, work, count, price, is_put_side, by_net, draw, seeds, numbers) == wall
                out[w, side] = kept / DRAWS

    return _all_windows


_all_windows: Final = _compiled(fingerprint(levels, redraws) ^ hash((levels.TIE, _REACH, _UNIFORM)))
