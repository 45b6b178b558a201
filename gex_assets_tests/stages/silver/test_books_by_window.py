"""Quotes and vacuum one block of windows at a time: the rows of the day's functions, with no input before its time."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from gex_assets.errors import SnapshotError
from gex_assets.market.sessions import Session
from gex_assets.schemas.silver_gex import SILVER_GEX
from gex_assets.stages.silver.quotes import FutureBooks, OptionBooks, future_quotes, option_quotes
from gex_assets.stages.silver.vacuum import UNDERLYING_COLUMNS, VacuumBooks, VacuumStage, vacuum
from gex_assets.stages.windows import windows_of
from gex_assets_tests.kernels.order_book.runs import NS, START, made_up, record
from gex_assets_tests.stages.silver.made_up_feed import bits, blocks, sizes
from gex_assets_tests.stages.silver.made_up_quotes import SYMBOLS, claimed, orders
from gex_assets_tests.twins.dict_book import Record

DAY = date(2026, 1, 6)
WINDOWS = windows_of([Session(START, START + 1500 * NS, DAY), Session(START + 1800 * NS, START + 2400 * NS, DAY)])
"""300 windows, a gap, 120 windows: two row groups."""
ENDS = WINDOWS.ends.tolist()
NOON = START + 900 * NS
KINDS = ("1", "7", "random")
COMPLETE = claimed({one: [(START - 10**6 * NS, START + 10**6 * NS, START - 10**6 * NS)] for one in SYMBOLS})
"""Claims of futures over everything, with complete books: without them nothing is known of what rests."""

STRIKES = {
    # instrument: listed, expiration
    5: (START - 1, START + 1200 * NS),
    6: (START - 1, START + 1200 * NS),
    3: (NOON, START + 1200 * NS),  # a strike listed at noon, with a smaller id than the others
    70: (START + 1000 * NS, START + 10**5 * NS),  # an expiration that begins before the other ends
    71: (START + 1900 * NS, START + 10**5 * NS),
}


def instruments(known_by: int | None = None) -> pa.Table:
    ids = [one for one, (listed, _) in STRIKES.items() if known_by is None or listed < known_by]
    return pa.table(
        {
            "instrument_id": pa.array([*ids, 99], pa.uint32()),
            "selected": [True] * len(ids) + [False],
            "ts_listed": pa.array([*(STRIKES[one][0] for one in ids), START], pa.int64()),
            "ts_expiration": pa.array([*(STRIKES[one][1] for one in ids), 2**62], pa.int64()),
        }
    )


def option_orders(seed: int) -> pa.Table:
    """Records of options from their listing on; in the middle of the second session the clock alone closes windows."""
    stream = made_up(seed, records=1500, first=START - 100 * NS, seconds=2600, ids=(5, 6, 3, 70, 71, 99))
    kept, clock = [], 0
    for one in stream:
        clock = max(clock, one.ts_recv)
        listed = STRIKES.get(one.instrument_id, (0, 0))[0]
        if clock > listed and not START + 2000 * NS < clock < START + 2200 * NS:
            kept.append(one)
    return orders(kept)


def future_orders(seed: int) -> pa.Table:
    """Around a mid each; M6 from noon on, and more traded than H6 in the end; quiet in the middle of the second session."""
    dice = random.Random(seed)
    stream: list[Record] = []
    for k in range(1500):
        seconds = -20 + 1.7 * k
        one = dice.choice([3, 3, 70, 5]) if seconds > 900 else dice.choice([3, 3, 5])
        if 2000 < seconds < 2200:
            continue
        action, side = dice.choice("AAAAMCCT"), dice.choice("BA")
        ticks = dice.randrange(1, 24)
        price = 100 + 0.25 * (ticks if side == "A" else -ticks)
        size = dice.choice([1, 2, 5]) * (4 if one == 70 else 1)
        back = dice.choice([0, 0, 0, 0, 0, 3])
        stream.append(record(seconds - back, action, dice.randrange(60), side, price, size, instrument=one))
    return orders(stream, symbols=True)


def underlyings() -> pa.Table:
    """None in the first windows, then H6, in some windows both, and none for a while."""
    said = [(), ("ESH6",), ("ESH6", "ESM6"), ("ESM6",), ()]
    rows = [(end, name) for place, end in enumerate(ENDS) for name in said[place // 60 % 5]]
    schema = pa.schema([SILVER_GEX.arrow_schema().field(name) for name in UNDERLYING_COLUMNS])
    return pa.table({"ts_window_end": [end for end, _ in rows], "underlying": [name for _, name in rows]}).cast(schema)


def of_windows(table: pa.Table, ends: Sequence[int]) -> pa.Table:
    return table.filter(pc.is_in(table["ts_window_end"], pa.array(ends, pa.int64())))


def window_ends(tables: Sequence[pa.Table]) -> list[int]:
    return sorted({end for table in tables for end in table["ts_window_end"].to_pylist()})


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("kind", KINDS)
def test_option_quotes_by_blocks_are_the_days(kind: str, seed: int) -> None:
    records, tally = option_orders(seed), Counter()
    expected = list(option_quotes([records], instruments=instruments(), windows=WINDOWS, tally=tally))
    books = OptionBooks(windows=WINDOWS)
    found: list[pa.Table] = []
    for ends, part in blocks(records, ENDS, sizes(kind, seed)):
        books.list(instruments(known_by=ends[-1] if ends else None))
        before = len(found)
        found += books.records(part)
        found += books.close_until(ends[-1]) if ends else books.finish()
        assert window_ends(found[before:]) == list(ends)
    assert bits(found) == bits(expected)
    assert books.counts | {"resting_orders": books.resting_orders} == tally
    rows = [row for table in found for row in table.to_pylist()]
    assert {row["instrument_id"] for row in rows if row["bid_depth"]} == set(STRIKES)
    assert {row["instrument_id"] for row in rows if row["book_state"] == "expired"} == {3, 5, 6}


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("kind", KINDS)
def test_future_quotes_by_blocks_are_the_days(kind: str, seed: int) -> None:
    records, tally = future_orders(seed), Counter()
    expected = list(future_quotes([records], windows=WINDOWS, tally=tally))
    books = FutureBooks(windows=WINDOWS)
    found: list[pa.Table] = []
    for ends, part in blocks(records, ENDS, sizes(kind, seed)):
        found += books.records(part)
        found += books.close_until(ends[-1]) if ends else books.finish()
    assert bits(found) == bits(expected)
    assert books.counts | {"resting_orders": books.resting_orders} == tally


def vacuum_of_the_day(records: pa.Table, tally: Counter[str]) -> list[pa.Table]:
    given = {"tick": 0.25, "product": "ES", "day": DAY, "tally": tally}
    return list(vacuum([records], underlyings=underlyings(), windows=WINDOWS, claims=COMPLETE, **given))


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("kind", KINDS)
def test_vacuum_by_blocks_is_the_days(kind: str, seed: int) -> None:
    records, tally, own = future_orders(seed), Counter(), Counter()
    expected = vacuum_of_the_day(records, tally)
    books = VacuumBooks(tick=0.25, windows=WINDOWS, claims=COMPLETE)
    stage = VacuumStage(windows=WINDOWS, product="ES", day=DAY, tally=own)
    found: list[pa.Table] = []
    for ends, part in blocks(records, ENDS, sizes(kind, seed)):
        for block in [*books.records(part), *(books.close_until(ends[-1]) if ends else books.finish())]:
            taken = ENDS[block.rows.first : block.rows.end]
            found.append(stage.rows(block, underlyings=of_windows(underlyings(), taken)))
    assert bits(found) == bits(expected)
    own.update(books.counts)
    assert own == tally
    rows = [row for table in found for row in table.to_pylist()]
    assert {"ESH6", "ESM6"} <= {row["symbol"] for row in rows}
    assert sum(row["d3_u17_up_total_log"] is not None for row in rows) > len(rows) / 3


def stops(seed: int, count: int) -> Iterator[tuple[int, int]]:
    """A few places among so many records, and what lies between them."""
    dice = random.Random(seed)
    places = [0, *sorted(dice.randrange(count) for _ in range(3)), count]
    yield from pairwise(places)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("kind", [OptionBooks, FutureBooks])
def test_books_written_out_anywhere_and_read_back_give_the_rest_of_the_day(kind: Any, seed: int) -> None:
    records = option_orders(seed) if kind is OptionBooks else future_orders(seed)
    books = kind(windows=WINDOWS)
    if kind is OptionBooks:
        books.list(instruments())
    expected = list(books.whole_day([records]))
    read = kind(windows=WINDOWS)
    if kind is OptionBooks:
        read.list(instruments(known_by=START))
    found: list[pa.Table] = []
    for first, last in stops(seed, records.num_rows):
        read = kind.restored(read.snapshot(), windows=WINDOWS, windows_per_group=1 + 100 * seed)
        if kind is OptionBooks:
            read.list(instruments())
        found += read.records(records.slice(first, last - first))
    found += read.finish()
    assert bits(found) == bits(expected)
    assert (read.counts, read.resting_orders) == (books.counts, books.resting_orders)


@pytest.mark.parametrize("seed", range(4))
def test_vacuum_written_out_anywhere_and_read_back_gives_the_rest_of_the_day(seed: int) -> None:
    records = future_orders(seed)
    expected = vacuum_of_the_day(records, Counter())
    books = VacuumBooks(tick=0.25, windows=WINDOWS, claims=COMPLETE)
    given: dict[str, Any] = {"windows": WINDOWS, "product": "ES", "day": DAY, "tally": Counter()}
    stage = VacuumStage(**given)
    found: list[pa.Table] = []
    for first, last in stops(seed, records.num_rows):
        books = VacuumBooks.restored(books.snapshot(), windows=WINDOWS, tick=0.25, windows_per_group=50, claims=COMPLETE)
        stage = VacuumStage.restored(stage.snapshot(), **given)
        found += [stage.rows(block, underlyings=underlyings()) for block in books.records(records.slice(first, last - first))]
    found += [stage.rows(block, underlyings=underlyings()) for block in books.finish()]
    assert bits(found) == bits(expected)


def test_a_record_that_comes_after_its_window_was_closed_counts_in_the_next() -> None:
    books = OptionBooks(windows=WINDOWS)
    books.list(instruments(known_by=START))
    (first,) = books.close_until(ENDS[0])
    assert first["bid_add_size"].to_pylist() == [0, 0]
    list(books.records(orders([record(4.9, "A", instrument=5)])))
    assert list(books.close_until(ENDS[0])) == []
    (second,) = books.close_until(ENDS[1])
    assert second["bid_add_size"].to_pylist() == [5, 0]
    assert second["quote_age_ns"].to_pylist() == [5 * NS, None]
    assert books.counts["ts_recv_backstep"] == 1


def test_the_clock_alone_closes_all_windows_that_have_ended_in_groups() -> None:
    books = OptionBooks(windows=WINDOWS, windows_per_group=12)
    books.list(instruments(known_by=START))
    assert list(books.close_until(START - 10**12)) == []
    tables = [*books.close_until(ENDS[29] + NS), *books.close_until(ENDS[29] + 2 * NS), *books.close_until(ENDS[35])]
    assert [window_ends([table]) for table in tables] == [ENDS[:12], ENDS[12:24], ENDS[24:30], ENDS[30:36]]
    assert window_ends([*books.close_until(2**62), *books.finish()]) == ENDS[36:]
    assert list(books.close_until(2**62)) == []


def test_options_are_listed_once_and_only_where_selected_and_listed() -> None:
    books = OptionBooks(windows=WINDOWS)
    table = instruments()
    never = table.set_column(2, "ts_listed", pa.nulls(table.num_rows, pa.int64()))
    for given in (never, table.slice(0, 0), table.slice(1, 2), table, table):
        books.list(given)
    (quotes,) = books.close_until(ENDS[0])
    assert quotes["instrument_id"].to_pylist() == [5, 6]
    assert set(np.unique(pa.concat_tables(books.finish())["instrument_id"])) == set(STRIKES)


def test_a_snapshot_of_other_books_or_windows_is_refused_in_words() -> None:
    options, futures = OptionBooks(windows=WINDOWS).snapshot(), FutureBooks(windows=WINDOWS).snapshot()
    zones = VacuumBooks(tick=0.25, windows=WINDOWS, claims=COMPLETE).snapshot()
    with pytest.raises(SnapshotError, match="Expected a snapshot of option quotes, was one of future quotes"):
        OptionBooks.restored(futures, windows=WINDOWS)
    with pytest.raises(SnapshotError, match="Expected a snapshot of future quotes, was one of future zones"):
        FutureBooks.restored(zones, windows=WINDOWS)
    with pytest.raises(SnapshotError, match="Expected option quotes of these 0 windows, was a snapshot of others"):
        OptionBooks.restored(options, windows=windows_of([]))
    with pytest.raises(SnapshotError, match="Expected future zones with zone tick 50000000, was 250000000"):
        VacuumBooks.restored(zones, windows=WINDOWS, tick=0.05)
    with pytest.raises(SnapshotError, match="bytes of a snapshot of option quotes"):
        OptionBooks.restored(options[:-1], windows=WINDOWS)
    with pytest.raises(SnapshotError, match="Expected a snapshot of vacuum, was one of future zones"):
        VacuumStage.restored(zones, windows=WINDOWS, product="ES", day=DAY, tally=Counter())
