"""What a price does at a level: when it touches it, how far it goes on either side from there, and when.

One compiled loop takes the prices of a stretch of time, for every trigger. A trigger's state is a row of numbers, so a day's
prices can be passed in pieces of any size. The names of the outcomes are given by the stage.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = ["NEVER", "Progress", "follow", "moments_of_turning", "outcome_codes", "turned_back", "waiting"]

Float = NDArray[np.float64]
Int = NDArray[np.int64]

NEVER: Final = np.iinfo(np.int64).max
"""Stands for a moment that has not come. [ns]"""

_SLACK: Final = 1e-6
"""Distances are compared with this tolerance: prices are floats. [ticks]"""

NO_TOUCH, CHOP, BREAK, REJECT, WHIPSAW = range(5)
_CENSORED: Final = -1


class Progress(NamedTuple):
    """What has happened to each of n triggers so far.

    Attributes
    ----------
    touch : (n,) first moment at which the price touched the level; NEVER before. [ns]
    beyond, back : (n,) first moment since the touch at which the price was `hit_ticks` beyond the level in the direction of the
        approach, and that far back from it; NEVER before. [ns]
    farthest_beyond, farthest_back : (n,) greatest distances since the touch, at least 0. [ticks]
    """

    touch: Int
    beyond: Int
    back: Int
    farthest_beyond: Float
    farthest_back: Float


def waiting(triggers: int) -> Progress:
    """The state of triggers before the first price."""
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
    """Take the next prices into account. Both ends of every interval belong to it.

    The level is touched by the first price within `touch_ticks` of it or beyond it, from the trigger on and at most `wait_ns`
    later. From that price on, and for `watch_ns`, hits and distances are recorded.

    Parameters
    ----------
    progress : of n triggers; changed in place.
    ts, price : (m,) prices in order of time, none earlier than those of the call before. [ns, index points]
    start, level, direction : (n,) the trigger's moment, its level and 1 or -1. [ns, index points]
    until : (n,) the last moment that is observed. [ns]
    tick : least step of the price. [index points]
    touch_ticks, hit_ticks : distances that count as a touch and as a hit. [ticks]
    wait_ns, watch_ns : how long a touch is waited for, and how long the price is followed after it. [ns]
    """
    if ts.size == 0:
        return
    first = np.searchsorted(ts, start, side="left")
    rule = _Rule(float(tick), float(touch_ticks), float(hit_ticks), wait_ns, watch_ns)
    _follow(progress, ts, price, first, _Triggers(start, level, direction, until), rule)


class _Triggers(NamedTuple):
    """Moment, level, direction of the approach and last moment that is observed, (n,) each. [ns, index points, 1, ns]."""

    start: Int
    level: Float
    direction: Float
    until: Int


class _Rule(NamedTuple):
    """Units and bounds of `follow`."""

    tick: float
    touch_ticks: float
    hit_ticks: float
    wait_ns: int
    watch_ns: int


@njit(cache=True, nogil=True)
def _follow(progress: Progress, ts: Int, price: Float, first: Int, triggers: _Triggers, rule: _Rule) -> None:
    touch, beyond, back, farthest_beyond, farthest_back = progress
    start, level, direction, until = triggers
    for i in range(len(start)):
        last = start[i] + rule.wait_ns if touch[i] == NEVER else touch[i] + rule.watch_ns
        last = min(last, until[i])
        for j in range(first[i], len(ts)):
            if ts[j] > last:
                break
            ahead = direction[i] * (price[j] - level[i]) / rule.tick
            if touch[i] == NEVER:
                if ahead < -rule.touch_ticks - _SLACK:
                    continue
                touch[i] = ts[j]
                last = min(touch[i] + rule.watch_ns, until[i])
            if ahead >= rule.hit_ticks - _SLACK and beyond[i] == NEVER:
                beyond[i] = ts[j]
            if -ahead >= rule.hit_ticks - _SLACK and back[i] == NEVER:
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
    wait_ns, bar_ns : how long a touch is waited for, and the length of a bar. [ns]
    bars : horizons of 1 … bars times `bar_ns` after the touch.

    Returns
    -------
    codes : (bars, n) 0 no touch, 1 neither side hit, 2 only beyond, 3 only back, 4 both; -1 where the observation ended before
        the horizon, or before the wait for a touch was over.
    observed : (n,) bars that were over when the observation ended; -1 without a touch.
    censored : (n,) whether the observation ended before the last horizon, or before the wait for a touch was over.
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


def moments_of_turning(progress: Progress, *, bar_ns: int, bars: int) -> Int:
    """The moments between which `turned_back` compares distances.

    Returns
    -------
    (1 + bars, n) the touch, then for each horizon the first hit or the horizon's end, whichever comes first; -1 without a
    touch. [ns]
    """
    touched = progress.touch != NEVER
    touch = np.where(touched, progress.touch, 0)
    hit = np.minimum(progress.beyond, progress.back)
    ends = [np.minimum(hit, touch + (bar + 1) * bar_ns) for bar in range(bars)]
    return np.where(touched, np.stack([touch, *ends]), -1)


def turned_back(ahead: Float, *, hit_ticks: float) -> Float:
    """How far the price turned back since the touch: (a₀ - a(τ∧h)) / (2 hit_ticks).

    a₀ is the distance ahead of the level at the touch, τ the first hit, h the horizon. τ∧h does not look ahead. So the mean is 0
    for every price without drift, at any volatility and horizon, if rows without a hit are counted too. Above 0 the price
    turned back, below 0 it went on.

    Parameters
    ----------
    ahead : (1 + bars, n) distances ahead at `moments_of_turning`, of mids; NaN where there is none. [ticks]
    hit_ticks : distance that counts as a hit. [ticks]

    Returns
    -------
    (bars, n) [1]; NaN where a distance is, and where the touch was `hit_ticks` beyond already (a₀ >= hit_ticks).

    References
    ----------
    The optional stopping theorem, e.g. D. Williams, "Probability with Martingales" (1991), chapter 10.
    """
    at_touch = np.where(ahead[0] >= hit_ticks - _SLACK, np.nan, ahead[0])
    turned: Float = (at_touch - ahead[1:]) / (2.0 * hit_ticks)
    return turned
