"""Fair prices of the options as compiled code evaluates them: a parabola in the front price per option and stretch of steps.

`market_day` makes the coefficients from the surface; the loops evaluate them for every option and step.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = ["Fair", "fair_value"]


class Fair(NamedTuple):
    """Fair prices a + b x + c x² with x the front price less `price`, the front price at the stretch's knot.

    Attributes
    ----------
    a, b, c : (knots, instruments) coefficients. [ticks, ticks/point, ticks/point²]
    price : (knots,) the front price at each knot. [index points]
    first_step, steps_per_knot : the step of the first knot, and how many steps each knot serves.
    """

    a: NDArray[np.float64]
    b: NDArray[np.float64]
    c: NDArray[np.float64]
    price: NDArray[np.float64]
    first_step: int
    steps_per_knot: int


@njit(forceinline=True)
def fair_value(fair: Fair, knot: int, x: float, i: int) -> float:
    """Fair price of an instrument `x` points from the knot's price; NaN where it has expired [ticks]."""
    return float(fair.a[knot, i] + x * (fair.b[knot, i] + x * fair.c[knot, i]))
