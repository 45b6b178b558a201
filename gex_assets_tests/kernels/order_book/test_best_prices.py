"""Changes of best prices: by hand, as the twin says over wild sequences and a real file, and the same however they are cut."""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gex_assets.errors import SnapshotError
from gex_assets.kernels.order_book.best_prices import BestPriceBooks
from gex_assets.kernels.order_book.books import UNDEFINED, Records
from gex_assets_tests.kernels.order_book import real_file
from gex_assets_tests.kernels.order_book.runs import GAP, LAST, NS, SNAPSHOT, START, TINY, columns_of, made_up, record
from gex_assets_tests.twins.best_prices import best_price_changes
from gex_assets_tests.twins.dict_book import Record

Change = tuple[int, int, int, int | None, int | None]
ROOM = {name: size for name, size in TINY.items() if name != "fill_places"}


def told(books: BestPriceBooks, records: Records, *, first: int = 0) -> list[Change]:
    found = books.changes(records)
    ids = books.instrument_ids[found.position].tolist()
    prices = ([None if price == UNDEFINED else price for price in side.tolist()] for side in (found.bid, found.ask))
    return list(zip((found.row + first).tolist(), found.clock.tolist(), ids, *prices, strict=True))


def changes_of(records: Sequence[Record], instruments: Sequence[int], *, at: Sequence[int] = (), **places: int) -> list[Change]:
    books = BestPriceBooks(**places)
    books.list_instruments(instrument_ids=np.array(instruments, np.uint32))
    return [
        change
        for first, last in pairwise([0, *at, len(records)])
        for change in told(books, columns_of(records[first:last]), first=first)
    ]


def prices_of(*records: Record) -> list[tuple[float | None, float | None]]:
    """Best prices after each change, in points."""
    return [
        (None if bid is None else bid / 1e9, None if ask is None else ask / 1e9)
        for *_, bid, ask in changes_of(records, [records[0].instrument_id])
    ]


def test_a_change_is_told_where_its_event_ends_and_not_before():
    inside = record(0, "A", 2, "A", 101.0, 1, flags=0)
    assert prices_of(record(0, "A", 1, "B", 100.0, 1), inside) == [(100.0, None)]
    assert prices_of(record(0, "A", 1, "B", 100.0, 1, flags=0), inside, record(1, "N", 0, "N", 0.0, 0)) == [(100.0, 101.0)]


def test_what_changes_back_within_an_event_and_what_changes_a_size_is_no_change():
    changes = prices_of(
        record(0, "A", 1, "B", 100.0, 5),
        record(1, "A", 2, "B", 100.25, 1, flags=0),
        record(1, "C", 2, "B", 100.25, 1),
        record(2, "M", 1, "B", 100.0, 3),
        record(3, "A", 3, "B", 100.0, 9),
        record(4, "T", 0, "A", 100.0, 9),
    )
    assert changes == [(100.0, None)]


def test_an_emptied_side_has_no_price_and_a_crossed_book_has_the_prices_it_shows():
    changes = prices_of(
        record(0, "A", 1, "B", 100.0, 1),
        record(1, "A", 2, "A", 99.75, 1),
        record(2, "C", 1, "B", 100.0, 1),
        record(3, "R", 0, "N", 0.0, 0),
    )
    assert changes == [(100.0, None), (100.0, 99.75), (None, 99.75), (None, None)]


@pytest.mark.parametrize("cure", [record(3, "R", 0, "N", 0.0, 0), record(3, "A", 3, "B", 99.0, 1, flags=LAST | SNAPSHOT)])
def test_a_suspect_book_has_no_best_prices_until_a_clear_or_a_snapshot(cure):
    changes = prices_of(
        record(0, "A", 1, "B", 100.0, 1),
        record(1, "N", 0, "N", 0.0, 0, flags=LAST | GAP),
        record(2, "A", 2, "B", 101.0, 1),
        cure,
        record(4, "A", 4, "B", 102.0, 1),
    )
    assert changes[:2] == [(100.0, None), (None, None)]
    assert changes[-1] == (102.0, None)
    assert (101.0, None) not in changes[:-2]


