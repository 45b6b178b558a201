"""Another maker of order records: random flow with every oddity that may be delivered.

It knows nothing of the package: no sample market, no table of products. It is no market either: prices
are a random walk around nothing in particular, and about a tenth of the events are such as a real feed has once an hour.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import databento_dbn as dbn
import numpy as np

SECOND = 1_000_000_000
WINDOW = 5 * SECOND
UNDEFINED_PRICE = 2**63 - 1
LAST, SNAPSHOT, BAD_TS, GAP, TOP_OF_BOOK, BY_PRICE, SPECIFIC = 128, 32, 8, 4, 64, 16, 2
MBO = np.dtype(dbn.MBOMsg._dtypes)
ROW = (
    *("ts_event", "instrument_id", "order_id", "price", "size", "flags"),
    *("action", "side", "ts_recv", "ts_in_delta", "sequence"),
)
OTHER_SIDE = {"B": "A", "A": "B"}


@dataclass(frozen=True)
class Listing:
    """An instrument as the vendor names it.

    Attributes
    ----------
    price : around which it is quoted, in steps of `tick`. [1e-9 index points]
    mapped : the header tells what the id stands for.
    quiet_until : share of the file's time before which nothing of it comes, after 1 it never does.
    """

    instrument_id: int
    raw_symbol: str
    price: int = 20_000_000_000
    tick: int = 50_000_000
    mapped: bool = True
    quiet_until: float = 0.0


@dataclass
class Resting:
    side: str
    price: int
    size: int


@dataclass
class Feed:
    """Random records of a few instruments from `start` to `end`, in the order in which they are captured.

    Attributes
    ----------
    snapshot_at : ts_recv of the snapshot that the file begins with; None where it has none. [ns]
    events : about so many, of one to twenty records.
    any_steps_back : ts_recv may step back behind any record; else behind those of the same instrument only.
    """

    seed: int
    listings: Sequence[Listing]
    start: int
    end: int
    snapshot_at: int | None = None
    events: int = 3_000
    any_steps_back: bool = False
    channel: int = 1
    rows: list[tuple[Any, ...]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.rng = np.random.default_rng(self.seed)
        self.now = self.start
        self.sequence = int(self.rng.integers(1, 2**32 - 1))
        # Numbers of orders are the venue's own: from a small pool they are used again, and by several instruments at once.
        self.small_ids = bool(self.rng.random() < 0.5)
        self.next_id = int(self.rng.integers(2**40, 2**62))
        self.books: dict[int, dict[int, Resting]] = {one.instrument_id: {} for one in self.listings}
        self.rested: list[tuple[int, Listing, int]] = []

    def put(  # noqa: PLR0917
        self, one: Listing, action: str, side: str, order_id: int, price: int, size: int, flags: int, *, ts: int = 0
    ) -> None:
        ts_recv = ts or self.now
        ts_event = ts_recv - int(self.rng.integers(20_000, 3_000_000))
        if flags & SNAPSHOT:
            ts_event -= int(self.rng.integers(0, 30 * 86_400)) * SECOND
        self.sequence = (self.sequence + int(self.rng.integers(-1, 3))) % 2**32
        latency = int(self.rng.integers(-(2**31), 2**31)) if self.rng.random() < 0.01 else int(self.rng.integers(5_000, 40_000))
        self.rows.append(
            (ts_event, one.instrument_id, order_id, price, size, flags, action, side, ts_recv, latency, self.sequence)
        )

    def records(self) -> np.ndarray:
        self.make()
        block = np.zeros(len(self.rows), dtype=MBO)
        block["length"], block["rtype"], block["publisher_id"], block["channel_id"] = 14, 160, 1, self.channel
        for name, values in zip(ROW, zip(*self.rows, strict=True), strict=True):
            block[name] = np.array(values, dtype=MBO[name])
        return block

    def make(self) -> None:
        if self.snapshot_at is not None:
            for one in self.listings:
                if one.quiet_until == 0.0 and self.rng.random() < 0.8:
                    self.snapshot(one, ts=self.snapshot_at, with_clear=self.rng.random() < 0.8)
        span = self.end - self.start
        while self.now < self.end and len(self.rows) < 40 * self.events:
            passed = (self.now - self.start) / span
            listed = [one for one in self.listings if one.quiet_until <= passed]
            if self.rested and self.rested[0][0] <= self.now + span // self.events:
                due, one, order_id = self.rested.pop(0)
                self.now = max(self.now, due)
                self.cancel(one, order_id)
            elif listed:
                self.event(listed[int(self.rng.integers(len(listed)))])
            self.wait(span // self.events)

    def wait(self, mean: int) -> None:
        """Bursts within a moment, ordinary pauses, the very edge of a window, and now and then a long silence."""
        draw = self.rng.random()
        if draw < 0.25:
            return
        if draw < 0.30:
            edge = (self.now // WINDOW + 1) * WINDOW
            self.now = edge + int(self.rng.integers(-1, 2))
        elif draw < 0.301:
            self.now += int(self.rng.integers(6, 25)) * SECOND
        else:
            self.now += int(self.rng.exponential(mean)) + int(self.rng.integers(0, 2))

    def moment(self, one: Listing) -> int:
        """When a record is captured: now, seldom before what came already."""
        draw = self.rng.random()
        if not self.any_steps_back and (not self.rows or self.rows[-1][1] != one.instrument_id or self.rows[-1][8] != self.now):
            return self.now
        if draw < 0.03:
            return self.now - int(self.rng.integers(1, 2_000_000))
        return self.now - int(self.rng.integers(0, 9 * SECOND)) if draw < 0.04 else self.now

    def event(self, one: Listing) -> None:
        book = self.books[one.instrument_id]
        kinds: list[tuple[float, Any]] = [(30.0 if len(book) < 25 else 8.0, self.add), (1.0, self.odd), (1.2, self.auction)]
        kinds += [(0.4, self.clear), (0.6, self.gap), (0.8, self.alone), (0.8, self.unknown)]
        if book:
            kinds += [(16.0, self.cancel), (22.0, self.modify), (9.0, self.trade), (1.0, self.repeat), (2.0, self.slow)]
        weights = np.array([weight for weight, _ in kinds])
        kinds[int(self.rng.choice(len(kinds), p=weights / weights.sum()))][1](one)

    def order_id(self) -> int:
        if self.small_ids:
            return int(self.rng.integers(1, 60)) if self.rng.random() < 0.98 else 2**64 - 1
        if self.rng.random() < 0.01:
            return 2**64 - 1
        self.next_id += int(self.rng.integers(1, 1000))
        return self.next_id

    def price(self, one: Listing, side: str) -> int:
        away = int(self.rng.integers(-1, 12))
        price = one.price + (-away if side == "B" else away + 1) * one.tick
        return price + int(self.rng.integers(1, one.tick)) if self.rng.random() < 0.01 else price

    def size(self) -> int:
        return int(self.rng.integers(1, 8)) if self.rng.random() < 0.9 else int(self.rng.integers(8, 400))

    def known(self, one: Listing) -> tuple[int, Resting]:
        book = self.books[one.instrument_id]
        order_id = list(book)[int(self.rng.integers(len(book)))]
        return order_id, book[order_id]

    def live(self) -> int:
        draw = self.rng.random()
        return LAST | SPECIFIC if draw < 0.95 else LAST if draw < 0.97 else 0 if draw < 0.995 else LAST | TOP_OF_BOOK | BY_PRICE

    def add(self, one: Listing, order_id: int | None = None) -> None:
        order_id = self.order_id() if order_id is None else order_id
        side = "B" if self.rng.random() < 0.5 else "A"
        price, size = self.price(one, side), self.size()
        self.put(one, "A", side, order_id, price, size, self.live(), ts=self.moment(one))
        self.books[one.instrument_id][order_id] = Resting(side, price, size)
        if self.rng.random() < 0.06:
            # Withdrawn at, just before and just after half a second.
            self.rested.append((self.now + SECOND // 2 + int(self.rng.integers(-1, 2)), one, order_id))
            self.rested.sort(key=lambda later: later[0])

    def cancel(self, one: Listing, order_id: int | None = None) -> None:
        book = self.books[one.instrument_id]
        if order_id is None:
            order_id, order = self.known(one)
        elif order_id in book:
            order = book[order_id]
        else:
            return
        draw = self.rng.random()
        size = order.size if draw < 0.8 else order.size + 3 if draw < 0.85 else max(order.size // 2, 1)
        self.put(one, "C", order.side, order_id, order.price, size, self.live(), ts=self.moment(one))
        self.lose(one, order_id, size)

    def lose(self, one: Listing, order_id: int, size: int) -> None:
        book = self.books[one.instrument_id]
        book[order_id].size -= size
        if book[order_id].size <= 0:
            del book[order_id]

    def modify(self, one: Listing) -> None:
        order_id, order = self.known(one)
        price, size, draw = order.price, order.size, self.rng.random()
        if draw < 0.25:
            size += self.size()
        elif draw < 0.5:
            size = max(size // 2, 1)
        elif draw < 0.55:
            pass
        elif draw < 0.8:
            price += int(self.rng.integers(-4, 5)) * one.tick
        else:
            price, size = self.price(one, order.side), self.size()
        self.put(one, "M", order.side, order_id, price, size, self.live(), ts=self.moment(one))
        order.price, order.size = price, size

    def trade(self, one: Listing, *, pause: int = 0) -> None:
        """An aggressor meets one to four orders of a side: T, F each, then what is left of each."""
        _, first = self.known(one)
        met = [item for item in self.books[one.instrument_id].items() if item[1].side == first.side][: self.rng.integers(1, 5)]
        after: list[tuple[str, int, Resting, int]] = []
        aggressor = OTHER_SIDE[first.side]
        self.put(one, "T", aggressor, self.order_id(), first.price, sum(order.size for _, order in met), 0)
        for order_id, order in met:
            filled = order.size if self.rng.random() < 0.5 else int(self.rng.integers(1, order.size + 1))
            parts = [filled]
            if filled > 1 and self.rng.random() < 0.2:
                parts = [1, filled - 1]
            if self.rng.random() < 0.08:
                parts[0] += 5
            for part in parts:
                self.put(one, "F", order.side, order_id, order.price, part, 0)
            after.append(("C" if filled == order.size else "M", order_id, order, filled))
        self.now += pause
        if self.rng.random() < 0.3:
            after.reverse()
        for action, order_id, order, filled in after:
            self.settle(one, action, order_id, order, filled)
        if self.rng.random() < 0.3:
            self.put(one, "N", "N", 0, UNDEFINED_PRICE, 0, LAST | SPECIFIC)
        elif self.rng.random() < 0.95:
            self.rows[-1] = (*self.rows[-1][:5], LAST | SPECIFIC, *self.rows[-1][6:])

    def settle(self, one: Listing, action: str, order_id: int, order: Resting, filled: int) -> None:
        """What becomes of a filled order: mostly what was filled, at times more, less, nothing, or a new price."""
        draw = self.rng.random()
        if draw < 0.04:
            return
        if action == "C" and draw < 0.9:
            self.put(one, "C", order.side, order_id, order.price, order.size, 0)
            self.lose(one, order_id, order.size)
            return
        if action == "C" or draw < 0.15:
            lost = max(order.size // 2, 1)
            self.put(one, "C", order.side, order_id, order.price, lost, 0)
            self.lose(one, order_id, lost)
            return
        left = order.size - filled
        if draw < 0.25:
            left = max(left - 2, 1)
        elif draw < 0.30:
            left = order.size
        elif draw < 0.35:
            left = order.size + 3
        price = order.price + (int(self.rng.integers(-3, 4)) * one.tick if draw > 0.85 else 0)
        self.put(one, "M", order.side, order_id, price, left, 0)
        order.price, order.size = price, left

    def slow(self, one: Listing) -> None:
        """A trade whose records are captured apart, another instrument's between them, mostly across a window's end."""
        edge = (self.now // WINDOW + 1) * WINDOW
        if edge < self.end and edge - self.now < 2 * SECOND:
            self.now = edge - int(self.rng.integers(1, 3))
        others = [other for other in self.listings if other is not one and other.quiet_until == 0.0]
        if others:
            self.add(others[int(self.rng.integers(len(others)))])
        if self.books[one.instrument_id]:
            self.trade(one, pause=int(self.rng.choice([0, 1, 2, 1_000, 700_000_000])))

    def auction(self, one: Listing) -> None:
        price = UNDEFINED_PRICE if self.rng.random() < 0.1 else one.price
        self.put(one, "T", "N", 0, price, self.size(), self.live())
        if self.rng.random() < 0.3:
            self.put(one, "T", "A" if self.rng.random() < 0.5 else "B", self.order_id(), one.price, self.size(), self.live())

    def clear(self, one: Listing) -> None:
        draw = self.rng.random()
        if draw < 0.5:
            self.snapshot(one, ts=self.now, with_clear=draw < 0.4)
            return
        self.put(one, "R", "N", 0, UNDEFINED_PRICE, 0, self.live())
        self.books[one.instrument_id].clear()

    def snapshot(self, one: Listing, *, ts: int, with_clear: bool) -> None:
        """The book again; a snapshot without an R names orders that are known already, and some that are not."""
        book = self.books[one.instrument_id]
        flags = SNAPSHOT | BAD_TS
        before = len(self.rows)
        if with_clear:
            book.clear()
            self.put(one, "R", "N", 0, UNDEFINED_PRICE, 0, flags, ts=ts)
        for order_id in [*list(book)[:4], *(self.order_id() for _ in range(int(self.rng.integers(0, 14))))]:
            order = book.get(order_id)
            side = order.side if order else "B" if self.rng.random() < 0.5 else "A"
            price, size = (order.price, order.size) if order else (self.price(one, side), self.size())
            self.put(one, "A", side, order_id, price, size, flags, ts=ts)
            book[order_id] = Resting(side, price, size)
        if len(self.rows) > before and self.rng.random() < 0.9:
            self.rows[-1] = (*self.rows[-1][:5], flags | LAST, *self.rows[-1][6:])

    def gap(self, one: Listing) -> None:
        at = len(self.rows)
        self.add(one)
        self.rows[at] = (*self.rows[at][:5], self.rows[at][5] | GAP, *self.rows[at][6:])
        if self.rng.random() < 0.7:
            self.snapshot(one, ts=self.now, with_clear=self.rng.random() < 0.7)

    def alone(self, one: Listing) -> None:
        if self.rng.random() < 0.5:
            self.put(one, "N", "N", 0, UNDEFINED_PRICE, 0, self.live())
            return
        # A fill with nothing to follow, in an event of its own.
        order_id = next(iter(self.books[one.instrument_id]), 5)
        self.put(one, "F", "B", order_id, one.price, 2, self.live())

    def unknown(self, one: Listing) -> None:
        order_id, side = int(self.rng.integers(2**62, 2**63)), "B" if self.rng.random() < 0.5 else "A"
        if self.rng.random() < 0.5:
            self.put(one, "C", side, order_id, one.price, 3, self.live())
            return
        price, size = self.price(one, side), self.size()
        self.put(one, "M", side, order_id, price, size, self.live())
        self.books[one.instrument_id][order_id] = Resting(side, price, size)

    def repeat(self, one: Listing) -> None:
        """An A of an order that is there: again, the same, or on the other side."""
        order_id, order = self.known(one)
        if self.rng.random() < 0.3:
            self.put(one, "A", order.side, order_id, order.price, order.size, self.live())
            return
        self.add(one, order_id)

    def odd(self, one: Listing) -> None:
        """What no rule was made for; the book of the generator itself need not follow."""
        book, draw = self.books[one.instrument_id], self.rng.random()
        new = self.order_id()
        if draw < 0.2:
            self.put(one, "A", "N", new, one.price, 2, self.live())
            if self.rng.random() < 0.5:
                self.put(one, "M", "N", new, one.price + one.tick, 3, self.live())
            if self.rng.random() < 0.5:
                self.put(one, "C", "N", new, one.price, 3, self.live())
        elif draw < 0.35:
            self.put(one, "A", "B", new, UNDEFINED_PRICE, 2, self.live())
            if self.rng.random() < 0.5:
                self.put(one, "M", "B", new, one.price - one.tick, 2, self.live())
        elif draw < 0.5:
            self.put(one, "A", "A", new, one.price + one.tick, 0, self.live())
            if self.rng.random() < 0.5:
                self.put(one, "M", "A", new, one.price + one.tick, 4, self.live())
        elif draw < 0.55:
            self.put(one, "A", "B", new, 0, 1, self.live())
        elif book:
            order_id, order = self.known(one)
            if draw < 0.65:
                self.put(one, "M", OTHER_SIDE[order.side], order_id, order.price, order.size + 1, self.live())
            elif draw < 0.75:
                self.put(one, "M", order.side, order_id, order.price, 0, self.live())
            elif draw < 0.8:
                self.put(one, "M", order.side, order_id, UNDEFINED_PRICE, order.size, self.live())
            elif draw < 0.85:
                self.put(one, "M", "N", order_id, order.price + one.tick, order.size, self.live())
            elif draw < 0.9:
                self.put(one, "C", "N", order_id, order.price, order.size, self.live())
            elif draw < 0.95:
                self.put(one, "C", OTHER_SIDE[order.side], order_id, order.price, order.size, self.live())
            else:
                self.put(one, "C", order.side, order_id, order.price, 0, self.live())
            del book[order_id]


def nanoseconds(text: str) -> int:
    """A moment in UTC, written as an ISO date and time. [UNIX ns UTC]"""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * SECOND


def window_ends(first: int, last: int) -> Iterator[int]:
    """Ends of the windows in [first, last), both on the grid."""
    yield from range(first + WINDOW, last + 1, WINDOW)
