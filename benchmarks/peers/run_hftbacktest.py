"""hftbacktest over the busiest instruments of the slice, in its own environment: one asset each, L3 feed, elapsed to the end.

Timed is elapsing through the data. It has two books an asset, the exchange's and the local one. Its L3 book ends at what it does
not know (a cancel of a part of an order, a change of side). So an instrument counts only as far as it could follow.
"""

import json
import sys
from pathlib import Path
from time import perf_counter, process_time

import hftbacktest as hft
import numpy as np
from hftbacktest.types import (
    ADD_ORDER_EVENT,
    BUY_EVENT,
    CANCEL_ORDER_EVENT,
    DEPTH_CLEAR_EVENT,
    EXCH_EVENT,
    FILL_EVENT,
    LOCAL_EVENT,
    MODIFY_ORDER_EVENT,
    SELL_EVENT,
    TRADE_EVENT,
    event_dtype,
)

KINDS = {
    b"A": ADD_ORDER_EVENT, b"C": CANCEL_ORDER_EVENT, b"M": MODIFY_ORDER_EVENT, b"R": DEPTH_CLEAR_EVENT, b"T": TRADE_EVENT,
    b"F": FILL_EVENT,
}  # fmt: skip
SIDES = {b"B": BUY_EVENT, b"A": SELL_EVENT, b"N": 0}
TICK = 0.05
TICK_NANOS = 50_000_000
INSTRUMENTS = 40
NAMES = ("orders.npy", "moments.npy", "best.npy", "inside.npy")
ONWARD = (0, 1)  # going on, end of the data


def events(records: np.ndarray) -> np.ndarray:
    """What its own converter makes of a DBN file, without its way through data frames."""
    records = records[np.isin(records["action"], list(KINDS))]
    data = np.zeros(len(records), event_dtype)
    for letter, kind in KINDS.items():
        data["ev"][records["action"] == letter] = kind
    for letter, side in SIDES.items():
        data["ev"][records["side"] == letter] |= side
    data["ev"] |= EXCH_EVENT | LOCAL_EVENT
    data["exch_ts"] = data["local_ts"] = np.maximum.accumulate(records["ts_recv"].astype(np.int64))
    known = records["price"] != 2**63 - 1
    data["px"] = np.where(known, records["price"] / 1e9, np.nan)
    data["qty"], data["order_id"], data["ival"] = records["size"], records["order_id"], records["flags"]
    return data


def asset(data: np.ndarray) -> hft.BacktestAsset:
    """One instrument as an asset with an L3 queue."""
    return (
        hft.BacktestAsset()
        .data(data)
        .linear_asset(50.0)
        .constant_order_latency(0, 0)
        .l3_fifo_queue_model()
        .no_partial_fill_exchange()
        .trading_value_fee_model(0.0, 0.0)
        .tick_size(TICK)
        .lot_size(1.0)
    )


def follow(data: np.ndarray, moments: np.ndarray) -> tuple[float, float, list[tuple[int, int, int, int]]]:
    """CPU and wall time [s], and the best prices and sizes at the moments as far as it could follow."""
    run = hft.HashMapMarketDepthBacktest([asset(data)])
    found: list[tuple[int, int, int, int]] = []
    now, last = int(data["local_ts"][0]), int(data["local_ts"][-1])
    began, clock = process_time(), perf_counter()
    depth = run.depth(0)
    for moment in moments.tolist():
        if moment > now and now <= last:
            if run.elapse(moment - 1 - now) not in ONWARD:
                break
            now = moment - 1
        bid = (depth.best_bid_tick, depth.best_bid_qty) if depth.best_bid_qty else (0, 0)
        ask = (depth.best_ask_tick, depth.best_ask_qty) if depth.best_ask_qty else (0, 0)
        found.append((bid[0] * TICK_NANOS, int(bid[1]), ask[0] * TICK_NANOS, int(ask[1])))
    took = (process_time() - began, perf_counter() - clock)
    run.close()
    return *took, found


def main() -> None:
    """Follow the busiest instruments, compare, say."""
    given = json.loads(sys.argv[1])
    folder = Path(given["folder"])
    records, moments, expected, inside = (np.load(folder / name) for name in NAMES)
    ids, counts = np.unique(records["instrument_id"], return_counts=True)
    busiest = np.argsort(-counts, kind="stable")[:INSTRUMENTS]
    cpu = wall = 0.0
    applied = compared = different = stopped = 0
    for turn, one in enumerate([busiest[0], *busiest]):
        mine = records[records["instrument_id"] == ids[one]]
        seen = moments[moments > int(mine["ts_recv"].min())]
        took_cpu, took_wall, found = follow(events(mine), seen)
        if not turn:  # the first run compiles
            continue
        first = len(moments) - len(seen)
        said = expected[first : first + len(found), one]
        whole = ~inside[first : first + len(found), one]
        compared += int(whole.sum())
        different += int((np.array(found).reshape(-1, 4) != said)[whole].any(axis=-1).sum())
        if len(found) < len(seen):
            stopped += 1
            continue
        cpu, wall, applied = cpu + took_cpu, wall + took_wall, applied + len(mine)
    said = {"cpu": cpu, "wall": wall, "records": applied, "compared": compared, "different": different, "stopped": stopped}
    sys.stdout.write("\n" + json.dumps(said | {"instruments": len(busiest)}) + "\n")


main()
