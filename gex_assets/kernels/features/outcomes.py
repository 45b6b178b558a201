"""What a price does at a level: when it touches it, how far it goes on either side from there, and when.

One compiled loop over the prices of a stretch of time for every trigger that still waits; a trigger's state is a row of
numbers, so that a day's prices pass through in pieces of any size. Words for the outcomes are the stage's business.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = ["NEVER", "Progress", "follow", "outcome_codes", "waiting"]

Float = NDArray[np.float64]
Int = NDArray[np.int64]

NEVER: Final = np.iinfo(np.int64).max
"""Stands for a moment that has not come. [ns]"""

_SLACK: Final = 1e-6
NO_TOUCH, CHOP, BREAK, REJECT, WHIPSAW = range(5)
_CENSORED: Final = -1


class Progress(NamedTuple):
    """What was seen of each trigger so far, (n,) each.

    `touch`, `beyond` and `back` are the first moments at which the price touched the level and, from then on, was so many
    ticks beyond it in the direction of the approach, and so many back from it; NEVER before. [ns] `farthest_beyond` and
    `farthest_back` are the greatest distances since the touch, at least 0. [ticks]
    """

    touch: Int
    beyond: Int
    back: Int
    farthest_beyond: Float
    farthest_back: Float


def waiting(triggers: int) -> Progress:
    """The state of triggers of which nothing was seen yet."""
    return Progress(
        touch=np.full(triggers, NEVER),
        beyond=np.full(triggers, NEVER),
        back=np.full(triggers, NEVER),
        farthest_beyond=np.zeros(triggers),
        farthest_back=np.zeros(triggers),
    )


def follow(
    progress: Progress,
    *,
    ts: Int,
    price: Float,
    start: Int,
    level: Float,
    direction: Float,
    until: Int,
    tick: float,
    touch_ticks: float,
    hit_ticks: float,
    wait_ns: int,
    watch_ns: int,
) -> None:
    """Take the next prices into account; both ends of every stretch of time belong to it.

    The clock starts with the first price, not earlier than the trigger and at most `wait_ns` later, that is within
    `touch_ticks` of the level or across it; from that price on, and for `watch_ns`, hits and distances are noted.

    Parameters
    ----------
    progress : of n triggers; changed in place.
    ts, price : (m,) prices in order of time, all later than those before or at the same moment. [ns, index points]
    start, level, direction : (n,) the trigger's moment, its level and 1 or -1. [ns, index points]
    until : (n,) the last moment that is observed. [ns]
    tick : least step of the price. [index points]
    """
    if ts.size == 0:
        return
    first = np.searchsorted(ts, start, side="left")
    _follow(*progress, ts, price, first, start, level, direction, until, tick, touch_ticks, hit_ticks, wait_ns, watch_ns)


@njit(cache=True, nogil=True)
def _follow(
    touch: Any,
    beyond: Any,
    back: Any,
    farthest_beyond: Any,
    farthest_back: Any,
    ts: Any,
    price: Any,
    first: Any,
    start: Any,
    level: Any,
    direction: Any,
    until: Any,
    tick: float,
    touch_ticks: float,
    hit_ticks: float,
    wait_ns: int,
    watch_ns: int,
) -> None:
    for i in range(len(start)):
        last = start[i] + wait_ns if touch[i] == NEVER else touch[i] + watch_ns
        last = min(last, until[i])
        for j in range(first[i], len(ts)):
            if ts[j] > last:
                break
            ahead = direction[i] * (price[j] - level[i]) / tick
            if touch[i] == NEVER:
                if ahead < -touch_ticks - _SLACK:
                    continue
                touch[i] = ts[j]
                last = min(touch[i] + watch_ns, until[i])
            if ahead >= hit_ticks - _SLACK and beyond[i] == NEVER:
                beyond[i] = ts[j]
            if -ahead >= hit_ticks - _SLACK and back[i] == NEVER:
                back[i] = ts[j]
            farthest_beyond[i] = max(farthest_beyond[i], ahead)
            farthest_back[i] = max(farthest_back[i], -ahead)


def outcome_codes(
    progress: Progress, *, start: Int, until: Int, wait_ns: int, bar_ns: int, bars: int
) -> tuple[Int, Int, NDArray[np.bool_]]:
    """Outcome by horizon.

    Parameters
    ----------
    progress : after the last price.
    start, until : (n,) the trigger's moment and the last moment that is observed. [ns]
    bars : horizons of 1 … bars times `bar_ns` after the touch.

    Returns
    -------
    (bars, n) codes: 0 no touch, 1 neither side hit, 2 only beyond, 3 only back, 4 both; -1 where the observation ended before
    the horizon, or before the touch had been waited for. (n,) bars that were over by then, -1 without a touch. (n,) whether the
    observation ended before the last horizon, or before the touch had been waited for.
    """
    touched = progress.touch != NEVER
    observed = np.where(touched, np.clip((until - np.where(touched, progress.touch, 0)) // bar_ns, 0, bars), -1)
    missed = ~touched & (until >= start + wait_ns)
    codes = np.empty((bars, start.size), dtype=np.int64)
    for bar in range(bars):
        end = np.where(touched, progress.touch, 0) + (bar + 1) * bar_ns
        beyond, back = progress.beyond <= end, progress.back <= end
        code = np.where(beyond & back, WHIPSAW, np.where(beyond, BREAK, np.where(back, REJECT, CHOP)))
        codes[bar] = np.where(touched & (observed > bar), code, np.where(missed, NO_TOUCH, _CENSORED))
    return codes, observed, ~missed & (observed < bars)
