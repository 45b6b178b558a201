"""Episodes: triggers of one level in windows that follow one another, across blocks of windows."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gex_assets.kernels.features.triggers import NO_TRIGGER, episode_starts
from gex_assets.schemas.gold_trigger_vectors import LEVEL_IDS
from gex_assets.time_units import WINDOW_NS

__all__ = ["Episodes"]

Float = NDArray[np.float64]
Int = NDArray[np.int64]


class Episodes:
    """Remembers the latest trigger of every level of every convention.

    Parameters
    ----------
    reach : greatest distance of a trigger. [index points]
    """

    def __init__(self, *, reach: float) -> None:
        self._reach = reach
        self._end: Int = np.empty(0, np.int64)
        self._level: Float = np.empty(0)
        self._start: Int = np.empty(0, np.int64)

    def advance(self, *, ends: Int, convention: Int, level_id: Int, level: Float) -> Int:
        """End of the first window of each trigger's episode.

        Parameters
        ----------
        ends : (n,) ends of the triggers' windows, not falling and later than those of the last call. [UNIX ns UTC]
        convention, level_id : (n,) code of the convention, from 0, and position in `LEVEL_IDS`. Each pair has at most one trigger
            in a window.
        level : (n,) price of the level. [index points]

        Returns
        -------
        (n,) [UNIX ns UTC]
        """
        if not ends.size:
            return np.empty(0, np.int64)
        of_level = convention * len(LEVEL_IDS) + level_id
        self._grow(int(of_level.max()) + 1)
        order = np.argsort(of_level, kind="stable")
        of_level, ends, level = of_level[order], ends[order], level[order]
        # The triggers of one level are now next to one another, in order of time. The first follows the one remembered.
        first = np.append(True, of_level[1:] != of_level[:-1])
        end_before = np.where(first, self._end[of_level], np.roll(ends, 1))
        level_before = np.where(first, self._level[of_level], np.roll(level, 1))
        begins = episode_starts(
            ends=ends, level=level, end_before=end_before, level_before=level_before, window_ns=WINDOW_NS, reach=self._reach
        )
        latest = np.maximum.accumulate(np.where(first | begins, np.arange(ends.size), 0))
        start = np.where(begins, ends, self._start[of_level])[latest]
        last = np.append(first[1:], True)
        self._end[of_level[last]] = ends[last]
        self._level[of_level[last]] = level[last]
        self._start[of_level[last]] = start[last]
        found = np.empty_like(start)
        found[order] = start
        return found

    def _grow(self, levels: int) -> None:
        more = max(0, levels - self._end.size)
        self._end = np.append(self._end, np.full(more, NO_TRIGGER))
        self._level = np.append(self._level, np.full(more, np.nan))
        self._start = np.append(self._start, np.full(more, NO_TRIGGER))
