"""Stretches of windows without a gap: how many windows lie before each one.

Differences, directions and means over earlier windows are known only within such a stretch.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["LOOK_BACK", "RunBefore", "run_lengths"]

Int = NDArray[np.int64]

LOOK_BACK: Final = 3
"""Windows before the present one that derivatives and directions look at."""


class RunBefore(NamedTuple):
    """The window before the first of an array, where there is one: its end [ns], and its own run [windows]."""

    end: int
    run: int


def run_lengths(*, ends: Int, window_ns: int, series: Int | None = None, before: RunBefore | None = None) -> Int:
    """How many windows of the same series lie without a gap before each window.

    Parameters
    ----------
    ends : (W,) ascending ends of windows. [ns]
    window_ns : length of a window. [ns]
    series : (W,) number of the series that each window belongs to, negative where it belongs to none; None: all to one.
    before : the window before ends[0], of the same series; None where there is none.

    Returns
    -------
    (W,) 0 for the first window of a stretch, then 1, 2, 3 …; -1 where the window belongs to no series.
    """
    numbers = np.arange(ends.size)
    begins = np.ones(ends.size, dtype=np.bool_)
    begins[1:] = np.diff(ends) != window_ns
    if series is not None:
        begins[1:] |= series[1:] != series[:-1]
    follows = before is not None and ends.size > 0 and ends[0] - before.end == window_ns
    start = -(before.run + 1) if before is not None and follows else 0
    first: Int = np.maximum.accumulate(np.where(begins, numbers, 0))
    first = np.where(first == 0, start, first)
    run: Int = numbers - first
    return run if series is None else np.where(series < 0, -1, run)
