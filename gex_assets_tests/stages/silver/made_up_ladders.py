"""`silver_gex` of made-up chains: a ladder of strikes whose exposures are known by a formula."""

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
