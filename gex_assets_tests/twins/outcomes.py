"""Outcomes the slow way: for every trigger and every horizon the prices are walked through again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

SECOND = 1_000_000_000
WAIT = 720 * SECOND
BAR = 120 * SECOND


def outcome(
    prices: Sequence[tuple[int, float]], *, start: int, level: float, direction: int, until: int, tick: float
) -> dict[str, Any]:
    """Outcome of one trigger; `prices` are (moment, price) in order of time; missing values are None."""

    def ahead(price: float) -> float:
        return direction * (price - level) / tick

    seen = [(ts, ahead(price)) for ts, price in prices if start <= ts <= until]
    touches = [ts for ts, ticks in seen if ts <= start + WAIT and ticks >= -1 - 1e-6]
    found: dict[str, Any] = dict.fromkeys(
        ["ts_touch", "bars_observed", "ts_first_hit", "first_hit", "ts_second_hit", "mfe_ticks", "mae_ticks"]
    )
    if not touches:
        censored = until < start + WAIT
        word = None if censored else "NO_TOUCH"
        return found | {f"outcome_{bar}": word for bar in range(1, 7)} | {"censored": censored}
    touch = touches[0]
    place = next(number for number, (ts, ticks) in enumerate(seen) if ts == touch and ticks >= -1 - 1e-6)
    after = [(ts, ticks) for ts, ticks in seen[place:] if ts <= touch + 6 * BAR]
    found["ts_touch"] = touch
    found["bars_observed"] = min(6, (until - touch) // BAR)
    for bar in range(1, 7):
        end = touch + bar * BAR
        beyond = any(ticks >= 8 - 1e-6 for ts, ticks in after if ts <= end)
        back = any(ticks <= -8 + 1e-6 for ts, ticks in after if ts <= end)
        word = {(True, True): "WHIPSAW", (True, False): "BREAK", (False, True): "REJECT", (False, False): "CHOP"}[beyond, back]
        found[f"outcome_{bar}"] = word if end <= until else None
    hits = sorted(
        [(ts, side) for side, sign in (("beyond", 1), ("back", -1)) for ts in [t for t, x in after if sign * x >= 8 - 1e-6][:1]],
        key=lambda hit: (hit[0], hit[1] != "beyond"),
    )
    if hits:
        found["ts_first_hit"], found["first_hit"] = hits[0]
    if len(hits) > 1:
        found["ts_second_hit"] = hits[1][0]
    found["mfe_ticks"] = max(0.0, *(ticks for _, ticks in after), 0.0)
    found["mae_ticks"] = max(0.0, *(-ticks for _, ticks in after), 0.0)
    found["censored"] = until < touch + 6 * BAR
    return found


def turning(
    found: dict[str, Any], bests: Sequence[tuple[int, float | None, float | None]], *, level: float, direction: int, tick: float
) -> dict[str, float | None]:
    """How far mids turned back: `found` is an `outcome`, `bests` are (moment, bid, ask) in order of time."""

    def ahead(moment: int) -> float | None:
        known = [(bid, ask) for ts, bid, ask in bests if ts <= moment]
        if not known or None in known[-1] or known[-1][0] >= known[-1][1]:
            return None
        return direction * ((known[-1][0] + known[-1][1]) / 2 - level) / tick

    touch = found["ts_touch"]
    at_touch = None if touch is None else ahead(touch)
    turned: dict[str, float | None] = {"touch_offset_ticks": at_touch}
    for bar in range(1, 7):
        turned[f"turned_back_{bar}"] = None
        if at_touch is None or at_touch >= 8 or bar > found["bars_observed"]:
            continue
        end = min([touch + bar * BAR, *([found["ts_first_hit"]] if found["ts_first_hit"] is not None else [])])
        at_end = ahead(end)
        turned[f"turned_back_{bar}"] = None if at_end is None else (at_touch - at_end) / 16
    return turned
