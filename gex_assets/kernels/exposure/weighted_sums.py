"""Sums over the rows of a chain that are weighed by what is held: shares of the weight, and the exposures other than gamma's.

What a sign model or a scale is, is in `exposure`; totals of gamma's exposure and the walls are in `levels`.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = ["WeightedSums", "weighted_sums"]

Float = NDArray[np.float64]
Int = NDArray[np.int64]
Bool = NDArray[np.bool_]


class WeightedSums(NamedTuple):
    """What the rows of each of W windows add up to.

    Attributes
    ----------
    with_gamma : (W,) share of the weight at rows with a gamma, in [0, 1]; NaN where there is no weight at all. [1]
    quoted : (W,) share of the weight at rows quoted recently, in [0, 1]; NaN as above. [1]
    delta, vanna, charm : (W,) sum of sign · greek · size · dollars of what is known; NaN where nothing is.
    """

    with_gamma: Float
    quoted: Float
    delta: Float
    vanna: Float
    charm: Float


def weighted_sums(
    *,
    first: Int,
    stop: Int,
    call_sign: Float,
    call_size: Float,
    put_sign: Float,
    put_size: Float,
    dollars: Float,
    gamma: Float,
    quoted: Bool,
    call_delta: Float,
    put_delta: Float,
    vanna: Float,
    call_charm: Float,
    put_charm: Float,
) -> WeightedSums:
    """Add up the rows of every window, one by one in their order.

    Parameters
    ----------
    first, stop : (W,) each window's rows are [first, stop).
    call_sign, put_sign : (n,) -1, 0 or 1; NaN makes the side unknown.
    call_size, put_size : (n,) weight >= 0; NaN where missing. [contracts]
    dollars : (n,) multiplier · price. [USD per contract]
    gamma : (n,) only whether it is NaN is looked at.
    quoted : (n,) whether the row was quoted recently.
    call_delta, put_delta, vanna, call_charm, put_charm : (n,) greeks as in `black76`; NaN where missing.

    Returns
    -------
    WeightedSums
    """
    windows = first.shape[0]
    columns = np.full((len(WeightedSums._fields), windows), np.nan)
    _sums(
        first,
        stop,
        call_sign,
        call_size,
        put_sign,
        put_size,
        dollars,
        gamma,
        quoted,
        call_delta,
        put_delta,
        vanna,
        call_charm,
        put_charm,
        columns,
    )
    return WeightedSums(*columns)


@njit(cache=True, nogil=True)
def _sums(
    first: Int,
    stop: Int,
    call_sign: Float,
    call_size: Float,
    put_sign: Float,
    put_size: Float,
    dollars: Float,
    gamma: Float,
    quoted: Bool,
    call_delta: Float,
    put_delta: Float,
    vanna: Float,
    call_charm: Float,
    put_charm: Float,
    out: Float,
) -> None:
    for w in range(first.shape[0]):
        whole = with_gamma = recent = 0.0
        delta = vega_delta = time_delta = 0.0
        deltas = vannas = charms = 0
        for k in range(first[w], stop[w]):
            size = 0.0
            if not math.isnan(call_size[k]):
                size += call_size[k]
            if not math.isnan(put_size[k]):
                size += put_size[k]
            whole += size
            if not math.isnan(gamma[k]):
                with_gamma += size
            if quoted[k]:
                recent += size
            calls = call_sign[k] * call_size[k] * dollars[k]
            puts = put_sign[k] * put_size[k] * dollars[k]
            both, known = _known_of(calls * call_delta[k], puts * put_delta[k])
            delta += both
            deltas += known
            both, known = _known_of(calls * vanna[k], puts * vanna[k])
            vega_delta += both
            vannas += known
            both, known = _known_of(calls * call_charm[k], puts * put_charm[k])
            time_delta += both
            charms += known
        if whole > 0.0:
            out[0, w] = min(with_gamma / whole, 1.0)
            out[1, w] = min(recent / whole, 1.0)
        if deltas > 0:
            out[2, w] = delta
        if vannas > 0:
            out[3, w] = vega_delta
        if charms > 0:
            out[4, w] = time_delta


@njit(cache=True, nogil=True)
def _known_of(call: float, put: float) -> tuple[float, int]:
    """(sum of what is known, how many are)."""
    total = 0.0
    known = 0
    if not math.isnan(call):
        total += call
        known += 1
    if not math.isnan(put):
        total += put
        known += 1
    return total, known
