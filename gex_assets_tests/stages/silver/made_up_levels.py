"""Rows of `silver_gex_chain`, `silver_forward` and statistics made up one by one, for the stages that read them."""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from functools import partial
from typing import Any

import pyarrow as pa

from gex_assets.conventions import BUILT_IN, Convention
from gex_assets.schemas.bronze_option_statistics import BRONZE_OPTION_STATISTICS
from gex_assets.schemas.silver_forward import SILVER_FORWARD
from gex_assets.schemas.silver_gex_chain import SILVER_GEX_CHAIN
from gex_assets.schemas.silver_gex_levels import SILVER_GEX_LEVELS
from gex_assets.schemas.table import Table
from gex_assets.stages.silver.gex_levels import gex_levels

Row = dict[str, Any]

SECOND = 1_000_000_000
WINDOW = 5 * SECOND
START = int(datetime(2026, 3, 17, tzinfo=UTC).timestamp()) * SECOND
"""Tuesday 2026-03-17 00:00 UTC: Monday evening in Chicago, session of the 17th."""
SESSION = date(2026, 3, 17)
FRONT = int(datetime(2026, 3, 20, 13, 30, tzinfo=UTC).timestamp()) * SECOND
"""The quarterly's end, 08:30 in Chicago."""
RATE = 0.04
F = 6_900.0


def end_of(window: int) -> int:
    return START + (window + 1) * WINDOW


def years_between(end: int, ts_expiration: int) -> float:
    return (ts_expiration - end) / (365 * 86_400 * SECOND)


def table_of(table: Table, rows: Iterable[Row]) -> pa.Table:
    return pa.Table.from_pylist(list(rows), schema=table.arrow_schema())


def greeks(*, forward: float, strike: float, years: float, sigma: float) -> Row:
    """Black-76 by the book."""
    s = sigma * math.sqrt(years)
    d_plus = math.log(forward / strike) / s + s / 2
    discount = math.exp(-RATE * years)
    density = math.exp(-d_plus * d_plus / 2) / math.sqrt(2 * math.pi)
    call_delta = discount * 0.5 * math.erfc(-d_plus / math.sqrt(2))
    put_delta = -discount * 0.5 * math.erfc(d_plus / math.sqrt(2))
    drift = discount * density * (d_plus - s) / (2 * years)
    return {
        "total_vol": s,
        "gamma": discount * density / (forward * s),
        "vanna": -discount * density * (d_plus - s) / sigma,
        "call_delta": call_delta,
        "put_delta": put_delta,
        "call_charm": RATE * call_delta + drift,
        "put_charm": RATE * put_delta + drift,
    }


def chain_row(
    window: int,
    strike: float,
    *,
    call: float | None = 0.0,
    put: float | None = 0.0,
    ts_expiration: int = FRONT,
    forward: float | None = F,
    sigma: float | None = 0.15,
    spread: float = 0.004,
    **given: Any,
) -> Row:
    """One strike; every weight is call and put unless given by its own name, flow is positive for both."""
    years = years_between(end_of(window), ts_expiration)
    row: Row = {
        "ts_window_end": end_of(window),
        "ts_expiration": ts_expiration,
        "strike": strike,
        "session_date": SESSION,
        "underlying": "ESH6",
        "multiplier": 50.0,
        "forward": forward,
        "years": years,
        "iv_status": "NO_QUOTE" if sigma is None else "OK",
        "iv_filled": False,
        "quote_age_ns": SECOND,
    }
    if forward is not None and sigma is not None:
        row |= greeks(forward=forward, strike=strike, years=years, sigma=sigma)
        row |= {"iv_bid": sigma - spread, "iv_mid": sigma, "iv_ask": sigma + spread, "iv_fit": sigma}
    for weight in ("resting_size", "open_interest", "flow_inventory", "volume", "oi_plus_flow"):
        row[f"call_{weight}"], row[f"put_{weight}"] = call, put
    return row | given


def chain_of(rows: Iterable[Row]) -> pa.Table:
    return table_of(SILVER_GEX_CHAIN, sorted(rows, key=lambda row: (row["ts_window_end"], row["ts_expiration"], row["strike"])))


def groups_of(rows: Sequence[Row], *, windows_per_group: int) -> Iterator[pa.Table]:
    """Whole windows together, as the lake returns them."""
    ends = sorted({row["ts_window_end"] for row in rows})
    for first in range(0, len(ends), windows_per_group):
        chosen = set(ends[first : first + windows_per_group])
        yield chain_of(row for row in rows if row["ts_window_end"] in chosen)


