"""Moments at which a price approaches a level: direction of the approach, nearness, and which of them follow one another.

Arrays in, arrays out, one element per window; the stage chooses the prices and levels.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from gex_assets.kernels.features.runs import LOOK_BACK

__all__ = [
    "APPROACH_WINDOWS",
    "NO_TRIGGER",
    "SMALLEST_APPROACH",
    "approach_direction",
    "approached",
    "episode_starts",
    "grid_around",
]

Float = NDArray[np.float64]
Int = NDArray[np.int64]
Bool = NDArray[np.bool_]

SMALLEST_APPROACH: Final = 0.25
"""A smaller change over `APPROACH_WINDOWS` is no direction. [index points]"""

APPROACH_WINDOWS: Final = LOOK_BACK
"""Windows over which the direction of an approach is measured."""

NO_TRIGGER: Final = -1
"""Where the end of a window with a trigger is expected: there is none. Ends of windows are multiples of their length."""

_SLACK: Final = 1e-9
"""Distances are compared with this tolerance: prices are floats. [index points]"""


def approach_direction(*, price: Float, price_before: Float, run: Int) -> Float:
    """Sign of the price's change over `APPROACH_WINDOWS`; 0 where it is less than `SMALLEST_APPROACH`.

    Parameters
    ----------
    price : (W,) NaN where unknown. [index points]
    price_before : (W,) the price `APPROACH_WINDOWS` ago; any number where fewer windows lie before. [index points]
    run : (W,) windows without a gap before each.

    Returns
    -------
    (W,) -1, 0 or 1; NaN where either price is NaN or fewer than `APPROACH_WINDOWS` lie before.
    """
    moved = price - price_before
    direction = np.where(np.abs(moved) < SMALLEST_APPROACH, 0.0, np.sign(moved))
    return np.where(run >= APPROACH_WINDOWS, direction, np.nan)


def grid_around(*, price: Float, step: float) -> tuple[Float, Float]:
    """The lines of a grid that lie next to a price: above (> price) and below (<= price); NaN where the price is NaN."""
    below = np.floor(price / step) * step
    return below + step, below


def approached(*, price: Float, level: Float, direction: Float, reach: float) -> Bool:
    """Whether the price is within reach of the level and moves towards it.

    A price that stands on the level is no longer approaching it.

    Parameters
    ----------
    price, level : (W,) NaN where unknown. [index points]
    direction : (W,) from `approach_direction`.
    reach : greatest distance. [index points]
    """
    away = level - price
    near: Bool = (np.abs(away) <= reach + _SLACK) & (np.sign(away) == direction) & (direction != 0.0)
    return near


def episode_starts(*, ends: Int, level: Float, end_before: Int, level_before: Float, window_ns: int, reach: float) -> Bool:
    """Which triggers of a level begin an episode: those without a trigger at the same level one window before.

    A level that moves less than the reach of a trigger is the same level: zero gamma moves a little from window to window,
    while the next strike is another level. The side from which the price comes makes no difference.

    Parameters
    ----------
    ends : (n,) end of each trigger's window. [ns]
    level : (n,) the level then. [index points]
    end_before, level_before : (n,) the same of the level's trigger before; `NO_TRIGGER` and any number where there is none.
    window_ns : length of a window. [ns]
    reach : greatest distance of a trigger. [index points]
    """
    begins: Bool = (ends - end_before != window_ns) | (np.abs(level - level_before) >= reach - _SLACK)
    return begins
