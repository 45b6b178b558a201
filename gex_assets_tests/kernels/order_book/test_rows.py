"""Snapshots, states, ages and windows: what a row says at a window's end, with numbers worked out by hand."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from gex_assets.kernels.order_book import layout
from gex_assets.kernels.order_book.books import OrderBooks
from gex_assets_tests.kernels.order_book.runs import (
    GAP,
    LAST,
    NS,
    SNAPSHOT,
    START,
    columns_of,
    compiled,
    counts,
    differences,
    record,
    rows,
    rows_of,
    said,
    twin,
)
from gex_assets_tests.twins.dict_book import Record


def test_snapshot_records_are_no_flow_and_their_orders_have_rested() -> None:
    snapshot = [record(0, "R", 0, "N", None, 0, flags=40), record(0, "A", 1, flags=40), record(0, "A", 2, "A", 101.0, flags=168)]
    said(rows(*snapshot)[0], bid_depth=5, ask_depth=5, book_state="ok", mid_event=False)
    (row,) = rows(*snapshot, record(0.1, "C", 1))
    said(row, bid_pull_size=5, bid_pull_count=1, bid_pull_rest_size=5)
    (row,) = rows(
        *snapshot, record(0.1, "M", 1, size=2, flags=160), record(0.1, "C", 2, "A", flags=160), record(0.2, "T", flags=160)
    )
    said(row, bid_depth=2, ask_depth=0, last_trade_price=None, aggressor_net=0)


def test_a_clear_drops_the_book_of_its_instrument_only_and_is_no_flow() -> None:
    both = {1: (START - 1, None), 2: (START - 1, None)}
    stream = [record(0, "A", instrument=1), record(0, "A", instrument=2), record(1, "R", 0, "N", None, 0), record(2, "C")]
    one, two = rows(*stream, instruments=both)
    said(one, bid_add_size=5, bid_add_count=1, bid_depth=0, bid_levels=0, book_state="empty", quote_age_ns=4 * NS)
    said(two, bid_add_size=5, bid_add_count=1, bid_depth=5, bid_levels=1, book_state="one_sided", quote_age_ns=5 * NS)


def test_a_gap_makes_a_book_suspect_until_the_next_clear_or_snapshot() -> None:
    stream = [record(0, "A"), record(1, "A", 2, "A", 101.0, flags=LAST | GAP), record(6, "C", 3)]
    assert [row["book_state"] for row in rows(*stream, windows=2)] == ["suspect", "suspect"]
    assert rows(*stream, record(7, "R", 0, "N", None, 0), windows=2)[1]["book_state"] == "empty"
    assert rows(*stream, record(7, "A", 9, flags=LAST | SNAPSHOT), windows=2)[1]["book_state"] == "one_sided"
    assert rows(*stream, record(7, "R", 0, "N", None, 0, flags=LAST | GAP), windows=2)[1]["book_state"] == "suspect"


def test_the_first_state_that_holds() -> None:
    bid, ask, through = record(0, "A", 1), record(0, "A", 2, "A", 101.0), record(0, "A", 3, "A", 100.0)
    assert rows(windows=1)[0]["book_state"] == "unseen"
    assert rows(record(0, "N", 0, "N", None, 0))[0]["book_state"] == "empty"
    assert rows(bid)[0]["book_state"] == "one_sided"
    assert rows(bid, ask)[0]["book_state"] == "ok"
    assert rows(bid, ask, through)[0]["book_state"] == "crossed"
    expiring = {1: (START - 1, START + 5 * NS)}
    assert [row["book_state"] for row in rows(bid, ask, windows=2, instruments=expiring)] == ["expired", "expired"]
    just_after = {1: (START - 1, START + 5 * NS + 1)}
    assert [row["book_state"] for row in rows(bid, ask, windows=2, instruments=just_after)] == ["ok", "expired"]


def test_an_event_that_leaves_the_book_crossed_is_counted_within_windows_and_before_expiration() -> None:
    bid, ask, cancel = record(0, "A", 1), record(1, "A", 2, "A", 100.0, flags=0), record(1, "C", 1)
    assert "crossed_in_session" not in counts(bid, ask, cancel)
    assert counts(bid, record(1, "A", 2, "A", 100.0))["crossed_in_session"] == 1
    assert "crossed_in_session" not in counts(record(-2, "A", 1), record(-1, "A", 2, "A", 100.0))
    expired = compiled([bid, record(1, "A", 2, "A", 99.0)], ends=[START + 5 * NS], instruments={1: (START, START + NS)})[1]
    assert "crossed_in_session" not in expired


def test_the_quotes_age_counts_from_the_last_change_of_a_best_price_or_its_size() -> None:
    def age(*more: Record) -> Any:
        return rows(record(1, "A", 1), *more)[0]["quote_age_ns"]

    assert rows(windows=1)[0]["quote_age_ns"] is None
    assert age() == 4 * NS
    assert age(record(2, "A", 2, price=99.0)) == 4 * NS
    assert age(record(2, "A", 2)) == 3 * NS
    assert age(record(2, "M", 1, size=4)) == 3 * NS
    assert age(record(2, "M", 1), record(2, "T", 0), record(2, "F")) == 4 * NS
    assert age(record(2, "R", 0, "N", None, 0)) == 3 * NS
    assert age(record(2, "R", 0, "N", None, 0), record(3, "R", 0, "N", None, 0)) == 3 * NS


def test_windows_are_half_open_by_the_greatest_ts_recv_so_far() -> None:
    first, second = rows(record(4.999999999, "A", 1), record(5, "A", 2), record(4, "A", 3), windows=2)
    assert (first["bid_add_count"], second["bid_add_count"]) == (1, 2)
    assert counts(record(1, "A"), record(0.5, "A", 2))["ts_recv_backstep"] == 1


def test_flow_outside_the_windows_is_dropped_and_books_and_inventories_go_on() -> None:
    ends = [START + 5 * NS, START + 20 * NS]
    stream = [
        record(-1, "A", 1),
        record(-1, "T", 0, size=2),
        record(1, "A", 2),
        record(7, "A", 3),
        record(8, "T", 0, "A", size=3),
    ]
    stream += [record(16, "A", 4), record(21, "A", 5)]
    (one, two), counted, _ = compiled(stream, ends=ends, instruments={1: (None, None)})
    said(one, bid_add_size=5, bid_add_count=1, bid_depth=10, aggressor_net=2)
    said(two, bid_add_size=5, bid_add_count=1, bid_depth=20, aggressor_net=-1, last_trade_ts=START + 8 * NS)
    assert counted["outside_windows"] == 5


def test_rows_begin_with_the_window_that_ends_after_the_listing() -> None:
    def first(listed: int | None, *stream: Record) -> int:
        return (rows(*stream, windows=3, instruments={1: (listed, None)})[0]["ts_window_end"] - START) // NS

    assert first(START + 5 * NS - 1) == 5
    assert first(START + 5 * NS) == 10
    assert first(None, record(5, "A")) == 10
    assert first(None, record(-100, "A")) == 5
    assert not rows(windows=3, instruments={1: (None, None)})


def test_mid_event_says_that_the_last_record_applied_did_not_end_its_event() -> None:
    assert not rows(windows=1)[0]["mid_event"]
    assert rows(record(0, "A", flags=2))[0]["mid_event"]
    assert not rows(record(0, "A", flags=2), record(1, "N", 0, "N", None, 0))[0]["mid_event"]


def test_unknown_actions_and_flags_are_counted_and_otherwise_ignored() -> None:
    assert counts(record(0, "X"), record(0, "N", flags=64), record(0, "N", flags=1)) == {
        "records": 3,
        "odd_action": 1,
        "odd_flag": 2,
    }


def test_records_of_other_instruments_only_advance_the_clock() -> None:
    first, second = rows(record(6, "A", instrument=77), record(3, "A"), windows=2)
    assert (first["bid_add_count"], second["bid_add_count"]) == (0, 1)


# Windows end at 5, 10, ..., 40 and 60, 65, ..., 90 s.
TWO_SESSIONS = [START + 5 * NS * k for k in (*range(1, 9), *range(12, 19))]


@pytest.mark.parametrize("per_group", [1, 2, 3, 5, 240])
def test_rows_without_records_follow_time_alone(per_group: int) -> None:
    """Whatever a group begins or ends with: listings, expirations, flow that has ended, ages."""
    instruments = {
        1: (START - 1, None),
        2: (START - 1, START + 12 * NS),
        3: (START + 15 * NS, START + 30 * NS),
        4: (START + 33 * NS, None),
        5: (START + 62 * NS, START + 75 * NS + 1),
        6: (None, None),
        7: (START - 1, START + 50 * NS),
        8: (START + 45 * NS, None),
    }
    before = [record(-2, "A", 10 + k, instrument=k) for k in range(1, 9)]
    before += [record(-1, "A", 20 + k, "A", 101.0, instrument=k) for k in range(1, 6)]
    trades = [record(2, "T", 0, size=3, instrument=1), record(63, "T", 0, "A", size=2, instrument=5)]
    between = [record(47, "T", 0, size=4, instrument=1), record(48, "C", 12, instrument=2), record(49, "M", 21, "A", 102.0)]
    late = [record(66, "N", 0, "N", None, 0, flags=2, instrument=7), record(71, "N", 0, "N", None, 0, flags=LAST | GAP)]
    stream = sorted([*before, *trades, *between, *late], key=lambda one: one.ts_recv)
    found, counted, _ = compiled(stream, ends=TWO_SESSIONS, instruments=instruments, per_group=per_group)
    expected, expected_counts = twin(stream, ends=TWO_SESSIONS, instruments=instruments)
    assert differences(found, expected) == []
    assert counted == expected_counts
    states = {(row["instrument_id"], (row["ts_window_end"] - START) // NS): row["book_state"] for row in found}
    assert [states[2, end] for end in (5, 10, 15, 60)] == ["ok", "ok", "expired", "expired"]
    assert [(3, end) in states for end in (15, 20)] == [False, True]
    assert [(5, end) in states for end in (60, 65)] == [False, True]
    assert [states[5, end] for end in (70, 75, 80)] == ["ok", "ok", "expired"]
    assert [states[1, end] for end in (70, 75, 90)] == ["ok", "suspect", "suspect"]


def test_flow_is_of_its_window_alone_and_what_lasts_is_in_every_row_after() -> None:
    stream = [record(1, "A"), record(2, "T", 0, size=3), record(2.5, "C", 1, size=2)]
    first, *rest = rows(*stream, windows=4)
    said(
        first,
        bid_add_size=5,
        bid_add_count=1,
        bid_pull_size=2,
        bid_pull_count=1,
        bid_pull_rest_size=2,
        trade_buy_size=3,
        vwap=100.0,
        quote_age_ns=round(2.5 * NS),
    )
    for later, row in enumerate(rest, start=1):
        age = round((2.5 + 5 * later) * NS)
        said(row, bid_size=3, bid_depth=3, aggressor_net=3, last_trade_price=100.0, vwap=None, quote_age_ns=age)


def test_a_record_that_changes_nothing_leaves_the_row_and_its_event_open() -> None:
    quiet = record(6, "C", 99, flags=0)
    one, two, three = rows(record(1, "A"), quiet, windows=3)
    assert [row["mid_event"] for row in (one, two, three)] == [False, True, True]
    assert [row["bid_depth"] for row in (one, two, three)] == [5, 5, 5]


@pytest.mark.parametrize("per_group", [1, 2, 3])
def test_instruments_listed_within_a_group_have_rows_from_then_on(per_group: int) -> None:
    ends = [START + 5 * NS * k for k in range(1, 8)]
    books = OrderBooks(window_ends=np.array(ends), windows_per_group=per_group)
    books.list_instruments(instrument_ids=np.array([9], np.uint32), listed=np.array([START]))
    groups = [*books.apply(columns_of([record(1, "A", instrument=9), record(11, "A", 2, "A", 101.0, instrument=9)]))]
    books.list_instruments(instrument_ids=np.array([3, 4], np.uint32), listed=np.array([START, START + 22 * NS]))
    groups += books.apply(columns_of([record(17, "A", 3, instrument=3)]))
    groups += books.finish()
    found = {(row["instrument_id"], (row["ts_window_end"] - START) // NS): row for row in rows_of(groups, ends=ends)}
    assert sorted(end for one, end in found if one == 9) == [5, 10, 15, 20, 25, 30, 35]
    assert sorted(end for one, end in found if one == 3) == [15, 20, 25, 30, 35]
    assert sorted(end for one, end in found if one == 4) == [25, 30, 35]
    assert [found[9, end]["book_state"] for end in (5, 10, 15, 35)] == ["one_sided", "one_sided", "ok", "ok"]
    assert [found[3, end]["bid_add_size"] for end in (15, 20, 25)] == [0, 5, 0]
    assert [found[9, end]["ask_add_size"] for end in (10, 15, 20)] == [0, 5, 0]


def test_rows_in_the_same_memory_are_the_same_rows() -> None:
    ends = [START + 5 * NS * k for k in range(1, 12)]
    stream = [record(0.7 * k, "AAC"[k % 3], k // 2, "BA"[k % 2], 100 + k % 5, instrument=1 + k % 2) for k in range(70)]
    listed = {1: (START - 1, None), 2: (START + 7 * NS, START + 40 * NS)}
    expected = compiled(stream, ends=ends, instruments=listed)[0]
    books = OrderBooks(window_ends=np.array(ends), windows_per_group=3, reuse_rows=True)
    moments = np.array(list(listed.values()), object)
    books.list_instruments(
        instrument_ids=np.array([1, 2], np.uint32),
        listed=moments[:, 0].astype(np.int64),
        expiration=np.array([2**63 - 1, START + 40 * NS]),
    )
    found, planes = [], []
    for groups in (books.apply(columns_of(stream)), books.finish()):
        for group in groups:
            found += rows_of([group], ends=ends)
            planes.append(group.columns["bid_size"])
    assert found == expected
    assert [len(plane) for plane in planes] == [3, 3, 3, 2]
    assert all(np.shares_memory(one, other) for one, other in pairwise(planes))


def test_the_positions_of_both_sides_lie_as_far_apart_as_compiled_code_steps() -> None:
    for names, distance in ((layout.FLOATS, 1), (layout.LONGS, layout.ASK_FLOW), (layout.INTS, layout.ASK_COUNTS)):
        for position, name in enumerate(names):
            if name.startswith("bid_"):
                flow = any(part in name for part in ("_add_", "_pull_", "_exec_", "_reprice_"))
                assert names[position + (distance if flow else 1)] == name.replace("bid_", "ask_", 1)
