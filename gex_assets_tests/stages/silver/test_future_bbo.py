"""From order records to `silver_future_bbo`: rows as the twin says, one per moment and future, the same in any blocks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from gex_assets.schemas.silver_future_bbo import SILVER_FUTURE_BBO
from gex_assets.stages.silver.future_bbo import RECORD_COLUMNS, FutureBbo, future_bbo
from gex_assets_tests.kernels.order_book.runs import GAP, LAST, NS, SNAPSHOT, START, made_up, record
from gex_assets_tests.stages.silver.made_up_feed import bits
from gex_assets_tests.stages.silver.made_up_quotes import SYMBOLS, claimed, cut, orders
from gex_assets_tests.twins.best_prices import bbo_rows
from gex_assets_tests.twins.dict_book import Record

END = START + 60 * NS
H, M = 3, 70
"""Instruments of `SYMBOLS`: ESH6 and ESM6."""


def table_of(records: Sequence[Record], symbols: dict[int, str] = SYMBOLS) -> pa.Table:
    """Orders whose ts_event counts them."""
    given = orders(records).append_column("ts_event", pa.array(range(len(records)), pa.int64()))
    return given.append_column("symbol", pa.array([symbols[one.instrument_id] for one in records], pa.string()))


def tables_of(
    records: Sequence[Record], *, places: Sequence[int] = (), tally: Counter[str] | None = None, **given: Any
) -> list[pa.Table]:
    until, claims = given.pop("until", END), given.pop("claims", None)
    pieces = cut(table_of(records, **given), places)
    found = list(future_bbo(pieces, until=until, tally=Counter() if tally is None else tally, claims=claims))
    assert all(table.schema == SILVER_FUTURE_BBO.arrow_schema() and table.num_rows for table in found)
    return found


def rows_of(records: Sequence[Record], **given: Any) -> list[dict[str, Any]]:
    return [row for table in tables_of(records, **given) for row in table.to_pylist()]


def prices(rows: Sequence[dict[str, Any]]) -> list[tuple[float, str, Any, Any]]:
    return [((row["ts_recv"] - START) / NS, row["symbol"], row["bid_price"], row["ask_price"]) for row in rows]


def busy(seed: int, count: int = 900) -> list[Record]:
    return made_up(seed, records=count, first=START, seconds=50, ids=[*SYMBOLS], wild=seed % 3 > 0)


@pytest.mark.parametrize("seed", range(24))
def test_rows_are_what_the_twin_says_whatever_the_stretches(seed):
    records = busy(seed)
    expected = bbo_rows(records, symbols=SYMBOLS, ts_event=range(len(records)), until=END)
    assert rows_of(records) == expected
    assert rows_of(records, places=[0, 7, 7, 50, 51, 52, 53, 600]) == expected
    assert len({row["symbol"] for row in expected}) == 3


def test_of_several_changes_at_one_moment_the_last_state_is_the_row_whatever_the_block():
    records = [
        record(0, "A", 1, "B", 100.0, instrument=H),
        record(1, "A", 2, "B", 100.25, instrument=H),
        record(1, "A", 3, "A", 101.0, instrument=M),
        record(1, "A", 4, "B", 100.5, instrument=H),
        record(2, "A", 5, "B", 100.75, instrument=H),
        record(2, "C", 5, "B", 100.75, instrument=H),
    ]
    expected = [(0.0, "ESH6", 100.0, None), (1.0, "ESH6", 100.5, None), (1.0, "ESM6", None, 101.0)]
    for place in range(len(records) + 1):
        assert prices(rows_of(records, places=[place])) == expected
    assert [row["ts_event"] for row in rows_of(records)] == [0, 3, 2]


def test_a_moment_is_the_clock_of_the_stream_and_never_steps_back():
    records = [record(5, "A", 1, "B", 100.0, instrument=H), record(3, "A", 2, "A", 101.0, instrument=M)]
    assert prices(rows_of(records)) == [(5.0, "ESH6", 100.0, None), (5.0, "ESM6", None, 101.0)]


def test_suspect_books_have_no_prices_and_crossed_ones_those_they_show():
    tally: Counter[str] = Counter()
    records = [
        record(0, "A", 1, "B", 100.0, instrument=H),
        record(1, "A", 2, "A", 99.0, instrument=H),
        record(2, "N", 0, "N", 0.0, 0, flags=LAST | GAP, instrument=H),
        record(3, "R", 0, "N", 0.0, 0, instrument=H),
        record(4, "A", 1, "B", 98.0, instrument=H),
    ]
    assert prices(rows_of(records, tally=tally)) == [
        (0.0, "ESH6", 100.0, None),
        (1.0, "ESH6", 100.0, 99.0),
        (2.0, "ESH6", None, None),
        (4.0, "ESH6", 98.0, None),
    ]
    assert (tally["rows"], tally["crossed_rows"]) == (4, 1)


def test_of_two_instruments_of_one_symbol_the_first_counts():
    tally: Counter[str] = Counter()
    records = [record(0, "A", 1, "B", 100.0, instrument=M), record(1, "A", 2, "B", 101.0, instrument=H)]
    for places in ([], [1]):
        tally.clear()
        assert prices(rows_of(records, symbols={H: "ESH6", M: "ESH6"}, places=places, tally=tally)) == [
            (0.0, "ESH6", 100.0, None)
        ]
        assert tally["future_quoted_twice"] == 1


def test_what_changes_after_the_last_window_is_left_out_and_counted():
    tally: Counter[str] = Counter()
    records = [record(1, "A", 1, "B", 100.0, instrument=H), record(2, "A", 2, "B", 101.0, instrument=H)]
    assert prices(rows_of(records, until=START + 2 * NS, tally=tally)) == [(1.0, "ESH6", 100.0, None)]
    assert (tally["rows"], tally["after_last_window"]) == (1, 1)
    assert rows_of(records, until=None) == rows_of([]) == []


@pytest.mark.parametrize("seed", range(6))
def test_a_cut_at_any_moment_leaves_every_earlier_row(seed):
    records = busy(seed)
    whole = rows_of(records)
    clocks = np.maximum.accumulate([one.ts_recv for one in records])
    for moment in (START + NS, START + 17 * NS, START + 41 * NS):
        early = [one for one, clock in zip(records, clocks, strict=True) if clock < moment]
        assert rows_of(early) == [row for row in whole if row["ts_recv"] < moment]


@pytest.mark.parametrize("seed", range(6))
def test_window_by_window_every_row_comes_with_the_first_window_that_ends_after_it(seed):
    records = busy(seed)
    table, clock = table_of(records), np.maximum.accumulate([one.ts_recv for one in records])
    of_day, of_windows = Counter(), Counter()
    stage, found, at = FutureBbo(until=END, tally=of_windows), [], 0
    for end in range(START + 5 * NS, END + 1, 5 * NS):
        stop = int(np.searchsorted(clock, end, side="left"))
        pieces = [stage.records(table.slice(first, 1)) for first in range(at, stop)]
        given = pa.concat_tables([*pieces, stage.close_until(end)])
        assert (
            pc.all(pc.and_(pc.less(given["ts_recv"], end), pc.greater_equal(given["ts_recv"], end - 5 * NS))).as_py() is not False
        )
        found.append(given)
        at = stop
    assert stage.finish().num_rows == 0
    expected = tables_of(records, tally=of_day)
    assert bits(found) == bits(expected)
    assert of_windows == of_day


def test_a_record_after_its_window_was_closed_counts_at_the_clock():
    stage = FutureBbo(until=END, tally=Counter())
    stage.close_until(START + 5 * NS)
    stage.records(table_of([record(3, "A", 1, "B", 100.0, instrument=H)]))
    assert prices(stage.close_until(START + 10 * NS).to_pylist()) == [(5.0, "ESH6", 100.0, None)]


def test_columns_named_are_enough():
    table = table_of(busy(1))
    assert set(RECORD_COLUMNS) <= set(table.column_names)
    found = list(future_bbo([table.select(RECORD_COLUMNS)], until=END, tally=Counter()))
    assert bits(found) == bits(tables_of(busy(1)))
    assert sum(part.num_rows for part in found) > 50


def at(seconds: float) -> int:
    return START + round(seconds * NS)


HOLES = claimed(
    {
        H: [(at(-1), at(10), at(-1)), (at(20), at(30), None), (at(30), at(40), None)],
        M: [(at(-1), at(100), at(-1))],
    }
)
"""ESH6 has a hole of ten seconds, then two deliveries that touch, and ends before the day does; ESM6 has no hole."""

AROUND_HOLES = [
    record(1, "A", 1, "B", 100.0, instrument=H),
    record(2, "A", 1, "B", 99.0, instrument=M),
    record(12, "C", 1, "B", 99.0, instrument=M),
    record(21, "N", 0, "N", 0.0, 0, instrument=H),
    record(22, "A", 2, "A", 101.0, instrument=H),
    record(25, "R", 0, "N", 0.0, 0, flags=SNAPSHOT, instrument=H),
    record(25, "A", 1, "B", 100.0, flags=SNAPSHOT | LAST, instrument=H),
    record(31, "A", 3, "B", 100.25, instrument=H),
    record(45, "A", 2, "B", 98.0, instrument=M),
]
"""After the hole the best prices are those before it."""


def test_a_hole_takes_the_prices_where_it_begins_and_a_snapshot_gives_them_again():
    expected = [
        (1.0, "ESH6", 100.0, None),
        (2.0, "ESM6", 99.0, None),
        (10.0, "ESH6", None, None),
        (12.0, "ESM6", None, None),
        (25.0, "ESH6", 100.0, None),
        (31.0, "ESH6", 100.25, None),
        (40.0, "ESH6", None, None),
        (45.0, "ESM6", 98.0, None),
    ]
    for place in range(len(AROUND_HOLES) + 1):
        assert prices(rows_of(AROUND_HOLES, claims=HOLES, places=[place])) == expected, place


def test_a_hole_is_known_before_what_follows_it():
    """Cut at any record, with the same claims, every earlier row is there; so are those of holes before the day's end."""
    whole = rows_of(AROUND_HOLES, claims=HOLES)
    for count in range(1, len(AROUND_HOLES)):
        moment = AROUND_HOLES[count].ts_recv
        early = rows_of([one for one in AROUND_HOLES if one.ts_recv < moment], claims=HOLES)
        assert [row for row in early if row["ts_recv"] < moment] == [row for row in whole if row["ts_recv"] < moment]
    assert {row["ts_event"] for row in whole if row["ts_recv"] == at(10)} == {at(10)}


def test_holes_window_by_window_are_those_of_the_day():
    table, clock = table_of(AROUND_HOLES), [one.ts_recv for one in AROUND_HOLES]
    stage, found, first = FutureBbo(until=END, tally=Counter(), claims=HOLES), [], 0
    for end in range(at(5), END + 1, 5 * NS):
        stop = int(np.searchsorted(clock, end, side="left"))
        given = pa.concat_tables([stage.records(table.slice(first, stop - first)), stage.close_until(end)])
        assert all(end - 5 * NS <= moment < end for moment in given["ts_recv"].to_pylist())
        found.append(given)
        first = stop
    assert bits(found) == bits(tables_of(AROUND_HOLES, claims=HOLES))


def test_deliveries_that_touch_and_a_day_without_claims_leave_no_hole():
    touching = claimed({H: [(at(-1), at(10), at(-1)), (at(10), at(70), None)]})
    records = [record(1, "A", 1, "B", 100.0, instrument=H), record(11, "A", 2, "B", 101.0, instrument=H)]
    expected = [(1.0, "ESH6", 100.0, None), (11.0, "ESH6", 101.0, None)]
    assert prices(rows_of(records, claims=touching)) == prices(rows_of(records)) == expected
