"""Black-76 reference values of 108 options, and what implied volatility answers at the edges.

Source of the values: mpmath with 60 digits, closed forms, checked there against finite differences; rounded here to float64.
`iv` is the exact root for the float64 `market_price`; `iv_tol` is its tolerance: 16 ulp of the price over vega, at least 1e-12.
Units: T in years of 365 days; vega and vanna per 1.00 of volatility; theta and charm per year of calendar time that passes.
"""

from __future__ import annotations

import csv
from math import nan
from pathlib import Path
from typing import NamedTuple


def vectors() -> list[dict[str, str]]:
    """One row per option: category, inputs, market price, volatility and its tolerance, price and greeks."""
    with Path(__file__).with_suffix(".csv").open(encoding="ascii", newline="") as file:
        return list(csv.DictReader(file))


class EdgeCase(NamedTuple):
    """An option with r = 0, the status of its implied volatility, and the volatility (NaN where there is none)."""

    about: str
    F: float
    K: float
    T: float
    is_call: bool
    price: float
    status: str
    iv: float = nan


EDGE_CASES = (
    EdgeCase("below intrinsic", 6000.0, 5900.0, 0.1, True, 99.0, "BELOW_INTRINSIC"),
    EdgeCase("equal to intrinsic", 6000.0, 5900.0, 0.1, True, 100.0, "BELOW_INTRINSIC"),
    EdgeCase("a call at its upper bound", 6000.0, 6000.0, 0.1, True, 6000.0, "ABOVE_MAX"),
    EdgeCase("a put at its upper bound", 6000.0, 5000.0, 0.1, False, 5000.0, "ABOVE_MAX"),
    EdgeCase("price zero", 6000.0, 6200.0, 0.1, True, 0.0, "BELOW_INTRINSIC"),
    EdgeCase("price negative", 6000.0, 6200.0, 0.1, True, -1.0, "BELOW_INTRINSIC"),
    EdgeCase("price NaN", 6000.0, 6200.0, 0.1, True, nan, "BAD_INPUT"),
    EdgeCase("expired", 6000.0, 6005.0, 0.0, True, 0.05, "EXPIRED"),
    EdgeCase("T negative", 6000.0, 6005.0, -0.01, True, 0.05, "EXPIRED"),
    EdgeCase("F zero", 0.0, 6000.0, 0.1, True, 1.0, "BAD_INPUT"),
    EdgeCase("K zero", 6000.0, 0.0, 0.1, True, 1.0, "BAD_INPUT"),
    EdgeCase("one second left, at the money", 6000.0, 6000.0, 3.1709791983764586e-08, True, 0.05, "OK", 0.1173037758267978),
    EdgeCase("one tick, far out of the money", 6000.0, 8000.0, 0.0005479452054794521, True, 0.05, "OK", 3.6108091318572657),
)
