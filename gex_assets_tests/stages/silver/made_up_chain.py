"""`silver_gex_chain` of made-up days: wandering ones with broken books, and a still one with a flat smile."""

from collections import Counter

import pyarrow as pa

from gex_assets.stages.silver.gex_chain import gex_chain
from gex_assets_tests.stages.made_up_day import (
    DAY,
    MIDNIGHT,
    RATE,
    WINDOW,
    MadeUpDay,
    Series,
    black76,
    forward_table,
    instrument,
    made_up_day,
    quote,
    windows,
)

SWITCH = MIDNIGHT + 6 * WINDOW
FRONT = Series(SWITCH, "ESH6", tuple(range(5980, 6021, 5)))
NEXT = Series(MIDNIGHT + 20 * DAY, "ESM6", tuple(range(5600, 6400, 25)))
FAR = Series(MIDNIGHT + 90 * DAY, "ESU6", (5500.0, 5900.0, 6001.0, 6500.0))


def chain_of(day, forward, *, expirations="front", per_group=240, groups=None, forward_groups=None, open_ratio=0.5):
    inputs = day.inputs
    tally = Counter()
    tables = list(
        gex_chain(
            day.groups(per_group) if groups is None else groups,
            instruments=inputs["instruments"],
            forward=[forward_table(forward)] if forward_groups is None else forward_groups,
            statistics=inputs["statistics"],
            trades=inputs["trades"],
            product="ES",
            rate=RATE,
            open_ratio=open_ratio,
            expirations=expirations,
            tally=tally,
        )
    )
    return (pa.concat_tables(tables) if tables else None), tally


def day_of(*series, count=10, seed=4, **changes):
    day = made_up_day(ends=windows(count, gap_after=[8]), series=series, seed=seed, **changes)
    mids = {row["ts_window_end"]: (row["bid_price"] + row["ask_price"]) / 2 for row in day.futures}
    expirations = {row["ts_expiration"]: row["underlying"] for row in day.instruments if row["selected"]}
    forward = [
        {
            "ts_window_end": end,
            "ts_expiration": expiration,
            "underlying": underlying,
            "forward": None if end == day.ends[3] else mids[end],
            "forward_se": None if end in (day.ends[3], day.ends[5]) else 0.1 + (end + expiration) % 7 / 50,
        }
        for end in day.ends
        for expiration, underlying in sorted(expirations.items())
    ]
    return day, forward


def ladder_day(*, strikes=range(5900, 6101, 25), count=1, F=6010.0, sigma=0.15, half=0.05):
    """One expiration, every option quoted around one volatility, no broken book."""
    ends = windows(count)
    expiration = MIDNIGHT + 10 * DAY
    day = MadeUpDay(ends=ends)
    for place, strike in enumerate(strikes):
        for number, right in ((2 * place, "C"), (2 * place + 1, "P")):
            day.instruments.append(
                instrument(number, strike=float(strike), right=right, ts_expiration=expiration, underlying="ESH6")
            )
    for end in ends:
        for row in day.instruments:
            T = (expiration - end) / (365 * DAY)
            fair = black76(F=F, K=row["strike"], T=T, sigma=sigma, r=RATE, is_call=row["right"] == "C")
            number = row["instrument_id"]
            day.quotes.append(
                quote(number, end, bid=fair - half, ask=fair + half, bid_depth=3, ask_depth=number, quote_age_ns=number)
            )
    forward = [{"ts_window_end": end, "ts_expiration": expiration, "forward": F, "forward_se": 0.08} for end in ends]
    return day, forward
