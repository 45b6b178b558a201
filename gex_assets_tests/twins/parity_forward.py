"""The forward of one window by put-call parity, slowly: lists, the statistics module, and the VIX rule for the comparison."""

from __future__ import annotations

import math
from collections.abc import Collection
from statistics import median
from typing import NamedTuple

__all__ = ["Pair", "biweight_forward", "one_strike_forward"]


class Pair(NamedTuple):
    strike: float
    call_bid: float
    call_ask: float
    put_bid: float
    put_ask: float

    @property
    def difference(self) -> float:
        return (self.call_bid + self.call_ask) / 2 - (self.put_bid + self.put_ask) / 2


def one_strike_forward(pairs: list[Pair], discount: float) -> float:
    """The VIX rule: the strike with the least |C − P| gives the forward."""
    best = min(pairs, key=lambda pair: abs(pair.difference))
    return best.strike + best.difference / discount


def biweight_forward(
    pairs: list[Pair], discount: float, nearest: int = 31, incomplete: Collection[float] = ()
) -> dict[str, float | int]:
    """Median → MAD → Tukey's biweight (c = 3) of the nearest pairs: forward, se, lower, upper, and how many pairs.

    `incomplete` are the strikes with an incomplete book.
    """
    money = min(pairs, key=lambda pair: abs(pair.difference)).strike
    near = sorted(pairs, key=lambda pair: (abs(pair.strike - money), pair.strike))[:nearest]
    implied = [pair.strike + pair.difference / discount for pair in near]
    centre = median(implied)
    half_widths = [(pair.call_ask - pair.call_bid + pair.put_ask - pair.put_bid) / 2 / discount for pair in near]
    scale = max(1.482602218505602 * median(abs(value - centre) for value in implied), 0.1 * median(half_widths))
    for _ in range(500):
        distances = [(value - centre) / (3 * scale) for value in implied]
        weights = [(1 - u * u) ** 2 if abs(u) < 1 else 0.0 for u in distances]
        centre = sum(w * value for w, value in zip(weights, implied, strict=True)) / sum(weights)
    used = [(pair, value, u) for pair, value, u in zip(near, implied, distances, strict=True) if abs(u) < 1]
    slope = sum((1 - u * u) * (1 - 5 * u * u) for _, _, u in used)
    spread = sum((value - centre) ** 2 * (1 - u * u) ** 4 for _, value, u in used)
    return {
        "forward": centre,
        "se": 2 * math.sqrt(spread / (max(slope, 1) * max(slope - 1, 1))),
        "lower": max(pair.strike + (pair.call_bid - pair.put_ask) / discount for pair, _, _ in used),
        "upper": min(pair.strike + (pair.call_ask - pair.put_bid) / discount for pair, _, _ in used),
        "n_pairs": len(pairs),
        "n_used": len(used),
        "n_incomplete": sum(pair.strike in incomplete for pair, _, _ in used),
    }
