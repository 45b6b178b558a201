"""That the wild sequences are wild: they reach every rule of the twin, every count, state and column, and every growth."""

from __future__ import annotations

import dis
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from types import CodeType, FrameType
from typing import Any

import numpy as np
import pytest

from gex_assets.kernels.order_book.books import OrderBooks
from gex_assets.kernels.order_book.layout import KINDS
from gex_assets.schemas.book_columns import BOOK_STATES
from gex_assets_tests.kernels.order_book.collisions import PLACES, colliding_ids
from gex_assets_tests.kernels.order_book.runs import columns_of, record
from gex_assets_tests.kernels.order_book.wild_sequences import (
    Case,
    Outcome,
    through_the_kernel,
    through_the_twin,
    wild_case,
    wild_way,
)
from gex_assets_tests.twins import dict_book
from gex_assets_tests.twins.dict_book import FLOW, Record

SOME = 300
NOT_FLOW = ("bid_price", "bid_size", "bid_orders", "bid_depth", "bid_levels", "last_trade_price", "quote_age_ns", "vwap")


@pytest.fixture(scope="module")
def some() -> list[tuple[Case, Outcome]]:
    return [(case, through_the_twin(case)) for case in (wild_case(seed, records=(10, 60)) for seed in range(SOME))]


def test_every_count_state_and_column_is_met_often(some: list[tuple[Case, Outcome]]) -> None:
    met: Counter[str] = Counter()
    for _, outcome in some:
        met.update(outcome.counts.keys())
        met.update({row["book_state"] for row in outcome.rows})
        met.update({name for row in outcome.rows for name, value in row.items() if value})
        met.update({"closed_inside_an_event"} if any(row["mid_event"] for row in outcome.rows) else ())
        met.update({"orders_left"} if outcome.resting else ())
    wanted = {*KINDS, "is_complete", *BOOK_STATES, *FLOW, *NOT_FLOW, *(name.replace("bid", "ask") for name in NOT_FLOW)}
    rare = {name: met[name] for name in {*wanted, "closed_inside_an_event", "orders_left"} if met[name] < SOME // 20}
    assert not rare


def test_every_shape_of_a_case_is_met_often(some: list[tuple[Case, Outcome]]) -> None:
    met: Counter[str] = Counter()
    for case, _ in some:
        stamps = [one.ts_recv for one in case.records]
        met["no window"] += not case.ends
        met["a gap between windows"] += any(b - a > 5_000_000_000 for a, b in zip(case.ends, case.ends[1:], strict=False))
        met["a record at a window's end"] += bool({*case.ends} & {*stamps})
        met["steps back"] += stamps != sorted(stamps)
        met["one instrument"] += len(case.instruments) == 1
        met["listed on the way"] += any(0 < position < len(stamps) for position in case.later)
        met["a larger stream's clock"] += case.behind is not None
        met["closed by the clock alone"] += any(moment in case.ends for moment in case.clocks.values())
        met["expires"] += any(said[1] is not None for said in case.instruments.values())
        met["every action"] += {*"ACMTFRN"} <= {one.action for one in case.records}
        met["an id of 0"] += any(one.order_id == 0 and one.action == "A" for one in case.records)
        met["the largest id"] += any(one.order_id == 2**64 - 1 for one in case.records)
        met["a price below 0"] += any(one.price < 0 for one in case.records)
        met["the least price"] += any(one.price == -(2**63) for one in case.records)
        met["the greatest price"] += any(one.price == 2**63 - 2 for one in case.records)
        met["many prices"] += len({one.price for one in case.records if one.action == "A"}) > 12
        met["the largest size"] += any(one.size == 2**32 - 2 for one in case.records)
        met["a size that is none"] += any(one.size == 2**32 - 1 and one.action in "AMCTF" for one in case.records)
        met["a snapshot without a clear"] += _restated_without_a_clear(case.records)
        met["claims"] += bool(case.claims)
        met["no stretch"] += any(not stretches for stretches in case.claims.values())
        met["a claim known on the way"] += any(position > 0 for position in case.claimed)
        met["a hole"] += any(a[1] < b[0] for a, b in _neighbours(case))
        met["an edge between two deliveries"] += any(a[1] == b[0] for a, b in _neighbours(case))
        edges = {edge for stretches in case.claims.values() for one in stretches for edge in one[:2]}
        met["an edge within a window"] += any(end - 5_000_000_000 < edge < end for edge in edges for end in case.ends)
        met["a claim says complete"] += any(one[2] is not None for stretches in case.claims.values() for one in stretches)
        met["ids that collide"] += sum(one.order_id in colliding_ids(0) for one in case.records) > 5
    assert not {shape: count for shape, count in met.items() if count < SOME // 30}


def _restated_without_a_clear(records: Sequence[Record]) -> bool:
    before: dict[int, int] = {}
    for one in records:
        if one.flags & 32 and not before.get(one.instrument_id, 0) & 32 and one.action != "R" and one.instrument_id in before:
            return True
        before[one.instrument_id] = one.flags
    return False


def _neighbours(case: Case) -> Iterator[tuple[Any, Any]]:
    for one, stretches in case.claims.items():
        later = [stretch for claims in case.claimed.values() for stretch in claims.get(one, [])]
        yield from pairwise([*stretches, *later])


def test_long_sequences_fill_their_windows_and_their_books() -> None:
    applied = within = widest = 0
    for seed in (*range(10_000, 10_030), *range(13_000, 13_005)):
        case = wild_case(seed, records=(200, 800) if seed < 11_000 else (8_000, 9_000))
        outcome = through_the_twin(case)
        applied += outcome.counts["records"]
        within += outcome.counts["records"] - outcome.counts["outside_windows"]
        widest = max([widest, *(row[f"{side}_levels"] for row in outcome.rows for side in ("bid", "ask"))])
    assert within > applied / 3
    assert widest > 1_000


def test_every_line_of_the_twin_is_reached() -> None:
    reached: set[tuple[CodeType, int]] = set()

    def trace(frame: FrameType, event: str, argument: object) -> Any:
        if frame.f_code.co_filename != dict_book.__file__:
            return None
        if event == "line":
            reached.add((frame.f_code, frame.f_lineno))
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        for seed in range(60):
            through_the_twin(wild_case(seed, records=(40, 60)))
    finally:
        sys.settrace(before)
    lines = {(code, line) for code in _methods() for _, line in dis.findlinestarts(code) if line and line > code.co_firstlineno}
    assert not {line for code, line in lines - reached if code.co_name != "run"}


def _methods() -> Iterator[CodeType]:
    for kind in (dict_book.DictBooks, dict_book.Book):
        for member in vars(kind).values():
            function = member.fget if isinstance(member, property) else member
            if getattr(getattr(function, "__code__", None), "co_filename", None) == dict_book.__file__:
                yield function.__code__


def test_every_kind_of_memory_grows(monkeypatch: pytest.MonkeyPatch) -> None:
    grown: Counter[str] = Counter()
    names = [name for name in vars(OrderBooks) if name.startswith("_grow")]
    for name in names:
        monkeypatch.setattr(OrderBooks, name, _counted(getattr(OrderBooks, name), grown))
    for seed in range(60):
        case = wild_case(seed, records=(60, 200))
        through_the_kernel(case, wild_way(seed, case))
    assert len(names) >= 3
    assert all(grown[name] > 20 for name in names), grown


def _counted(method: Any, grown: Counter[str]) -> Any:
    def counted(books: OrderBooks) -> None:
        grown[method.__name__] += 1
        method(books)

    return counted


@pytest.mark.parametrize("book", range(3))
def test_the_ids_that_should_collide_lie_next_to_each_other(book: int) -> None:
    """Where this fails the hash has changed, and `order_book_collisions` has to follow it."""
    ids = colliding_ids(book)
    assert len(ids) >= 40
    books = OrderBooks(window_ends=np.zeros(0, np.int64), order_places=PLACES)
    books.list_instruments(instrument_ids=np.arange(3, dtype=np.uint32))
    assert not list(books.apply(columns_of([record(0, "A", one, instrument=book) for one in ids])))
    places = np.flatnonzero(np.isin(books._state.orders["order_id"], np.array(ids, np.uint64)))
    assert sorted((places + 1) % PLACES) == list(range(len(ids)))
