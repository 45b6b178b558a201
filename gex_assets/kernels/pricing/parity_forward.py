r"""The forward that an expiration's own options imply by put-call parity, robust against stale quotes, with its uncertainty.

Every strike whose call and put both have a two-sided quote is a pair and says F_i = K + (C − P)/D, C and P midpoints. Of the
pairs nearest to the money the forward is Tukey's biweight mean. What a price implies of volatility lives in `black76`; which
instruments are pairs and whether the answer is good enough is decided by the stage that asks.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray

from gex_assets.kernels.pricing.lanes import Floats

__all__ = ["FEWEST_USED", "ParityForward", "parity_forward"]

FEWEST_USED: Final = 5
"""Fewer pairs with a weight than this are no forward."""

_CUT: Final = 3.0
"""Pairs farther from the centre than this many scales have no weight (NUMERICS: c = 3)."""

_NORMAL_MAD: Final = 1.482602218505602
"""1/Φ⁻¹(3/4): makes the median absolute deviation of normal errors their standard deviation."""

_FLOOR: Final = 0.1
"""Smallest scale, as a share of the pairs' median half width: quotes on a grid of ticks agree by chance."""

_STEPS: Final = 50


class ParityForward(NamedTuple):
    """What `parity_forward` returns: arrays (W,), one answer per window."""

    forward: Floats
    se: Floats
    lower: Floats
    upper: Floats
    n_pairs: NDArray[np.int32]
    n_used: NDArray[np.int32]


@njit(cache=True, nogil=True, error_model="numpy")
def _median(values: Floats, count: int) -> float:
    """Median of the first `count` values, which are left sorted; few enough for insertion."""
    for i in range(1, count):
        value = values[i]
        at = i
        while at > 0 and values[at - 1] > value:
            values[at] = values[at - 1]
            at -= 1
        values[at] = value
    half = count // 2
    return float(values[half]) if count % 2 == 1 else 0.5 * float(values[half - 1] + values[half])


@njit(cache=True, nogil=True, error_model="numpy")
def _nearest_pairs(strikes: Floats, count: int, anchor: int, nearest: int) -> tuple[int, int]:
    """[first, last) of the pairs nearest the anchor by strike; the lower of two equally near."""
    first, last = anchor, anchor + 1
    while last - first < min(nearest, count):
        below = strikes[anchor] - strikes[first - 1] if first > 0 else np.inf
        above = strikes[last] - strikes[anchor] if last < count else np.inf
        if below <= above:
            first -= 1
        else:
            last += 1
    return first, last


@njit(cache=True, nogil=True, error_model="numpy")
def _biweight(values: Floats, count: int, centre: float, scale: float) -> float:
    """Tukey's biweight mean by reweighting from `centre`, the scale held."""
    for _ in range(_STEPS):
        total = 0.0
        weighted = 0.0
        for i in range(count):
            u = (values[i] - centre) / (_CUT * scale)
            if abs(u) < 1.0:
                weight = (1.0 - u * u) ** 2
                total += weight
                weighted += weight * (values[i] - centre)
        step = weighted / total if total > 0.0 else 0.0
        centre += step
        if abs(step) <= 1e-10 * scale:
            break
    return centre


@njit(cache=True, nogil=True, error_model="numpy")
def _biweight_error(values: Floats, count: int, centre: float, scale: float) -> tuple[float, int]:
    """(standard error of the biweight mean, how many values have a weight)."""
    spread = 0.0
    slope = 0.0
    used = 0
    for i in range(count):
        u = (values[i] - centre) / (_CUT * scale)
        if abs(u) < 1.0:
            rest = 1.0 - u * u
            spread += (values[i] - centre) ** 2 * rest**4
            slope += rest * (1.0 - 5.0 * u * u)
            used += 1
    return np.sqrt(spread / (max(slope, 1.0) * max(slope - 1.0, 1.0))), used


