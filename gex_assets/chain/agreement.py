"""When two numbers of `gex compare` agree: prices by points or steps of the strike grid, others by a share; and mistaken units.

A share says nothing of prices: 1 % of 6,000 is 60 points, twelve strikes. Numbers that differ by a factor of a thousand, a
million or a billion are the same number in other units.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from typing import Final

import numpy as np

__all__ = ["allowed_points", "is_price", "strike_step", "unit_factor"]

_ON_THE_GRID: Final = re.compile(r"(?:.*_wall|.*_strike|.*_underlying)")
_PRICE: Final = re.compile(rf"{_ON_THE_GRID.pattern}|spot|forward|zero_gamma(?:_low|_high)?|.*_price")
_NEAR: Final = 0.05
"""The step is that of the strikes this near the price, as a share: wings have wider ones."""
_WITHOUT_STRIKES: Final = 5e-4
"""Where no strikes are known, prices may differ by this share: 3 points at 6,000."""
_FACTORS: Final = (1e3, 1e6, 1e9)
_ABOUT: Final = 0.1
"""A ratio counts as a factor where it is this near, as a share."""


def is_price(name: str) -> bool:
    """Whether a number is a price, by its name.

    Examples
    --------
    >>> [is_price(name) for name in ("call_wall", "zero_gamma", "spot", "zero_gamma_sigmas", "net_gex", "call_wall_gex")]
    [True, True, True, False, False, False]
    """
    return _PRICE.fullmatch(name) is not None


def strike_step(strikes: Iterable[float], *, near: float | None) -> float | None:
    """Distance between neighbouring strikes: the middle one, near a price where enough strikes are; None with fewer than two.

    Parameters
    ----------
    strikes : of both results, in any order.
    near : a price, where one is known. [index points]

    Returns
    -------
    step [index points]
    """
    grid = np.unique(np.fromiter(strikes, dtype=np.float64))
    if near is not None:
        close = grid[np.abs(grid / near - 1.0) <= _NEAR]
        grid = close if close.size > 1 else grid
    return float(np.median(np.diff(grid))) if grid.size > 1 else None


def allowed_points(name: str, price: float, *, step: float | None, points: float | None) -> float:
    """How far apart two prices may be.

    Parameters
    ----------
    name : of the price; walls stand on strikes, and the next strike is another wall.
    price : of the first result. [index points]
    step : of the strike grid; None where none is known. [index points]
    points : in place of all this, where the caller says it. [index points]

    Returns
    -------
    difference that is still agreement: half a step for walls, a step for other prices. [index points]
    """
    if points is not None:
        return points
    if step is None:
        return _WITHOUT_STRIKES * abs(price)
    return 0.5 * step if _ON_THE_GRID.fullmatch(name) else step


def unit_factor(first: float, second: float) -> float | None:
    """1e3, 1e6, 1e9 or their reciprocals where the second number is about so many times the first; None for any other ratio.

    Examples
    --------
    >>> unit_factor(-2.0e9, -2.0), unit_factor(1.5, 1_520.0), unit_factor(1.0, 2.0), unit_factor(0.0, 5.0)
    (1e-09, 1000.0, None, None)
    """
    if first == 0.0 or second == 0.0:
        return None
    ratio = abs(second / first)
    for factor in _FACTORS:
        for one in (factor, 1.0 / factor):
            if math.isfinite(ratio) and abs(ratio / one - 1.0) <= _ABOUT:
                return one
    return None
