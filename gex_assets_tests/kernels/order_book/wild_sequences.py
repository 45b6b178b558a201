"""Sequences of order records that a hostile feed might send, by seed, and how they go through the compiled books and the twin.

Few instruments, order ids and prices, so that records meet; every letter, flag and extreme; clocks that stand on the borders of
windows, of the half second of rest and of expirations; instruments listed on the way; claims with holes and touching edges, some
known only just before they begin; windows closed by the clock; blocks cut anywhere, and books written out and read back there.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from gex_assets.kernels.order_book.books import UNDEFINED, OrderBooks, Records
from gex_assets_tests.kernels.order_book.collisions import colliding_ids
from gex_assets_tests.kernels.order_book.runs import NS, START, TINY, Claimed, Instruments, Rows, claims_of, rows_of
from gex_assets_tests.kernels.order_book.wild_claims import wild_stretches
from gex_assets_tests.twins.dict_book import WINDOW, DictBooks, Record, Stretches

TICK = 50_000_000
INSTRUMENT_IDS = (7, 0, 2**32 - 1, 7 + 2**16)
EXTREME_IDS = (0, 1, 2, 2**32, 2**63 - 1, 2**63, 2**64 - 1)
LAST_TICK = (2**63 - 2) // TICK
EXTREME_PRICES = (-(2**63), -(2**63) + 1, 2**63 - 2, 2**62, -1, 0, 1, -TICK)
STEPS = (0, 0, 0, 1, 1_000_000, NS // 2 - 1, NS // 2, NS // 2 + 1, NS, 2 * NS, WINDOW)
"""What passes between two records or events. [ns]"""
SHAPES = ["", "TFC", "TFM", "FFCC", "FAC", "FM", "FRC", "FCM", "FFM", "TTT", "CA"], [30, 2, 2, 2, 1, 2, 1, 1, 1, 1, 2]
"""Events of several records, most of them of one order; empty: of any; and how often each comes."""


@dataclass(frozen=True, slots=True)
class Case:
    """A sequence, the windows it meets, and the instruments listed before it and on the way (before the record at a position).

    `clocks` are moments that the clock is advanced to, before the record at a position and after what is listed there.
    `claims` are the stretches of the instruments that have any, as known when these are listed, and `claimed` those that become
    known on the way, after what is listed there.
    """

    records: Sequence[Record]
    ends: Sequence[int]
    instruments: Instruments
    later: Mapping[int, Instruments] = field(default_factory=dict)
    behind: Sequence[int] | None = None
    clocks: Mapping[int, int] = field(default_factory=dict)
    claims: Claimed = field(default_factory=dict)
    claimed: Mapping[int, Claimed] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Way:
    """How a sequence is handed in: cut into blocks at these positions, with so many windows a group and this initial room.

    At the positions in `written` the books are written out and go on as they are read back, with no more than `TINY` room.
    """

    at: Sequence[int] = ()
    per_group: int = 240
    places: Mapping[str, int] = field(default_factory=dict)
    written: Sequence[int] = ()


class Outcome(NamedTuple):
    rows: Rows
    counts: Counter[str]
    resting: int


def through_the_twin(case: Case) -> Outcome:
    books = DictBooks(window_ends=case.ends, instruments=case.instruments, claims=case.claims)
    return Outcome(run_twin(books, case), +books.counts, sum(len(book.orders) for book in books.books.values()))


def run_twin(books: DictBooks, case: Case) -> Rows:
    behind = [*(case.behind or [0] * len(case.records))]
    for position in range(len(case.records) + 1):
        books.list_instruments(case.later.get(position, {}), case.claims)
        books.claim(case.claimed.get(position, {}))
        if position in case.clocks:
            books.advance(case.clocks[position])
        if position < len(case.records):
            books.apply(case.records[position], behind[position])
    return books.finish()


def through_the_kernel(case: Case, way: Way) -> Outcome:
    books = OrderBooks(window_ends=np.array(case.ends, np.int64), windows_per_group=way.per_group, **way.places)
    _list(books, case.instruments, case.claims)
    columns = _columns(case)
    groups = []
    stops = sorted([0, *way.at, *way.written, *case.later, *case.clocks, *case.claimed, len(case.records)])
    for first, last in pairwise([*stops, None]):
        if first != last:
            _list(books, case.later.get(first, {}), case.claims)
            if first in case.claimed:
                books.claim(claims_of(case.claimed[first]))
            if first in case.clocks:
                groups += books.close_until(case.clocks[first])
            if first in way.written:
                books = _read_back(books, way)
        if last is not None:
            groups += books.apply(_block(columns, first, last))
    groups += books.finish()
    return Outcome(rows_of(groups, ends=case.ends), books.counts, books.resting_orders)


def _read_back(books: OrderBooks, way: Way) -> OrderBooks:
    """The books as they are read back from what is written; written once more they are the same bytes."""
    written = books.snapshot()
    found = OrderBooks.restored(written, windows_per_group=way.per_group, **TINY)
    assert found.snapshot() == written
    return found


def _list(books: OrderBooks, instruments: Instruments, claims: Claimed) -> None:
    """List those without claims, then those with; so the positions differ from the twin's order."""
    for some in ({one: said for one, said in instruments.items() if (one in claims) is has} for has in (False, True)):
        if some:
            listed, expiration = (_moments([said[place] for said in some.values()]) for place in (0, 1))
            books.list_instruments(
                instrument_ids=np.array(list(some), np.uint32),
                listed=listed,
                expiration=expiration,
                claims=claims_of(claims) if claims.keys() & some.keys() else None,
            )


