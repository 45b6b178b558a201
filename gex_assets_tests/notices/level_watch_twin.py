"""A slow, obvious twin of `notices.level_watch`: every window is judged by looking back over all windows before it.

For zero gamma: which side was last certain, and where price and level were then. For walls: the windows are cut into stretches of
one wall first, and each stretch is judged by itself.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

__all__ = ["Window", "level_events"]


class Window(NamedTuple):
    price: float | None
    level: float | None
    sigma: float | None
    error: float | None = None
    kept: float | None = None


Event = tuple[int, str, int, float | None]
"""Number of the window, what, side, level before."""


def level_events(
    windows: Sequence[Window], *, near: float, rearm: float, beyond: float, hold: int, least_kept: float, is_strike: bool
) -> list[Event]:
    known = [(n, one) for n, one in enumerate(windows) if _is_known(one)]
    if not known:
        return []
    if not is_strike:
        return _judged(known, near=near, rearm=rearm, beyond=beyond)
    events: list[Event] = []
    stretches, at = [[known[0]]], known[0][1].level
    for place, (n, one) in enumerate(known[1:], start=1):
        if one.level == at:
            stretches[-1].append((n, one))
            continue
        last = [other.level for _, other in known[max(0, place - hold + 1) : place + 1]]
        begin = stretches[-1][-1][0] if hold > 1 else -1
        # all of the last windows have it, and none of them was judged with the wall of before
        if len(last) == hold and set(last) == {one.level} and known[place - hold + 1][0] > begin:
            events.append((n, "moved", _side(one.price - one.level), at))
            stretches.append([(n, one)])
            at = one.level
    for stretch in stretches:
        first, *others = stretch
        sure = [first, *((n, one) for n, one in others if one.kept is None or math.isnan(one.kept) or one.kept >= least_kept)]
        events += _judged(sure, near=near, rearm=rearm, beyond=beyond)
    return sorted(events, key=lambda event: event[0])


def _judged(windows: Sequence[tuple[int, Window]], *, near: float, rearm: float, beyond: float) -> list[Event]:
    events: list[Event] = []
    for place, (n, one) in enumerate(windows):
        if place == 0:
            continue
        before = windows[:place]
        away, side = one.price - one.level, _certain(one, one.level, beyond)
        sides = [(_certain(other, other.level, beyond), other) for _, other in before]
        certain = [found for found in sides if found[0]]
        if side and certain and certain[-1][0] != side:
            last = certain[-1][1]
            by_level = abs(one.level - last.level) > abs(one.price - last.price)
            events.append((n, "moved", side, last.level) if by_level else (n, "crossed", side, None))
            continue
        disarmed_at = max((m for m, _, _, _ in events), default=-1)
        # A crossing disarms unless the price is far beyond the level at once: that window counts as far.
        was_far = any(m >= disarmed_at and _is_far(other, rearm) for m, other in before)
        if not _is_far(one, rearm) and was_far and abs(away) <= near * one.sigma and abs(away) > _error(one):
            events.append((n, "near", _side(away), None))
    return events


def _is_known(one: Window) -> bool:
    return all(x is not None and math.isfinite(x) for x in one[:3]) and one.sigma > 0.0


def _error(one: Window) -> float:
    return 0.0 if one.error is None or not math.isfinite(one.error) else one.error


def _certain(one: Window, level: float, beyond: float) -> int:
    away = one.price - level
    return _side(away) if abs(away) > max(_error(one), beyond * one.sigma) else 0


def _is_far(one: Window, rearm: float) -> bool:
    return abs(one.price - one.level) > rearm * one.sigma


def _side(away: float) -> int:
    return 1 if away > 0.0 else -1 if away < 0.0 else 0
