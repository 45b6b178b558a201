r"""Why net exposure changed from one window to the next: price, time, volatility, weight, and strikes that came or went.

A strike's exposure is a product, contracts · gamma(F, T, σ) · scale(F). What a factor contributes to the change of a product
depends on the order in which the factors move. Two orders are averaged: price, time, volatility, weight, and the reverse. Each
order telescopes, so the parts add up to the change. The result is symmetric: going back in time changes only the sign of every
part. The volatility of an expiration's strike stays with the strike while the price moves.

A strike whose exposure is known in only one of the two windows has no factors to compare: all of it is relabelling.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from gex_assets.kernels.numba_tools.array_types import read_only

__all__ = ["NetChange", "Pairs", "net_change", "pairs_of_windows"]

Float = NDArray[np.float64]
Int = NDArray[np.int64]
Bool = NDArray[np.bool_]


MOVED_PRICE, MOVED_PRICE_AND_TIME, MOVED_VOLATILITY, MOVED_VOLATILITY_AND_TIME = range(4)
"""Rows of `Pairs.steps`: what has its value of now already."""


class Pairs(NamedTuple):
    """Rows of one expiration and strike in windows that follow each other.

    Attributes
    ----------
    before, after : (n,) position of the row in the window before and after; -1 where there is none.
    steps : (4, n) gamma between the two windows, with 0 the row before and 1 this row: at (F₁, T₀, σ₀), (F₁, T₁, σ₀), (F₀, T₀,
        σ₁) and (F₀, T₁, σ₁); NaN where one of the rows has no gamma. [1/point]
    """

    before: Int
    after: Int
    steps: Float


class NetChange(NamedTuple):
    """Parts of the change of net exposure since the window before, (W,) each [unit of the scale]; they add up to it."""

    price: Float
    time: Float
    volatility: Float
    weight: Float
    relabel: Float


def pairs_of_windows(
    *, first: Int, expiration: Int, strike: Float, F: Float, T: Float, total_vol: Float, gamma: Float, r: float
) -> Pairs:
    """Find every row in the window before, and the gammas of the steps between.

    Parameters
    ----------
    first : (W + 1,) position of each window's first row.
    expiration, strike : (n,) ascending within a window, by expiration first.
    F : (n,) the expiration's forward. [index points]
    T : (n,) time to expiration. [years]
    total_vol : (n,) σ√T. [1]
    gamma : (n,) NaN where there is none. [1/point]
    r : continuously compounded. [1/year]
    """
    before = np.full(strike.shape[0], -1, dtype=np.int64)
    after = np.full(strike.shape[0], -1, dtype=np.int64)
    steps = np.full((4, strike.shape[0]), np.nan)
    strike, F, T = read_only(strike), read_only(F), read_only(T)
    _pair(first, expiration, strike, F, T, read_only(total_vol), read_only(gamma), r, before, after, steps)
    return Pairs(before, after, steps)


def net_change(
    *,
    first: Int,
    stop: Int,
    pairs: Pairs,
    gamma: Float,
    factor: Float,
    call_contracts: Float,
    put_contracts: Float,
) -> NetChange:
    r"""Split the change of every window, from the window before it in the arrays.

    With g gamma, f the scale's factor at the row's price and c the signed contracts, 0 before and 1 now, and g with three
    arguments from `Pairs.steps`:

    - price: ½ [(g(F₁,T₀,σ₀) f₁ − g₀ f₀) c₀ + (g₁ f₁ − g(F₀,T₁,σ₁) f₀) c₁]
    - time: ½ [(g(F₁,T₁,σ₀) − g(F₁,T₀,σ₀)) f₁ c₀ + (g(F₀,T₁,σ₁) − g(F₀,T₀,σ₁)) f₀ c₁]
    - volatility: ½ [(g₁ − g(F₁,T₁,σ₀)) f₁ c₀ + (g(F₀,T₀,σ₁) − g₀) f₀ c₁]
    - weight: ½ (g₀ f₀ + g₁ f₁)(c₁ − c₀)
    - relabel: g₁ f₁ c₁ of what is known now only, less g₀ f₀ c₀ of what was known only then

    Parameters
    ----------
    first, stop : (W,) each window's rows are [first, stop): a scope.
    pairs : of all rows.
    gamma : (n,) [1/point]
    factor : (n,) multiplier · scale's factor. [unit of the scale per contract and unit of gamma]
    call_contracts, put_contracts : (n,) sign · size; NaN where missing. [contracts]

    Returns
    -------
    NetChange; NaN for the first window, numbers for all others, also where there is nothing to sum.
    """
    out = NetChange(*(np.full(first.shape[0], np.nan) for _ in NetChange._fields))
    _split(first, stop, pairs, gamma, factor, call_contracts, put_contracts, out)
    return out


@njit(cache=True, nogil=True, error_model="numpy")
def _gamma(F: float, K: float, T: float, s: float, r: float) -> float:
    d = math.log(F / K) / s + 0.5 * s
    return math.exp(-0.5 * d * d - r * T) / (F * s * math.sqrt(2.0 * math.pi))


@njit(cache=True, nogil=True, error_model="numpy")
def _pair(
    first: Int,
    expiration: Int,
    strike: Float,
    F: Float,
    T: Float,
    total_vol: Float,
    gamma: Float,
    r: float,
    before: Int,
    after: Int,
    steps: Float,
) -> None:
    for w in range(1, first.shape[0] - 1):
        i = first[w - 1]
        for j in range(first[w], first[w + 1]):
            while i < first[w] and (expiration[i] < expiration[j] or (expiration[i] == expiration[j] and strike[i] < strike[j])):
                i += 1
            if i == first[w]:
                break
            if expiration[i] != expiration[j] or strike[i] != strike[j]:
                continue
            before[j], after[i] = i, j
            if math.isnan(gamma[i]) or math.isnan(gamma[j]):
                continue
            shrink = math.sqrt(T[j] / T[i])
            steps[MOVED_PRICE, j] = _gamma(F[j], strike[j], T[i], total_vol[i], r)
            steps[MOVED_PRICE_AND_TIME, j] = _gamma(F[j], strike[j], T[j], total_vol[i] * shrink, r)
            steps[MOVED_VOLATILITY, j] = _gamma(F[i], strike[j], T[i], total_vol[j] / shrink, r)
            steps[MOVED_VOLATILITY_AND_TIME, j] = _gamma(F[i], strike[j], T[j], total_vol[j], r)


@njit(cache=True, nogil=True, error_model="numpy")
def _plus_known(total: float, value: float) -> float:
    """The total, with the value if it is known."""
    return total if math.isnan(value) else total + value


@njit(cache=True, nogil=True, error_model="numpy")
def _split(  # noqa: C901 - one compiled loop over the rows of a window and those of the window before
    first: Int, stop: Int, pairs: Pairs, gamma: Float, factor: Float, calls: Float, puts: Float, out: NetChange
) -> None:
    before, after, steps = pairs
    for w in range(1, first.shape[0]):
        price = time = volatility = weight = relabel = 0.0
        for j in range(first[w], stop[w]):
            i = before[j]
            now = gamma[j] * factor[j]
            if i < first[w - 1] or i >= stop[w - 1]:
                relabel = _plus_known(_plus_known(relabel, now * calls[j]), now * puts[j])
                continue
            then = gamma[i] * factor[i]
            c0 = c1 = 0.0
            for right in range(2):
                was, held = (calls[i], calls[j]) if right == 0 else (puts[i], puts[j])
                if not math.isnan(then * was) and not math.isnan(now * held):
                    c0 += was
                    c1 += held
                elif not math.isnan(now * held):
                    relabel += now * held
                elif not math.isnan(then * was):
                    relabel -= then * was
            if c0 == 0.0 and c1 == 0.0:
                continue
            f0, f1 = factor[i], factor[j]
            price += 0.5 * ((steps[MOVED_PRICE, j] * f1 - then) * c0 + (now - steps[MOVED_VOLATILITY_AND_TIME, j] * f0) * c1)
            time += 0.5 * (
                (steps[MOVED_PRICE_AND_TIME, j] - steps[MOVED_PRICE, j]) * f1 * c0
                + (steps[MOVED_VOLATILITY_AND_TIME, j] - steps[MOVED_VOLATILITY, j]) * f0 * c1
            )
            volatility += 0.5 * (
                (gamma[j] - steps[MOVED_PRICE_AND_TIME, j]) * f1 * c0 + (steps[MOVED_VOLATILITY, j] - gamma[i]) * f0 * c1
            )
            weight += 0.5 * (then + now) * (c1 - c0)
        for i in range(first[w - 1], stop[w - 1]):
            if after[i] < first[w] or after[i] >= stop[w]:
                then = gamma[i] * factor[i]
                relabel = _plus_known(_plus_known(relabel, -(then * calls[i])), -(then * puts[i]))
        out.price[w], out.time[w], out.volatility[w], out.weight[w], out.relabel[w] = price, time, volatility, weight, relabel
