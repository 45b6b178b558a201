"""Changes of best prices, slow and obvious: a dict book per instrument, looked at whenever an event ends."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from gex_assets_tests.twins.dict_book import LAST, DictBooks, Record

Prices = tuple[int | None, int | None]


def best_price_changes(
    records: Sequence[Record], *, instruments: Iterable[int], behind: Mapping[int, int] | None = None
) -> list[tuple[int, int, int, int | None, int | None]]:
    """(record, clock, instrument, bid, ask) of every change, in 1e-9 index points; `behind` by number of the record."""
    books = DictBooks(window_ends=[], instruments=dict.fromkeys(instruments, (None, None)))
    told: dict[int, Prices] = {}
    found = []
    for number, record in enumerate(records):
        books.apply(record, (behind or {}).get(number, 0))
        book = books.books.get(record.instrument_id)
        if book is None or not record.flags & LAST:
            continue
        bid, ask = ((None if best is None else best[0]) for best in book.bests())
        now = (None, None) if book.suspect else (bid, ask)
        if now != told.get(record.instrument_id, (None, None)):
            told[record.instrument_id] = now
            assert books.clock is not None
            found.append((number, books.clock, record.instrument_id, *now))
    return found


def bbo_rows(
    records: Sequence[Record], *, symbols: Mapping[int, str], ts_event: Sequence[int], until: int
) -> list[dict[str, Any]]:
    """Rows of `silver_future_bbo`: by moment and symbol the last state, unless it is the state before."""
    last_at: dict[tuple[int, str], tuple[int, Prices]] = {}
    for number, clock, instrument, bid, ask in best_price_changes(records, instruments=symbols):
        if clock < until:
            last_at[clock, symbols[instrument]] = (number, (bid, ask))
    before: dict[str, Prices] = {}
    rows = []
    for (clock, symbol), (number, now) in sorted(last_at.items()):
        if now != before.get(symbol, (None, None)):
            before[symbol] = now
            bid, ask = (None if price is None else price / 1e9 for price in now)
            rows.append({"ts_recv": clock, "ts_event": ts_event[number], "symbol": symbol, "bid_price": bid, "ask_price": ask})
    return rows
