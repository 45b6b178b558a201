"""When a price is near a level, has crossed it, or the level is another one: a state for each level, window by window.

Every event has hysteresis: a price is near a level once, and again only after it was far from it. A level is crossed once, and
again only from the other side. Within the level's own error nothing is known, so nothing is told. Where the level went farther
than the price, it went past the price, and that is said.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

__all__ = ["LevelEvent", "LevelWatch", "Seen", "Thresholds"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """When an event is one.

    Attributes
    ----------
    near, rearm, beyond : distances. [one day's standard deviations]
    hold_windows : windows in a row that have a wall at another strike before it has moved.
    least_kept : share of draws that keep a wall below which it is not watched. [1]
    """

    near: float
    rearm: float
    beyond: float
    hold_windows: int
    least_kept: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One level in one window. NaN and None are unknown: then the window tells nothing.

    Attributes
    ----------
    ts : end of the window. [UNIX ns UTC]
    price, level : [index points]
    sigma : one day's standard deviation of the price. [index points]
    error : of the level, None where it has none or it is unknown. [index points]
    kept : of a wall, the share of draws that keep it; None where unknown. [1]
    """

    ts: int
    price: float | None
    level: float | None
    sigma: float | None
    error: float | None = None
    kept: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelEvent:
    """What happened.

    Attributes
    ----------
    what : `moved` is told of the level, the others of the price.
    seen : the window in which it is known.
    side : 1 where the price is above the level, -1 below.
    before : of a level that moved, where it was. [index points]
    """

    what: Literal["near", "crossed", "moved"]
    seen: Seen
    side: int
    before: float | None = None


class LevelWatch:
    """The state of one level.

    Parameters
    ----------
    is_strike : whether the level is a strike, which jumps, as walls do. Zero gamma moves with every window.
    """

    def __init__(self, thresholds: Thresholds, *, is_strike: bool) -> None:
        self._at = thresholds
        self._is_strike = is_strike
        self._level: float | None = None
        """The strike that counts; of zero gamma, where it was when the side was last known."""
        self._price: float | None = None
        """The price then."""
        self._side = 0
        self._is_armed = False
        self._other: float | None = None
        self._other_windows = 0

    def see(self, seen: Seen) -> LevelEvent | None:
        """The event of a window; None where nothing happened or something is unknown."""
        price, level, sigma = _known(seen.price), _known(seen.level), _known(seen.sigma)
        if price is None or level is None or sigma is None or sigma <= 0.0:
            return None
        if self._level is None:
            self._take(price, level, sigma, seen.error)
            return None
        if self._is_strike:
            if level != self._level:
                return self._wait(seen, price, level, sigma)
            self._other = None
            kept = _known(seen.kept)
            if kept is not None and kept < self._at.least_kept:
                return None
        return self._judge(seen, price, level, sigma)

    def _take(self, price: float, level: float, sigma: float, error: float | None) -> None:
        """Watch a level from now on."""
        away = price - level
        self._level, self._price, self._other = level, price, None
        self._side = self._side_of(away, sigma, error)
        self._is_armed = abs(away) > self._at.rearm * sigma

    def _wait(self, seen: Seen, price: float, level: float, sigma: float) -> LevelEvent | None:
        """A wall at another strike has moved once it stayed there."""
        self._other_windows = self._other_windows + 1 if level == self._other else 1
        self._other = level
        if self._other_windows < self._at.hold_windows:
            return None
        before = self._level
        self._take(price, level, sigma, seen.error)
        return LevelEvent(what="moved", seen=seen, side=_sign(price - level), before=before)

    def _judge(self, seen: Seen, price: float, level: float, sigma: float) -> LevelEvent | None:
        away, was, before, price_before = price - level, self._side, self._level, self._price
        now = self._side_of(away, sigma, seen.error)
        is_far = abs(away) > self._at.rearm * sigma
        if now:
            self._side, self._level, self._price = now, level, price
        if now and was and now != was:
            self._is_armed = is_far
            # Whichever went farther since the side was last known went past the other.
            if before is not None and price_before is not None and abs(level - before) > abs(price - price_before):
                return LevelEvent(what="moved", seen=seen, side=now, before=before)
            return LevelEvent(what="crossed", seen=seen, side=now)
        if is_far:
            self._is_armed = True
        elif self._is_armed and abs(away) <= self._at.near * sigma and abs(away) > (_known(seen.error) or 0.0):
            self._is_armed = False
            return LevelEvent(what="near", seen=seen, side=_sign(away))
        return None

    def _side_of(self, away: float, sigma: float, error: float | None) -> int:
        """1 above, -1 below, 0 where the distance is within the error or the hysteresis."""
        margin = max(_known(error) or 0.0, self._at.beyond * sigma)
        return _sign(away) if abs(away) > margin else 0


def _known(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else value


def _sign(value: float) -> int:
    return (value > 0.0) - (value < 0.0)
