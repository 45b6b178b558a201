"""Moments at which a price approaches a level: direction of the approach, nearness, and which of them follow one another.

Arrays in, arrays out, one element per window; which prices and levels are meant is the stage's business.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "APPROACH_WINDOWS",
    "SMALLEST_APPROACH",
    "approach_direction",
    "approached",
    "episode_starts",
    "grid_around",
    "run_lengths",
]

Float = NDArray[np.float64]
Int = NDArray[np.int64]
Bool = NDArray[np.bool_]

SMALLEST_APPROACH: Final = 0.25
"""A smaller change over `APPROACH_WINDOWS` is no direction. [index points]"""

APPROACH_WINDOWS: Final = 3
"""Windows over which the direction of an approach is measured."""

_SLACK: Final = 1e-9


def run_lengths(*, ends: Int, series: Int, window_ns: int) -> Int:
    """How many windows of the same series lie without a gap before each window.

    Parameters
    ----------
    ends : (W,) ascending ends of windows. [ns]
    series : (W,) number of the series that each window belongs to; negative where it belongs to none.
    window_ns : length of a window. [ns]

    Returns
    -------
    (W,) 0 for the first window of a stretch, then 1, 2, 3 …; -1 where the window belongs to no series.
    """
    numbers = np.arange(ends.size)
    begins = np.ones(ends.size, dtype=np.bool_)
    begins[1:] = (np.diff(ends) != window_ns) | (series[1:] != series[:-1])
    first: Int = np.maximum.accumulate(np.where(begins, numbers, 0))
    return np.where(series < 0, -1, numbers - first)


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


def episode_starts(*, ends: Int, level: Float, window_ns: int, reach: float) -> Bool:
    """Which triggers of one level begin an episode: the others follow the trigger one window before at the same level.

    A level is the same while it moves less than the reach of a trigger: the flip wanders, and the next strike is another
    level. On which side of it the price is makes no difference.

    Parameters
    ----------
    ends : (n,) ascending ends of the windows with a trigger. [ns]
    level : (n,) the level in each. [index points]
    window_ns : length of a window. [ns]
    reach : greatest distance of a trigger. [index points]
    """
    begins = np.ones(ends.size, dtype=np.bool_)
    begins[1:] = (np.diff(ends) != window_ns) | (np.abs(np.diff(level)) >= reach - _SLACK)
    return begins
