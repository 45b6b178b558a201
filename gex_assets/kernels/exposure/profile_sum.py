r"""The re-priced profile at one shift of the forwards, exactly and in vector code, and the shift at which it is zero.

The formula is explained in `gamma_profile`, which scans with it. `nearest_root` searches outwards, `profile_grid` tabulates. Each
is a compiled unit that closes over the `fingerprint` of this module: nothing here is cached by itself.

In all functions m is ln(forward/strike) [1], s is σ√T [1] and b the coefficient of a row [unit of the scale]; y is the shift of
ln(price) [1].
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from gex_assets.kernels.pricing.normal import exponential

__all__ = [
    "CONSTANTS",
    "DOUBT",
    "DOWN",
    "MONEYNESS",
    "NEGLIGIBLE",
    "ROW_COEFFICIENT",
    "ROW_MONEYNESS",
    "ROW_TERM",
    "ROW_TOTAL_VOL",
    "STRIKE",
    "UP",
    "crossing_between",
    "grid_step",
    "least_sign",
    "longest_window",
    "net_exposure",
    "smile_at",
    "terms",
    "total",
    "weighted_rows",
]

Float = NDArray[np.float64]
Int = NDArray[np.int64]

DOWN: Final = math.log(0.8)
UP: Final = math.log(1.2)
"""How far the forwards are shifted, in ln(price): 20 % down and up."""

NEGLIGIBLE: Final = 1e-9
"""Exposure below this share of the profile's peak has no sign."""

ROUNDING: Final = 1e-13
"""Nor has a difference this small of the largest that the rows could add up to: calls that equal puts leave rounding behind."""

STRIKE: Final = 0
MONEYNESS: Final = 1
"""What a volatility stays with when the price moves: the strike, or the moneyness."""

DOUBT: Final = 1e-9
"""Sums of rounded terms differ by less than this share of the sum of their magnitudes, in whatever order (for σ√T ≤ 10⁴)."""

CONSTANTS: Final = hash((DOWN, UP, NEGLIGIBLE, ROUNDING, STRIKE, MONEYNESS, DOUBT))
"""Changes with the constants that units of other modules take from here; `fingerprint` does not see them."""

_POINTS: Final = 10.0
"""Largest step of the grid at its upper end. [index points]"""
_BELLS_PER_STEP: Final = 0.5
"""Largest step of the grid, in widths of the narrowest bell."""
_MOST_STEPS: Final = 16_384
"""Most steps of the grid."""


ROW_MONEYNESS, ROW_TOTAL_VOL, ROW_COEFFICIENT, ROW_TERM = range(4)
"""Rows of the scratch memory `work`: m, s and b of the rows with a weight, then what one price makes of them."""


@njit(nogil=True)
def longest_window(first: Int, stop: Int) -> int:
    """The most rows that a window [first, stop) has."""
    longest = 0
    for w in range(first.shape[0]):
        longest = max(longest, stop[w] - first[w])
    return longest


@njit(nogil=True)
def weighted_rows(start: int, stop: int, m: Float, s: Float, b: Float, work: Float) -> int:
    """Copy m, s and b of the rows [start, stop) with a weight into `work`; returns how many they are."""
    count = 0
    for k in range(start, stop):
        if b[k] != 0.0:
            work[ROW_MONEYNESS, count] = m[k]
            work[ROW_TOTAL_VOL, count] = s[k]
            work[ROW_COEFFICIENT, count] = b[k]
            count += 1
    return count


@njit(nogil=True)
def least_sign(peak: float, start: int, stop: int, s: Float, b: Float) -> float:
    """Value at or below which the profile has no sign: by the peak of the net, and by what its rows could add up to."""
    most = 0.0
    for k in range(start, stop):
        if b[k] != 0.0:
            most += abs(b[k]) / s[k]
    return max(NEGLIGIBLE * peak, ROUNDING * most)


@njit(nogil=True)
def smile_at(x: float, start: int, stop: int, at: int, m: Float, s: Float) -> tuple[float, int]:
    """(σ√T at moneyness x, position to go on from): m descends from start to stop, x descends from call to call."""
    while at + 1 < stop and m[at + 1] >= x:
        at += 1
    if at + 1 >= stop or x >= m[at]:
        return s[at], at
    return s[at] + (s[at + 1] - s[at]) * (m[at] - x) / (m[at] - m[at + 1]), at


@njit(nogil=True)
def net_exposure(y: float, start: int, stop: int, smile: Int, m: Float, s: Float, b: Float, stickiness: int) -> float:
    """The profile at a shift of e^y, exactly."""
    total = 0.0
    if stickiness == STRIKE:
        for k in range(start, stop):
            if b[k] != 0.0:
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
            if b[k] != 0.0:
                x = m[k] + y
                vol, at = smile_at(x, begin, end, at, m, s)
                d = x / vol + 0.5 * vol
                total += b[k] / vol * math.exp(-0.5 * d * d)
        begin = end
    return total


@njit(nogil=True, error_model="numpy", fastmath={"contract"})
def terms(y: float, count: int, m: Float, s: Float, b: Float, out: Float) -> None:
    """Every strike's part of the profile into `out`, to some ulps."""
    for i in range(count):
        inverse = 1.0 / s[i]
        d = (m[i] + y) * inverse + 0.5 * s[i]
        out[i] = b[i] * inverse * exponential(-0.5 * d * d)


@njit(nogil=True, fastmath={"reassoc", "nsz"})
def total(count: int, values: Float) -> tuple[float, float]:
    """(sum, sum of magnitudes)."""
    value = 0.0
    size = 0.0
    for i in range(count):
        value += values[i]
        size += abs(values[i])
    return value, size


@njit(nogil=True)
def crossing_between(  # noqa: C901, PLR0912 - Brent's method is one compiled loop
    low: float, high: float, start: int, stop: int, smile: Int, m: Float, s: Float, b: Float, stickiness: int
) -> float:
    """Zero of the profile between two shifts, by Brent's method; where the exact signs agree, the end with the smaller value."""
    xa, xb = low, high
    fa = net_exposure(xa, start, stop, smile, m, s, b, stickiness)
    fb = net_exposure(xb, start, stop, smile, m, s, b, stickiness)
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
        fb = net_exposure(xb, start, stop, smile, m, s, b, stickiness)
    return xb


@njit(nogil=True)
def grid_step(start: int, stop: int, s: Float, b: Float, price: float) -> float:
    """Step of the grid in y: at most 10 points at its upper end and half the narrowest bell, but at most `_MOST_STEPS` steps."""
    step = _POINTS / (1.2 * price)
    for k in range(start, stop):
        if b[k] != 0.0:
            step = min(step, _BELLS_PER_STEP * s[k])
    steps = math.ceil((UP - DOWN) / step) if step * _MOST_STEPS > UP - DOWN else _MOST_STEPS
    return (UP - DOWN) / steps
