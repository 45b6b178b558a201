"""A second reading of the order book's rules, of plain dicts, written from their text alone and slow on purpose.

Nothing is kept but the orders themselves: what stands at the best price is looked for again after every record. It shares no
line and no idea of storage with the kernel or with the other twin, so that a misreading must be made twice to be missed.
Where the text is silent it follows what METHODS.md says was chosen.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

UNDEFINED_PRICE = 2**63 - 1
UNDEFINED_SIZE = 2**32 - 1
F_LAST, F_SNAPSHOT, F_MAYBE_BAD_BOOK = 128, 32, 4
WINDOW = 5_000_000_000
RESTED = 500_000_000
LONG_AGO = -(10**30)
SIDES = {"B": "bid", "A": "ask"}


class Record(NamedTuple):
    """The fields of an order message that a book is made of."""

    ts_recv: int
    instrument_id: int
    order_id: int
    action: str
    side: str
    price: int
    size: int
    flags: int


class Best(NamedTuple):
    """What stands at a side's best price."""

    price: int
    size: int
    orders: int


@dataclass
class Order:
    side: str
    price: int
    size: int
    rests_since: int


@dataclass
class Instrument:
    """One instrument's book and what happened to it since the current window began."""

    orders: dict[int, Order] = field(default_factory=dict)
    fills: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    flow: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    seen: bool = False
    suspect: bool = False
    is_complete: bool = False
    in_snapshot: bool = False
    snapshot_ended: int | None = None
    mid_event: bool = False
    last_trade: tuple[float | None, int] | None = None
    quote_changed: int | None = None
    aggressor_net: int = 0
    turnover: int = 0
    volume: int = 0

    def best(self, side: str) -> Best | None:
        prices = defaultdict(list)
        for order in self.orders.values():
            if order.side == side:
                prices[order.price].append(order.size)
        if not prices:
            return None
        price = max(prices) if side == "B" else min(prices)
        return Best(price, sum(prices[price]), len(prices[price]))

    def quote(self) -> tuple[Any, ...]:
        best = [self.best(side) for side in "BA"]
        return tuple(None if one is None else (one.price, one.size) for one in best)

    def counts(self, side: str, name: str, size: int) -> None:
        """Flow of one record: its size, and itself where such a thing is counted."""
        if size <= 0:
            return
        self.flow[f"{SIDES[side]}_{name}_size"] += size
        if name in {"add", "pull", "exec"}:
            self.flow[f"{SIDES[side]}_{name}_count"] += 1

    def apply(self, record: Record, now: int) -> None:
        flow = dict(self.flow)
        self.seen = True
        snapshot = bool(record.flags & F_SNAPSHOT)
        ended = self.snapshot_ended is not None and now > self.snapshot_ended and record.action == "A"
        if snapshot and (ended or not self.in_snapshot):
            # The first record of a snapshot stands for the whole of it: nothing else rests.
            self.quote_changed = now if self.orders else self.quote_changed
            self.orders.clear()
            self.fills.clear()
        self.in_snapshot = snapshot
        self.snapshot_ended = now if snapshot and record.flags & F_LAST else None
        quote = self.quote()
        if snapshot or record.action == "R":
            self.suspect = False
            self.is_complete = True
        if record.flags & F_MAYBE_BAD_BOOK:
            self.suspect = True
        match record.action if record.size != UNDEFINED_SIZE or record.action == "R" else "ignored":
            case "R":
                self.orders.clear()
                self.fills.clear()
            case "A":
                self.adds(record, now)
            case "C" if record.order_id in self.orders:
                self.cancels(record, self.orders[record.order_id], now)
            case "M" if record.order_id in self.orders:
                self.modifies(record, self.orders[record.order_id], now)
            case "M":
                self.adds(record, now)
            case "F" if not snapshot:
                self.fills[record.order_id] += record.size
            case "T" if not snapshot:
                self.trades(record)
        if snapshot or (record.side not in SIDES and record.action != "T"):
            self.flow = defaultdict(int, flow)
        for order_id in [order_id for order_id, order in self.orders.items() if order.size == 0]:
            del self.orders[order_id]
        if record.flags & F_LAST:
            self.fills.clear()
        self.mid_event = not record.flags & F_LAST
        if self.quote() != quote:
            self.quote_changed = now

    def executes(self, record: Record, order: Order, lost: int) -> int:
        """What of a lost size the fills of this order in this event account for."""
        filled = min(max(lost, 0), self.fills[record.order_id])
        self.fills[record.order_id] -= filled
        self.counts(order.side, "exec", filled)
        return filled

    def pulls(self, order: Order, size: int, now: int) -> None:
        self.counts(order.side, "pull", size)
        if now - order.rests_since >= RESTED:
            self.counts(order.side, "pull_rest", size)

    def adds(self, record: Record, now: int) -> None:
        if record.side not in SIDES or record.price == UNDEFINED_PRICE:
            return
        if record.order_id in self.orders:
            old = self.orders[record.order_id]
            self.pulls(old, old.size, now)
        since = LONG_AGO if record.flags & F_SNAPSHOT else now
        self.orders[record.order_id] = Order(record.side, record.price, record.size, since)
        self.counts(record.side, "add", record.size)

    def cancels(self, record: Record, order: Order, now: int) -> None:
        lost = min(order.size, record.size)
        self.pulls(order, lost - self.executes(record, order, lost), now)
        order.size -= lost

    def modifies(self, record: Record, order: Order, now: int) -> None:
        if record.price == UNDEFINED_PRICE:
            return
        since = LONG_AGO if record.flags & F_SNAPSHOT else now
        if record.side in SIDES and record.side != order.side:
            self.pulls(order, order.size - self.executes(record, order, order.size), now)
            self.counts(record.side, "add", record.size)
            order.side, order.price, order.rests_since = record.side, record.price, since
        elif record.price != order.price:
            self.executes(record, order, order.size - record.size)
            higher = record.price > order.price
            self.counts(order.side, "reprice_toward" if higher is (order.side == "B") else "reprice_away", record.size)
            order.price, order.rests_since = record.price, since
        elif record.size > order.size:
            self.counts(order.side, "add", record.size - order.size)
            order.rests_since = since
        else:
            lost = order.size - record.size
            self.pulls(order, lost - self.executes(record, order, lost), now)
        order.size = record.size

    def trades(self, record: Record) -> None:
        aggressor = {"B": "buy", "A": "sell"}.get(record.side, "none")
        self.flow[f"trade_{aggressor}_size"] += record.size
        self.aggressor_net += {"buy": record.size, "sell": -record.size, "none": 0}[aggressor]
        if record.price != UNDEFINED_PRICE:
            self.last_trade = (points(record.price), record.ts_recv)
            self.turnover += record.price * record.size
            self.volume += record.size

    def row(self, end: int, ts_expiration: int) -> dict[str, Any]:
        bid, ask = self.best("B"), self.best("A")
        row: dict[str, Any] = {}
        for side, name in SIDES.items():
            best = self.best(side) or Best(UNDEFINED_PRICE, 0, 0)
            resting = [order for order in self.orders.values() if order.side == side]
            row[f"{name}_price"] = points(best.price)
            row[f"{name}_size"] = best.size
            row[f"{name}_orders"] = best.orders
            row[f"{name}_depth"] = sum(order.size for order in resting)
            row[f"{name}_levels"] = len({order.price for order in resting})
            for flow in FLOW:
                row[f"{name}_{flow}"] = self.flow[f"{name}_{flow}"]
        if end >= ts_expiration:
            row["book_state"] = "expired"
        elif not self.seen:
            row["book_state"] = "unseen"
        elif self.suspect:
            row["book_state"] = "suspect"
        elif bid is None and ask is None:
            row["book_state"] = "empty"
        elif bid is None or ask is None:
            row["book_state"] = "one_sided"
        else:
            row["book_state"] = "crossed" if bid.price >= ask.price else "ok"
        row["mid_event"] = self.mid_event
        row["is_complete"] = self.is_complete
        row["last_trade_price"], row["last_trade_ts"] = self.last_trade or (None, None)
        row["quote_age_ns"] = None if self.quote_changed is None else end - self.quote_changed
        for aggressor in ("buy", "sell", "none"):
            row[f"trade_{aggressor}_size"] = self.flow[f"trade_{aggressor}_size"]
        row["aggressor_net"] = self.aggressor_net
        row["vwap"] = self.turnover / self.volume / 1e9 if self.volume else None
        return row

    def begin_window(self) -> None:
        self.flow.clear()
        self.turnover = self.volume = 0


