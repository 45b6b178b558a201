"""Synthetic option quotes for kernels' tests: ticks, spreads, skewed makers, stale quotes, around a known forward and smile."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

__all__ = ["Quotes", "black_price", "quotes", "true_smile"]

Floats = NDArray[np.float64]
TICK = 0.05


class Quotes(NamedTuple):
    F: Floats
    K: Floats
    T: float
    discount: float
    smile: Floats
    call_bid: Floats
    call_ask: Floats
    put_bid: Floats
    put_ask: Floats


def true_smile(F: Floats, K: Floats, T: float) -> Floats:
    """A skewed curve that no quartic is: 12 % at the money, steeper for puts. F (W, 1), K (S,)."""
    z = np.log(K / F) / (0.12 * np.sqrt(T))
    return 0.12 * (1.0 + 0.06 * (np.sqrt((z - 0.5) ** 2 + 1.2) - np.sqrt(1.45) - 0.8 * z))


def black_price(F: Floats, K: Floats, T: float, sigma: Floats, r: float, *, is_call: bool) -> Floats:
    """Black's formula with scipy's normal distribution, for prices that are no smaller than a tick."""
    total = sigma * np.sqrt(T)
    d_plus = np.log(F / K) / total + total / 2
    if is_call:
        return np.exp(-r * T) * (F * ndtr(d_plus) - K * ndtr(d_plus - total))
    return np.exp(-r * T) * (K * ndtr(total - d_plus) - F * ndtr(-d_plus))


def quotes(*, windows: int, days: float, stale: float = 0.0, spread: float = 1.0, seed: int = 0) -> Quotes:
    """Two-sided quotes of every strike; of each, the share `stale` is priced at a forward 8 points (one deviation) off."""
    rng = np.random.default_rng(seed)
    T, r = days / 365.0, 0.04
    K = np.arange(5000.0, 7001.0, 5.0)
    F = (6000.0 + np.cumsum(rng.normal(0.0, 0.8, windows)))[:, None]
    old = F + rng.normal(0.0, 8.0, (windows, 1))
    sides: list[Floats] = []
    for is_call in (True, False):
        now, before = (black_price(at, K, T, true_smile(at, K, T), r, is_call=is_call) for at in (F, old))
        fair = np.where(rng.random(now.shape) < stale, before, now)
        half = np.clip(0.02 * fair, TICK, 1.0) * spread * rng.uniform(0.7, 1.5, fair.shape)
        quoted = fair + rng.uniform(-0.5, 0.5, fair.shape) * half
        bid = np.floor((quoted - half) / TICK) * TICK
        sides += [np.where(bid > TICK / 2, bid, np.nan), np.ceil((quoted + half) / TICK) * TICK]
    return Quotes(F[:, 0], K, T, float(np.exp(-r * T)), true_smile(F, K, T), *sides)
