r"""Zero gamma: net exposure re-priced at shifted forwards, every price where it changes sign, and how sure the nearest is.

All forwards are shifted by the same factor e^y. With the volatilities staying at their strikes ("sticky strike"), the
exposure of one strike at the shifted price is, up to a factor common to all strikes,

    a_k · exp(-½ (d_k + y/s_k)²),   d_k = ln(F/K)/s_k + s_k/2,   s_k = σ_k √T

because Black-76 gamma is D φ(d₊)/(F s) and the power of F that a scale adds is the same for every strike. The scan runs over a
grid that is uniform in y, where each bell follows from the one before by two multiplications (no exponential); roots are then
refined with the exact sum. With the volatilities moving along with the price ("sticky moneyness") s_k is read from today's
smile at the moneyness that the strike has after the shift. Walls, totals and crossings between strikes are in `levels`.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = ["Roots", "nearest_roots", "profile_coefficient", "profile_roots"]

Float = NDArray[np.float64]
Int = NDArray[np.int64]

DOWN: Final = math.log(0.8)
UP: Final = math.log(1.2)
POINTS: Final = 10.0
BELLS_PER_STEP: Final = 0.5
MOST_STEPS: Final = 16_384
NEGLIGIBLE: Final = 1e-9
REACH: Final = 12.0
CUT: Final = 24.0
STRIKE: Final = 0
MONEYNESS: Final = 1


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


def profile_roots(*, first: Int, moneyness: Float, total_vol: Float, coefficient: Float, F: Float) -> Roots:
    r"""Every price within 20 % of F at which net exposure changes sign, volatilities staying at their strikes.

    The grid's step is at most 10 points, and at most half the width (F s) of the narrowest bell; between grid points a turning
    point close to zero is looked into, so that a pair of roots within one step is found as well. Prices at which exposure is
    below a billionth of its peak count as without exposure: they neither have a sign nor end a change of sign.

    Parameters
    ----------
    first : (W + 1,) position of each window's first row.
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
    price = np.empty(capacity)
    starts = np.zeros(F.shape[0] + 1, dtype=np.int64)
    nearest = np.full(F.shape[0], np.nan)
    peak = np.zeros(F.shape[0])
    _all_roots(first, moneyness, total_vol, coefficient, F, price, starts, nearest, peak)
    return Roots(price=price[: starts[-1]].copy(), first=starts, nearest=nearest, peak=peak)


def nearest_roots(
    *,
    first: Int,
    smile: Int,
    moneyness: Float,
    total_vol: Float,
    coefficient: Float,
    F: Float,
    peak: Float,
    sticky_moneyness: bool,
) -> Float:
    r"""The root nearest F alone, searched outwards from F: for other volatilities and for the other end of stickiness.

    Parameters
    ----------
    first : (W + 1,) position of each window's first row.
    smile : (n,) number of the row's expiration; rows of one expiration lie together, strikes ascending.
    moneyness, total_vol, coefficient : (n,) as for `profile_roots`; `total_vol` may be another (at the bid, at the ask).
    F : (W,) reference price; NaN gives NaN. [index points]
    peak : (W,) of `Roots`.
    sticky_moneyness : read each strike's σ√T from today's smile at its shifted moneyness, linear between strikes and constant
        beyond the first and last, instead of leaving it at the strike.

    Returns
    -------
    (W,) nearest root; NaN where none is within 20 %. [index points]
    """
    out = np.full(F.shape[0], np.nan)
    _outward(first, smile, moneyness, total_vol, coefficient, F, peak, MONEYNESS if sticky_moneyness else STRIKE, out)
    return out


@njit(cache=True, nogil=True)
def _smile_at(x: float, start: int, stop: int, at: int, m: Float, s: Float) -> tuple[float, int]:
    """(σ√T at moneyness x, position to go on from): m descends from start to stop, x descends from call to call."""
    while at + 1 < stop and m[at + 1] >= x:
        at += 1
    if at + 1 >= stop or x >= m[at]:
        return s[at], at
    return s[at] + (s[at + 1] - s[at]) * (m[at] - x) / (m[at] - m[at + 1]), at