@njit(cache=True, nogil=True, error_model="numpy")
def _forwards(
    strikes: Floats,
    call_bid: Floats,
    call_ask: Floats,
    put_bid: Floats,
    put_ask: Floats,
    discount: Floats,
    nearest: int,
    numbers: Floats,
    counts: NDArray[np.int32],
) -> None:
    """Fill `numbers` (4, W) with forward, se, lower, upper and `counts` (2, W) with n_pairs, n_used."""
    size = strikes.size
    pair_strike, implied, half_width = np.empty(size), np.empty(size), np.empty(size)
    low, high, sorted_ = np.empty(size), np.empty(size), np.empty(size)
    for window in range(discount.size):
        grow = 1.0 / discount[window]
        count = 0
        anchor = 0
        least = np.inf
        for i in range(size):
            cb, ca, pb, pa = call_bid[window, i], call_ask[window, i], put_bid[window, i], put_ask[window, i]
            difference = 0.5 * (cb + ca) - 0.5 * (pb + pa)
            if not np.isfinite(difference + strikes[i]):
                continue
            pair_strike[count] = strikes[i]
            implied[count] = strikes[i] + grow * difference
            low[count] = strikes[i] + grow * (cb - pa)
            high[count] = strikes[i] + grow * (ca - pb)
            half_width[count] = 0.5 * (high[count] - low[count])
            if abs(difference) < least:
                least = abs(difference)
                anchor = count
            count += 1
        counts[0, window] = count
        if count == 0 or not (np.isfinite(grow) and grow > 0.0):
            continue
        first, last = _nearest_pairs(pair_strike, count, anchor, nearest)
        chosen = implied[first:last]
        near = last - first
        sorted_[:near] = chosen
        median = _median(sorted_, near)
        sorted_[:near] = np.abs(chosen - median)
        deviation = _median(sorted_, near)
        sorted_[:near] = half_width[first:last]
        scale = max(_NORMAL_MAD * deviation, _FLOOR * _median(sorted_, near), 1e-12 * abs(median))
        centre = _biweight(chosen, near, median, scale)
        error, used = _biweight_error(chosen, near, centre, scale)
        counts[1, window] = used
        if used < FEWEST_USED:
            continue
        numbers[0, window] = centre
        numbers[1, window] = 2.0 * error
        lower, upper = -np.inf, np.inf
        for i in range(first, last):
            if abs(implied[i] - centre) < _CUT * scale:
                lower = max(lower, low[i])
                upper = min(upper, high[i])
        numbers[2, window] = lower
        numbers[3, window] = upper


def parity_forward(
    *,
    strikes: ArrayLike,
    call_bid: ArrayLike,
    call_ask: ArrayLike,
    put_bid: ArrayLike,
    put_ask: ArrayLike,
    discount: ArrayLike,
    nearest: int = 31,
) -> ParityForward:
    r"""Forward of one expiration from put-call parity, window by window: F_i = K_i + (C_i − P_i)/D and their biweight mean.

    Of the `nearest` pairs around the strike with the least |C − P|: median M, scale S = 1.4826 · median |F_i − M|, then the
    F with Σ w_i (F_i − F) = 0, w = (1 − u²)² for |u| < 1, u = (F_i − F)/(3 S), by reweighting from M.

    Parameters
    ----------
    strikes : (S,) in any order. [index points]
    call_bid, call_ask, put_bid, put_ask : (W, S) best prices; NaN wherever the book is not ok. [index points]
    discount : (W,) D = e^{-rT}. [1]
    nearest : pairs to look at; 31 or more (5 to 15 give 13 to 20 times the error, NUMERICS).

    Returns
    -------
    forward : (W,) NaN where fewer than 5 pairs keep a weight or the discount is no positive number. [index points]
    se : (W,) **twice** the standard error of the biweight mean, √(Σ (F_i − F)² (1 − u²)⁴ / (A·max(1, A − 1))) with
        A = Σ (1 − u²)(1 − 5u²) over |u| < 1: stale quotes and makers' skews are not independent errors. [index points]
    lower, upper : (W,) max(K + (C_bid − P_ask)/D) and min(K + (C_ask − P_bid)/D) over the pairs that keep a weight: a flag
        of quality, crossed (lower > upper) where quotes contradict each other. [index points]
    n_pairs : (W,) int32, strikes with both quotes.
    n_used : (W,) int32, pairs with a weight in the mean.
    se, lower and upper are NaN where the forward is.

    Raises
    ------
    ValueError
        Where the shapes disagree: the caller's mistake, not the data's.

    Notes
    -----
    Departure from the textbook: S is at least a tenth of the pairs' median half width, (C_ask − C_bid + P_ask − P_bid)/(2D),
    because on a grid of ticks more than half of the F_i may agree by chance, and a scale of 0 would throw out the rest.

    References
    ----------
    F. Mosteller and J. W. Tukey, "Data Analysis and Regression", Addison-Wesley 1977, chapter 10 (the biweight, and its
    variance as an M-estimator's); D. A. Lax, "Robust estimators of scale: finite-sample performance in long-tailed symmetric
    distributions", J. Amer. Statist. Assoc. 80 (1985) 736-741 (that variance's behaviour in small samples).
    """
    strike = np.asarray(strikes, dtype=np.float64).reshape(-1)
    discounts = np.array(discount, dtype=np.float64).reshape(-1)
    order = np.argsort(strike, kind="stable")
    shape = (discounts.size, strike.size)
    cb, ca, pb, pa = (_sorted_columns(book, shape, order) for book in (call_bid, call_ask, put_bid, put_ask))
    numbers = np.full((4, discounts.size), np.nan)
    counts = np.zeros((2, discounts.size), dtype=np.int32)
    _forwards(strike[order], cb, ca, pb, pa, discounts, nearest, numbers, counts)
    return ParityForward(*numbers, *counts)


def _sorted_columns(prices: ArrayLike, shape: tuple[int, int], order: NDArray[np.intp]) -> Floats:
    wide = np.asarray(prices, dtype=np.float64)
    if wide.shape != shape:
        raise ValueError(f"Expected prices of shape {shape}, was {wide.shape}")
    return np.ascontiguousarray(wide[:, order])