def forward_row(window: int, *, reference_price: float | None = F, ts_expiration: int = FRONT, **given: Any) -> Row:
    known = reference_price is not None
    return {
        "ts_window_end": end_of(window),
        "ts_expiration": ts_expiration,
        "session_date": SESSION,
        "underlying": "ESH6",
        "is_front": True,
        "forward": reference_price,
        "n_pairs": 40 if known else 0,
        "n_used": 31 if known else 0,
        "method": "parity_biweight" if known else "none",
        "quality": "ok" if known else "none",
        "discount_factor": 1.0,
        "years": years_between(end_of(window), ts_expiration),
        "reference_price": reference_price,
        **given,
    }


def forward_of(rows: Iterable[Row]) -> pa.Table:
    return table_of(SILVER_FORWARD, sorted(rows, key=lambda row: (row["ts_window_end"], row["ts_expiration"])))


def statistic(*, ts_recv: int, quantity: int | None = 7, stat_type: int = 9, is_deleted: bool = False) -> Row:
    return {
        "instrument_id": 1,
        "ts_recv": ts_recv,
        "ts_recv_behind": 0,
        "stat_type": stat_type,
        "ts_ref": START - 86_400 * SECOND,
        "ts_event": ts_recv,
        "raw_symbol": "ESH6 C6900",
        "quantity": quantity,
        "is_deleted": is_deleted,
        "sequence": 1,
        "stat_flags": 0,
        "file_date": SESSION,
    }


def statistics_of(*rows: Row) -> pa.Table:
    return table_of(BRONZE_OPTION_STATISTICS, rows)


PUBLISHED = statistics_of(statistic(ts_recv=START - 1))
"""An open interest that was known before the first window."""

SUCCESSOR = int(datetime(2026, 6, 18, 13, 30, tzinfo=UTC).timestamp()) * SECOND
"""The next quarterly's end."""
TODAY = int(datetime(2026, 3, 17, 20, 0, tzinfo=UTC).timestamp()) * SECOND
"""End of the options that are 0dte in the session of the 17th."""

STRIKES = [(6_700.0, 10.0, 400.0), (6_800.0, 50.0, 300.0), (6_900.0, 200.0, 210.0), (7_000.0, 350.0, 60.0), (7_100.0, 300.0, 5.0)]


def few_strikes(window: int = 0, **given: Any) -> list[Row]:
    """A chain whose net exposure changes sign between 6,800 and 7,000."""
    return [chain_row(window, strike, call=call, put=put, **given) for strike, call, put in STRIKES]


def rows_of_day(
    day: Callable[..., Iterable[pa.Table]],
    schema: Table,
    chain: Iterable[pa.Table],
    forward: Sequence[Row],
    *,
    only: Sequence[Convention] = tuple(BUILT_IN.values()),
    statistics: pa.Table = PUBLISHED,
    tally: Counter[str] | None = None,
) -> pa.Table:
    """Rows of `gex_levels` or `gex_profile`, each table of which has the schema."""
    tables = list(
        day(
            chain,
            forward=forward_of(forward),
            statistics=statistics,
            conventions=only,
            first_window_start_ns=START,
            rate=RATE,
            tally=Counter() if tally is None else tally,
        )
    )
    for table in tables:
        assert table.schema.equals(schema.arrow_schema())
    return pa.concat_tables(tables) if tables else schema.empty()


levels_of = partial(rows_of_day, gex_levels, SILVER_GEX_LEVELS)


def row_of(table: pa.Table, convention: str = "field", scope: str = "selected", window: int = 0) -> Row:
    rows = [
        row
        for row in table.to_pylist()
        if (row["convention"], row["scope"], row["ts_window_end"]) == (convention, scope, end_of(window))
    ]
    assert len(rows) == 1
    return rows[0]


def wandering_day(windows: int, seed: int = 3) -> tuple[list[Row], list[Row]]:
    """Strikes of two expirations with holes of every kind, and a wandering forward that is sometimes missing."""
    dice = random.Random(seed)
    rows, forward, price = [], [], F
    for window in range(windows):
        price += dice.gauss(0, 2)
        known = dice.random() > 0.1
        forward.append(forward_row(window, reference_price=price if known else None))
        if dice.random() < 0.1:
            continue
        for ts_expiration in (FRONT, SUCCESSOR):
            for strike in range(6_500, 7_301, 50):
                if dice.random() < 0.05:
                    continue
                rows.append(
                    chain_row(
                        window,
                        float(strike),
                        call=None if dice.random() < 0.1 else float(dice.randrange(500)),
                        put=None if dice.random() < 0.1 else float(dice.randrange(500)),
                        ts_expiration=ts_expiration,
                        forward=price if known else None,
                        sigma=None if dice.random() < 0.1 else 0.12 + dice.random() / 10,
                        call_flow_inventory=float(dice.randrange(-50, 50)),
                    )
                )
    return rows, forward
