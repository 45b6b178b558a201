"""Twin of the triggers and their vectors: every element looks up its windows by end and future, one at a time."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from gex_assets_tests.stages.gold.made_up_gold import MadeUpGold
from gex_assets_tests.stages.made_up_day import WINDOW

TICK = 0.25
MULTIPLIER = 50.0
GRID = 5.0
WALLS = ("call_wall", "put_wall", "zero_gamma", "secondary_call_wall", "secondary_put_wall")
SLOTS = ("1", "2", "3", "4", "5", "neg1", "neg2", "neg3", "neg4", "neg5")
FAMILIES = ("gex", "gexoi", "gexflow")

Number = float | None


class Twin:
    """A day's rows, by window and future."""

    def __init__(self, day: MadeUpGold) -> None:
        self.levels = {(row["ts_window_end"], row["convention"]): row for row in day.levels if row["scope"] == "selected"}
        self.conventions = sorted({convention for _, convention in self.levels})
        self.gex = {(row["ts_window_end"], row["underlying"]): row for row in day.gex}
        self.vacuum = {(row["ts_window_end"], row["symbol"]): row for row in day.vacuum}
        self.vacuum_symbol = {row["ts_window_end"]: row["symbol"] for row in day.vacuum}
        self.quotes = {(row["ts_window_end"], row["symbol"]): row for row in day.quotes}
        self.ends = sorted({end for end, _ in self.levels} | set(self.vacuum_symbol))

    def by_options(self, end: int) -> bool:
        return any((end, convention) in self.levels for convention in self.conventions)

    def option_row(self, end: int) -> Mapping[str, Any]:
        return next(self.levels[end, convention] for convention in self.conventions if (end, convention) in self.levels)

    def symbol(self, end: int) -> str | None:
        if self.by_options(end):
            return str(self.option_row(end)["underlying"])
        return self.vacuum_symbol.get(end)

    def price(self, end: int) -> Number:
        if self.by_options(end):
            return self.option_row(end)["reference_price"]
        quote = self.quotes.get((end, self.symbol(end)))
        return (quote["bid_price"] + quote["ask_price"]) / 2 if quote and quote["book_state"] == "ok" else None

    def direction(self, end: int) -> Number:
        if self.by_options(end):
            row = self.gex.get((end, self.symbol(end)))
            return row["approach_dir"] if row else None
        before = [end - ago * WINDOW for ago in range(4)]
        if any(self.by_options(one) or self.symbol(one) != self.symbol(end) for one in before):
            return None
        now, then = self.price(end), self.price(before[3])
        if now is None or then is None:
            return None
        return 0.0 if abs(now - then) < 0.25 else math.copysign(1.0, now - then)

    def level(self, end: int, convention: str, level_id: str) -> Number:
        if convention != "none":
            row = self.levels.get((end, convention))
            if row is None or (level_id == "zero_gamma" and row["flip_rule"] != "profile_nearest"):
                return None
            return row[level_id]
        if self.by_options(end):
            row = self.gex.get((end, self.symbol(end)))
            return row["strike_1" if level_id == "strike_above" else "strike_neg1"] if row else None
        price = self.price(end)
        if price is None:
            return None
        return GRID * math.floor(price / GRID) + (GRID if level_id == "strike_above" else 0.0)

    def is_trigger(self, end: int, convention: str, level_id: str) -> bool:
        price, direction, level = self.price(end), self.direction(end), self.level(end, convention, level_id)
        if price is None or direction is None or level is None or not direction:
            return False
        return abs(level - price) <= 20 * TICK and direction * (level - price) > 0

    def triggers(self) -> list[dict[str, Any]]:
        """Rows without vectors, in the table's order."""
        found = []
        named = [("none", "strike_above"), ("none", "strike_below")]
        named += [(convention, wall) for convention in self.conventions for wall in WALLS]
        for end in self.ends:
            for convention, level_id in sorted(named):
                if self.is_trigger(end, convention, level_id):
                    found.append(self._trigger(end, convention, level_id))
        return found

    def _trigger(self, end: int, convention: str, level_id: str) -> dict[str, Any]:
        level, start = self.level(end, convention, level_id), end
        while self.is_trigger(start - WINDOW, convention, level_id):
            if abs(self.level(start - WINDOW, convention, level_id) - self.level(start, convention, level_id)) >= 20 * TICK:
                break
            start -= WINDOW
        row = self.levels.get((end, convention), {})
        gex, vacuum = self.gex.get((end, self.symbol(end))), self.vacuum.get((end, self.symbol(end)))
        return {
            "ts_window_end": end,
            "convention": convention,
            "level_id": level_id,
            "underlying": self.symbol(end),
            "level": level,
            "approach_dir": int(self.direction(end)),
            "ts_episode_start": start,
            "convention_version": row.get("convention_version"),
            "weight_used": row.get("weight_used"),
            "reference_price": self.price(end),
            "has_option": bool(gex) and gex["reference_price"] is not None,
            "has_future": bool(vacuum) and vacuum["reference_price"] is not None,
        }

    def element(self, trigger: Mapping[str, Any], *, feature: str, block: str, source: str) -> Number:
        end, symbol = trigger["ts_window_end"], trigger["underlying"]
        tables = {"silver_gex": [self.gex], "silver_vacuum": [self.vacuum], "cross": [self.gex, self.vacuum]}[source]

        def is_there(ago: int) -> bool:
            then = end - ago * WINDOW
            return self.symbol(then) == symbol and all((then, symbol) in table for table in tables)

        def value(ago: int) -> Number:
            if source != "cross":
                return tables[0][end - ago * WINDOW, symbol][feature]
            order, name = (int(feature[1]), feature[3:]) if feature[:3] in ("d1_", "d2_", "d3_") else (0, feature)
            return step(ago, name, order)

        def step(ago: int, name: str, order: int) -> Number:
            """A value, or the difference of two differences of one order less, of windows that follow one another."""
            if not all(is_there(one) for one in range(ago + 1)):
                return None
            if order == 0:
                return self._cross(trigger, end - ago * WINDOW, name)
            now, then = step(ago, name, order - 1), step(ago + 1, name, order - 1)
            return None if now is None or then is None else now - then

        windows = 1 if block == "now" else int(block.split("_")[1])
        if not all(is_there(ago) for ago in range(windows)):
            return None
        return _over(value, block, windows)

    def _cross(self, trigger: Mapping[str, Any], then: int, feature: str) -> Number:
        symbol, up = trigger["underlying"], trigger["approach_dir"] > 0
        gex, vacuum = self.gex[then, symbol], self.vacuum[then, symbol]
        pull = vacuum["f2_ask_pull_add_log_rest" if up else "f4_bid_pull_add_log_rest"]
        retreat = vacuum["f1_ask_com_disp_log" if up else "f3_bid_com_disp_log"]
        if feature == "gamma_pull_future_pull":
            return _product(gex["gamma_pull_add_log"], pull)
        family = feature.split("_", maxsplit=1)[0]
        if feature.endswith("_vacuum"):
            both = None if pull is None or retreat is None else pull + retreat
            if "_net_" in feature:
                exposure = self._at_level(trigger, gex, lambda slot: gex[f"{family}_strike_{slot}_net"])
            else:
                exposure = self._at_level(
                    trigger, gex, lambda slot: _sum(gex[f"{family}_strike_{slot}_call"], gex[f"{family}_strike_{slot}_put"])
                )
            return _product(exposure, both)
        net, price = gex[f"{family}_net_total"], gex["reference_price"]
        mid = vacuum["reference_price"]
        if net is None or price is None or mid is None:
            return None
        ticks = math.floor(max(0.0, trigger["approach_dir"] * (trigger["level"] - mid) / TICK))
        if ticks > 20:
            return None
        begins = {"at": 0, "near": 3, "mid": 6, "far": 15}
        sizes = [vacuum[f"{'ask' if up else 'bid'}_{zone}_depth"] for zone, first in begins.items() if ticks >= first]
        if None in sizes:
            return None
        size = sum(sizes)
        return net / (MULTIPLIER * price**2 * 0.01) / (size + 1)

    def _at_level(self, trigger: Mapping[str, Any], gex: Mapping[str, Any], value: Callable[[str], Number]) -> Number:
        """Value at the strikes around the level in the trigger's window, in whichever slots they were then."""
        level = trigger["level"]
        now = self.gex[trigger["ts_window_end"], trigger["underlying"]]
        strikes = sorted(now[f"strike_{slot}"] for slot in SLOTS if now[f"strike_{slot}"] is not None)
        then = {gex[f"strike_{slot}"]: value(slot) for slot in SLOTS}
        if level in strikes:
            return then.get(level)
        lower, upper = [strike for strike in strikes if strike < level], [strike for strike in strikes if strike > level]
        if not lower or not upper:
            return None
        low, high = then.get(lower[-1]), then.get(upper[0])
        if low is None or high is None:
            return None
        between = low + (high - low) * (level - lower[-1]) / (upper[0] - lower[-1])
        is_rounding = (low > 0) != (high > 0) and abs(between) < 1e-9 * max(abs(low), abs(high))
        return None if is_rounding else between


def _over(value: Callable[[int], Number], block: str, windows: int) -> Number:
    if block == "now":
        return value(0)
    if block.startswith("step"):
        now, then = value(0), value(windows - 1)
        return None if now is None or then is None else (now - then) / (windows - 1)
    values = [value(ago) for ago in range(windows)]
    return None if None in values else sum(values) / windows


def _product(one: Number, other: Number) -> Number:
    return None if one is None or other is None else one * other


def _sum(one: Number, other: Number) -> Number:
    return None if one is None or other is None else one + other
