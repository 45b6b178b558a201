"""What a stage remembers of earlier windows, from block to block: how many there are without a gap, and their last values."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gex_assets.kernels.features.runs import LOOK_BACK, RunBefore, run_lengths
from gex_assets.kernels.features.strike_slots import differences
from gex_assets.time_units import WINDOW_NS

__all__ = ["Remembered", "WindowRuns", "before", "with_differences"]

Float = NDArray[np.float64]
Int = NDArray[np.int64]


class WindowRuns:
    """Counts the windows without a gap before each window, from block to block."""

    def __init__(self) -> None:
        self._before: RunBefore | None = None

    def advance(self, ends: Int) -> Int:
        """Count for the next windows.

        Parameters
        ----------
        ends : (W,) ascending, at least one, later than all before. [UNIX ns UTC]

        Returns
        -------
        (W,) windows without a gap before each.
        """
        run = run_lengths(ends=ends, window_ns=WINDOW_NS, before=self._before)
        self._before = RunBefore(end=int(ends[-1]), run=int(run[-1]))
        return run


class Remembered:
    """The last `LOOK_BACK` windows' values of one array; they are put before the values of the present windows.

    Attributes
    ----------
    last : (3, …) the oldest first; NaN where there is no earlier window.
    """

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.last: Float = np.full((LOOK_BACK, *shape), np.nan)

    def with_present(self, present: Float) -> Float:
        """(3 + W, …) the values before and now; row 3 + w is window w of the present (W, …)."""
        joined = np.concatenate([self.last, present])
        self.last = joined[-LOOK_BACK:].copy()
        return joined

    def add(self, latest: Float) -> None:
        """Remember these windows, which follow the last ones."""
        self.with_present(latest)

    def move(self, old: Int, new: Int, *, count: int) -> None:
        """Rearrange the first axis of a window's values: position `old[i]` becomes `new[i]` of `count`; other places are NaN."""
        moved = np.full((LOOK_BACK, count, *self.last.shape[2:]), np.nan)
        moved[:, new] = self.last[:, old]
        self.last = moved


def before(joined: Float, windows_ago: int) -> Float:
    """(W, …) the values some windows ago, from `Remembered.with_present`; at most `LOOK_BACK` ago."""
    return joined[LOOK_BACK - windows_ago : joined.shape[0] - windows_ago]


def with_differences(joined: Float, *, run: Int) -> tuple[Float, Float, Float, Float]:
    """The present values and their first, second and third difference per window (`kernels.features.strike_slots`).

    Parameters
    ----------
    joined : (3 + W, …) from `Remembered.with_present`.
    run : (W,) windows without a gap before each, from `WindowRuns.advance`.

    Returns
    -------
    Four arrays (W, …); a difference of order n is NaN where fewer than n windows lie before without a gap.
    """
    now, one, two, three = (before(joined, ago) for ago in range(LOOK_BACK + 1))
    return now, *differences(present=now, before=(one, two, three), run=run)
