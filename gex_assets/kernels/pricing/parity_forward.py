r"""The forward that an expiration's own options imply by put-call parity, robust against stale quotes, with its uncertainty.

A strike whose call and put both have a two-sided quote is a pair. It implies F_i = K + (C − P)/D, with C and P the midpoints.
The forward is Tukey's biweight mean over the pairs nearest the money. What a price implies of volatility is in `black76`. Which
instruments are pairs, and whether the forward is good enough, is decided by the stage that asks.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray

from gex_assets.kernels.numba_tools.compiled_unit import fingerprint
from gex_assets.kernels.pricing import median as medians
from gex_assets.kernels.pricing.lanes import Floats
from gex_assets.kernels.pricing.median import NORMAL_MAD, median

__all__ = ["FEWEST_USED", "STORED_ERRORS", "ParityForward", "parity_forward"]

Flags = NDArray[np.bool_]

FEWEST_USED: Final = 5
"""Fewer pairs with a weight than this are no forward."""

STORED_ERRORS: Final = 2.0
"""`ParityForward.se` is this many standard errors: stale quotes and makers' skews are not independent errors."""

_CUT: Final = 3.0
"""Pairs farther from the centre than this many scales have no weight: Tukey's c, in scales of standard deviations."""

_FLOOR: Final = 0.1
"""Smallest scale, as a share of the pairs' median half width: quotes on a grid of ticks agree by chance."""

_LEAST_SCALE: Final = 1e-12
"""Smallest scale as a share of the forward, where all quotes agree and none has a width: rounding."""

_STEPS: Final = 50
"""Most steps of reweighting."""


class ParityForward(NamedTuple):
    """What `parity_forward` returns: arrays (W,), one element per window."""

    forward: Floats
    se: Floats
    lower: Floats
    upper: Floats
    n_pairs: NDArray[np.int32]
    n_used: NDArray[np.int32]
    n_incomplete: NDArray[np.int32]


@njit(nogil=True, error_model="numpy")
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


@njit(nogil=True, error_model="numpy")
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


@njit(nogil=True, error_model="numpy")
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


class _Books(NamedTuple):
    """Best prices of W windows and S ascending strikes; NaN where the book is not ok. [index points].

    `incomplete` says whether one of the strike's two books is not complete.
    """

    call_bid: Floats
    call_ask: Floats
    put_bid: Floats
    put_ask: Floats
    incomplete: Flags


class _Pairs(NamedTuple):
    """Scratch memory for the pairs of one window, ascending by strike: strike, implied forward and its bounds, half width.

    And whether a book of the pair is incomplete.
    """

    strike: Floats
    implied: Floats
    low: Floats
    high: Floats
    half_width: Floats
    incomplete: Flags


@njit(nogil=True, error_model="numpy")
def _gather_pairs(strikes: Floats, books: _Books, window: int, grow: float, pairs: _Pairs) -> tuple[int, int]:
    """Pairs of one window into `pairs`; (how many, which has the least |C − P|, the lowest of equals)."""
    count = 0
    anchor = 0
    least = np.inf
    for i in range(strikes.size):
        call_bid, call_ask = books.call_bid[window, i], books.call_ask[window, i]
        put_bid, put_ask = books.put_bid[window, i], books.put_ask[window, i]
        difference = 0.5 * (call_bid + call_ask) - 0.5 * (put_bid + put_ask)
        if not np.isfinite(difference + strikes[i]):
            continue
        pairs.strike[count] = strikes[i]
        pairs.implied[count] = strikes[i] + grow * difference
        pairs.low[count] = strikes[i] + grow * (call_bid - put_ask)
        pairs.high[count] = strikes[i] + grow * (call_ask - put_bid)
        pairs.incomplete[count] = books.incomplete[window, i]
        pairs.half_width[count] = 0.5 * (pairs.high[count] - pairs.low[count])
        if abs(difference) < least:
            least = abs(difference)
            anchor = count
        count += 1
    return count, anchor


