"""itch-book over the slice, in its own environment: ITCH 5.0 messages made of the records, books in C++, a table of best prices.

Timed are parsing, books and the `bbo` table. `books` [s] is the same without that table. Converting is not timed. ITCH has no
clear and no change of size in place: a clear becomes one delete an order, a modification a replace. Trades and fills change no
book and have no message.
"""

import json
import struct
import sys
from datetime import date
from pathlib import Path
from time import perf_counter, process_time

import itch_book
import numpy as np

DAY_NS = 86_400 * 10**9
TENTH_OF_A_THOUSANDTH = 100_000
ADD, CUT = struct.Struct(">HcHH6sQcI8sI"), struct.Struct(">HcHH6sQI")
DELETE, REPLACE = struct.Struct(">HcHH6sQ"), struct.Struct(">HcHH6sQQII")
EVENT = struct.Struct(">HcHH6sc")
NO_PRICE = 2**63 - 1


def messages(records: np.ndarray, locates: dict[int, int]) -> bytearray:
    """The records as ITCH messages, each with its length before it."""
    out = bytearray(EVENT.pack(12, b"S", 0, 0, bytes(6), b"O"))
    books: dict[int, dict[int, list]] = {locate: {} for locate in locates.values()}
    fields = ("ts_recv", "instrument_id", "order_id", "action", "side", "price", "size")
    last = 1
    for ts, instrument, order_id, action, side, price, size in zip(*(records[name].tolist() for name in fields), strict=True):
        locate, when = locates[instrument], (ts % DAY_NS).to_bytes(6, "big")
        book = books[locate]
        if action == b"R":
            for ref, *_ in book.values():
                out += DELETE.pack(19, b"D", locate, 0, when, ref)
            book.clear()
            continue
        old = book.get(order_id)
        if action == b"C":
            if old and size >= old[2]:
                out += DELETE.pack(19, b"D", locate, 0, when, old[0])
                del book[order_id]
            elif old and size:
                old[2] -= size
                out += CUT.pack(23, b"X", locate, 0, when, old[0], size)
            continue
        if action not in (b"A", b"M") or price == NO_PRICE or side == b"N":
            continue
        if old and action == b"M" and side == old[3] and size:
            if price == old[1] and size <= old[2]:
                if size < old[2]:
                    out += CUT.pack(23, b"X", locate, 0, when, old[0], old[2] - size)
                old[2] = size
                continue
            last += 1
            out += REPLACE.pack(35, b"U", locate, 0, when, old[0], last, size, price // TENTH_OF_A_THOUSANDTH)
            book[order_id] = [last, price, size, side]
            continue
        if old:
            out += DELETE.pack(19, b"D", locate, 0, when, old[0])
            del book[order_id]
        if size:
            last += 1
            letter = b"B" if side == b"B" else b"S"
            out += ADD.pack(36, b"A", locate, 0, when, last, letter, size, b"OPTION  ", price // TENTH_OF_A_THOUSANDTH)
            book[order_id] = [last, price, size, side]
    return out


def run(file: Path, day: str, tables: tuple[str, ...]) -> tuple[float, float, list]:
    """CPU and wall time [s], and the batches of the first table."""
    started, clock = process_time(), perf_counter()
    feed = itch_book.open(str(file), date=date.fromisoformat(day))
    kept = [getattr(batch, tables[0]) for batch in feed.batches(tables=tables)]
    return process_time() - started, perf_counter() - clock, kept


def agreement(folder: Path, day: str, kept: list) -> dict:
    """The last row of each instrument before each moment, against what our books say."""
    moments, expected = np.load(folder / "moments.npy"), np.load(folder / "best.npy")
    found = np.zeros_like(expected)
    whole = {name: np.concatenate([part[name] for part in kept]) for name in kept[0]}
    times = np.maximum.accumulate(whole["ts_event"].astype(np.int64) - int(itch_book.midnight_ns(date.fromisoformat(day))))
    for at, moment in enumerate(moments.tolist()):
        until = int(np.searchsorted(times, moment % DAY_NS, side="left"))
        _, where = np.unique(whole["locate"][:until][::-1], return_index=True)
        latest = until - 1 - where
        rows = whole["locate"][latest].astype(np.int64) - 1
        for column, name in enumerate(("bid_px", "bid_sz", "ask_px", "ask_sz")):
            values = np.nan_to_num(whole[name][latest].astype(np.float64))
            found[at, rows, column] = np.rint(values * 10**9) if name.endswith("px") else values
    inside = np.load(folder / "inside.npy")
    return {"compared": int((~inside).sum()), "different": int((found != expected)[~inside].any(axis=-1).sum())}


def main() -> None:
    """Make the messages where they are not there yet, measure, compare, say."""
    given = json.loads(sys.argv[1])
    folder, day = Path(given["folder"]), given["day"]
    file = folder / "orders.itch"
    if not file.exists():
        records = np.load(folder / "orders.npy")
        locates = {one: at + 1 for at, one in enumerate(np.unique(records["instrument_id"]).tolist())}
        file.write_bytes(messages(records, locates))
    cpu, wall, kept = run(file, day, ("bbo",))
    books, _, _ = run(file, day, ("system_events",))
    said = {"cpu": cpu, "wall": wall, "books": books, "rows": sum(len(part["seq"]) for part in kept)}
    sys.stdout.write("\n" + json.dumps(said | (agreement(folder, day, kept) if given["compare"] else {})) + "\n")


main()
