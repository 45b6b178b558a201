"""The order book once more, slow and obvious: a dict of orders per instrument, one rule after the other as the documents say.

An oracle for `gex_assets.kernels.order_book.books` in every column and every count.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

WINDOW = 5_000_000_000
HALF_A_SECOND = 500_000_000
NO_PRICE = 2**63 - 1
NO_SIZE = 2**32 - 1
ALWAYS, NEVER = float("-inf"), float("inf")
LAST, SNAPSHOT, MAYBE_BAD_BOOK, NEVER_SEEN = 128, 32, 4, 64 | 16 | 1
NAMES = {"B": "bid", "A": "ask"}
FLOW = [
    f"{side}_{name}"
    for side in ("bid", "ask")
    for name in (
        *("add_size", "add_count", "pull_size", "pull_count", "pull_rest_size", "exec_size", "exec_count"),
        *("reprice_toward_size", "reprice_away_size"),
    )
] + ["trade_buy_size", "trade_sell_size", "trade_none_size"]


Stretches = Sequence[tuple[int, int, int | None]]
"""When records of an instrument are read: (start, end, the moment from which its book is complete)."""


class Record(NamedTuple):
    ts_recv: int
    instrument_id: int
    order_id: int
    action: str
    side: str
    price: int
    size: int
    flags: int


@dataclass
class Order:
    side: str
    price: int
    size: int
    since: float


@dataclass
class Book:
    listed: int | None
    expiration: int | None
    read_since: float = ALWAYS
    seen: bool = False
    suspect: bool = False
    complete: bool = False
    restated: bool = False
    restated_whole: bool = False
    restated_at: int = 0
    mid_event: bool = False
    orders: dict[int, Order] = field(default_factory=dict)
    sizes: dict[str, dict[int, int]] = field(default_factory=lambda: {"B": {}, "A": {}})
    fills: dict[int, int] = field(default_factory=dict)
    flow: Counter[str] = field(default_factory=Counter)
    value: int = 0
    volume: int = 0
    last_trade: tuple[int, int] | None = None
    net: int = 0
    best: tuple[Any, Any] = (None, None)
    changed: int | None = None

    def put(self, order_id: int, order: Order) -> None:
        self.orders[order_id] = order
        level = self.sizes[order.side]
        level[order.price] = level.get(order.price, 0) + order.size

    def take(self, order_id: int) -> Order:
        order = self.orders.pop(order_id)
        level = self.sizes[order.side]
        level[order.price] -= order.size
        if level[order.price] == 0:
            del level[order.price]
        return order

    def bests(self) -> tuple[Any, Any]:
        bids, asks = self.sizes["B"], self.sizes["A"]
        bid, ask = max(bids, default=None), min(asks, default=None)
        return (None if bid is None else (bid, bids[bid])), (None if ask is None else (ask, asks[ask]))

    def drop(self) -> None:
        self.orders, self.sizes, self.fills = {}, {"B": {}, "A": {}}, {}

    @property
    def crossed(self) -> bool:
        bid, ask = self.best
        return bid is not None and ask is not None and bid[0] >= ask[0]


class DictBooks:
    """Books of these instruments: id -> (listed, expiration). Where listed is None, rows begin with the first record.

    Instruments in `claims` have rows only in windows that lie wholly in their stretches; touching ones are one.
    """

    def __init__(
        self,
        *,
        window_ends: Sequence[int],
        instruments: Mapping[int, tuple[int | None, int | None]],
        claims: Mapping[int, Stretches] | None = None,
    ) -> None:
        self.ends = list(window_ends)
        self.books: dict[int, Book] = {}
        self.claims: dict[int, Stretches] = {}
        self.passed = ALWAYS
        self.list_instruments(instruments, claims)
        self.clock: int | None = None
        self.next = 0
        self.rows: list[dict[str, Any]] = []
        self.counts: Counter[str] = Counter()

    def list_instruments(
        self, instruments: Mapping[int, tuple[int | None, int | None]], claims: Mapping[int, Stretches] | None = None
    ) -> None:
        for key, (listed, expiration) in instruments.items():
            self.books[key] = Book(listed, expiration)
            if claims is not None and key in claims:
                self.books[key].read_since = NEVER
                self.claims[key] = sorted(claims[key])
                for moment in self.edges([key]):
                    if moment <= self.passed:
                        self.turn(key, moment)
        self.books = dict(sorted(self.books.items()))

    def claim(self, claims: Mapping[int, Stretches]) -> None:
        for key, stretches in claims.items():
            self.claims[key] = sorted([*self.claims[key], *stretches])

    def edges(self, keys: Iterable[int]) -> list[int]:
        """Every moment at which a stretch of these instruments begins, ends or is complete, in order."""
        said = [moment for key in keys for stretch in self.claims[key] for moment in stretch if moment is not None]
        return sorted({*said})

    def turn(self, key: int, moment: int) -> None:
        """What the stretches of one instrument say about a moment: its book begins, ends, goes on, or is complete."""
        book, stretches = self.books[key], self.claims[key]
        begins = any(start == moment for start, _, _ in stretches)
        ends = any(end == moment for _, end, _ in stretches)
        if begins and ends:
            book.fills, book.mid_event, book.restated = {}, False, False
        elif begins or ends:
            before = any(end < moment for _, end, _ in stretches)
            book = Book(book.listed, book.expiration, moment if begins else NEVER, book.seen, suspect=begins and before)
            self.books[key] = book
        for start, end, complete in stretches:
            if complete is not None and max(start, complete) == moment < end:
                book.complete, book.suspect = True, False

    def run(self, records: Iterable[Record]) -> list[dict[str, Any]]:
        for record in records:
            self.apply(record)
        return self.finish()

    def finish(self) -> list[dict[str, Any]]:
        if self.ends:
            self.reach(self.ends[-1], edges_until=self.ends[-1] - 1)
        return self.rows

    def reach(self, until: int, *, edges_until: int) -> None:
        """Close the windows that end until then; edges come after the windows that end at their moment."""
        for moment in self.edges(self.claims):
            if self.passed < moment <= edges_until:
                self.close(until=moment)
                for key in self.claims:
                    self.turn(key, moment)
        self.passed = max(self.passed, edges_until)
        self.close(until=until)

    def close(self, *, until: int) -> None:
        while self.next < len(self.ends) and self.ends[self.next] <= until:
            for instrument_id, book in self.books.items():
                listed = book.listed is not None and book.listed < self.ends[self.next]
                if listed and book.read_since <= self.ends[self.next] - WINDOW:
                    self.rows.append(self.row(instrument_id, book, self.ends[self.next]))
                book.flow, book.value, book.volume = Counter(), 0, 0
            self.next += 1

    def in_window(self) -> bool:
        return self.next < len(self.ends) and self.clock is not None and self.clock >= self.ends[self.next] - WINDOW

    def advance(self, moment: int) -> None:
        """Set the clock to a moment, unless it is later already, and close the windows that have ended."""
        if self.clock is None or moment > self.clock:
            self.clock = moment
        self.reach(self.clock, edges_until=moment - 1)

    def apply(self, record: Record, behind: int = 0) -> None:
        """Apply a record, whose ts_recv may lie behind the clock of a larger stream."""
        self.advance(record.ts_recv + behind)
        self.reach(self.clock, edges_until=self.clock)
        if record.instrument_id not in self.books:
            self.counts["unselected"] += 1
            return
        self.counts["records"] += 1
        self.counts["ts_recv_backstep"] += record.ts_recv < self.clock
        self.counts["outside_windows"] += not self.in_window()
        book = self.books[record.instrument_id]
        if not book.seen:
            book.seen = True
            book.listed = self.clock if book.listed is None else book.listed
        snapshot = bool(record.flags & SNAPSHOT)
        ended = book.restated_whole and record.action == "A" and self.clock > book.restated_at
        if snapshot and (ended or not book.restated):
            book.drop()
            self.note_best(book)
        book.restated, book.restated_whole = snapshot, snapshot and bool(record.flags & LAST)
        book.restated_at = self.clock if snapshot else book.restated_at
        if snapshot or record.action == "R":
            book.suspect, book.complete = False, True
        if record.flags & MAYBE_BAD_BOOK:
            book.suspect = True
            self.counts["maybe_bad_book"] += 1
        self.counts["odd_flag"] += bool(record.flags & NEVER_SEEN)
        flow: Counter[str] = Counter()
        if record.size == NO_SIZE and record.action in "ACMTF":
            self.counts["undefined_size"] += 1
            record = record._replace(action="N")
        if record.action == "A":
            self.add(book, record, flow)
        elif record.action == "M":
            self.modify(book, record, flow)
        elif record.action == "C":
            self.cancel(book, record, flow)
        elif record.action == "R":
            book.drop()
        elif record.action == "T" and not snapshot:
            self.trade(book, record)
        elif record.action == "F" and not snapshot:
            book.fills[record.order_id] = book.fills.get(record.order_id, 0) + record.size
        elif record.action not in "NTF":
            self.counts["odd_action"] += 1
        if not snapshot and (record.side in NAMES or record.action == "T") and self.in_window():
            book.flow.update(flow)
        self.note_best(book)
        book.mid_event = not record.flags & LAST
        if not book.mid_event:
            book.fills = {}
            live = book.expiration is None or self.clock < book.expiration
            self.counts["crossed_in_session"] += live and self.in_window() and book.crossed

    def note_best(self, book: Book) -> None:
        best = book.bests()
        if best != book.best:
            book.best, book.changed = best, self.clock

    def since(self, record: Record) -> float:
        return ALWAYS if record.flags & SNAPSHOT else self.clock

    def pulled(self, order: Order, size: int, flow: Counter[str]) -> None:
        if size > 0:
            flow[f"{NAMES[order.side]}_pull_size"] += size
            flow[f"{NAMES[order.side]}_pull_count"] += 1
            if self.clock - order.since >= HALF_A_SECOND:
                flow[f"{NAMES[order.side]}_pull_rest_size"] += size

    def executed(self, book: Book, record: Record, order: Order, lost: int, flow: Counter[str]) -> int:
        """What of a lost size the fills of this event explain."""
        size = min(max(lost, 0), book.fills.get(record.order_id, 0))
        if size > 0:
            book.fills[record.order_id] -= size
            flow[f"{NAMES[order.side]}_exec_size"] += size
            flow[f"{NAMES[order.side]}_exec_count"] += 1
        return size

    def added(self, side: str, size: int, flow: Counter[str]) -> None:
        flow[f"{NAMES[side]}_add_size"] += size
        flow[f"{NAMES[side]}_add_count"] += 1

    def add(self, book: Book, record: Record, flow: Counter[str]) -> None:
        if record.side not in NAMES:
            self.counts["odd_side"] += 1
            return
        if record.price == NO_PRICE:
            self.counts["undefined_price"] += 1
            return
        self.counts["off_tick"] += record.price % 50_000_000 != 0
        self.counts["odd_size"] += record.size == 0
        if record.order_id in book.orders:
            self.counts["duplicate_add"] += 1
            order = book.take(record.order_id)
            self.pulled(order, order.size, flow)
        if record.size > 0:
            book.put(record.order_id, Order(record.side, record.price, record.size, self.since(record)))
            self.added(record.side, record.size, flow)

    def modify(self, book: Book, record: Record, flow: Counter[str]) -> None:
        if record.order_id not in book.orders:
            self.counts["unknown_modify"] += 1
            self.add(book, record, flow)
            return
        if record.price == NO_PRICE:
            self.counts["undefined_price"] += 1
            return
        self.counts["off_tick"] += record.price % 50_000_000 != 0
        self.counts["odd_size"] += record.size == 0
        old = book.take(record.order_id)
        self.counts["odd_side"] += record.side != old.side
        new = Order(record.side if record.side in NAMES else old.side, record.price, record.size, old.since)
        if new.side != old.side:
            filled = self.executed(book, record, old, old.size, flow)
            self.pulled(old, old.size - filled, flow)
            if new.size > 0:
                self.added(new.side, new.size, flow)
            new.since = self.since(record)
        elif new.price != old.price:
            self.executed(book, record, old, old.size - new.size, flow)
            toward = new.price > old.price if new.side == "B" else new.price < old.price
            flow[f"{NAMES[new.side]}_reprice_{'toward' if toward else 'away'}_size"] += new.size
            new.since = self.since(record)
        elif new.size > old.size:
            self.added(new.side, new.size - old.size, flow)
            new.since = self.since(record)
        else:
            filled = self.executed(book, record, old, old.size - new.size, flow)
            self.pulled(old, old.size - new.size - filled, flow)
        if new.size > 0:
            book.put(record.order_id, new)

    def cancel(self, book: Book, record: Record, flow: Counter[str]) -> None:
        if record.order_id not in book.orders:
            self.counts["unknown_cancel"] += 1
            return
        order = book.take(record.order_id)
        self.counts["odd_side"] += record.side != order.side
        self.counts["odd_size"] += record.size == 0
        self.counts["excess_cancel"] += record.size > order.size
        lost = min(record.size, order.size)
        self.pulled(order, lost - self.executed(book, record, order, lost, flow), flow)
        if order.size > lost:
            book.put(record.order_id, Order(order.side, order.price, order.size - lost, order.since))

    def trade(self, book: Book, record: Record) -> None:
        book.net += {"B": 1, "A": -1}.get(record.side, 0) * record.size
        if self.in_window():
            book.flow[{"B": "trade_buy_size", "A": "trade_sell_size"}.get(record.side, "trade_none_size")] += record.size
        if record.price == NO_PRICE:
            self.counts["undefined_price"] += 1
            return
        book.last_trade = (record.price, record.ts_recv)
        if self.in_window():
            book.value += record.price * record.size
            book.volume += record.size

    def row(self, instrument_id: int, book: Book, end: int) -> dict[str, Any]:
        bid, ask = book.best
        if book.expiration is not None and book.expiration <= end:
            state = "expired"
        elif not book.seen:
            state = "unseen"
        elif book.suspect:
            state = "suspect"
        elif bid is None and ask is None:
            state = "empty"
        elif bid is None or ask is None:
            state = "one_sided"
        else:
            state = "crossed" if book.crossed else "ok"
        row: dict[str, Any] = {"ts_window_end": end, "instrument_id": instrument_id}
        for side, best in (("B", bid), ("A", ask)):
            at_best = [order for order in book.orders.values() if best and (order.side, order.price) == (side, best[0])]
            row |= {
                f"{NAMES[side]}_price": best[0] / 1e9 if best else None,
                f"{NAMES[side]}_size": best[1] if best else 0,
                f"{NAMES[side]}_orders": len(at_best),
                f"{NAMES[side]}_depth": sum(book.sizes[side].values()),
                f"{NAMES[side]}_levels": len(book.sizes[side]),
            }
        return row | {
            "book_state": state,
            "mid_event": book.mid_event,
            "is_complete": book.complete,
            "last_trade_price": book.last_trade[0] / 1e9 if book.last_trade else None,
            "last_trade_ts": book.last_trade[1] if book.last_trade else None,
            "quote_age_ns": None if book.changed is None else end - book.changed,
            **{name: book.flow[name] for name in FLOW},
            "aggressor_net": book.net,
            "vwap": book.value / (book.volume * 10**9) if book.volume else None,
        }
