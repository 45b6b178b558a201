r"""A robust curve through the implied volatilities of one expiration, for strikes whose own quotes say little or nothing.

Volatility is a natural cubic spline of z = ln(K/F)/(σ_atm √T) with five knots. It is fitted by Huber's M-estimator with weights
1/h², h being half the quoted spread in volatility. Each window is fitted by itself: nothing is remembered from earlier ones.

The rules of the fit stand here once, as compiled functions: a quote's half width, which quotes count, the floor of their width,
and the bend of Huber's function. `exposure.smile_errors` uses the same functions, so that its error bars cover the fitted quotes.
Which quotes become volatilities is decided by the stage that asks; the volatilities themselves come from `black76`.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray

from gex_assets.kernels.numba_tools.compiled_unit import fingerprint
from gex_assets.kernels.pricing import median as medians
from gex_assets.kernels.pricing import natural_spline, normal
from gex_assets.kernels.pricing.lanes import Floats
from gex_assets.kernels.pricing.median import NORMAL_MAD, median
from gex_assets.kernels.pricing.natural_spline import TERMS, spline_terms, spline_value, weighted_spline
from gex_assets.kernels.pricing.normal import logarithm

__all__ = [
    "AT_THE_MONEY",
    "CONSTANTS",
    "LARGEST_Z",
    "SMALLEST_HALF_WIDTH",
    "SMALLEST_SCALE",
    "SmileFit",
    "bend_of_residuals",
    "fit_smile",
    "half_width",
    "residual_in_half_widths",
    "standardised_moneyness",
    "used_half_width",
    "volatility_at_the_money",
]

LARGEST_Z: Final = 2.5
"""The curve uses quotes within this many standard deviations of the forward, and has values only there. [1]"""

FEWEST_POINTS: Final = 8
"""Fewer quotes than this are not fitted."""

_NEEDED_REACH: Final = 0.5
"""How far the quotes must reach to either side of the forward, in z."""

AT_THE_MONEY: Final = 5
"""σ_atm is the median of this many quoted volatilities nearest the forward."""

HUBER: Final = 1.345
"""Where Huber's function turns from square to straight, in standard deviations: 95 % efficient for normal errors."""

SMALLEST_SCALE: Final = 0.02
"""Smallest scale S of the residuals, in half widths: quotes on a grid of ticks may agree by chance."""

SMALLEST_HALF_WIDTH: Final = 1e-4
"""Smallest half width that a weight is made of, as a share of σ_atm: it bounds the weight of a quote."""

_STEPS: Final = 500
"""Most steps of reweighting. Each is some .7 to .95 times as long as the one before: 6 to 60 are the rule."""

_STILL: Final = 1e-11
"""Reweighting ends when no quote's fitted volatility moves by more than this share of σ_atm.

What is left to go is that step times ρ/(1 − ρ), with ρ the ratio of steps: 1e-9 in volatility up to ρ = .998.
"""

_GOOD_MEDIAN: Final = 1.0
"""A fit is good whose median residual is at most this many half widths …"""

_GOOD_SHARE: Final = 0.01
"""… or at most this share of σ_atm."""

CONSTANTS: Final = hash((LARGEST_Z, HUBER, NORMAL_MAD, SMALLEST_SCALE, SMALLEST_HALF_WIDTH, AT_THE_MONEY))
"""Changes with the constants that units of other modules take from here; `fingerprint` sees only those its functions name."""


class SmileFit(NamedTuple):
    """What `fit_smile` returns.

    Attributes
    ----------
    iv_fit : (W, S) the curve. [1/√year]
    z : (W, S) moneyness in standard deviations. [1]
    accepted : (W,) whether the curve may be used.
    """

    iv_fit: Floats
    z: Floats
    accepted: NDArray[np.bool_]


@njit(nogil=True, error_model="numpy", inline="always")
def standardised_moneyness(K: float, inverse_F: float, inverse_total: float) -> float:
    """Moneyness z = ln(K/F)/(σ_atm √T) from 1/F and 1/(σ_atm √T)."""
    return logarithm(K * inverse_F) * inverse_total


