"""Quotes of instruments whose records are read in stretches: as the twin says, whole and window by window."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import Any

import pyarrow as pa
import pytest

from gex_assets.market.sessions import Session
from gex_assets.schemas.book_checks import books_are_complete
from gex_assets.stages.silver.quotes import FutureBooks, OptionBooks, future_quotes, option_quotes
from gex_assets.stages.windows import windows_of
from gex_assets_tests.kernels.order_book.runs import NS, START, Claimed, differences, made_up, record, twin
from gex_assets_tests.stages.silver.made_up_feed import bits, blocks, sizes
from gex_assets_tests.stages.silver.made_up_quotes import claimed, orders
from gex_assets_tests.twins.dict_book import Record

DAY = date(2026, 1, 6)
WINDOWS = windows_of([Session(START, START + 300 * NS, DAY), Session(START + 400 * NS, START + 600 * NS, DAY)])
ENDS = WINDOWS.ends.tolist()
OPTIONS = {5: (START - 1, None), 6: (START + 22 * NS, START + 500 * NS), 9: (START - 1, None), 11: (START - 1, None)}
FUTURES = {3: (None, None), 70: (None, None)}
STRETCH = pa.struct([pa.field(name, pa.int64()) for name in ("ts_start", "ts_end", "ts_complete")])


def at(seconds: float) -> int:
    return START + round(seconds * NS)


CLAIMS: Claimed = {
    5: [(at(-50), at(101), at(-50)), (at(101), at(700), None)],
    6: [(at(-50), at(62), None), (at(90), at(210), at(90)), (at(210), at(700), None)],
    9: [(at(150), at(700), None)],
    11: [],
    3: [(at(-50), at(120), at(-50)), (at(160), at(700), None)],
    70: [(at(30), at(300), None), (at(300), at(700), at(420))],
}


def instruments(claims: Claimed) -> pa.Table:
    def column(place: int, otherwise: int) -> pa.Array:
        return pa.array([said[place] or otherwise for said in OPTIONS.values()], pa.int64())

    names = STRETCH.names
    said = [[dict(zip(names, stretch, strict=True)) for stretch in claims[one]] for one in OPTIONS]
    return pa.table(
        {
            "instrument_id": pa.array(OPTIONS, pa.uint32()),
            "selected": [True] * len(OPTIONS),
            "ts_listed": column(0, START),
            "ts_expiration": column(1, 2**62),
            "claims": pa.array(said, pa.list_(STRETCH)),
        }
    )


def records_within(claims: Claimed, seed: int) -> list[Record]:
    """What bronze has of a wild stream: the records that an instrument's stretches cover."""
    kept, clock = [], 0
    for one in made_up(seed, records=1500, first=at(-60), seconds=700, ids=[*claims]):
        clock = max(clock, one.ts_recv)
        kept += [one] if any(start <= clock < end for start, end, _ in claims[one.instrument_id]) else []
    return kept


def rows_of(tables: Sequence[pa.Table]) -> list[dict[str, Any]]:
    return [row for table in tables for row in table.to_pylist()]


def known_by(end: int) -> Claimed:
    """The stretches that begin before a moment."""
    return {one: [stretch for stretch in stretches if stretch[0] < end] for one, stretches in CLAIMS.items()}


def of_options(seed: int) -> tuple[list[Record], list[pa.Table]]:
    records = records_within({one: CLAIMS[one] for one in OPTIONS}, seed)
    return records, list(option_quotes([orders(records)], instruments=instruments(CLAIMS), windows=WINDOWS, tally=Counter()))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_option_quotes_are_what_the_twin_says(seed: int) -> None:
    records, tables = of_options(seed)
    expected, _ = twin(records, ends=ENDS, instruments=OPTIONS, claims={one: CLAIMS[one] for one in OPTIONS})
    found = [{name: value for name, value in row.items() if name != "session_date"} for row in rows_of(tables)]
    assert not differences(found, [{name: value for name, value in row.items() if name != "vwap"} for row in expected])
    assert {row["instrument_id"] for row in found} == {5, 6, 9}
    assert {row["book_state"] for row in found} >= {"suspect", "expired", "ok"}


