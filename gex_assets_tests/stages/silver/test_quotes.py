"""From order records to tables of quotes: exact schema, rows as the twin says, the same whatever the stretches."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from gex_assets.market.sessions import Session
from gex_assets.schemas.checks import books_are_sane
from gex_assets.schemas.silver_quotes import SILVER_FUTURE_QUOTES, SILVER_OPTION_QUOTES
from gex_assets.stages.silver.quotes import ORDER_COLUMNS, future_quotes, option_quotes
from gex_assets.stages.windows import Windows, windows_of
from gex_assets_tests.answers import book_trace
from gex_assets_tests.kernels.order_book.runs import NS, START, differences, made_up, twin
from gex_assets_tests.stages.silver.made_up_quotes import SYMBOLS, cut, orders
from gex_assets_tests.twins.dict_book import Record

FIRST_DATE, SECOND_DATE = date(2026, 1, 6), date(2026, 1, 7)
WINDOWS = windows_of([Session(START, START + 1500 * NS, FIRST_DATE), Session(START + 1800 * NS, START + 3000 * NS, SECOND_DATE)])
"""300 windows, a gap, 240 windows: row groups of 240, 240 (over the gap) and 60."""

OPTIONS = {
    5: (START - 1, None),
    6: (START + 1000 * NS, START + 2500 * NS),
    9: (START + 2 * NS, None),
    11: (START + 2900 * NS, None),
}


def instruments(listed: dict[int, tuple[int | None, int | None]], unselected: Sequence[int] = ()) -> pa.Table:
    """In no particular order: the stage must not rely on one."""
    ids = [*sorted(listed, reverse=True), *unselected]
    return pa.table(
        {
            "instrument_id": pa.array(ids, pa.uint32()),
            "selected": [key in listed for key in ids],
            "ts_listed": pa.array([listed.get(key, (0, 0))[0] for key in ids], pa.int64()),
            "ts_expiration": pa.array([listed.get(key, (0, 0))[1] or 2**62 for key in ids], pa.int64()),
        }
    )


def rows_of(tables: Sequence[pa.Table]) -> list[dict[str, Any]]:
    return [row for table in tables for row in table.to_pylist()]


def of_options(stretches: Any, tally: Counter[str] | None = None, windows: Windows = WINDOWS) -> list[pa.Table]:
    table = instruments(OPTIONS, unselected=[77])
    return list(option_quotes(stretches, instruments=table, windows=windows, tally=Counter() if tally is None else tally))


def of_futures(stretches: Any, tally: Counter[str] | None = None, windows: Windows = WINDOWS) -> list[pa.Table]:
    return list(future_quotes(stretches, windows=windows, tally=Counter() if tally is None else tally))


def stream(seed: int, ids: Sequence[int]) -> list[Record]:
    return made_up(seed, records=1500, first=START - 100 * NS, seconds=3000, ids=ids)


@pytest.mark.parametrize("seed", [1, 2, 4])
def test_option_quotes_are_what_the_twin_says_in_every_field(seed: int) -> None:
    records = stream(seed, ids=(5, 6, 9, 77))
    tally: Counter[str] = Counter()
    tables = of_options(cut(orders(records), [0, 100, 100, 777]), tally)
    expected, counts = twin(records, ends=WINDOWS.ends.tolist(), instruments=OPTIONS)
    found = rows_of(tables)
    dates = [row.pop("session_date") for row in found]
    assert dates == [FIRST_DATE if row["ts_window_end"] <= START + 1500 * NS else SECOND_DATE for row in found]
    assert not differences(found, [{name: value for name, value in row.items() if name != "vwap"} for row in expected])
    assert {kind: tally[kind] for kind in counts} == counts
    assert tally["rows"] == len(found)
    assert tally["crossed_rows"] == sum(row["book_state"] == "crossed" for row in found)


@pytest.mark.parametrize("seed", [1, 2])
def test_future_quotes_are_what_the_twin_says_in_every_field(seed: int) -> None:
    records = stream(seed, ids=(3, 70, 5))
    records = [record for k, record in enumerate(records) if record.instrument_id != 3 or k > 700]
    tally: Counter[str] = Counter()
    tables = of_futures(cut(orders(records, symbols=True), [3, 4, 1200]), tally)
    expected, counts = twin(records, ends=WINDOWS.ends.tolist(), instruments=dict.fromkeys(SYMBOLS, (None, None)))
    found = rows_of(tables)
    assert all(row.pop("session_date") for row in found)
    assert all(row.pop("symbol") == SYMBOLS[row["instrument_id"]] for row in found)
    assert not differences(found, expected)
    assert "unseen" not in {row["book_state"] for row in found}
    assert {kind: tally[kind] for kind in counts} == counts
    assert tally["rows"] == len(found)
    assert tally["crossed_rows"] == sum(row["book_state"] == "crossed" for row in found) > 0


def test_what_rests_at_the_end_is_counted() -> None:
    one = Record(START, 5, 1, "A", "B", 10**9, 1, 128)
    records = [one, one._replace(order_id=2), one._replace(order_id=3, side="A"), one._replace(action="C", flags=128)]
    for make, symbols in ((of_options, False), (of_futures, True)):
        tally: Counter[str] = Counter()
        make([orders(records, symbols=symbols)], tally)
        assert tally["resting_orders"] == 2


@pytest.mark.parametrize("make", [of_options, of_futures])
def test_whatever_the_stretches_the_tables_are_identical(make: Any) -> None:
    futures = make is of_futures
    records = stream(3, ids=tuple(SYMBOLS) if futures else (5, 6, 9))
    table = orders(records, symbols=futures)
    whole = make([table])
    for places in ([700], range(1, 1500, 13), [0, 0, 1499]):
        assert make(cut(table, places)) == whole
    chunked = pa.concat_tables([orders(records[:300], symbols=futures), orders(records[300:], symbols=futures, categories=True)])
    assert make([chunked]) == whole
    assert make([orders(records, symbols=futures, categories=False)]) == whole
    assert make([table.select([*ORDER_COLUMNS, *(["symbol"] if futures else [])])]) == whole


def test_a_future_that_comes_late_leaves_no_trace_in_earlier_tables() -> None:
    records = stream(3, ids=(70,))
    late = [Record(START + 2000 * NS, 3, 1, "A", "B", 10**9, 1, 128)]
    at = int(np.searchsorted([record.ts_recv for record in records], START + 2000 * NS))
    table = orders([*records[:at], *late, *records[at:]], symbols=True)
    names = [
        [part["symbol"].chunk(0).dictionary.to_pylist() for part in of_futures(cut(table, places))] for places in ([], [at - 300])
    ]
    assert names == [[["ESM6"], ["ESH6", "ESM6"], ["ESH6", "ESM6"]]] * 2


@pytest.mark.parametrize("make", [of_options, of_futures])
def test_a_file_cut_at_any_window_leaves_the_earlier_rows_as_they_are(make: Any) -> None:
    futures = make is of_futures
    records = stream(5, ids=tuple(SYMBOLS) if futures else (5, 6, 9))
    whole = rows_of(make([orders(records, symbols=futures)]))
    clock = np.maximum.accumulate([record.ts_recv for record in records])
    for end in WINDOWS.ends[[0, 10, 239, 240, 299, 300, 500]].tolist():
        kept = records[: int(np.searchsorted(clock, end))]
        found = rows_of(make([orders(kept, symbols=futures)]))
        assert [row for row in found if row["ts_window_end"] <= end] == [row for row in whole if row["ts_window_end"] <= end]


def test_tables_have_exactly_their_schema_and_row_groups_of_whole_windows() -> None:
    for schema_of, tables in (
        (SILVER_OPTION_QUOTES, of_options([orders(stream(1, ids=(5, 6)))])),
        (SILVER_FUTURE_QUOTES, of_futures([orders(stream(1, ids=(3, 70)), symbols=True)])),
    ):
        assert len(tables) == 3
        for table, group in zip(tables, WINDOWS.groups(), strict=True):
            table.validate(full=True)
            assert table.schema.equals(schema_of.arrow_schema(), check_metadata=True)
            assert np.unique(table["ts_window_end"]).tolist() == WINDOWS.ends[group].tolist()
            keys = list(zip(table["ts_window_end"].to_pylist(), table["instrument_id"].to_pylist(), strict=True))
            assert keys == sorted(set(keys))
            for field in table.schema:
                assert field.nullable or not table[field.name].null_count


def test_many_options_make_row_groups_of_fewer_windows_and_the_same_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    records = [orders(stream(1, ids=(5, 6, 9)))]
    whole = of_options(records)
    monkeypatch.setattr("gex_assets.stages.windows.ROWS_PER_GROUP", 24 * len(OPTIONS) + 1)
    found = of_options(records)
    assert len(found) == -(-len(WINDOWS) // 24)
    assert max(table.num_rows for table in found) <= 24 * len(OPTIONS)
    assert rows_of(found) == rows_of(whole)


def test_the_worked_trace_becomes_its_rows() -> None:
    records = [Record(**fields) for fields in book_trace.records()]
    table = instruments({book_trace.INSTRUMENT: (book_trace.MIDNIGHT, None)})
    windows = windows_of([Session(book_trace.START, book_trace.START + 20 * NS, FIRST_DATE)])
    tally: Counter[str] = Counter()
    (quotes,) = option_quotes([orders(records)], instruments=table, windows=windows, tally=tally)
    assert quotes.drop_columns("session_date").to_pylist() == [
        {name: row[name] for name in quotes.column_names if name != "session_date"} for row in book_trace.ROWS
    ]
    assert {kind: tally[kind] for kind in book_trace.COUNTS} == book_trace.COUNTS
    assert books_are_sane(tally).facts["odd_records"] == 3


def test_without_records_listed_options_are_unseen_and_there_are_no_futures() -> None:
    assert {row["book_state"] for row in rows_of(of_options([]))} == {"unseen", "expired"}
    assert rows_of(of_options([orders([])])) == rows_of(of_options([]))
    assert of_futures([]) == []
    assert of_futures([orders([], symbols=True)]) == []


def test_without_windows_or_instruments_there_are_no_tables_and_records_are_still_counted() -> None:
    closed = windows_of([])
    tally: Counter[str] = Counter()
    assert of_options([orders(stream(1, ids=(5,)))], tally, closed) == []
    assert tally["records"] == 1500
    nobody = instruments({}, unselected=[5])
    assert list(option_quotes([orders(stream(1, ids=(5,)))], instruments=nobody, windows=WINDOWS, tally=tally)) == []
    assert tally["unselected"] == 1500


def test_an_instrument_that_was_never_listed_has_no_rows() -> None:
    table = instruments({5: (None, None), 6: (START, None)})
    tables = list(option_quotes([], instruments=table, windows=WINDOWS, tally=Counter()))
    assert {row["instrument_id"] for row in rows_of(tables)} == {6}


def test_letters_that_are_none_are_counted_as_odd() -> None:
    records = [
        Record(START, 5, 1, "A", "B", 10**9, 1, 128),
        Record(START, 5, 1, "", "BA", 10**9, 1, 128),
        Record(START, 5, 1, "Ä", "N", 1, 1, 128),
    ]
    tally: Counter[str] = Counter()
    of_options([orders(records)], tally)
    assert (tally["records"], tally["odd_action"]) == (3, 2)


def test_a_larger_streams_clock_rules() -> None:
    """A record that lies behind another instrument's, which this stage never sees, belongs to that one's window."""
    early = Record(ts_recv=START + NS, instrument_id=5, order_id=1, action="A", side="B", price=100 * NS, size=3, flags=128)
    late = early._replace(ts_recv=START + 4 * NS, order_id=2)
    table = orders([early, late])
    behind = pa.array([0, 2 * NS], pa.int64())
    table = table.set_column(table.schema.get_field_index("ts_recv_behind"), "ts_recv_behind", behind)
    (quotes, *_) = option_quotes([table], instruments=instruments({5: (START - 1, None)}), windows=WINDOWS, tally=Counter())
    assert quotes["bid_add_size"].to_pylist()[:3] == [3, 3, 0]
    assert quotes["bid_depth"].to_pylist()[:3] == [3, 6, 6]
