"""The same records through the compiled books and through the twin, as rows that can be compared."""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from gex_assets.kernels.order_book.books import MISSING, UNDEFINED, BookRows, Claims, OrderBooks, Records
from gex_assets.schemas.book_columns import BOOK_STATES
from gex_assets_tests.twins.dict_book import FLOW, DictBooks, Record, Stretches

Instruments = Mapping[int, tuple[int | None, int | None]]
Claimed = Mapping[int, Stretches]
Rows = list[dict[str, Any]]

NS = 1_000_000_000
START = 1_767_709_800 * NS
LAST, SNAPSHOT, GAP = 128, 32, 4

TINY = {"order_places": 2, "fill_places": 2, "level_places": 1, "rung_places": 0}


def columns_of(records: Sequence[Record]) -> Records:
    def column(name: str, dtype: type) -> Any:
        return np.array([getattr(record, name) for record in records], dtype)

    def letters(name: str) -> Any:
        return np.array([ord(getattr(record, name)) for record in records], np.uint8)

    return Records(
        ts_recv=column("ts_recv", np.int64),
        instrument_id=column("instrument_id", np.uint32),
        order_id=column("order_id", np.uint64),
        action=letters("action"),
        side=letters("side"),
        price=column("price", np.int64),
        size=column("size", np.uint32),
        flags=column("flags", np.uint8),
    )


def claims_of(claimed: Claimed) -> Claims:
    said = [(key, *stretch) for key, stretches in claimed.items() for stretch in stretches]
    ids, starts, ends, complete = list(zip(*said, strict=True)) or [()] * 4
    return Claims(
        instrument_id=np.array(ids, np.uint32),
        ts_start=np.array(starts, np.int64),
        ts_end=np.array(ends, np.int64),
        ts_complete=np.array([MISSING if moment is None else moment for moment in complete], np.int64),
    )


def blocks(records: Sequence[Record], at: Sequence[int]) -> Iterator[Sequence[Record]]:
    for first, last in pairwise([0, *at, len(records)]):
        yield records[first:last]


def rows_of(groups: Iterable[BookRows], *, ends: Sequence[int]) -> Rows:
    rows: Rows = []
    for group in groups:
        order = np.argsort(group.instrument_ids)
        for g in range(group.end - group.first):
            for i in order:
                if group.present[g, i]:
                    row: dict[str, Any] = {name: _plain(name, column[g, i]) for name, column in group.columns.items()}
                    key = {"ts_window_end": ends[group.first + g], "instrument_id": int(group.instrument_ids[i])}
                    rows.append(key | row)
    return rows


def _plain(name: str, value: Any) -> Any:
    if name == "book_state":
        return BOOK_STATES[value]
    plain = value.item()
    if isinstance(plain, float) and math.isnan(plain):
        return None
    return None if plain == MISSING and name in ("last_trade_ts", "quote_age_ns") else plain


def differences(found: Rows, expected: Rows) -> list[str]:
    """What differs, field by field; the vwap may differ by rounding, or by the last digit of a price where prices cancel."""
    if len(found) != len(expected):
        return [f"{len(found)} rows, expected {len(expected)}"]
    return [
        f"{row['ts_window_end']} {row['instrument_id']} {name}: {row.get(name)}, expected {other.get(name)}"
        for row, other in zip(found, expected, strict=True)
        for name in {**row, **other}
        if not _same(name, row.get(name, "absent"), other.get(name, "absent"))
    ]


def _same(name: str, found: Any, expected: Any) -> bool:
    if name == "vwap" and found is not None and expected is not None:
        return math.isclose(found, expected, rel_tol=1e-9, abs_tol=1 / NS)
    return bool(found == expected)


def compiled(
    records: Sequence[Record],
    *,
    ends: Sequence[int],
    instruments: Instruments,
    at: Sequence[int] = (),
    per_group: int = 240,
    claims: Claimed | None = None,
    **places: int,
) -> tuple[Rows, Counter[str], OrderBooks]:
    books = OrderBooks(window_ends=np.array(ends, np.int64), windows_per_group=per_group, **places)
    books.list_instruments(
        instrument_ids=np.array(list(instruments), np.uint32),
        listed=np.array([UNDEFINED if listed is None else listed for listed, _ in instruments.values()], np.int64),
        expiration=np.array([UNDEFINED if moment is None else moment for _, moment in instruments.values()], np.int64),
        claims=None if claims is None else claims_of(claims),
    )
    groups: list[BookRows] = []
    for block in blocks(records, at):
        groups += books.apply(columns_of(block))
    groups += books.finish()
    return rows_of(groups, ends=ends), books.counts, books