def test_the_snapshot_at_midnight_gives_the_first_change_when_it_ends():
    first, second, last = (
        record(0, "A", 1, "B", 100.0, 1, flags=SNAPSHOT),
        record(0, "A", 2, "B", 99.0, 1, flags=SNAPSHOT),
        record(0, "A", 3, "A", 101.0, 1, flags=SNAPSHOT | LAST),
    )
    assert prices_of(record(0, "R", 0, "N", 0.0, 0, flags=SNAPSHOT), first, second, last) == [(100.0, 101.0)]


def test_the_clock_of_a_larger_stream_and_of_the_caller_are_those_of_the_changes():
    books = BestPriceBooks()
    books.list_instruments(instrument_ids=np.array([1], np.uint32))
    records = [record(5, "A", 1, "B", 100.0, 1), record(4, "A", 2, "B", 101.0, 1)]
    assert [clock for _, clock, *_ in told(books, columns_of(records))] == [START + 5 * NS] * 2
    books.advance(START + 9 * NS)
    books.advance(START)
    assert books.clock == START + 9 * NS
    assert [clock for _, clock, *_ in told(books, columns_of([record(6, "A", 3, "B", 102.0, 1)]))] == [START + 9 * NS]


def test_instruments_listed_later_have_books_of_their_own():
    books = BestPriceBooks()
    books.list_instruments(instrument_ids=np.array([7], np.uint32))
    assert told(books, columns_of([record(0, "A", 1, "B", 100.0, 1, instrument=8)])) == []
    books.list_instruments(instrument_ids=np.array([8], np.uint32))
    (change,) = told(books, columns_of([record(1, "A", 1, "A", 101.0, 1, instrument=8)]))
    assert change == (0, START + NS, 8, None, 101_000_000_000)
    assert books.counts["unselected"] == 1


def test_what_was_told_is_not_written_out():
    with pytest.raises(SnapshotError, match="Expected books with windows"):
        BestPriceBooks().snapshot()


@pytest.mark.parametrize("batch", range(8))
def test_wild_sequences_come_out_as_the_twin_says_whatever_the_room_and_the_cuts(batch):
    count = 0
    for seed in range(15 * batch, 15 * batch + 15):
        dice = random.Random(seed)
        ids = [3, 70, 5][: dice.choice([1, 2, 3])]
        records = made_up(seed, records=dice.choice([50, 300, 900]), first=START, seconds=20, ids=[*ids, 9], wild=seed % 3 > 0)
        expected = best_price_changes(records, instruments=ids)
        cuts = sorted(dice.sample(range(len(records)), 5))
        assert changes_of(records, ids) == expected, seed
        assert changes_of(records, ids, at=cuts, **ROOM) == expected, seed
        count += len(expected)
    assert count > 200


ORDERS = st.tuples(
    st.sampled_from("AACMRN"),
    st.integers(1, 6),
    st.sampled_from("BA"),
    st.integers(398, 402),
    st.integers(1, 3),
    st.sampled_from([0, LAST, LAST, LAST | GAP, SNAPSHOT, SNAPSHOT | LAST]),
    st.sampled_from([0, 0, 1]),
)


@given(st.lists(ORDERS, max_size=40), st.integers(0, 40))
def test_any_sequence_comes_out_as_the_twin_says(given_orders, cut):
    moment, records = 0, []
    for action, order, side, price, size, flags, later in given_orders:
        moment += later
        records.append(record(moment, action, order, side, price / 4, size, flags=flags, instrument=3))
    expected = best_price_changes(records, instruments=[3])
    assert changes_of(records, [3], at=[min(cut, len(records))], **ROOM) == expected


@pytest.mark.long
def test_two_real_hours_come_out_as_the_twin_says():
    books = BestPriceBooks()
    books.list_instruments(instrument_ids=np.array([real_file.FUTURE], np.uint32))
    found = told(books, real_file.columns())
    assert found == best_price_changes(real_file.real_records(), instruments=[real_file.FUTURE])
    assert len(found) > 1_000
    after_open = [(bid, ask) for _, clock, _, bid, ask in found if clock > real_file.OPEN]
    assert all(bid is not None and ask is not None and bid < ask for bid, ask in after_open)
