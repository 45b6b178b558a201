"""The compiled books as a whole: the worked trace, and memory that grows."""

from __future__ import annotations

import numpy as np

from gex_assets.kernels.order_book.books import OrderBooks, Records
from gex_assets_tests.answers import book_trace
from gex_assets_tests.kernels.order_book.runs import NS, START, TINY, columns_of, compiled, record, rows_of
from gex_assets_tests.twins.dict_book import Record


def test_the_worked_trace_comes_out_in_every_field() -> None:
    records = [Record(**fields) for fields in book_trace.records()]
    ends = [row["ts_window_end"] for row in book_trace.ROWS]
    found, counted, _ = compiled(records, ends=ends, instruments={book_trace.INSTRUMENT: (book_trace.MIDNIGHT, None)}, **TINY)
    assert [{name: row[name] for name in expected} for row, expected in zip(found, book_trace.ROWS, strict=True)] == list(
        book_trace.ROWS
    )
    assert {kind: counted[kind] for kind in book_trace.COUNTS} == book_trace.COUNTS
    assert set(found[0]) - set(book_trace.ROWS[0]) == {"vwap"}


def test_every_pool_grows_from_next_to_nothing() -> None:
    n = 3_000
    stream = [record(0, "A", k, "BA"[k % 2], 100 - 60 * (k % 2) + 0.05 * k, 2 + k) for k in range(n)]
    stream += [record(1, "F", k, "BA"[k % 2], size=1, flags=0) for k in range(n)]
    stream += [record(1, "C", k, "BA"[k % 2], size=1, flags=0) for k in range(n)]
    found, _, books = compiled(stream, ends=[START + 5 * NS], instruments={1: (None, None)}, **TINY)
    (row,) = found
    assert (row["bid_levels"], row["ask_levels"]) == (n // 2, n // 2)
    assert (row["bid_exec_count"], row["bid_pull_count"], books.resting_orders) == (n // 2, 0, n)
    assert row["bid_depth"] + row["ask_depth"] == n * (n + 1) // 2


def test_cleared_books_leave_no_memory_behind() -> None:
    stream = []
    for k in range(500):
        stream += [record(0, "A", 10 * k + j, price=90.0 + j) for j in range(8)] + [record(0, "R", 0, "N", None, 0)]
    _, _, books = compiled(stream, ends=[START + 5 * NS], instruments={1: (None, None)}, **TINY)
    assert len(books._state.orders) <= 64
    assert len(books._state.levels) <= 64
    assert books.resting_orders == 0


def test_strided_columns_of_records_give_the_same() -> None:
    stream = [Record(**fields) for fields in book_trace.records()]
    packed = np.array(
        [(*r[:3], ord(r.action), ord(r.side), *r[5:]) for r in stream],
        dtype="i8,u4,u8,u1,u1,i8,u4,u1",
    )
    names = ("ts_recv", "instrument_id", "order_id", "action", "side", "price", "size", "flags")
    books = OrderBooks(window_ends=np.array([row["ts_window_end"] for row in book_trace.ROWS]))
    books.list_instruments(instrument_ids=np.array([book_trace.INSTRUMENT], np.uint32))
    list(books.apply(Records(**{name: packed[f"f{k}"] for k, name in enumerate(names)})))
    (rows_found,) = books.finish()
    assert rows_found.columns["bid_price"][:, 0].tolist() == [row["bid_price"] for row in book_trace.ROWS]


def test_instruments_may_be_listed_while_a_group_is_half_done() -> None:
    ends = [START + 5 * NS * (k + 1) for k in range(4)]
    books = OrderBooks(window_ends=np.array(ends))
    books.list_instruments(instrument_ids=np.array([5], np.uint32))
    list(books.apply(columns_of([record(0, "A", instrument=5), record(11, "A", 2, instrument=5)])))
    books.list_instruments(instrument_ids=np.array([3], np.uint32))
    groups = [*books.apply(columns_of([record(12, "A", instrument=3)])), *books.finish()]
    keys = [((row["ts_window_end"] - START) // NS, row["instrument_id"]) for row in rows_of(groups, ends=ends)]
    assert keys == [(5, 5), (10, 5), (15, 3), (15, 5), (20, 3), (20, 5)]
