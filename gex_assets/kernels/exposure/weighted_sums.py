"""Sums over the rows of a chain, weighted by what is held: shares of the weight, and the exposures other than gamma's.

Sign models and scales are in `exposure`; totals of gamma's exposure and the walls are in `levels`.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = ["GreeksOfRows", "Holdings", "WeightedSums", "weighted_sums"]

Float = NDArray[np.float64]
Int = NDArray[np.int64]
Bool = NDArray[np.bool_]


class WeightedSums(NamedTuple):
    """Sums over the rows of each of W windows.

    Attributes
    ----------
    with_gamma : (W,) share of the weight at rows with a gamma, in [0, 1]; NaN where there is no weight at all. [1]
    quoted : (W,) share of the weight at rows quoted recently, in [0, 1]; NaN as above. [1]
    delta, vanna, charm : (W,) Σ sign · greek · size · dollars of what is known; NaN where nothing is.
    """

    with_gamma: Float
    quoted: Float
    delta: Float
    vanna: Float
    charm: Float


class Holdings(NamedTuple):
    """What is held at the n rows of a chain.

    Attributes
    ----------
    call_sign, put_sign : (n,) -1, 0 or 1; NaN makes the side unknown.
    call_size, put_size : (n,) weight >= 0; NaN where missing. [contracts]
    dollars : (n,) multiplier · price. [USD per contract]
    """

    call_sign: Float
    call_size: Float
    put_sign: Float
    put_size: Float
    dollars: Float


class GreeksOfRows(NamedTuple):
    """Greeks of the same rows, as in `black76`; NaN where missing.

    Attributes
    ----------
    gamma : (n,) used only for whether it is NaN.
    call_delta, put_delta, vanna, call_charm, put_charm : (n,)
    """

    gamma: Float
    call_delta: Float
    put_delta: Float
    vanna: Float
    call_charm: Float
    put_charm: Float


def weighted_sums(*, first: Int, stop: Int, held: Holdings, greeks: GreeksOfRows, quoted: Bool) -> WeightedSums:
    """Add up the rows of every window, one by one in their order.

    Parameters
    ----------
    first, stop : (W,) each window's rows are [first, stop).
    held : what is held at each row.
    greeks : of each row.
    quoted : (n,) whether the row was quoted recently.
    """
    out = WeightedSums(*(np.full(first.shape[0], np.nan) for _ in WeightedSums._fields))
    _sums(first, stop, held, greeks, quoted, out)
    return out


@njit(cache=True, nogil=True)
def _sums(first: Int, stop: Int, held: Holdings, greeks: GreeksOfRows, quoted: Bool, out: WeightedSums) -> None:
    for w in range(first.shape[0]):
        whole = with_gamma = recent = 0.0
        delta = vanna = charm = 0.0
        deltas = vannas = charms = 0
        for k in range(first[w], stop[w]):
            size, _ = _known_of(held.call_size[k], held.put_size[k])
            whole += size
            if not math.isnan(greeks.gamma[k]):
                with_gamma += size
            if quoted[k]:
                recent += size
            calls = held.call_sign[k] * held.call_size[k] * held.dollars[k]
            puts = held.put_sign[k] * held.put_size[k] * held.dollars[k]
            both, known = _known_of(calls * greeks.call_delta[k], puts * greeks.put_delta[k])
            delta += both
            deltas += known
            both, known = _known_of(calls * greeks.vanna[k], puts * greeks.vanna[k])
            vanna += both
            vannas += known
            both, known = _known_of(calls * greeks.call_charm[k], puts * greeks.put_charm[k])
            charm += both
            charms += known
        if whole > 0.0:
            out.with_gamma[w] = min(with_gamma / whole, 1.0)
            out.quoted[w] = min(recent / whole, 1.0)
        if deltas > 0:
            out.delta[w] = delta
        if vannas > 0:
            out.vanna[w] = vanna
        if charms > 0:
            out.charm[w] = charm


@njit(cache=True, nogil=True)
def _known_of(call: float, put: float) -> tuple[float, int]:
    """(sum of the sides that are known, how many they are)."""
    total = 0.0
    known = 0
    if not math.isnan(call):
        total += call
        known += 1
    if not math.isnan(put):
        total += put
        known += 1
    return total, known
