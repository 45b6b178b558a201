"""`silver_gex` of made-up chains: any numbers, or a ladder of strikes whose exposures are known by a formula."""

import random
from collections import Counter

import pyarrow as pa

from gex_assets.schemas.silver_gex_chain import SILVER_GEX_CHAIN
from gex_assets.stages.silver.gex import CHAIN_COLUMNS, gamma_exposure
from gex_assets_tests.stages.made_up_day import DAY, MIDNIGHT, MadeUpDay, forward_table, groups_of, instrument, quote, windows

FIELDS = [name for name in CHAIN_COLUMNS if name not in ("ts_window_end", "ts_expiration", "strike")]


CHAIN_SCHEMA = pa.schema([SILVER_GEX_CHAIN.arrow_schema().field(name) for name in CHAIN_COLUMNS])


def chain_table(rows):
    return pa.Table.from_pylist([{name: row[name] for name in CHAIN_COLUMNS} for row in rows], schema=CHAIN_SCHEMA)


def features(day, chain, forward, *, per_group=240, chain_per_group=None, quote_groups=None):
    tally = Counter()
    tables = list(
        gamma_exposure(
            groups_of(chain_table(chain), day.ends, chain_per_group or per_group),
            day.groups(per_group) if quote_groups is None else quote_groups,
            instruments=day.inputs["instruments"],
            forward=forward_table(forward),
            tally=tally,
        )
    )
    return (pa.concat_tables(tables) if tables else None), tally


def ladder_day(prices, *, strikes=range(5950, 6051, 10)):
    """One expiration without broken books: call exposure at strike K in window t is K + 1000 t², so that d2 is 2000."""
    ends = windows(len(prices))
    expiration = MIDNIGHT + 5 * DAY
    day = MadeUpDay(ends=ends)
    for place, strike in enumerate(strikes):
        for number, right in ((2 * place, "C"), (2 * place + 1, "P")):
            day.instruments.append(
                instrument(number, strike=float(strike), right=right, ts_expiration=expiration, underlying="ESH6")
            )
    day.quotes = [quote(row["instrument_id"], end) for end in ends for row in day.instruments]
    chain = [
        {"ts_window_end": end, "ts_expiration": expiration, "strike": float(strike), "underlying": "ESH6"}
        | dict.fromkeys(FIELDS)
        | {"gamma": 0.001, "call_gex_resting": strike + 1000.0 * t * t, "put_gex_resting": 0.0}
        for t, end in enumerate(ends)
        for strike in strikes
    ]
    forward = [
        {"ts_window_end": end, "ts_expiration": expiration, "underlying": "ESH6", "forward": price}
        for end, price in zip(ends, prices, strict=True)
    ]
    return day, chain, forward


def made_up_chain(day, *, most, seed=5, missing=0.1):
    """Rows where the chain has them, with any numbers."""
    dice = random.Random(seed)
    rows = []
    for end in day.ends:
        there = {}
        for option in day.instruments:
            listed = option["selected"] and option["ts_listed"] is not None and option["ts_listed"] < end
            if listed and option["ts_expiration"] > end:
                there.setdefault(option["ts_expiration"], {})[option["strike"]] = option["underlying"]
        for expiration in sorted(there)[:most]:
            for strike, underlying in sorted(there[expiration].items()):
                values = {name: None if dice.random() < missing else dice.uniform(0, 1e6) for name in FIELDS}
                values["gamma"] = None if dice.random() < missing else dice.uniform(0, 0.01)
                for right in ("call", "put"):
                    if values[f"{right}_flow_inventory"] is not None:
                        values[f"{right}_flow_inventory"] = float(dice.randrange(-3, 4))
                rows.append(
                    {"ts_window_end": end, "ts_expiration": expiration, "strike": float(strike), "underlying": underlying}
                    | values
                )
    return rows


def made_up_forward(day, *, seed=6, step=12.0):
    """A wandering price; one in twenty forwards is missing. The reference price is that of the underlying's first to expire."""
    dice = random.Random(seed)
    expirations = {row["ts_expiration"]: row["underlying"] for row in day.instruments if row["selected"]}
    rows, price = [], 6000.0
    for end in day.ends:
        price += dice.choice([0.0, 0.2, dice.uniform(-step, step)])
        for expiration, underlying in sorted(expirations.items()):
            known = expiration > end and dice.random() > 0.05
            quality = dice.choice(["ok", "weak"]) if known else "none"
            rows.append(
                {"ts_window_end": end, "ts_expiration": expiration, "underlying": underlying, "quality": quality}
                | {"forward": price + (1.0 if underlying == "ESM6" else 0.0) if known else None}
            )
    for row in rows:
        alive = [o for o in rows if o["ts_window_end"] == row["ts_window_end"] and o["ts_expiration"] > row["ts_window_end"]]
        row["reference_price"] = next((o["forward"] for o in alive if o["underlying"] == row["underlying"]), None)
        row["is_front"] = bool(alive) and row is alive[0]
    return rows
