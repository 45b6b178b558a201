"""nautilus_trader over the slice, in its own environment: load the DBN file and apply every delta to its instrument's book.

Timed are loading and applying, as its user has to do both. A second, untimed pass reads the best prices at the moments.
"""

import json
import sys
from pathlib import Path
from time import perf_counter, process_time

import numpy as np
from nautilus_trader.adapters.databento import DatabentoDataLoader
from nautilus_trader.model.book import OrderBook
from nautilus_trader.model.enums import BookType

PRECISION = 2


def load(folder: Path) -> list:
    """All deltas of the file."""
    return DatabentoDataLoader().from_dbn_file(folder / "orders.dbn.zst", price_precision=PRECISION, as_legacy_cython=True)


def apply(deltas: list) -> dict:
    """Books of all instruments at the end."""
    books: dict = {}
    for delta in deltas:
        instrument = delta.instrument_id
        book = books.get(instrument)
        if book is None:
            book = books[instrument] = OrderBook(instrument, BookType.L3_MBO)
        book.apply_delta(delta)
    return books


def best(book: OrderBook) -> list[int]:
    """Price and size of the best levels; `best_bid_size` of an L3 book is its first order's, not the level's."""
    values = []
    for levels in (book.bids(), book.asks()):
        values += [round(float(levels[0].price) * 10**9), round(levels[0].size())] if levels else [0, 0]
    return values


def main() -> None:
    """Measure, compare, say."""
    given = json.loads(sys.argv[1])
    folder = Path(given["folder"])
    apply(load(folder)[:1000])
    started, clock = process_time(), perf_counter()
    deltas = load(folder)
    loaded = process_time()
    apply(deltas)
    took = {"cpu": process_time() - started, "wall": perf_counter() - clock, "load": loaded - started}
    sys.stdout.write(
        "\n" + json.dumps(took | {"deltas": len(deltas)} | (agreement(folder, deltas) if given["compare"] else {})) + "\n"
    )


def agreement(folder: Path, deltas: list) -> dict:
    """Best prices at the moments against what our books say."""
    symbols = json.loads((folder / "symbols.json").read_text())
    moments, expected = np.load(folder / "moments.npy"), np.load(folder / "best.npy")
    rows = {one: row for row, one in enumerate(sorted(symbols.values()))}
    found = np.zeros_like(expected)
    books: dict = {}
    at = 0

    def look() -> None:
        for instrument, book in books.items():
            found[at, rows[symbols[instrument.symbol.value]]] = best(book)

    for delta in deltas:
        while at < len(moments) and delta.ts_init >= moments[at]:
            look()
            at += 1
        book = books.get(delta.instrument_id)
        if book is None:
            book = books[delta.instrument_id] = OrderBook(delta.instrument_id, BookType.L3_MBO)
        book.apply_delta(delta)
    while at < len(moments):
        look()
        at += 1
    inside = np.load(folder / "inside.npy")
    return {"compared": int((~inside).sum()), "different": int((found != expected)[~inside].any(axis=-1).sum())}


main()
