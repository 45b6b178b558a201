r"""Zero gamma: net exposure re-priced at shifted forwards, and every price where it changes sign.

All forwards are shifted by the same factor e^y. With the volatilities staying at their strikes ("sticky strike"), the
exposure of one strike at the shifted price is, up to a factor common to all strikes,

    a_k · exp(-½ (d_k + y/s_k)²),   d_k = ln(F/K)/s_k + s_k/2,   s_k = σ_k √T

because Black-76 gamma is D φ(d₊)/(F s), and the power of F that a scale adds is the same for every strike. The scan runs over a
grid that is uniform in y: each bell follows from the one before by two multiplications, without an exponential. Roots are then
refined with the exact sum. With the volatilities moving along with the price ("sticky moneyness"), s_k is read from today's smile
at the moneyness that the strike has after the shift. The nearest root alone, under other assumptions, is in `nearest_root`;
walls, totals and crossings between strikes are in `levels`.
"""

from __future__ import annotations

import math
from typing import Any, Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from gex_assets.kernels.exposure import profile_sum
from gex_assets.kernels.exposure.profile_sum import (
    DOWN,
    ROW_COEFFICIENT,
    ROW_MONEYNESS,
    ROW_TOTAL_VOL,
    STRIKE,
    UP,
    crossing_between,
    grid_step,
    least_sign,
    longest_window,
    net_exposure,
    weighted_rows,
)
from gex_assets.kernels.numba_tools.compiled_unit import fingerprint

__all__ = ["Roots", "profile_coefficient", "profile_roots"]

Float = NDArray[np.float64]
Int = NDArray[np.int64]

REACH: Final = 12.0
"""Bells are computed exactly again after at most this many widths of the narrowest."""
CUT: Final = 24.0
"""A bell more than this many widths away is 0."""


class Roots(NamedTuple):
    """Sign changes of a profile.

    Attributes
    ----------
    price : (R,) where net exposure changes sign, by window, ascending within a window. [index points]
    first : (W + 1,) position of each window's first root in `price`.
    nearest : (W,) the root nearest the reference price, the lower of two equally near; NaN where there is none. [index points]
    peak : (W,) largest absolute value on the grid, in the coefficients' unit: the measure of what is negligible.
    """

    price: Float
    first: Int
    nearest: Float
    peak: Float


def profile_coefficient(*, signed_weight: Float, F: Float, T: Float, r: float, dollars: Float) -> Float:
    r"""Net exposure of a strike per unit of φ(d₊)/s: signed weight · dollars · e^{-rT}/(F √(2π)).

    Parameters
    ----------
    signed_weight : sum over rights of sign · abs(weight). [contracts]
    F : the expiration's forward. [index points]
    T : time to expiration. [years]
    r : continuously compounded rate. [1/year]
    dollars : multiplier · scale factor at F. [unit of the scale per contract and unit of gamma]

    Returns
    -------
    Array in the broadcast shape; NaN where an input is NaN.
    """
    return signed_weight * dollars * np.exp(-r * T) / (F * math.sqrt(2.0 * math.pi))


def profile_roots(*, first: Int, stop: Int, moneyness: Float, total_vol: Float, coefficient: Float, F: Float) -> Roots:
    r"""Every price within 20 % of F at which net exposure changes sign, volatilities staying at their strikes.

    The grid's step is at most 10 points, and at most half the width (F s) of the narrowest bell. A turning point close to zero
    between grid points is examined, so that a pair of roots within one step is found as well. Exposure below a billionth of its
    peak has no sign, nor has what is as small as the rounding of sums over the rows: such prices are skipped.

    Parameters
    ----------
    first, stop : (W,) each window's rows are [first, stop); no row belongs to two windows.
    moneyness : (n,) ln(forward/strike) of the row, the forward being its expiration's own. [1]
    total_vol : (n,) σ√T > 0. [1]
    coefficient : (n,) from `profile_coefficient`, finite.
    F : (W,) reference price that the shift is applied to; NaN gives no roots. [index points]

    Returns
    -------
    Roots of every window, refined to a relative 1e-12 of the price.

    References
    ----------
    R. P. Brent, "Algorithms for Minimization without Derivatives", Prentice-Hall 1973, chapter 4 (the refinement).
    """
    capacity = 2 * moneyness.shape[0] + 1
    out = Roots(
        price=np.empty(capacity),
        first=np.zeros(F.shape[0] + 1, dtype=np.int64),
        nearest=np.full(F.shape[0], np.nan),
        peak=np.zeros(F.shape[0]),
    )
    _all_roots(first, stop, moneyness, total_vol, coefficient, F, out)
    return out._replace(price=out.price[: out.first[-1]].copy())


_BELL, _RATIO, _RATIO_OF_RATIOS, _HEIGHT = range(4)
"""Rows of the scan's scratch memory: each bell at the present step, how it and its ratio change with a step, and its height."""


