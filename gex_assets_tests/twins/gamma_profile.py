"""Zero gamma the slow way: Black-76 gammas of every strike at every price of a dense grid, roots by SciPy's brentq."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.stats import norm

Float = NDArray[np.float64]


def gamma(*, F: Float, K: Float, s: Float, discount: float) -> Float:
    """e^{-rT} φ(d₊)/(F s), from the definition."""
    d_plus = (np.log(F / K) + 0.5 * s * s) / s
    return discount * norm.pdf(d_plus) / (F * s)


def net_exposure(
    price: float,
    *,
    reference: float,
    forward: Float,
    strike: Float,
    total_vol: Float,
    signed_weight: Float,
    discount: float = 1.0,
    multiplier: float = 50.0,
) -> float:
    """USD per 1 % of the whole chain after all forwards moved by price/reference; σ√T stays at its strike."""
    moved = forward * price / reference
    each = gamma(F=moved, K=strike, s=total_vol, discount=discount) * signed_weight * multiplier * moved**2 * 0.01
    return math.fsum(each)


def net_exposure_sticky_moneyness(
    price: float, *, reference: float, forward: Float, strike: Float, total_vol: Float, signed_weight: Float
) -> float:
    """The same for one expiration whose smile moves along with the price: σ√T is read at today's strike of equal moneyness."""
    shift = price / reference
    moneyness = np.log(forward / strike)
    vol = np.interp(moneyness + math.log(shift), moneyness[::-1], total_vol[::-1])
    return net_exposure(price, reference=reference, forward=forward, strike=strike, total_vol=vol, signed_weight=signed_weight)


def roots(net: Callable[[float], float], *, reference: float, points: int = 2_001, floor: float = 1e-9) -> list[float]:
    """Every sign change within 20 % of the reference; values below floor times the largest count as none."""
    grid = np.linspace(0.8 * reference, 1.2 * reference, points)
    values = np.array([net(float(price)) for price in grid])
    there = np.flatnonzero(np.abs(values) > floor * np.abs(values).max()) if values.any() else np.empty(0, dtype=np.int64)
    found = []
    for left, right in pairwise(there):
        if np.sign(values[left]) != np.sign(values[right]):
            found.append(float(brentq(net, grid[left], grid[right], xtol=1e-9)))
    return found