@njit(nogil=True, error_model="numpy")
def half_width(bid: float, mid: float, ask: float) -> float:
    """Half the width of a quote in volatility; a missing side is as far from the middle as the other; NaN without both."""
    below, above = mid - bid, ask - mid
    if not np.isfinite(below):
        below = above
    if not np.isfinite(above):
        above = below
    return 0.5 * (below + above)


@njit(nogil=True, error_model="numpy")
def used_half_width(z: float, mid: float, width: float, sigma: float) -> float:
    """Half width h of a quote whose weight in the fit is 1/h², at least `SMALLEST_HALF_WIDTH` σ_atm; NaN if it is not used."""
    if abs(z) < LARGEST_Z and np.isfinite(mid) and np.isfinite(width):
        return max(width, SMALLEST_HALF_WIDTH * sigma)
    return np.nan


@njit(nogil=True, error_model="numpy", inline="always")
def residual_in_half_widths(mid: float, fitted: float, half: float) -> float:
    """|σ_i − q(z_i)|/h_i."""
    return abs(mid - fitted) / half


@njit(nogil=True, error_model="numpy")
def bend_of_residuals(typical: float) -> float:
    """Where Huber's function bends, in half widths: 1.345 S with S = max(1.4826 · median residual, `SMALLEST_SCALE`)."""
    return HUBER * max(NORMAL_MAD * typical, SMALLEST_SCALE)


@njit(nogil=True, error_model="numpy")
def volatility_at_the_money(F: float, K: Floats, iv: Floats, work: Floats) -> float:
    """σ_atm: median volatility of the `AT_THE_MONEY` quoted strikes nearest F; NaN where there are fewer.

    Of two strikes equally near, the lower comes first.

    Parameters
    ----------
    F : the forward. [index points]
    K : (S,) ascending strikes. [index points]
    iv : (S,) NaN where a strike is not quoted. [1/√year]
    work : (at least `AT_THE_MONEY`,) scratch memory.
    """
    above = np.searchsorted(K, F)
    below = above - 1
    found = 0
    while found < AT_THE_MONEY:
        while below >= 0 and not np.isfinite(iv[below]):
            below -= 1
        while above < K.size and not np.isfinite(iv[above]):
            above += 1
        if below < 0 and above >= K.size:
            return np.nan
        if above >= K.size or (below >= 0 and F - K[below] <= K[above] - F):
            work[found] = iv[below]
            below -= 1
        else:
            work[found] = iv[above]
            above += 1
        found += 1
    return median(work, found)


@njit(nogil=True, error_model="numpy")
def _robust_spline(x: Floats, y: Floats, half: Floats, count: int, sigma: float, coefficients: Floats) -> float:
    """Huber's fit by reweighting into `coefficients`; returns the median residual [half widths], NaN where there is no fit."""
    weight, residual, work = np.empty(count), np.empty(count), np.empty(count)
    fitted = np.zeros(count)
    moments = np.empty((TERMS, TERMS))
    for i in range(count):
        weight[i] = 1.0 / (half[i] * half[i])
    typical = np.nan
    for _ in range(_STEPS):
        if not weighted_spline(x, y, weight, count, coefficients, moments):
            return np.nan
        moved = 0.0
        for i in range(count):
            curve = spline_value(coefficients, (x[0, i], x[1, i], x[2, i], x[3, i]))
            moved = max(moved, abs(curve - fitted[i]))
            fitted[i] = curve
            residual[i] = residual_in_half_widths(y[i], curve, half[i])
            work[i] = residual[i]
        typical = median(work, count)
        if moved <= _STILL * sigma:
            break
        bend = bend_of_residuals(typical)
        for i in range(count):
            weight[i] = min(1.0, bend / max(residual[i], 1e-300)) / (half[i] * half[i])
    return typical


class _Quotes(NamedTuple):
    """Volatilities of W windows and S ascending strikes. [1/√year]."""

    bid: Floats
    mid: Floats
    ask: Floats


class _Points(NamedTuple):
    """Scratch memory for the quotes of one window that are fitted: the spline's terms, volatilities and half widths."""

    x: Floats
    y: Floats
    half: Floats
    work: Floats