@njit(cache=True, nogil=True, fastmath={"reassoc", "contract", "nsz"})
def _scan(start: int, stop: int, m: Float, s: Float, b: Float, step: float, grid: Float, bells: Float) -> None:
    """The profile on the grid: bells follow from each other, and are computed exactly before rounding or underflow shows."""
    size = stop - start
    e = bells[_BELL]
    q = bells[_RATIO]
    c = bells[_RATIO_OF_RATIOS]
    a = bells[_HEIGHT]
    narrowest = math.inf
    for i in range(size):
        k = start + i
        delta = step / s[k]
        a[i] = b[k] / s[k]
        c[i] = math.exp(-delta * delta)
        narrowest = min(narrowest, s[k])
    run = max(1, min(64, int(REACH * narrowest / step)))
    for j in range(grid.shape[0]):
        if j % run == 0:
            y = DOWN + j * step
            for i in range(size):
                k = start + i
                d = (m[k] + y) / s[k] + 0.5 * s[k]
                if abs(d) < CUT:
                    delta = step / s[k]
                    e[i] = math.exp(-0.5 * d * d)
                    q[i] = math.exp(-delta * (d + 0.5 * delta))
                else:
                    e[i] = 0.0
                    q[i] = 0.0
        total = 0.0
        for i in range(size):
            total += a[i] * e[i]
            e[i] *= q[i]
            q[i] *= c[i]
        grid[j] = total


@njit(cache=True, nogil=True)
def _dip(before: float, here: float, after: float) -> float:
    """Where in (-1, 1) of a step a parabola through three values of one sign comes closest to zero; NaN if it stays away."""
    curve = 0.5 * (before + after) - here
    slope = 0.5 * (after - before)
    if abs(here) > abs(before) or abs(here) > abs(after) or curve == 0.0 or (curve > 0.0) != (here > 0.0):
        return math.nan
    vertex = -0.5 * slope / curve
    value = here + 0.5 * slope * vertex
    if abs(vertex) >= 1.0 or ((value > 0.0) == (here > 0.0) and abs(value) > 0.2 * abs(here)):
        return math.nan
    return vertex


def _compiled(unit: int) -> Any:  # noqa: C901 - one compiled loop
    @njit(cache=True, nogil=True)
    def _all_roots(  # noqa: C901, PLR0912 - one compiled loop: cut into functions it took 1.4 times as long
        begins: Int, ends: Int, all_m: Float, all_s: Float, all_b: Float, F: Float, out: Roots
    ) -> None:
        unit  # noqa: B018
        price, starts, nearest, peak = out
        none = np.empty(0, dtype=np.int64)
        longest = longest_window(begins, ends)
        bells, work = np.empty((4, longest)), np.empty((3, longest))
        m, s, b = work[ROW_MONEYNESS], work[ROW_TOTAL_VOL], work[ROW_COEFFICIENT]
        grid = np.empty(0)
        count = 0
        for w in range(F.shape[0]):
            starts[w + 1] = count
            if not F[w] > 0.0:
                continue
            start, stop = 0, weighted_rows(begins[w], ends[w], all_m, all_s, all_b, work)
            if stop == 0:
                continue
            step = grid_step(start, stop, s, b, F[w])
            points = round((UP - DOWN) / step) + 1
            if grid.shape[0] < points:
                grid = np.empty(points)
            values = grid[:points]
            _scan(start, stop, m, s, b, step, values, bells)
            largest = 0.0
            for j in range(points):
                largest = max(largest, abs(values[j]))
            peak[w] = largest
            floor = least_sign(largest, start, stop, s, b)
            last = -1
            for j in range(points):
                value = values[j]
                if abs(value) <= floor:
                    continue
                if last >= 0 and (value > 0.0) != (values[last] > 0.0):
                    if count < price.shape[0]:
                        price[count] = F[w] * math.exp(
                            crossing_between(DOWN + last * step, DOWN + j * step, start, stop, none, m, s, b, STRIKE)
                        )
                        count += 1
                elif last == j - 1 and last >= 1 and abs(values[j - 2]) > floor and (values[j - 2] > 0.0) == (value > 0.0):
                    vertex = _dip(values[j - 2], values[j - 1], value)
                    if vertex == vertex:  # noqa: PLR0124 (not NaN)
                        y = DOWN + (j - 1 + vertex) * step
                        bottom = net_exposure(y, start, stop, none, m, s, b, STRIKE)
                        if bottom != 0.0 and (bottom > 0.0) != (value > 0.0) and count + 1 < price.shape[0]:
                            left, right = DOWN + (j - 2) * step, DOWN + j * step
                            price[count] = F[w] * math.exp(crossing_between(left, y, start, stop, none, m, s, b, STRIKE))
                            price[count + 1] = F[w] * math.exp(crossing_between(y, right, start, stop, none, m, s, b, STRIKE))
                            count += 2
                last = j
            best = math.inf
            for i in range(starts[w], count):
                if abs(price[i] - F[w]) < best:
                    best = abs(price[i] - F[w])
                    nearest[w] = price[i]
            starts[w + 1] = count

    return _all_roots


_all_roots: Final = _compiled(fingerprint(profile_sum) ^ profile_sum.CONSTANTS)