def _compiled(unit: int) -> Any:
    @njit(cache=True, nogil=True, error_model="numpy")
    def _forwards(strikes: Floats, books: _Books, discount: Floats, nearest: int, out: ParityForward) -> None:
        unit  # noqa: B018
        size = strikes.size
        pairs = _Pairs(np.empty(size), np.empty(size), np.empty(size), np.empty(size), np.empty(size), np.empty(size, np.bool_))
        work = np.empty(size)
        for window in range(discount.size):
            grow = 1.0 / discount[window]
            count, anchor = _gather_pairs(strikes, books, window, grow, pairs)
            out.n_pairs[window] = count
            if count == 0 or not (np.isfinite(grow) and grow > 0.0):
                continue
            first, last = _nearest_pairs(pairs.strike, count, anchor, nearest)
            chosen = pairs.implied[first:last]
            near = last - first
            work[:near] = chosen
            middle = median(work, near)
            work[:near] = np.abs(chosen - middle)
            deviation = median(work, near)
            work[:near] = pairs.half_width[first:last]
            scale = max(NORMAL_MAD * deviation, _FLOOR * median(work, near), _LEAST_SCALE * abs(middle))
            centre = _biweight(chosen, near, middle, scale)
            error, used = _biweight_error(chosen, near, centre, scale)
            out.n_used[window] = used
            if used < FEWEST_USED:
                continue
            lower, upper = -np.inf, np.inf
            for i in range(first, last):
                if abs(pairs.implied[i] - centre) < _CUT * scale:
                    lower = max(lower, pairs.low[i])
                    upper = min(upper, pairs.high[i])
                    out.n_incomplete[window] += pairs.incomplete[i]
            out.forward[window] = centre
            out.se[window] = STORED_ERRORS * error
            out.lower[window] = lower
            out.upper[window] = upper

    return _forwards


_forwards: Final = _compiled(fingerprint(medians) ^ hash(NORMAL_MAD))


def parity_forward(
    *,
    strikes: ArrayLike,
    call_bid: ArrayLike,
    call_ask: ArrayLike,
    put_bid: ArrayLike,
    put_ask: ArrayLike,
    discount: ArrayLike,
    nearest: int = 31,
    incomplete: ArrayLike | None = None,
) -> ParityForward:
    r"""Forward of one expiration from put-call parity, window by window: F_i = K_i + (C_i − P_i)/D and their biweight mean.

    Of the `nearest` pairs around the strike with the least |C − P|: median M, scale S = 1.4826 · median |F_i − M|, then the
    F with Σ w_i (F_i − F) = 0, w = (1 − u²)² for |u| < 1, u = (F_i − F)/(3 S), by reweighting from M.

    Parameters
    ----------
    strikes : (S,) in any order. [index points]
    call_bid, call_ask, put_bid, put_ask : (W, S) best prices; NaN wherever the book is not ok. [index points]
    discount : (W,) D = e^{-rT}. [1]
    nearest : pairs that are used; 31 or more (5 to 15 give 13 to 20 times the error on synthetic chains).
    incomplete : (W, S) whether the call's or the put's book is not complete; it changes no price. None: all are complete.

    Returns
    -------
    forward : (W,) NaN where fewer than 5 pairs keep a weight or the discount is no positive number. [index points]
    se : (W,) **twice** the standard error of the biweight mean, √(Σ (F_i − F)² (1 − u²)⁴ / (A·max(1, A − 1))) with
        A = Σ (1 − u²)(1 − 5u²) over |u| < 1: stale quotes and makers' skews are not independent errors. [index points]
    lower, upper : (W,) max(K + (C_bid − P_ask)/D) and min(K + (C_ask − P_bid)/D) over the pairs that keep a weight: a flag
        of quality, crossed (lower > upper) where quotes contradict each other. [index points]
    n_pairs : (W,) int32, strikes with both quotes.
    n_used : (W,) int32, pairs with a weight in the mean.
    n_incomplete : (W,) int32, those of them that are incomplete; 0 where there is no forward.
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
    numbers, counts = np.full((4, discounts.size), np.nan), np.zeros((3, discounts.size), dtype=np.int32)
    out = ParityForward(*numbers, *counts)
    doubtful = np.zeros(shape, np.bool_) if incomplete is None else _sorted_columns(incomplete, shape, order, np.bool_)
    _forwards(strike[order], _Books(cb, ca, pb, pa, doubtful), discounts, nearest, out)
    return out


def _sorted_columns(prices: ArrayLike, shape: tuple[int, int], order: NDArray[np.intp], dtype: type = np.float64) -> NDArray[Any]:
    wide: NDArray[Any] = np.asarray(prices, dtype=dtype)
    if wide.shape != shape:
        raise ValueError(f"Expected prices of shape {shape}, was {wide.shape}")
    return np.ascontiguousarray(wide[:, order])