@njit(nogil=True, error_model="numpy")
def _gather(quotes: _Quotes, window: int, z: Floats, first: Any, last: Any, sigma: float, points: _Points) -> int:
    """Put the quotes that the fit uses among strikes [first, last) into `points`; returns how many they are."""
    count = 0
    for i in range(first, last):
        mid = quotes.mid[window, i]
        half = used_half_width(z[i], mid, half_width(quotes.bid[window, i], mid, quotes.ask[window, i]), sigma)
        if np.isnan(half):
            continue
        points.x[0, count], points.x[1, count], points.x[2, count], points.x[3, count] = spline_terms(z[i])
        points.y[count] = mid
        points.half[count] = half
        count += 1
    return count


@njit(nogil=True, error_model="numpy")
def _fit_window(points: _Points, count: int, z: Floats, first: Any, last: Any, sigma: float, iv_fit: Floats) -> bool:
    """Fit the gathered quotes and write the curve at strikes [first, last) into `iv_fit`; whether the curve may be used."""
    x, y, half, work = points
    if not (count >= FEWEST_POINTS and x[0, 0] <= -_NEEDED_REACH and x[0, count - 1] >= _NEEDED_REACH):
        return False
    coefficients = np.zeros(TERMS)
    typical = _robust_spline(x, y, half, count, sigma, coefficients)
    lowest, highest = np.inf, -np.inf
    for i in range(count):
        work[i] = abs(y[i] - spline_value(coefficients, (x[0, i], x[1, i], x[2, i], x[3, i])))
        lowest, highest = min(lowest, y[i]), max(highest, y[i])
    fits = np.isfinite(typical) and (typical <= _GOOD_MEDIAN or median(work, count) <= _GOOD_SHARE * sigma)
    for i in range(first, last):
        iv_fit[i] = spline_value(coefficients, spline_terms(min(max(z[i], x[0, 0]), x[0, count - 1])))
        fits = fits and 0.5 * lowest <= iv_fit[i] <= 2.0 * highest
    return fits


def _compiled(unit: int) -> Any:
    @njit(cache=True, nogil=True, error_model="numpy")
    def _fits(F: Floats, K: Floats, T: Floats, quotes: _Quotes, iv_fit: Floats, z: Floats, accepted: NDArray[np.bool_]) -> None:
        unit  # noqa: B018
        points = _Points(np.empty((TERMS - 1, K.size)), np.empty(K.size), np.empty(K.size), np.empty(max(K.size, AT_THE_MONEY)))
        for window in range(F.size):
            if not (1e-100 < F[window] < 1e100 and T[window] > 0.0):
                continue
            sigma = volatility_at_the_money(F[window], K, quotes.mid[window], points.work)
            total = sigma * np.sqrt(T[window])
            if not (total > 0.0 and total < np.inf):
                continue
            inverse_F, inverse_total = 1.0 / F[window], 1.0 / total
            for i in range(K.size):
                z[window, i] = standardised_moneyness(K[i], inverse_F, inverse_total)
            first = np.searchsorted(z[window], -LARGEST_Z)
            last = np.searchsorted(z[window], LARGEST_Z, side="right")
            count = _gather(quotes, window, z[window], first, last, sigma, points)
            accepted[window] = _fit_window(points, count, z[window], first, last, sigma, iv_fit[window])
            if not accepted[window]:
                iv_fit[window] = np.nan

    return _fits


_fits: Final = _compiled(fingerprint(normal, medians, natural_spline) ^ normal.COEFFICIENTS ^ natural_spline.CONSTANTS)


