"""A small made-up day for the silver stages: instruments, quotes, futures, statistics and trades as rows and as tables.

Prices follow from a wandering forward and a smile; books are broken at random; everything comes from one seed.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import pyarrow as pa

from gex_assets.schemas.book_columns import FLOW_NAMES
from gex_assets.schemas.bronze_option_instruments import BRONZE_OPTION_INSTRUMENTS
from gex_assets.schemas.bronze_option_statistics import BRONZE_OPTION_STATISTICS
from gex_assets.schemas.bronze_option_trades import BRONZE_OPTION_TRADES
from gex_assets.schemas.silver_forward import SILVER_FORWARD
from gex_assets.schemas.silver_quotes import SILVER_FUTURE_QUOTES, SILVER_OPTION_QUOTES
from gex_assets.schemas.table import Table

Row = dict[str, Any]

SECOND = 1_000_000_000
WINDOW = 5 * SECOND
DAY = 86_400 * SECOND
MIDNIGHT = 1_767_657_600 * SECOND
"""2026-01-06 00:00 UTC."""

RATE = 0.04


def date_of(ts: int) -> date:
    """The UTC date, which serves as the session's."""
    return date(1970, 1, 1) + timedelta(days=ts // DAY)


def table_of(table: Table, rows: Sequence[Row]) -> pa.Table:
    return pa.Table.from_pylist(list(rows), schema=table.arrow_schema())


def black76(*, F: float, K: float, T: float, sigma: float, r: float, is_call: bool) -> float:
    """Price by the book, with erfc."""
    s = sigma * math.sqrt(T)
    d_plus = math.log(F / K) / s + s / 2
    sign = 1.0 if is_call else -1.0

    def normal(x: float) -> float:
        return 0.5 * math.erfc(-x / math.sqrt(2))

    return math.exp(-r * T) * sign * (F * normal(sign * d_plus) - K * normal(sign * (d_plus - s)))


@dataclass
class MadeUpDay:
    """Rows of each input; `tables` and `groups` make Arrow of them."""

    ends: list[int]
    instruments: list[Row] = field(default_factory=list)
    quotes: list[Row] = field(default_factory=list)
    futures: list[Row] = field(default_factory=list)
    statistics: list[Row] = field(default_factory=list)
    trades: list[Row] = field(default_factory=list)

    def groups(self, windows_per_group: int = 240) -> Iterator[pa.Table]:
        return groups_of(table_of(SILVER_OPTION_QUOTES, self.quotes), self.ends, windows_per_group)

    @property
    def inputs(self) -> dict[str, pa.Table]:
        return {
            "instruments": table_of(BRONZE_OPTION_INSTRUMENTS, self.instruments),
            "future_quotes": table_of(SILVER_FUTURE_QUOTES, self.futures),
            "statistics": table_of(BRONZE_OPTION_STATISTICS, self.statistics),
            "trades": table_of(BRONZE_OPTION_TRADES, self.trades),
        }


def groups_of(table: pa.Table, ends: Sequence[int], windows_per_group: int) -> Iterator[pa.Table]:
    """Whole windows together, as the lake stores and returns them; groups without rows do not exist."""
    row_ends = table.column("ts_window_end").to_pylist()
    for first in range(0, len(ends), windows_per_group):
        chosen = set(ends[first : first + windows_per_group])
        rows = [place for place, end in enumerate(row_ends) if end in chosen]
        if rows:
            yield table.slice(rows[0], len(rows))


def instrument(number: int, *, strike: float, right: str, ts_expiration: int, underlying: str, **changes: Any) -> Row:
    return {
        "instrument_id": number,
        "raw_symbol": f"{underlying} {right}{strike:g}",
        "root": "ES",
        "family": "quarterly",
        "underlying": underlying,
        "right": right,
        "strike": strike,
        "ts_expiration": ts_expiration,
        "multiplier": 50.0,
        "exercise": "american",
        "settlement": "am",
        "source": "symbol",
        "dte": 10,
        "selected": True,
        "selection_reason": "front",
        "ts_listed": MIDNIGHT,
        "job_id": "",
        **changes,
    }


def quote(number: int, end: int, *, state: str = "ok", bid: float | None = None, ask: float | None = None, **changes: Any) -> Row:
    row: Row = {
        "ts_window_end": end,
        "instrument_id": number,
        "session_date": date_of(end),
        "bid_price": bid,
        "ask_price": ask,
        "bid_size": 0,
        "ask_size": 0,
        "bid_orders": 0,
        "ask_orders": 0,
        "bid_depth": 0,
        "ask_depth": 0,
        "bid_levels": 0,
        "ask_levels": 0,
        "book_state": state,
        "mid_event": False,
        "is_complete": True,
        "last_trade_price": None,
        "last_trade_ts": None,
        "quote_age_ns": None,
        "trade_buy_size": 0,
        "trade_sell_size": 0,
        "trade_none_size": 0,
        "aggressor_net": 0,
    }
    row.update({f"{side}_{name}": 0 for side in ("bid", "ask") for name, _ in FLOW_NAMES})
    return row | changes


def trade(
    index: int, number: int, ts: int, *, side: str, size: int, legs: list[tuple[int, int, str]] | None = None, **changes: Any
) -> Row:
    return {
        "record_index": index,
        "ts_recv": ts,
        "ts_event": ts,
        "instrument_id": number,
        "order_id": 0,
        "action": "T",
        "side": side,
        "price": 0,
        "size": size,
        "flags": 0,
        "sequence": index,
        "channel_id": 1,
        "ts_in_delta": 0,
        "ts_recv_behind": 0,
        "raw_symbol": str(number),
        "is_spread": legs is not None,
        "legs": None if legs is None else [{"instrument_id": i, "ratio": r, "side": s} for i, r, s in legs],
        **changes,
    }


def open_interest(number: int, ts: int, quantity: int | None, **changes: Any) -> Row:
    return {
        "instrument_id": number,
        "ts_recv": ts,
        "ts_recv_behind": 0,
        "stat_type": 9,
        "ts_ref": MIDNIGHT - DAY,
        "ts_event": ts,
        "raw_symbol": str(number),
        "price": None,
        "quantity": quantity,
        "is_deleted": False,
        "sequence": 1,
        "stat_flags": 0,
        "file_date": date_of(MIDNIGHT),
        **changes,
    }


def future_quote(number: int, end: int, symbol: str, *, bid: float, ask: float, state: str = "ok", **changes: Any) -> Row:
    return quote(number, end, state=state, bid=bid, ask=ask) | {"symbol": symbol, "vwap": None} | changes


@dataclass(frozen=True)
class Series:
    ts_expiration: int
    underlying: str
    strikes: tuple[float, ...]


def made_up_day(
    *,
    ends: Sequence[int],
    series: Sequence[Series],
    seed: int = 1,
    start: float = 6000.0,
    step: float = 2.0,
    broken: float = 0.15,
    unlisted: float = 0.05,
) -> MadeUpDay:
    """Quotes of every series in every window around a wandering forward."""
    dice = random.Random(seed)
    day = MadeUpDay(ends=list(ends))
    number = 100
    for one in series:
        for strike in one.strikes:
            for right in ("C", "P"):
                listed = None if dice.random() < unlisted / 3 else MIDNIGHT
                if dice.random() < unlisted:
                    listed = dice.choice(day.ends) - WINDOW // 2
                day.instruments.append(
                    instrument(
                        number,
                        strike=strike,
                        right=right,
                        ts_expiration=one.ts_expiration,
                        underlying=one.underlying,
                        ts_listed=listed,
                    )
                )
                number += 3 if dice.random() < 0.5 else 1
    # An instrument that is not selected, and the first right of one strike missing altogether.
    day.instruments.append(
        instrument(50, strike=1.0, right="C", ts_expiration=series[0].ts_expiration, underlying="ESH6", selected=False)
    )
    del day.instruments[0]

    price = start
    totals: dict[int, int] = {}
    for end in day.ends:
        price += dice.uniform(-step, step)
        day.quotes.append(quote(50, end, bid=1.0, ask=2.0, bid_depth=7, ask_depth=9, bid_add_size=1000))
        for option in day.instruments:
            if option["selected"] and dice.random() > 0.01:
                day.quotes.append(_quote_of(option, end, price, dice, totals, broken=broken))
        for symbol in sorted({one.underlying for one in series}):
            day.futures.append(_future_of(symbol, end, price, dice))
    day.quotes.sort(key=lambda row: (row["ts_window_end"], row["instrument_id"]))
    _add_events(day, dice)
    return day


def _quote_of(option: Row, end: int, price: float, dice: random.Random, totals: dict[int, int], *, broken: float) -> Row:
    number = option["instrument_id"]
    incomplete = broken > 0 and (7919 * number + end // (5 * SECOND)) % 97 == 0
    flows = {f"{side}_{name}": dice.randrange(0, 30) for side in ("bid", "ask") for name, _ in FLOW_NAMES}
    buys, sells = dice.choice([0, 0, 0, 2]), dice.choice([0, 0, 0, 1, 3])
    totals[number] = totals.get(number, 0) + buys - sells
    changes = flows | {
        "trade_buy_size": buys,
        "trade_sell_size": sells,
        "trade_none_size": 0,
        "aggressor_net": totals[number],
        "bid_depth": dice.randrange(0, 200),
        "ask_depth": dice.randrange(0, 200),
        "quote_age_ns": dice.choice([None, dice.randrange(0, 90 * SECOND)]),
        "is_complete": not incomplete,
    }
    years = (option["ts_expiration"] - end) / (365 * DAY)
    if years <= 0:
        return quote(number, end, state="expired", **changes)
    log_moneyness = math.log(option["strike"] / price)
    sigma = 0.18 - 0.4 * log_moneyness + 2.0 * log_moneyness**2
    fair = black76(F=price, K=option["strike"], T=years, sigma=sigma, r=RATE, is_call=option["right"] == "C")
    bid = math.floor((fair * 0.99 - 0.05) / 0.05) * 0.05
    ask = math.ceil((fair * 1.01 + 0.05) / 0.05) * 0.05
    if bid <= 0:
        return quote(number, end, state="one_sided", ask=ask, **changes)
    if dice.random() < broken:
        state = dice.choice(["unseen", "suspect", "empty", "one_sided", "crossed"])
        prices = {"suspect": (bid, ask), "one_sided": (bid, None), "crossed": (ask, bid)}.get(state, (None, None))
        return quote(number, end, state=state, bid=prices[0], ask=prices[1], **changes)
    return quote(number, end, bid=bid, ask=ask, **changes)


def _future_of(symbol: str, end: int, price: float, dice: random.Random) -> Row:
    return future_quote(
        900 + len(symbol) + ord(symbol[2]),
        end,
        symbol,
        bid=price - 0.125,
        ask=price + 0.125,
        state=dice.choice(["ok", "ok", "crossed"]),
        vwap=dice.choice([None, price + 0.3]),
        last_trade_price=dice.choice([None, price - 0.5]),
    )


def _add_events(day: MadeUpDay, dice: random.Random) -> None:
    options = [row["instrument_id"] for row in day.instruments]
    first, last = day.ends[0] - WINDOW, day.ends[-1]
    for number in options:
        moments = {first - DAY, dice.randrange(first, last), dice.choice(day.ends)}
        day.statistics += [
            open_interest(
                number,
                ts,
                dice.choice([None, dice.randrange(0, 5000), dice.randrange(0, 5000)]),
                ts_ref=dice.choice([-1, MIDNIGHT - 2 * DAY, MIDNIGHT - DAY, MIDNIGHT]),
                is_deleted=dice.random() < 0.2,
            )
            for ts in sorted(moments)
            if dice.random() < 0.7
        ]
        day.statistics.append(open_interest(number, first, 77, stat_type=3, price=5.0))
    for index in range(150):
        ts = first + (last - first) * index // 150 + dice.choice([0, 0, -SECOND])
        side, size = dice.choice("BAN"), dice.randrange(1, 20)
        kind = dice.random()
        if kind < 0.5:
            day.trades.append(trade(index, dice.choice(options), ts, side=side, size=size))
        else:
            legs = [(dice.choice([*options, 5]), dice.randrange(1, 4), dice.choice("BA")) for _ in range(dice.randrange(1, 4))]
            row = trade(index, 7_000_000, ts, side=side, size=size, legs=legs)
            day.trades.append(row if kind < 0.9 else row | {"legs": None})


def windows(count: int, *, first: int = MIDNIGHT + WINDOW, gap_after: Iterable[int] = ()) -> list[int]:
    """Ends of windows; after the numbers given an hour is missing."""
    ends, end = [], first
    gaps = set(gap_after)
    for number in range(count):
        ends.append(end)
        end += WINDOW + (3600 * SECOND if number in gaps else 0)
    return ends


def forward_table(rows: Iterable[Row]) -> pa.Table:
    """`silver_forward` with these rows; what is not given is made up."""
    filled = [
        {
            "session_date": date_of(row["ts_window_end"]),
            "underlying": "ESH6",
            "is_front": True,
            "forward": None,
            "n_pairs": 20,
            "n_used": 20,
            "method": "parity_biweight",
            "quality": "ok",
            "discount_factor": 1.0,
            "years": max(0, row["ts_expiration"] - row["ts_window_end"]) / (365 * DAY),
            "reference_price": row.get("forward"),
        }
        | row
        for row in rows
    ]
    return table_of(SILVER_FORWARD, filled)
