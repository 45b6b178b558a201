"""Features over earlier windows: the present value, means and mean steps. Arrays in, arrays out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["look_back_blocks"]

Float = NDArray[np.float64]
Int = NDArray[np.int64]


def look_back_blocks(*, values: Float, run: Int, look_backs: Sequence[int]) -> Float:
    """Each feature now, its mean over n windows for every n, and its mean step (x_t - x_{t-n+1})/(n-1) for every n.

    A mean is of n values or it is NaN: partial means are not comparable across days. Sums go backwards from the present window,
    so that they do not depend on how many windows are computed together.

    Parameters
    ----------
    values : (B + W, …) rows of consecutive windows; the first B lie before the result's W, B >= max(n) - 1. NaN where missing.
    run : (W,) windows without a gap before each, from `runs.run_lengths`; earlier values are not used. Negative: no value at all.
    look_backs : rising n >= 2, the present window included. [windows]

    Returns
    -------
    (1 + 2 len(look_backs), W, …) blocks: now, the means, the mean steps; NaN where a value needed is NaN or lies before the run.
    """
    windows = run.size
    before = values.shape[0] - windows
    room = (slice(None), *(None,) * (values.ndim - 1))
    blocks = np.empty((1 + 2 * len(look_backs), windows, *values.shape[1:]))
    now = values[before:]
    blocks[0] = np.where((run >= 0)[room], now, np.nan)
    total = now.copy()
    for ago in range(1, max(look_backs, default=1)):
        then = values[before - ago : values.shape[0] - ago]
        total += then
        if ago + 1 in look_backs:
            place = look_backs.index(ago + 1)
            known = (run >= ago)[room]
            blocks[1 + place] = np.where(known, total / (ago + 1), np.nan)
            blocks[1 + len(look_backs) + place] = np.where(known, (now - then) / ago, np.nan)
    return blocks