@njit(cache=True, nogil=True)
def _net(y: float, start: int, stop: int, smile: Int, m: Float, s: Float, b: Float, stickiness: int) -> float:
    """The profile at a shift of e^y, exactly."""
    total = 0.0
    if stickiness == STRIKE:
        for k in range(start, stop):
            d = (m[k] + y) / s[k] + 0.5 * s[k]
            total += b[k] / s[k] * math.exp(-0.5 * d * d)
        return total
    begin = start
    while begin < stop:
        end = begin + 1
        while end < stop and smile[end] == smile[begin]:
            end += 1
        at = begin
        for k in range(begin, end):
            x = m[k] + y
            vol, at = _smile_at(x, begin, end, at, m, s)
            d = x / vol + 0.5 * vol
            total += b[k] / vol * math.exp(-0.5 * d * d)
        begin = end
    return total


@njit(cache=True, nogil=True)
def _refine(low: float, high: float, start: int, stop: int, smile: Int, m: Float, s: Float, b: Float, stickiness: int) -> float:
    """Brent's method between two shifts; where the exact signs agree the root is within rounding of the smaller value."""
    xa, xb = low, high
    fa = _net(xa, start, stop, smile, m, s, b, stickiness)
    fb = _net(xb, start, stop, smile, m, s, b, stickiness)
    if fa == 0.0:
        return xa
    if fb == 0.0 or (fa > 0.0) == (fb > 0.0):
        return xb if abs(fb) <= abs(fa) else xa
    xc, fc = xa, fa
    step = before = xb - xa
    for _ in range(100):
        if (fb > 0.0) == (fc > 0.0):
            xc, fc = xa, fa
            step = before = xb - xa
        if abs(fc) < abs(fb):
            xa, xb, xc = xb, xc, xb
            fa, fb, fc = fb, fc, fb
        tolerance = 2.0e-16 * abs(xb) + 5.0e-14
        half = 0.5 * (xc - xb)
        if abs(half) <= tolerance or fb == 0.0:
            return xb
        if abs(before) >= tolerance and abs(fa) > abs(fb):
            ratio = fb / fa
            if xa == xc:
                p = 2.0 * half * ratio
                q = 1.0 - ratio
            else:
                u = fa / fc
                v = fb / fc
                p = ratio * (2.0 * half * u * (u - v) - (xb - xa) * (v - 1.0))
                q = (u - 1.0) * (v - 1.0) * (ratio - 1.0)
            if p > 0.0:
                q = -q
            else:
                p = -p
            if 2.0 * p < min(3.0 * half * q - abs(tolerance * q), abs(before * q)):
                before = step
                step = p / q
            else:
                before = step = half
        else:
            before = step = half
        xa, fa = xb, fb
        if abs(step) > tolerance:
            xb += step
        else:
            xb += tolerance if half > 0.0 else -tolerance
        fb = _net(xb, start, stop, smile, m, s, b, stickiness)
    return xb


@njit(cache=True, nogil=True)
def _step(start: int, stop: int, s: Float, b: Float, price: float) -> float:
    """Step of the grid in y: 10 points at its top, half the narrowest bell, never more than `MOST_STEPS` of them."""
    step = POINTS / (1.2 * price)
    for k in range(start, stop):
        if b[k] != 0.0:
            step = min(step, BELLS_PER_STEP * s[k])
    steps = math.ceil((UP - DOWN) / step) if step * MOST_STEPS > UP - DOWN else MOST_STEPS
    return (UP - DOWN) / steps


@njit(cache=True, nogil=True, fastmath={"reassoc", "contract", "nsz"})
def _scan(start: int, stop: int, m: Float, s: Float, b: Float, step: float, grid: Float, bells: Float) -> None:
    """The profile on the grid: bells restarted exactly before rounding or underflow can tell, multiplied on in between."""
    size = stop - start
    e = bells[0]
    q = bells[1]
    c = bells[2]
    a = bells[3]
    narrowest = math.inf
    for i in range(size):
        k = start + i
        delta = step / s[k]
        a[i] = b[k] / s[k]
        c[i] = math.exp(-delta * delta)
        if b[k] != 0.0:
            narrowest = min(narrowest, s[k])
    run = max(1, min(64, int(REACH * narrowest / step)))
    for j in range(grid.shape[0]):
        if j % run == 0:
            y = DOWN + j * step
            for i in range(size):
                k = start + i
                d = (m[k] + y) / s[k] + 0.5 * s[k]
                if abs(d) < CUT and b[k] != 0.0:
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


