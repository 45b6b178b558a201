"""Books written out and read back: the same bytes for the same records, the same rest of the day, and what is refused."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from gex_assets.errors import SnapshotError
from gex_assets.kernels.order_book import snapshot
from gex_assets.kernels.order_book.books import BookRows, OrderBooks
from gex_assets.kernels.order_book.snapshot import packed, unpacked
from gex_assets_tests.kernels.order_book.real_file import ENDS, FUTURE, columns
from gex_assets_tests.kernels.order_book.runs import LAST, NS, START, TINY, columns_of, record, rows_of
from gex_assets_tests.kernels.order_book.wild_sequences import Case, Way, through_the_kernel, wild_case
from gex_assets_tests.twins.dict_book import Record

TICK = 250_000_000
WINDOWS = [START + 5 * NS * (k + 1) for k in range(6)]


def books_after(records: Sequence[Record], *, at: Sequence[int] = (), **options: Any) -> OrderBooks:
    books = OrderBooks(window_ends=np.array(WINDOWS), **options)
    books.list_instruments(instrument_ids=np.array([1, 2], np.uint32), listed=np.array([START - 1, START + 7 * NS]))
    for first, last in zip([0, *at], [*at, len(records)], strict=True):
        list(books.apply(columns_of(records[first:last])))
    return books


def some_records(seed: int) -> list[Record]:
    dice = random.Random(seed)
    return [
        record(
            0.2 * k,
            dice.choice("AAAAAMCFT"),
            dice.randrange(40),
            dice.choice("BA"),
            100 + dice.randrange(60),
            dice.choice([1, 5]),
            flags=dice.choice([LAST, 0]),
            instrument=dice.choice([1, 1, 2]),
        )
        for k in range(150)
    ]


def test_everything_that_a_row_may_need_later_is_read_back() -> None:
    """One instrument per kind of memory, written out in the middle of its event, and the row that shows it."""
    listed = np.arange(1, 8, dtype=np.uint32)
    books = OrderBooks(window_ends=np.array(WINDOWS))
    books.list_instruments(instrument_ids=listed, expiration=np.array([START + (10 if one == 7 else 90) * NS for one in listed]))
    list(
        books.apply(
            columns_of(
                [
                    *(record(1, "A", 1, instrument=one) for one in (1, 2, 3, 4, 7)),
                    record(1, "A", 2, "A", 101.0, 3, instrument=1),
                    record(1, "T", 0, size=4, instrument=5),
                    record(1, "N", 0, flags=LAST | 4, instrument=6),
                    record(2, "F", 1, size=2, flags=0, instrument=2),
                    record(2, "A", 2, price=99.0, flags=0, instrument=3),
                ]
            )
        )
    )
    read = OrderBooks.restored(books.snapshot(), **TINY)
    assert (read.counts, read.resting_orders) == (books.counts, books.resting_orders)
    rest = [
        record(2.1, "C", 1, size=3, flags=0, instrument=2),  # two of the three are filled
        record(2.4, "C", 1, size=5, instrument=4),  # has rested
        record(6, "N", 0, instrument=1),
    ]
    found = rows_of([*read.apply(columns_of(rest)), *read.finish()], ends=WINDOWS)
    expected = rows_of([*books.apply(columns_of(rest)), *books.finish()], ends=WINDOWS)
    assert found == expected
    first = {row["instrument_id"]: row for row in found[:7]}
    assert (first[1]["ask_size"], first[1]["quote_age_ns"], first[1]["bid_add_size"]) == (3, 4 * NS, 5)
    assert (first[2]["bid_exec_size"], first[2]["bid_pull_size"], first[2]["mid_event"]) == (2, 1, True)
    assert (first[3]["mid_event"], first[4]["bid_pull_rest_size"]) == (True, 5)
    assert (first[5]["trade_buy_size"], first[5]["vwap"], first[5]["last_trade_ts"]) == (4, 100.0, START + NS)
    assert (first[5]["aggressor_net"], first[6]["book_state"]) == (4, "suspect")
    assert [row["book_state"] for row in found if row["instrument_id"] == 7][:3] == ["one_sided", "expired", "expired"]


@pytest.mark.parametrize("zone_tick", [None, TICK])
def test_the_same_records_give_the_same_bytes_whatever_the_room_and_the_blocks(zone_tick: int | None) -> None:
    for seed in range(6):
        records = some_records(seed)[: 1 + 25 * seed]
        whole = books_after(records, zone_tick=zone_tick).snapshot()
        assert books_after(records, zone_tick=zone_tick, **TINY).snapshot() == whole
        assert books_after(records, at=range(1, len(records), 3), zone_tick=zone_tick, level_places=64).snapshot() == whole
        assert OrderBooks.restored(whole, windows_per_group=3, **TINY).snapshot() == whole


def test_the_rest_of_the_day_has_its_own_groups() -> None:
    records = some_records(3)
    expected = rows_of(
        [*(books := books_after([])).apply(columns_of(records)), *books.finish()],
        ends=WINDOWS,
    )
    before = books_after(records[:80])
    for per_group in (1, 2, 5):
        read = OrderBooks.restored(before.snapshot(), windows_per_group=per_group)
        groups = [*read.apply(columns_of(records[80:])), *read.finish()]
        assert rows_of(groups, ends=WINDOWS) == expected
        assert all(group.end % per_group == 0 or group.end == len(WINDOWS) for group in groups)


@pytest.mark.parametrize("seed", range(40))
def test_written_and_read_back_after_every_few_records_nothing_changes(seed: int) -> None:
    case = wild_case(70_000 + seed, records=(40, 120))
    expected = through_the_kernel(case, Way())
    every = range(seed % 3, len(case.records) + 1, 1 + seed % 5)
    assert through_the_kernel(case, Way(written=every, per_group=2, places=TINY)) == expected


def test_deep_books_are_read_back_and_find_their_ladders() -> None:
    case = wild_case(13_001, records=(8_000, 9_000))
    some = sorted(random.Random(5).sample(range(len(case.records)), 6))
    assert through_the_kernel(case, Way(written=some)) == through_the_kernel(case, Way())
    deep = [record(0, "A", k, price=100 + 0.25 * k) for k in range(900)]
    read = OrderBooks.restored(books_after(deep).snapshot())
    list(read.apply(columns_of([record(1, "A", 1_000 + k, price=100 + 0.25 * k) for k in range(200)])))
    assert read._state.sides["span"][0] >= 900


@pytest.mark.long
def test_two_real_hours_go_on_from_the_middle() -> None:
    records = columns()
    half = len(records.ts_recv) // 2
    first, second = (_part(records, piece) for piece in (slice(0, half), slice(half, None)))
    books = OrderBooks(window_ends=np.array(ENDS), zone_tick=TICK)
    books.list_instruments(instrument_ids=np.array([FUTURE], np.uint32))
    before = [*books.apply(first)]
    read = OrderBooks.restored(books.snapshot(), **TINY)
    expected, found = ([*one.apply(second), *one.finish()] for one in (books, read))
    assert _numbers([*before, *found]) == _numbers([*before, *expected])
    assert read.counts == books.counts


def _part(records: Any, piece: slice) -> Any:
    return replace(
        records, **{name: getattr(records, name)[piece] for name in records.__slots__ if getattr(records, name) is not None}
    )


def _numbers(groups: Sequence[BookRows]) -> list[bytes]:
    return [np.ascontiguousarray(plane).tobytes() for group in groups for plane in (group.present, *group.columns.values())]


def test_a_snapshot_that_was_cut_or_changed_is_refused_in_words() -> None:
    written = books_after(some_records(1)).snapshot()
    for length in (0, 1, 7, 8, 11, 12, 20, 51, 52, 60, len(written) // 2, len(written) - 1):
        with pytest.raises(SnapshotError, match=r"Expected .* of order books.*, was "):
            OrderBooks.restored(written[:length])
    with pytest.raises(SnapshotError, match=r"Expected .* bytes"):
        OrderBooks.restored(written + b"\0")
    for place in (13, 45, 53, 61, 200, len(written) - 1):
        spoiled = bytearray(written)
        spoiled[place] ^= 1
        with pytest.raises(SnapshotError, match=r"Expected .* of order books"):
            OrderBooks.restored(bytes(spoiled))


def test_a_snapshot_of_another_version_or_kind_is_refused_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    written = books_after([]).snapshot()
    monkeypatch.setattr(snapshot, "VERSION", snapshot.VERSION + 1)
    with pytest.raises(SnapshotError, match=r"Expected a snapshot of order books of version 3, was version 2"):
        OrderBooks.restored(written)
    with pytest.raises(SnapshotError, match=r"Expected a snapshot of order books, was one of option quotes"):
        OrderBooks.restored(packed("option quotes", {}))
    with pytest.raises(SnapshotError, match=r"Expected a snapshot of order books, was 5 bytes"):
        OrderBooks.restored(b"hello")


def test_arrays_of_any_shape_and_type_come_back() -> None:
    arrays: dict[str, Any] = {
        "none": np.empty(0, np.float64),
        "flat": np.empty((3, 0), np.int32),
        "one": np.array(7, np.int64),
        "deep": np.arange(24, dtype=np.uint16).reshape(2, 3, 4)[:, ::2],
        "truth": np.array([True, False]),
        "big": np.array([1, 2], ">i4"),
        "text": np.array(["ESH6", "ESZ26"]),
    }
    found = unpacked("things", packed("things", arrays))
    assert list(found) == list(arrays)
    for name, array in arrays.items():
        assert found[name].shape == array.shape
        assert found[name].tolist() == array.tolist()
    assert unpacked("things", packed("things", {})) == {}


def test_another_form_needs_another_version() -> None:
    """Where this fails, what a snapshot holds has changed: raise `snapshot.VERSION` and put the new digest here."""
    held = unpacked("order books", books_after(some_records(2), zone_tick=TICK).snapshot())
    form = repr([(name, array.dtype.str, array.ndim) for name, array in sorted(held.items())])
    assert (snapshot.VERSION, hashlib.sha256(form.encode()).hexdigest()[:16]) == (2, "c6a44c50a93122b8")


def test_books_without_windows_instruments_or_records_are_read_back() -> None:
    nothing = Case([], [], {})
    assert through_the_kernel(nothing, Way(written=[0])) == through_the_kernel(nothing, Way())
    empty = Case([], WINDOWS, {})
    assert through_the_kernel(empty, Way(written=[0, 0])).rows == []
