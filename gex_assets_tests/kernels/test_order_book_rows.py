"""Snapshots, states, ages and windows: what a row says at a window's end, with numbers worked out by hand."""

from __future__ import annotations

from typing import Any

from gex_assets_tests.kernels.order_book_runs import GAP, LAST, NS, SNAPSHOT, START, compiled, counts, record, rows, said
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
    assert rows(*stream, record(7, "A", 9, flags=LAST | SNAPSHOT), windows=2)[1]["book_state"] == "ok"
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