def _moments(moments: Sequence[int | None]) -> Any:
    return None if {*moments} == {None} else np.array([UNDEFINED if moment is None else moment for moment in moments])


def _columns(case: Case) -> dict[str, Any]:
    """All records as the columns of `Records`."""
    types = (np.int64, np.uint32, np.uint64, np.uint8, np.uint8, np.int64, np.uint32, np.uint8)
    given = list(zip(*case.records, strict=True)) or [()] * len(types)
    given[3], given[4] = ("".join(given[k]).encode("latin-1") for k in (3, 4))  # type: ignore[assignment]
    columns = {
        name: np.frombuffer(values, np.uint8) if isinstance(values, bytes) else np.array(values, dtype)
        for name, values, dtype in zip(Record._fields, given, types, strict=True)
    }
    return columns if case.behind is None else columns | {"behind": np.array(case.behind, np.int64)}


def _block(columns: Mapping[str, Any], first: int, last: int) -> Records:
    return Records(**{name: column[first:last] for name, column in columns.items()})


class _Feed:
    """Makes records one after the other; remembers roughly what rests, so that most of them meet an order.

    `leaning` is the power that chances are raised to: the longer a sequence, the more orders and prices it has.
    """

    def __init__(self, dice: random.Random, *, records: int, ids: Sequence[int], windows: Sequence[int]) -> None:
        self.dice, self.count, self.windows = dice, records, windows
        self.records: list[Record] = []
        self.wild = dice.random() < 0.7
        self.instruments = ids
        self.leaning = 1 if records < 200 else 0.4 if records < 2_000 else 0
        self.order_ids = self._order_ids()
        self.prices = self._prices()
        self.clears, self.drift = dice.choice([0, 0.2, 1, 3]) / max(records, 50), dice.choice([0, 0, 0, 1, 3, 40, 2**12])
        self.orderly = dice.random() < 0.5
        self.growing = dice.random() ** self.leaning > 0.7
        self.pace = (windows[-1] - windows[0] + 2 * WINDOW) // (records + 1) if windows else NS
        self.moment = (windows[0] if windows else START) - dice.choice([0, 1, WINDOW - 1, WINDOW, WINDOW + 1, 2 * WINDOW])
        self.known: dict[int, dict[int, tuple[str, int, int]]] = {one: {} for one in ids}

    def _order_ids(self) -> list[int]:
        dice, few = self.dice, self.dice.choice([2, 4, 8])
        kind = dice.random() ** self.leaning
        if kind < 0.4:
            return dice.sample(EXTREME_IDS, min(few, len(EXTREME_IDS)))
        if kind < 0.7:
            return list(colliding_ids(dice.choice([0, 0, 1, 2])))[: few if self.count < 100 else None]
        first = dice.choice([0, 2**40])
        return list(range(first, first + few * max(1, self.count // (15 if self.leaning else 6))))

    def _prices(self) -> list[int]:
        """A few next to each other, at both ends of what can be said (and wrapped), around powers of two, or many."""
        dice = self.dice
        middle, kind = dice.choice([2_000, 2_000, 64, 1, 0, -64, 2**31, -(2**33)]), dice.random() ** self.leaning
        if kind < 0.6:
            offsets = list(range(dice.choice([1, 2, 4])))
        elif kind < 0.65:
            beyond = range(-max(8, self.count // 8), 8)
            return [(sign * (LAST_TICK + one) * TICK + 2**63) % 2**64 - 2**63 for one in beyond for sign in (-1, 1)]
        elif kind < 0.8:
            offsets = [sign * 2**power + one for power in dice.sample(range(34), 4) for sign in (-1, 1) for one in (-1, 0)]
        else:
            offsets = list(range(-self.count // 4, self.count // 4 + 1, dice.choice([1, 1, 7, 64])))
        prices = [TICK * (middle + offset) for offset in offsets]
        if dice.random() < 0.2:
            prices += [price + dice.choice([1, -1, TICK // 2]) for price in prices[:3]]
        if dice.random() < 0.15:
            prices += dice.sample(EXTREME_PRICES, 3)
        return prices

    def run(self) -> list[Record]:
        dice = self.dice
        while len(self.records) < self.count:
            if dice.random() < self.clears:
                self._snapshot(dice.choice(self.instruments))
            else:
                self._event(dice.choice(self.instruments))
            self._pass()
        return self.records

    def _pass(self) -> None:
        """Time goes by, or jumps next to the end of a window; prices wander off."""
        dice, roll = self.dice, self.dice.random()
        if self.drift and dice.random() < 0.3:
            by = TICK * self.drift * dice.choice([-1, 1, 1, 1])
            self.prices = [price + by if abs(price + by) < 2**62 else price for price in self.prices]
        if roll < min(0.3, 20 / self.count):
            self.moment += dice.choice(STEPS)
        elif roll < 1 - min(0.1, len(self.windows) / self.count):
            self.moment += int(dice.expovariate(1) * self.pace)
        else:
            coming = [end for end in self.windows[:-1] if end > self.moment + 1]
            if coming:
                self.moment = coming[0] + dice.choice([-1, 0, 0, 1])

    def _snapshot(self, instrument: int) -> None:
        dice = self.dice
        self._put(instrument, 0, "R", "N", UNDEFINED, 0, 40)
        self.known[instrument] = {}
        for left in reversed(range(dice.randint(0, 4))):
            action, side = dice.choice("AAAAAMCTF"), dice.choice("BA")
            self._put(
                instrument,
                dice.choice(self.order_ids),
                action,
                side,
                dice.choice(self.prices),
                dice.randint(1, 5),
                40 if left else 168,
            )

    def _event(self, instrument: int) -> None:
        dice = self.dice
        shape = "" if self.growing and dice.random() < 0.8 else dice.choices(*SHAPES)[0]
        shape = shape.replace("R", "R" if self.clears and dice.random() < 20 / self.count else "N")
        weights = [80, 2, 8, 2, 3] if self.growing else [40, 20, 24, 3, 5]
        weights += [20 * self.clears, 2, 1 if self.wild else 0]
        actions = shape or dice.choices("ACMTFRNX", weights, k=dice.choice([1, 1, 1, 2, 3]))
        known = self.known[instrument]
        same = dice.choice(list(known)) if shape and known else None
        for left, action in zip(reversed(range(len(actions))), actions, strict=True):
            if same is not None and action in "FCM" and dice.random() < 0.9:
                order_id = same
            elif known and action in "FCM" and dice.random() < 0.7:
                order_id = dice.choice(list(known))
            else:
                order_id = dice.choice(self.order_ids)
            self._order(instrument, order_id, action, last=not left)
            if left and dice.random() < 0.15:
                self._pass()
            if left and dice.random() < 0.1:
                self._order(dice.choice(self.instruments), dice.choice(self.order_ids), "A", last=dice.random() < 0.5)

    def _order(self, instrument: int, order_id: int, action: str, *, last: bool) -> None:
        dice, known = self.dice, self.known[instrument]
        side, size = dice.choice("BA"), dice.choice([1, 2, 3, 5, 8])
        half = len(self.prices) // 2 if self.orderly else 0
        price = dice.choice(self.prices[:half] or self.prices if side == "B" else self.prices[half:])
        if order_id in known:
            its_side, its_price, its_size = known[order_id]
            side = its_side if dice.random() < 0.85 else side
            price = its_price if dice.random() < 0.4 else price
            size = dice.choice(
                [its_size, its_size, size, max(1, its_size - 1), max(1, its_size // 2), min(its_size + 1, 2**32 - 1)]
            )
        flags = 130 if last else 0
        if action == "T":
            side = dice.choice("BAN")
            price = UNDEFINED if dice.random() < 0.1 else price
        if self.wild:
            if dice.random() < 0.06:
                side = dice.choice("NN?B")
            if dice.random() < 0.04:
                price = dice.choice([UNDEFINED, UNDEFINED, *EXTREME_PRICES])
            if dice.random() < 0.06:
                size = dice.choice([0, 0, 2**32 - 1, 2**32 - 2])
            if dice.random() < 0.06:
                flags = dice.choice([dice.randrange(256), 168, 40, 134, 4, 64, 16, 1])
                if dice.random() > 60 / self.count:
                    flags &= ~32  # a snapshot drops the whole book: long sequences grow deep
        if action == "X":
            action = dice.choice(["X", "a", "\0", "\xff", "B"])
        if action in "AM" and side in "BA" and price != UNDEFINED and size:
            known[order_id] = side, price, size
        elif action == "C":
            known.pop(order_id, None)
        elif action == "R":
            order_id, side, price, size, self.known[instrument] = 0, "N", UNDEFINED, 0, {}
        self._put(instrument, order_id, action, side, price, size, flags)

    def _put(self, instrument: int, *rest: Any) -> None:
        """The next record: its order_id, action, side, price, size and flags."""
        stamp = self.moment
        if self.wild and self.dice.random() < 0.03:
            stamp = self.dice.choice([-1, 0, stamp - 1, stamp - NS // 2, stamp - WINDOW, stamp - 3 * WINDOW])
        self.records.append(Record(stamp, instrument, *rest))


def wild_case(seed: int, *, records: tuple[int, int]) -> Case:
    """A sequence of about so many records."""
    dice = random.Random(seed)
    count = dice.randint(*records)
    ends = _windows(dice, most=6 + count // 30)
    moments = [START, *ends, START - WINDOW, START + NS]
    ids = list(INSTRUMENT_IDS[: dice.choice([1, 1, 2, 2, 3, 4])])
    late = ids[1:] if dice.random() < 0.25 else []
    strangers = [7 + 2**16 * dice.randrange(2, 2**16)] if dice.random() < 0.3 else []
    stream = _Feed(dice, records=count, ids=[*ids, *ids, *strangers], windows=ends).run()

    def said() -> tuple[int | None, int | None]:
        listed = dice.choice([None, START - 1, dice.choice(moments) + dice.choice([-1, 0, 1])])
        expiration = dice.choice([None, None, dice.choice(moments) + dice.choice([-1, 0, 1])])
        return listed, expiration

    later: dict[int, dict[int, tuple[int | None, int | None]]] = {}
    for one in late:
        later.setdefault(dice.randint(0, len(stream)), {})[one] = said()
    behind = None
    if dice.random() < 0.1:
        behind = [dice.choice([0, 0, 0, 1, NS, 2 * WINDOW]) for _ in stream]
    instruments = {one: said() for one in ids if one not in late}
    case = Case(stream, ends, instruments, later, behind, _clocks(dice, stream, ends))
    return _with_claims(dice, case, {one for one in ids if dice.random() < 0.4})


def _with_claims(dice: random.Random, case: Case, ids: set[int]) -> Case:
    """Some instruments have claims; the last stretch of some becomes known as late as may be."""
    passed = _passed(case)
    claims: dict[int, Stretches] = {}
    claimed: dict[int, dict[int, Stretches]] = {}
    for one in sorted(ids):
        claims[one] = stretches = wild_stretches(dice, ends=case.ends, stamps=[record.ts_recv for record in case.records])
        if one in case.instruments and dice.random() < 0.5 and stretches:
            *claims[one], last = stretches
            position = max(place for place, moment in enumerate(passed) if moment < last[0])
            claimed.setdefault(position, {})[one] = [last]
    return replace(case, claims=claims, claimed=claimed)


def _passed(case: Case) -> list[float]:
    """By position: the latest moment whose edges were passed before what becomes known there."""
    passed, clock, found = float("-inf"), float("-inf"), []
    behind = case.behind or [0] * len(case.records)
    for position in range(len(case.records) + 1):
        found.append(passed)
        if position in case.clocks:
            clock = max(clock, case.clocks[position])
            passed = max(passed, case.clocks[position] - 1)
        if position < len(case.records):
            clock = max(clock, case.records[position].ts_recv + behind[position])
            passed = max(passed, clock)
    return found


def _clocks(dice: random.Random, records: Sequence[Record], ends: Sequence[int]) -> dict[int, int]:
    """A few moments around the end of the window that is open or comes next, by the record that comes after."""
    clocks: dict[int, int] = {}
    for _ in range(dice.choice([0, 0, 1, 3])):
        position = dice.randint(0, len(records))
        now = max((record.ts_recv for record in records[:position]), default=START)
        coming = next((end for end in ends if end > now), now)
        clocks[position] = coming + dice.choice([-WINDOW, -1, 0, 0, 1, WINDOW])
    return clocks


def _windows(dice: random.Random, *, most: int) -> list[int]:
    """A few windows, often with a gap between two sessions; now and then one or none."""
    ends, end = [], START
    for _ in range(dice.choice([0, 1, 2, 3, 4, most // 2, most // 2, most])):
        end += WINDOW if dice.random() < 0.85 else WINDOW + dice.choice([1, NS, 3 * WINDOW])
        ends.append(end)
    return ends


def wild_way(seed: int, case: Case) -> Way:
    """Cut anywhere, also twice at one position; rows by few windows; next to no initial room."""
    dice = random.Random(-seed - 1)
    at = [dice.randint(0, len(case.records)) for _ in range(dice.choice([0, 1, 2, 4]))]
    places = {name: room * dice.choice([1, 1, 1, 2, 16]) for name, room in TINY.items()}
    per_group = dice.choice([1, 1, 2, 3, 240])
    written = [dice.randint(0, len(case.records)) for _ in range(dice.choice([0, 1, 3]))]
    return Way(at, per_group, places, written)