@njit(cache=True, nogil=True)
def _all_roots(
    first: Int, m: Float, s: Float, b: Float, F: Float, price: Float, starts: Int, nearest: Float, peak: Float
) -> None:
    none = np.empty(0, dtype=np.int64)
    longest = 0
    for w in range(F.shape[0]):
        longest = max(longest, first[w + 1] - first[w])
    bells = np.empty((4, longest))
    grid = np.empty(0)
    count = 0
    for w in range(F.shape[0]):
        starts[w + 1] = count
        start, stop = first[w], first[w + 1]
        if not F[w] > 0.0 or start == stop:
            continue
        step = _step(start, stop, s, b, F[w])
        points = round((UP - DOWN) / step) + 1
        if grid.shape[0] < points:
            grid = np.empty(points)
        values = grid[:points]
        _scan(start, stop, m, s, b, step, values, bells)
        largest = 0.0
        for j in range(points):
            largest = max(largest, abs(values[j]))
        peak[w] = largest
        floor = NEGLIGIBLE * largest
        last = -1
        for j in range(points):
            value = values[j]
            if abs(value) <= floor:
                continue
            if last >= 0 and (value > 0.0) != (values[last] > 0.0):
                if count < price.shape[0]:
                    price[count] = F[w] * math.exp(
                        _refine(DOWN + last * step, DOWN + j * step, start, stop, none, m, s, b, STRIKE)
                    )
                    count += 1
            elif last == j - 1 and last >= 1 and abs(values[j - 2]) > floor and (values[j - 2] > 0.0) == (value > 0.0):
                vertex = _dip(values[j - 2], values[j - 1], value)
                if vertex == vertex:  # noqa: PLR0124 (not NaN)
                    y = DOWN + (j - 1 + vertex) * step
                    bottom = _net(y, start, stop, none, m, s, b, STRIKE)
                    if bottom != 0.0 and (bottom > 0.0) != (value > 0.0) and count + 1 < price.shape[0]:
                        left, right = DOWN + (j - 2) * step, DOWN + j * step
                        price[count] = F[w] * math.exp(_refine(left, y, start, stop, none, m, s, b, STRIKE))
                        price[count + 1] = F[w] * math.exp(_refine(y, right, start, stop, none, m, s, b, STRIKE))
                        count += 2
            last = j
        best = math.inf
        for i in range(starts[w], count):
            if abs(price[i] - F[w]) < best:
                best = abs(price[i] - F[w])
                nearest[w] = price[i]
        starts[w + 1] = count


@njit(cache=True, nogil=True)
def _outward(first: Int, smile: Int, m: Float, s: Float, b: Float, F: Float, peak: Float, stickiness: int, out: Float) -> None:
    for w in range(F.shape[0]):
        start, stop = first[w], first[w + 1]
        if not F[w] > 0.0 or start == stop or peak[w] == 0.0:
            continue
        floor = NEGLIGIBLE * peak[w]
        step = _step(start, stop, s, b, F[w])
        centre = _net(0.0, start, stop, smile, m, s, b, stickiness)
        # the nearest significant values on either side of F: above[0] is the last one met going up, and so on
        known = abs(centre) > floor
        up_y, up_value, up_known = 0.0, centre, known
        down_y, down_value, down_known = 0.0, centre, known
        reach_up, reach_down = UP, DOWN
        best = math.inf
        for j in range(1, math.ceil(-DOWN / step) + 1):
            y = j * step
            if y <= reach_up:
                value = _net(y, start, stop, smile, m, s, b, stickiness)
                if abs(value) > floor:
                    if up_known and (value > 0.0) != (up_value > 0.0):
                        root = F[w] * math.exp(_refine(up_y, y, start, stop, smile, m, s, b, stickiness))
                        if abs(root - F[w]) < best:
                            best = abs(root - F[w])
                            out[w] = root
                            reach_down = max(reach_down, math.log(max(1.0 - best / F[w], 0.5)) - step)
                        reach_up = -1.0
                    if not down_known and not up_known:
                        down_y, down_value, down_known = y, value, True
                    up_y, up_value, up_known = y, value, True
            if -y >= reach_down:
                value = _net(-y, start, stop, smile, m, s, b, stickiness)
                if abs(value) > floor:
                    if down_known and (value > 0.0) != (down_value > 0.0):
                        root = F[w] * math.exp(_refine(-y, down_y, start, stop, smile, m, s, b, stickiness))
                        if abs(root - F[w]) < best:
                            best = abs(root - F[w])
                            out[w] = root
                            reach_up = min(reach_up, math.log(1.0 + best / F[w]) + step)
                        reach_down = 1.0
                    if not up_known:
                        up_y, up_value, up_known = -y, value, True
                    down_y, down_value, down_known = -y, value, True