def twin(
    records: Sequence[Record], *, ends: Sequence[int], instruments: Instruments, claims: Claimed | None = None
) -> tuple[Rows, Counter[str]]:
    books = DictBooks(window_ends=ends, instruments=instruments, claims=claims)
    return books.run(records), +books.counts


def made_up(seed: int, *, records: int, first: int, seconds: float, ids: Sequence[int], wild: bool = True) -> list[Record]:
    """A stream that breaks every habit of a feed, or (not wild) only interleaves a well-behaved one."""
    dice = random.Random(seed)
    stream: list[Record] = []
    moment = first
    known: dict[int, list[tuple[int, str, int, int]]] = {instrument: [] for instrument in ids}
    middle = dice.choice([2_000, 20, 2])
    spread, grid = dice.choice([6, 300]), dice.choice([1, 100_000_000])
    order_ids = [0, 2**64 - 1, *range(1, 10 * spread)]
    for _ in range(records):
        moment += int(dice.expovariate(1) * seconds * 1e9 / records) // grid * grid
        instrument = dice.choice(ids)
        action = dice.choices("ACMTFRNX", [34, 22, 24, 6, 12, 0.7, 1, 0.3 if wild else 0])[0]
        side = dice.choices("BAN", [10, 10, 1 if wild else 0])[0]
        price = 50_000_000 * (middle + dice.randint(-spread, spread))
        size = dice.choice([1, 2, 3, 5, 8, 13])
        order_id = dice.choice(order_ids)
        if known[instrument] and action in "CMF" and dice.random() < 0.85:
            order_id, its_side, its_price, its_size = dice.choice(known[instrument])
            if dice.random() < 0.95:
                side = its_side
            if dice.random() < 0.6:
                price = its_price
            size = dice.choice([its_size, size, max(1, its_size - 1)])
        if action == "A" and not wild:
            order_id = len(stream) + 100
        usual = price
        if wild and dice.random() < 0.03:
            price = dice.choice([UNDEFINED, price + 1, -price, 2**62, -(2**63)])
        if wild and dice.random() < 0.02:
            size = dice.choice([0, 2**32 - 1])
        flags = dice.choice([130, 130, 130, 128, 0, 0])
        if wild and dice.random() < 0.05:
            flags |= dice.choice([32, 4, 64, 1, 36])
        stamp = moment - (dice.randint(0, 3_000_000_000) if wild and dice.random() < 0.02 else 0)
        if action in "AM" and side != "N":
            known[instrument] = [entry for entry in known[instrument] if entry[0] != order_id][-5 * spread :]
            known[instrument].append((order_id, side, dice.choice([price, usual]) if abs(price) < 2**60 else usual, size))
        if action == "R":
            order_id, side, price, size, known[instrument] = 0, "N", UNDEFINED, 0, []
        stream.append(Record(stamp, instrument, order_id, action, side, price, size, flags))
    return stream


def record(  # noqa: PLR0917
    seconds: float,
    action: str,
    order_id: int = 1,
    side: str = "B",
    price: float | None = 100.0,
    size: int = 5,
    *,
    flags: int = LAST | 2,
    instrument: int = 1,
) -> Record:
    scaled = UNDEFINED if price is None else round(price * NS)
    return Record(START + round(seconds * NS), instrument, order_id, action, side, scaled, size, flags)


def rows(*records: Record, windows: int = 1, **options: Any) -> Rows:
    ends = [START + 5 * NS * (k + 1) for k in range(windows)]
    instruments = options.pop("instruments", {1: (START - 1, None)})
    return compiled(records, ends=ends, instruments=instruments, **options)[0]


def counts(*records: Record) -> dict[str, int]:
    return dict(compiled(records, ends=[START + 5 * NS], instruments={1: (None, None)})[1])


def said(row: dict[str, Any], **expected: Any) -> None:
    """The fields named are so, and every other size or count of flow is 0."""
    found = {name: row[name] for name in {*expected, *(name for name in FLOW if row[name])}}
    assert found == expected