def fit_smile(*, F: ArrayLike, K: ArrayLike, T: ArrayLike, iv_bid: ArrayLike, iv_mid: ArrayLike, iv_ask: ArrayLike) -> SmileFit:
    r"""Fit a robust spline through each window's volatilities: minimize Σ ρ((σ_i − q(z_i))/(h_i S)) over natural cubic splines q.

    z = ln(K/F)/(σ_atm √T), with σ_atm the median volatility of the five quoted strikes nearest F. h_i is half the spread of a
    quote in volatility; where a side is missing, it counts as being as far from the middle as the other. h_i is at least
    1e-4 σ_atm. ρ is Huber's function with its bend at 1.345. S is 1.4826 times the median of |σ_i − q(z_i)|/h_i, at least 0.02
    half widths; the median of an even number is the mean of the middle two. q and S are found together by reweighting, begun with
    the weights 1/h_i², until no quote's curve moves by more than 1e-11 σ_atm: iv_fit is q to 1e-9.

    Parameters
    ----------
    F : (W,) forward; NaN where there is none. [index points]
    K : (S,) strikes, in any order; one that is not a positive number has neither z nor curve. [index points]
    T : (W,) or scalar, time to expiration. [years of 365 days]
    iv_bid, iv_mid, iv_ask : (W, S) volatilities of out-of-the-money quotes; NaN where there is none. [1/√year]

    Returns
    -------
    iv_fit : (W, S) the curve at every strike with |z| ≤ 2.5, quoted or not. Beyond the outermost quote it is level: the
        spline's straight tail is worse there (median gamma error 1.9 % level, 2.4 % straight, on synthetic chains of 1 day;
        .85 and .93 % of 7 days). NaN beyond 2.5 and in windows that are not accepted. [1/√year]
    z : (W, S) moneyness in standard deviations; NaN where σ_atm, F or T is missing. [1]
    accepted : (W,) whether the curve may be used: at least 8 quotes with |z| < 2.5, reaching z = ±0.5 on either side;
        median residual at most the quote's half spread, or 1 % of σ_atm; and everywhere between half the lowest and
        twice the highest volatility fitted.

    Raises
    ------
    ValueError
        Where the shapes disagree: the caller's mistake, not the data's.

    Notes
    -----
    Why a spline and not a quartic, which has as many parameters: its gammas are up to four times as near to the truth. Errors
    weighted by gamma, |z| ≤ 2.5, quartic → spline: .16 → .04, .15 → .04, .20 → .08, .36 → .23 % on sample days 73, 45, 7 and 1
    days from expiration; .20 → .17, .12 → .08, .10 → .04 % on synthetic chains of 1, 7 and 45 days with 5 % stale quotes. A
    quartic cannot follow a smile with straight wings and has no freedom left in the middle. Seven knots are better only where
    quotes are many, and worse at 1 day.

    References
    ----------
    T. Hastie, R. Tibshirani, J. Friedman, "The Elements of Statistical Learning", Springer 2009, section 5.2.1 (the terms);
    P. J. Huber, "Robust estimation of a location parameter", Ann. Math. Statist. 35 (1964) 73-101; P. J. Huber and
    E. M. Ronchetti, "Robust Statistics", Wiley 2009, chapter 7, for regression with a scale found alongside.
    """
    strike = np.asarray(K, dtype=np.float64).reshape(-1)
    strike = np.where((strike > 1e-100) & (strike < 1e100), strike, np.nan)
    forward = np.asarray(F, dtype=np.float64).reshape(-1)
    years = np.broadcast_to(np.asarray(T, dtype=np.float64), forward.shape)
    shape = (forward.size, strike.size)
    order = np.argsort(strike, kind="stable")
    bid, mid, ask = (_sorted_columns(each, shape, order) for each in (iv_bid, iv_mid, iv_ask))
    iv_fit, z = np.full(shape, np.nan), np.full(shape, np.nan)
    accepted = np.zeros(forward.size, dtype=np.bool_)
    known = strike[order][: np.count_nonzero(~np.isnan(strike))]
    _fits(forward.copy(), known, years.copy(), _Quotes(bid, mid, ask), iv_fit, z, accepted)
    back = np.argsort(order, kind="stable")
    return SmileFit(iv_fit[:, back], z[:, back], accepted)


def _sorted_columns(values: ArrayLike, shape: tuple[int, int], order: NDArray[np.intp]) -> Floats:
    wide = np.asarray(values, dtype=np.float64)
    if wide.shape != shape:
        raise ValueError(f"Expected volatilities of shape {shape}, was {wide.shape}")
    return np.ascontiguousarray(wide[:, order])