FLOW = (
    "add_size",
    "add_count",
    "pull_size",
    "pull_count",
    "pull_rest_size",
    "exec_size",
    "exec_count",
    "reprice_toward_size",
    "reprice_away_size",
)


def points(price: int) -> float | None:
    """Index points of a price in units of 1e-9."""
    return None if price == UNDEFINED_PRICE else price / 10**9


def read_the_book(
    records: Iterable[Record],
    *,
    expirations: Mapping[int, int],
    windows: Sequence[tuple[int, date]],
    listed: Mapping[int, int] | None = None,
    clocked: Collection[int] | None = None,
    complete: Mapping[int, int] | None = None,
) -> list[dict[str, Any]]:
    """The book of every instrument at every window's end, and the flow within.

    Parameters
    ----------
    records : of the whole day in the file's order, also of instruments that are not asked for.
    expirations : by instrument asked for. [ns]
    windows : (end, session date), ascending; not every five seconds need be one.
    listed : when an instrument was listed; those that are not named here are with their first record. [ns]
    clocked : instruments whose records tell the time, all where None.
    complete : from when an instrument's book is complete whatever came before: the opening snapshot of its file. [ns]
    """
    clock = LONG_AGO
    timed = []
    listed = dict(listed or {})
    for record in records:
        if clocked is None or record.instrument_id in clocked:
            clock = max(clock, record.ts_recv)
        timed.append((clock, record))
        listed.setdefault(record.instrument_id, clock)
    books = {instrument_id: Instrument() for instrument_id in sorted(expirations)}
    rows, at = [], 0
    for end, session_date in windows:
        # What comes between two windows changes books; it is flow of no window.
        for until in (end - WINDOW, end):
            while at < len(timed) and timed[at][0] < until:
                now, record = timed[at]
                if record.instrument_id in books:
                    books[record.instrument_id].apply(record, now)
                at += 1
            if until < end:
                for book in books.values():
                    book.begin_window()
        for instrument_id, book in books.items():
            book.is_complete |= (complete or {}).get(instrument_id, end) < end
            if listed.get(instrument_id, end) < end:
                key = {"ts_window_end": end, "instrument_id": instrument_id, "session_date": session_date}
                rows.append(key | book.row(end, expirations[instrument_id]))
    return rows
