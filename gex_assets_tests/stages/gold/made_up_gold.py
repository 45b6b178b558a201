"""Made-up rows for the gold stages: windows with levels, strike slots, a future's book and quotes, all from one seed.

Features are random numbers, some of them missing. Prices, strikes and levels, which triggers depend on, move in small steps.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from gex_assets.schemas.gold_trigger_vectors import LEVEL_IDS
from gex_assets.schemas.silver_gex import SILVER_GEX, SLOTS, slot_column
from gex_assets.schemas.silver_gex_levels import SILVER_GEX_LEVELS
from gex_assets.schemas.silver_quotes import SILVER_FUTURE_QUOTES
from gex_assets.schemas.silver_vacuum import SILVER_VACUUM
from gex_assets.schemas.table import Table
from gex_assets_tests.stages.made_up_day import MIDNIGHT, SECOND, WINDOW, Row, date_of, groups_of, table_of

START = MIDNIGHT + 52_200 * SECOND
CONVENTIONS = (("field", 2, "open_interest"), ("flow", 1, None))


@dataclass
class MadeUpGold:
    """Rows of each input of the gold stages."""

    ends: list[int]
    levels: list[Row] = field(default_factory=list)
    gex: list[Row] = field(default_factory=list)
    vacuum: list[Row] = field(default_factory=list)
    quotes: list[Row] = field(default_factory=list)

    def groups(self, name: str, windows: int) -> Iterator[pa.Table]:
        rows: list[Row] = getattr(self, name)
        table = {"levels": SILVER_GEX_LEVELS, "gex": SILVER_GEX, "vacuum": SILVER_VACUUM, "quotes": SILVER_FUTURE_QUOTES}[name]
        return groups_of(table_of(table, rows), self.ends, windows)

    def until(self, end: int) -> MadeUpGold:
        """The day as far as it was known at a window's end."""
        kept = {name: [row for row in getattr(self, name) if row["ts_window_end"] <= end] for name in _INPUTS}
        return MadeUpGold(ends=[one for one in self.ends if one <= end], **kept)


_INPUTS = ("levels", "gex", "vacuum", "quotes")


def made_up_gold(seed: int, *, windows: int, options: bool = True, futures: bool = True) -> MadeUpGold:
    """A day with a gap in the middle and a change of underlying near its end."""
    chance = random.Random(seed)
    ends = [START + number * WINDOW for number in range(1, windows + 1)]
    del ends[windows // 2 : windows // 2 + 3]
    day = MadeUpGold(ends=ends)
    price, zero_gamma = 6001.3, 6003.0
    history: list[float] = []
    for number, end in enumerate(ends):
        price += chance.choice([-0.6, -0.3, 0.0, 0.3, 0.6]) + 0.1 * chance.random()
        zero_gamma += 0.2 * chance.random() - 0.1
        history.append(price)
        underlying = "ESH6" if number < 9 * windows // 10 else "ESM6"
        if options:
            _options(day, chance, end, underlying, price=price, zero_gamma=zero_gamma, history=history)
        if futures:
            _futures(day, chance, end, "ESH6" if number % 17 == 5 else underlying, price=price)
    return day


def _options(
    day: MadeUpGold,
    chance: random.Random,
    end: int,
    underlying: str,
    *,
    price: float,
    zero_gamma: float,
    history: Sequence[float],
) -> None:
    reference = None if chance.random() < 0.03 else price
    moved = price - history[-4] if len(history) > 3 else None
    row = _random_row(SILVER_GEX, chance)
    row |= {"ts_window_end": end, "underlying": underlying, "session_date": date_of(end), "forward_quality": "ok"}
    row |= {"reference_price": reference, "approach_dir": None if moved is None else float((moved > 0.25) - (moved < -0.25))}
    for rank in range(1, 6):
        above, below = 5.0 * (price // 5) + 5.0 * rank, 5.0 * (price // 5) - 5.0 * (rank - 1)
        row |= {slot_column("strike", str(rank), ""): above, slot_column("strike", f"neg{rank}", ""): below}
    if reference is None:
        row |= {slot_column("strike", slot, ""): None for slot in SLOTS}
    if chance.random() > 0.02:
        day.gex.append(row)
        if chance.random() < 0.1:
            day.gex.append(_random_row(SILVER_GEX, chance) | {**_keys(row), "underlying": "ESZ6"})
    for name, version, weight in CONVENTIONS:
        for scope in ("exp:2026-03-20", "selected"):
            own = _random_row(SILVER_GEX_LEVELS, chance)
            own |= {
                "ts_window_end": end,
                "convention": name,
                "scope": scope,
                "session_date": date_of(end),
                "underlying": underlying,
            }
            own |= {"convention_version": version, "weight_used": weight, "scale": "usd_per_1pct", "forward_quality": "ok"}
            own |= {"flip_rule": "profile_nearest"}
            own |= {
                "reference_price": reference,
                "strikes": 20,
                "call_wall": 6005.0,
                "put_wall": 5995.0,
                "zero_gamma": zero_gamma,
            }
            own |= {"secondary_call_wall": 6010.0 if name == "flow" else None, "secondary_put_wall": None}
            if scope != "selected":
                own |= {level: price + 1.0 for level in LEVEL_IDS if level in own}
            day.levels.append(own)


def _futures(day: MadeUpGold, chance: random.Random, end: int, symbol: str, *, price: float) -> None:
    mid = round(price * 8) / 8
    row = _random_row(SILVER_VACUUM, chance)
    row |= {"ts_window_end": end, "symbol": symbol, "session_date": date_of(end), "book_state": "ok"}
    row["reference_price"] = None if chance.random() < 0.03 else mid + chance.choice([0.0, 0.0, -4.5, 4.5])
    row |= {name: float(chance.randrange(200)) for name in row if name.endswith("_depth") and chance.random() > 0.01}
    if chance.random() > 0.02:
        day.vacuum.append(row)
    quote = _random_row(SILVER_FUTURE_QUOTES, chance) | _keys(row)
    quote |= {"instrument_id": 7, "symbol": symbol, "mid_event": False, "is_complete": True}
    quote |= {"bid_price": mid - 0.125, "ask_price": mid + 0.125}
    quote["book_state"] = "crossed" if chance.random() < 0.03 else "ok"
    day.quotes.append(quote)


def _keys(row: Row) -> Row:
    return {name: row[name] for name in ("ts_window_end", "session_date")}


def _random_row(table: Table, chance: random.Random) -> Row:
    """Any numbers in all columns that hold any; NULL in one of thirty of those that may."""

    def value(kind: pa.DataType) -> Any:
        if pa.types.is_floating(kind):
            return chance.gauss(0.0, 1000.0)
        if pa.types.is_integer(kind):
            return chance.randrange(1000)
        return None

    return {column.name: None if column.nullable and chance.random() < 1 / 30 else value(column.type) for column in table.columns}
