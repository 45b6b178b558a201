"""What is remembered of the windows before: values of the last three, put before the present ones, across row groups."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gex_assets.kernels.features.runs import LOOK_BACK
from gex_assets.kernels.features.strike_slots import differences

__all__ = ["Remembered", "before", "with_differences"]

Float = NDArray[np.float64]
Int = NDArray[np.int64]


class Remembered:
    """The last three windows' values of one array, put before the present ones.

    Attributes
    ----------
    last : (3, …) the oldest first; NaN where nothing lies before.
    """

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.last: Float = np.full((LOOK_BACK, *shape), np.nan)

    def with_present(self, present: Float) -> Float:
        """(3 + W, …): row 3 + w is the present w."""
        joined = np.concatenate([self.last, present])
        self.last = joined[-LOOK_BACK:].copy()
        return joined

    def add(self, latest: Float) -> None:
        """Remember these windows, which follow the last ones."""
        self.with_present(latest)


def before(joined: Float, windows_ago: int) -> Float:
    """(W, …) the values some windows ago, from `Remembered.with_present`."""
    return joined[LOOK_BACK - windows_ago : joined.shape[0] - windows_ago]


def with_differences(joined: Float, *, run: Int) -> tuple[Float, Float, Float, Float]:
    """The present values and their first, second and third difference per window (`kernels.strike_slots.differences`).

    Parameters
    ----------
    joined : (3 + W, …) from `Remembered.with_present`.
    run : (W,) windows without a gap before each, from `kernels.features.runs.run_lengths`.
    """
    now, one, two, three = (before(joined, ago) for ago in range(LOOK_BACK + 1))
    return now, *differences(present=now, before=(one, two, three), run=run)
