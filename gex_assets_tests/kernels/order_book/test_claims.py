"""Stretches in which records of an instrument are read: what a book keeps over an edge, and what it does not."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gex_assets.kernels.order_book.books import OrderBooks
from gex_assets_tests.kernels.order_book.runs import (
    GAP,
    LAST,
    NS,
    SNAPSHOT,
    START,
    Rows,
    claims_of,
    columns_of,
    compiled,
    differences,
    made_up,
    record,
    rows_of,
    twin,
)
from gex_assets_tests.twins.dict_book import Record, Stretches

END = START + 10**6 * NS
LISTED = {1: (START - 1, None)}


def at(seconds: float) -> int:
    return START + round(seconds * NS)


def rows(*records: Record, claims: Stretches, windows: int = 4, **options: Any) -> Rows:
    """By window; compared with the twin on the way."""
    ends = [at(5 * (k + 1)) for k in range(windows)]
    found, counted, _ = compiled(records, ends=ends, instruments=LISTED, claims={1: claims}, **options)
    expected, expected_counts = twin(records, ends=ends, instruments=LISTED, claims={1: claims})
    assert not differences(found, expected)
    assert counted == expected_counts
    return found


def windows_of(found: Rows) -> list[int]:
    return [(row["ts_window_end"] - START) // (5 * NS) - 1 for row in found]


def test_without_claims_every_window_has_a_row_and_only_what_came_is_known() -> None:
    found, _, _ = compiled([record(1, "A")], ends=[at(5), at(10)], instruments=LISTED)
    assert [(row["bid_depth"], row["is_complete"]) for row in found] == [(5, False), (5, False)]


@pytest.mark.parametrize(
    ("start", "end", "windows"),
    [(0, 20, [0, 1, 2, 3]), (0, 10, [0, 1]), (0, 9.9, [0]), (0.001, 20, [1, 2, 3]), (5, 15, [1, 2]), (4, 14, [1]), (6, 9, [])],
)
def test_rows_lie_in_windows_that_a_stretch_covers(start: float, end: float, windows: list[int]) -> None:
    assert windows_of(rows(claims=[(at(start), at(end), None)])) == windows


def test_an_instrument_without_stretches_has_no_row() -> None:
    assert rows(record(1, "A"), claims=[]) == []


def test_a_request_from_three_in_the_afternoon_knows_only_what_has_come_since() -> None:
    """No snapshot opens the book: it is incomplete, not suspect, and says so until a clear or a snapshot of it."""
    stream = [record(5, "A", 1), record(6, "A", 2, "A", 101.0), record(7, "C", 99)]
    found = rows(*stream, claims=[(at(5), END, None)])
    assert [(row["book_state"], row["is_complete"]) for row in found] == [("ok", False)] * 3
    cleared = rows(*stream, record(11, "R", 0, "N", None, 0), claims=[(at(5), END, None)])
    assert [row["is_complete"] for row in cleared] == [False, True, True]
    restated = rows(*stream, record(16, "A", 3, flags=SNAPSHOT | LAST), claims=[(at(5), END, None)])
    assert [(row["bid_depth"], row["is_complete"]) for row in restated] == [(5, False), (5, False), (5, True)]


def test_a_snapshot_that_follows_another_one_replaces_it_and_one_of_one_moment_is_whole() -> None:
    first = [record(0, "A", 1, flags=SNAPSHOT), record(0, "A", 2, "A", 101.0, flags=SNAPSHOT | LAST)]
    again = [record(6, "A", 7, flags=SNAPSHOT), record(6, "A", 8, flags=SNAPSHOT | LAST)]
    depths = [(row["bid_depth"], row["ask_depth"]) for row in rows(*first, *again, claims=[(at(0), END, None)])]
    assert depths == [(5, 5), (10, 0), (10, 0), (10, 0)]
    # Every record of it says that it is the last: they share a moment, so they are one snapshot.
    each = [record(0, "A", one, flags=SNAPSHOT | LAST) for one in (1, 2, 3)]
    assert [row["bid_depth"] for row in rows(*each, claims=[(at(0), END, None)])] == [15] * 4
    # Without a last record the snapshot goes on, whenever its next record comes.
    slow = [record(0, "A", 1, flags=SNAPSHOT), record(6, "A", 2, flags=SNAPSHOT | LAST)]
    assert [row["bid_depth"] for row in rows(*slow, claims=[(at(0), END, None)])] == [5, 10, 10, 10]


def test_a_stretch_says_from_when_on_its_books_are_complete_those_without_records_too() -> None:
    found = rows(claims=[(at(0), END, at(7))])
    assert [(row["book_state"], row["is_complete"]) for row in found] == [
        ("unseen", False),
        *[("unseen", True)] * 3,
    ]
    on_the_edge = rows(claims=[(at(0), END, at(10))])
    assert [row["is_complete"] for row in on_the_edge] == [False, False, True, True]
    earlier = rows(claims=[(at(0), END, at(-1000))])
    assert [row["is_complete"] for row in earlier] == [True] * 4
    later = rows(claims=[(at(0), at(10), at(10)), (at(10), END, None)])
    assert [row["is_complete"] for row in later] == [False] * 4


BUSY = (
    record(1, "A", 1),
    record(1, "A", 2, "A", 101.0, 3),
    record(2, "T", 0, "B", 100.5, 4),
)
"""A complete quote and a trade."""


def test_where_stretches_touch_the_book_goes_on() -> None:
    found = rows(*BUSY, claims=[(at(0), at(7), at(0)), (at(7), END, None)])
    whole = rows(*BUSY, claims=[(at(0), END, at(0))])
    assert found == whole
    assert [row["aggressor_net"] for row in found] == [4] * 4


def test_where_stretches_touch_an_open_event_ends_and_its_fills_are_forgotten() -> None:
    stream = (record(1, "A", 1), record(6, "F", 1, size=5, flags=0), record(8, "C", 1))
    split = rows(*stream, claims=[(at(0), at(7), None), (at(7), END, None)])
    assert (split[1]["bid_pull_size"], split[1]["bid_exec_size"]) == (5, 0)
    whole = rows(*stream, claims=[(at(0), END, None)])
    assert (whole[1]["bid_pull_size"], whole[1]["bid_exec_size"]) == (0, 5)
    open_event = rows(record(4, "A", 1, flags=0), claims=[(at(0), at(7), None), (at(7), END, None)])
    assert [row["mid_event"] for row in open_event] == [True, False, False, False]


def test_the_snapshot_of_the_next_delivery_replaces_the_book_with_or_without_a_clear() -> None:
    claims = [(at(0), at(7), None), (at(7), END, None)]
    # The first delivery ends within a snapshot: that of the second is another one.
    opening = (*BUSY, record(6.5, "A", 5, flags=SNAPSHOT))
    order = record(7, "A", 8, "B", 99.0, 2, flags=SNAPSHOT | LAST)
    found = rows(*opening, order, claims=claims)
    cleared = rows(*opening, record(7, "R", 0, "N", None, 0, flags=SNAPSHOT), order, claims=claims)
    assert found == cleared
    assert [(row["bid_depth"], row["ask_depth"], row["is_complete"]) for row in found] == [(5, 3, False), *[(2, 0, True)] * 3]
    assert [row["bid_pull_size"] for row in found] == [0] * 4
    assert [row["aggressor_net"] for row in found] == [4] * 4


def test_a_snapshot_in_the_middle_of_a_file_replaces_the_book_and_is_no_flow() -> None:
    stream = (*BUSY, record(6, "A", 7, flags=SNAPSHOT), record(6, "A", 8, "A", 102.0, 9, flags=SNAPSHOT | LAST))
    found = rows(*stream, claims=[(at(0), END, None)])
    assert [(row["bid_depth"], row["ask_depth"], row["is_complete"]) for row in found] == [(5, 3, False), *[(5, 9, True)] * 3]
    assert (found[1]["bid_add_size"], found[1]["bid_pull_size"], found[1]["ask_pull_size"]) == (0, 0, 0)
    assert found[1]["quote_age_ns"] == 4 * NS
    again = rows(*stream, record(11, "A", 9, "B", 98.0, 1), record(12, "A", 10, flags=SNAPSHOT), claims=[(at(0), END, None)])
    assert [(row["bid_depth"], row["ask_depth"]) for row in again] == [(5, 3), (5, 9), (5, 0), (5, 0)]


def test_after_a_hole_a_book_is_empty_incomplete_and_suspect_and_its_day_begins_again() -> None:
    claims = [(at(0), at(5), at(0)), (at(10), END, None)]
    found = rows(*BUSY, claims=claims)
    assert windows_of(found) == [0, 2, 3]
    for row in found[1:]:
        assert (row["book_state"], row["is_complete"], row["bid_depth"], row["ask_levels"]) == ("suspect", False, 0, 0)
        assert (row["aggressor_net"], row["last_trade_price"], row["last_trade_ts"], row["quote_age_ns"]) == (0, None, None, None)
    for flags, action in ((SNAPSHOT | LAST, "A"), (LAST, "R")):
        healed = rows(*BUSY, record(16, action, 9, flags=flags), claims=claims)
        assert [(row["book_state"], row["is_complete"]) for row in healed[1:]] == [
            ("suspect", False),
            ("one_sided" if action == "A" else "empty", True),
        ]


def test_what_was_never_seen_stays_unseen_after_a_hole_and_is_suspect_with_its_first_record() -> None:
    found = rows(record(16, "A"), claims=[(at(0), at(5), None), (at(10), END, None)])
    assert [row["book_state"] for row in found] == ["unseen", "unseen", "suspect"]


def test_a_snapshot_of_all_instruments_heals_a_book_that_it_says_nothing_of() -> None:
    found = rows(*BUSY, record(16, "A", 9), claims=[(at(0), at(5), at(0)), (at(10), END, at(12))])
    assert [(row["book_state"], row["is_complete"]) for row in found[1:]] == [("empty", True), ("one_sided", True)]
    edge = rows(*BUSY, claims=[(at(0), at(5), at(0)), (at(10), END, at(15))])
    assert [row["book_state"] for row in edge[1:]] == ["suspect", "empty"]


def test_a_hole_within_a_window_takes_its_row_and_its_flow() -> None:
    claims = [(at(0), at(6), None), (at(7), END, None)]
    found = rows(record(1, "A", 1), record(5.5, "A", 2), record(7.5, "A", 3), record(11, "A", 4), claims=claims)
    assert windows_of(found) == [0, 2, 3]
    assert [(row["bid_depth"], row["bid_add_size"]) for row in found] == [(5, 5), (10, 5), (10, 0)]


def test_records_outside_their_claims_leave_no_trace_in_the_stretch_that_follows() -> None:
    claims = [(at(0), at(5), None), (at(10), END, None)]
    stray = (record(6, "A", 7), record(7, "R", 0, "N", None, 0), record(8, "T", 0, "B", 100.0, 9), record(9, "A", 8, flags=0))
    assert rows(*BUSY, *stray, claims=claims) == rows(*BUSY, claims=claims)


def test_an_instrument_listed_by_its_first_record_does_not_depend_on_when_it_was_listed() -> None:
    """Its past edges are passed when it is listed: a hole before its first record leaves it suspect."""
    claims = {1: [(at(0), at(5), None), (at(10), END, None)], 2: [(at(0), END, None)]}
    ends = [at(5 * (k + 1)) for k in range(4)]
    stream = [record(1, "A", instrument=2), record(12, "A", instrument=1)]
    early, _, _ = compiled(stream, ends=ends, instruments={1: (None, None), 2: (None, None)}, claims=claims)
    books = OrderBooks(window_ends=np.array(ends))
    found = []
    for one in stream:
        books.list_instruments(instrument_ids=np.array([one.instrument_id], np.uint32), claims=claims_of(claims))
        found += books.apply(columns_of([one]))
    found += books.finish()
    assert rows_of(found, ends=ends) == early
    assert [row["book_state"] for row in early if row["instrument_id"] == 1] == ["suspect", "suspect"]


def books_with(*stretches: tuple[int, int, int | None]) -> OrderBooks:
    books = OrderBooks(window_ends=np.array([at(5 * (k + 1)) for k in range(4)]))
    books.list_instruments(
        instrument_ids=np.array([1], np.uint32), listed=np.array([START - 1]), claims=claims_of({1: stretches})
    )
    return books


def test_a_claim_may_become_known_as_long_as_it_has_not_begun() -> None:
    books = books_with((at(0), at(7), at(0)))
    found = [*books.apply(columns_of(BUSY)), *books.close_until(at(7))]
    books.claim(claims_of({1: [(at(0), at(7), at(0)), (at(7), END, None)], 99: [(at(0), at(1), None)]}))
    found += [*books.close_until(at(16)), *books.finish()]
    whole = rows(*BUSY, claims=[(at(0), at(7), at(0)), (at(7), END, None)])
    assert rows_of(found, ends=books.window_ends.tolist()) == whole


@pytest.mark.parametrize("start", [3, 7, 9.9])
def test_a_claim_that_has_begun_is_refused(start: float) -> None:
    books = books_with((at(0), at(2), None))
    list(books.apply(columns_of([record(10, "N", instrument=50)])))
    with pytest.raises(ValueError, match=r"Expected stretches of instrument 1 after \d+, was one from \d+"):
        books.claim(claims_of({1: [(at(start), END, None)]}))
    books.claim(claims_of({1: [(at(10) + 1, END, None)]}))


def test_a_claim_of_an_instrument_that_is_always_read_is_refused() -> None:
    books = OrderBooks(window_ends=books_with().window_ends)
    books.list_instruments(instrument_ids=np.array([1], np.uint32))
    with pytest.raises(ValueError, match="Expected stretches of instruments that were listed with claims, was one of 1"):
        books.claim(claims_of({1: [(at(0), END, None)]}))


@pytest.mark.parametrize("stretches", [[(5, 5)], [(6, 5)], [(0, 6), (5, 9)], [(0, 9), (3, 4)]])
def test_empty_and_overlapping_stretches_are_refused(stretches: list[tuple[int, int]]) -> None:
    with pytest.raises(ValueError, match=r"Expected disjoint stretches of instrument 1, was \d+-\d+"):
        books_with(*((at(start), at(end), None) for start, end in stretches))


IDS = (1, 2, 3)
moments = st.integers(-1, 13).map(lambda half: at(2.5 * half)) | st.integers(0, 30 * NS).map(lambda ns: START + ns)


@st.composite
def stretches(draw: st.DrawFn) -> Stretches:
    edges = sorted(draw(st.sets(moments, max_size=6)))
    found: list[tuple[int, int, int | None]] = []
    for start, end in pairwise(edges):
        if draw(st.booleans()):
            found.append((start, end, draw(st.none() | st.just(start) | moments)))
    return found


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.sampled_from(IDS), stretches()), st.integers(0, 10**6), st.lists(st.integers(0, 120), max_size=3))
def test_any_claims_come_out_as_the_twin_says(claims: dict[int, Stretches], seed: int, places: list[int]) -> None:
    records = made_up(seed, records=120, first=START - 3 * NS, seconds=40, ids=IDS)
    ends = [at(5 * (k + 1)) for k in range(6)]
    instruments = {one: (None if one == 2 else START - 1, None) for one in claims} or LISTED
    found, counted, _ = compiled(records, ends=ends, instruments=instruments, claims=claims or None, at=sorted(places))
    expected, expected_counts = twin(records, ends=ends, instruments=instruments, claims=claims or None)
    assert not differences(found, expected)
    assert counted == expected_counts


def test_cutting_the_input_at_any_window_leaves_the_rows_before_as_they_are() -> None:
    met: Counter[str] = Counter()
    for seed in range(30):
        records = made_up(seed, records=200, first=START, seconds=40, ids=IDS)
        claims = {1: [(at(0), at(12), at(0)), (at(12), END, None)], 2: [(at(0), at(8), None), (at(16), END, at(18))]}
        ends = [at(5 * (k + 1)) for k in range(8)]
        instruments = {1: (START - 1, None), 2: (None, None)}
        whole, _, _ = compiled(records, ends=ends, instruments=instruments, claims=claims)
        for end in ends[:-1]:
            clock, cut = 0, []
            for one in records:
                clock = max(clock, one.ts_recv)
                cut += [one] if clock < end else []
            found, _, _ = compiled(cut, ends=ends, instruments=instruments, claims=claims)
            assert [row for row in found if row["ts_window_end"] <= end] == [row for row in whole if row["ts_window_end"] <= end]
        met.update(row["book_state"] for row in whole)
    assert met["suspect"] > 30


def test_a_gap_of_the_vendors_is_suspect_within_a_complete_book() -> None:
    found = rows(*BUSY, record(6, "N", flags=LAST | GAP), claims=[(at(0), END, at(0))])
    assert [(row["book_state"], row["is_complete"]) for row in found] == [("ok", True), *[("suspect", True)] * 3]