@pytest.mark.parametrize("seed", [1, 2])
def test_future_quotes_are_what_the_twin_says(seed: int) -> None:
    claims = {one: CLAIMS[one] for one in FUTURES}
    records = records_within(claims, seed)
    tables = future_quotes([orders(records, symbols=True)], windows=WINDOWS, tally=Counter(), claims=claimed(CLAIMS))
    expected, _ = twin(records, ends=ENDS, instruments=FUTURES, claims=claims)
    found = [{name: value for name, value in row.items() if name not in ("session_date", "symbol")} for row in rows_of([*tables])]
    assert not differences(found, expected)
    assert [row["is_complete"] for row in found if row["ts_window_end"] > at(425) and row["instrument_id"] == 70] == [True] * 35


@pytest.mark.parametrize("kind", ["1", "7", "random"])
def test_claims_that_become_known_as_the_day_goes_on_give_the_days_rows(kind: str) -> None:
    """Also where the books are written out and read back after every block."""
    records, expected = of_options(2)
    books, found = OptionBooks(windows=WINDOWS), []
    for ends, part in blocks(orders(records), ENDS, sizes(kind, 2)):
        books.list(instruments(known_by(ends[-1] if ends else 2**62)))
        found += [*books.records(part), *(books.close_until(ends[-1]) if ends else books.finish())]
        books = OptionBooks.restored(books.snapshot(), windows=WINDOWS)
    assert bits(found) == bits(expected)


@pytest.mark.parametrize("kind", ["1", "7", "random"])
def test_claims_of_futures_that_become_known_as_the_day_goes_on_give_the_days_rows(kind: str) -> None:
    claims = {one: CLAIMS[one] for one in FUTURES}
    given = orders(records_within(claims, 5), symbols=True)
    expected = list(future_quotes([given], windows=WINDOWS, tally=Counter(), claims=claimed(claims)))
    books, found = FutureBooks(windows=WINDOWS, claims=claimed({})), []
    for ends, part in blocks(given, ENDS, sizes(kind, 5)):
        known = claimed({one: known_by(ends[-1] if ends else 2**62)[one] for one in FUTURES})
        books.claim(known)
        found += [*books.records(part), *(books.close_until(ends[-1]) if ends else books.finish())]
        books = FutureBooks.restored(books.snapshot(), windows=WINDOWS, claims=known)
    assert bits(found) == bits(expected)


def test_claims_of_books_made_without_are_refused() -> None:
    with pytest.raises(ValueError, match="Expected future quotes made with claims"):
        FutureBooks(windows=WINDOWS).claim(claimed(CLAIMS))


@pytest.mark.parametrize("start", [150, 151.5])
def test_a_request_from_the_afternoon_has_incomplete_books_and_the_check_says_since_when(start: float) -> None:
    """2,327 contracts of 22,050 were taken for the whole depth."""
    claims = {5: [(at(start), at(700), None)], 9: [(at(start), at(700), None)], 6: [], 11: []}
    later = [record(160 + k, "A", k, instrument=5 if k % 2 else 9) for k in range(50)]
    cancels = [record(230, "C", 10_000 + k, instrument=5) for k in range(20)]
    table = instruments(claims)
    tables = list(option_quotes([orders([*later, *cancels])], instruments=table, windows=WINDOWS, tally=Counter()))
    rows = rows_of(tables)
    assert {row["is_complete"] for row in rows} == {False}
    assert {row["book_state"] for row in rows if row["bid_depth"]} == {"one_sided"}
    assert "suspect" not in {row["book_state"] for row in rows}
    verdict = books_are_complete(tables)
    # Windows begin on the grid of five seconds: the first whole one.
    first = "2026-01-06 14:32:30 UTC" if start == 150 else "2026-01-06 14:32:35 UTC"
    assert verdict.facts["incomplete_from"] == {first: 2}
    assert not verdict.passed
