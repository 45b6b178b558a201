"""Files of another generator, written by other hands, against a plain dict book: equal in every field of every quote table.

The files differ from the sample market's in everything that may differ: seed, strikes, families, DBN version, how they are
delivered, day, hour, and how much of what they say is nonsense. What is expected of the calendar stands in other_days.py.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from gex_assets.defs.run import run_days
from gex_assets.lake.local_filesystem import LocalFileSystem
from gex_assets.lake.raw.ingest import ingest
from gex_assets.lake.tables import Lake
from gex_assets.market.sessions import Session
from gex_assets.stages.silver.quotes import ORDER_COLUMNS, option_quotes
from gex_assets.stages.windows import windows_of
from gex_assets_tests.conftest import settings_for
from gex_assets_tests.defs.days.other_days import CASES, deliver
from gex_assets_tests.long_cases import mostly_long
from gex_assets_tests.twins import dict_book
from gex_assets_tests.twins.dict_book import DictBooks
from gex_assets_tests.twins.feeds.other_feed import MBO, SECOND, WINDOW, Feed, Listing, nanoseconds, window_ends
from gex_assets_tests.twins.feeds.other_files import write_file
from gex_assets_tests.twins.reading_of_the_book import Record, read_the_book

QUOTES = 'key:"silver_option_quotes" or key:"silver_future_quotes"'
NEVER = 2**63 - 1


def records_of(block: np.ndarray) -> list[Record]:
    columns = [block[name].tolist() for name in Record._fields]
    return [
        Record(*(value.decode() if isinstance(value, bytes) else value for value in row)) for row in zip(*columns, strict=True)
    ]


def differences(stored: list[dict[str, Any]], expected: list[dict[str, Any]]) -> list[str]:
    """Every column of every row: what is stored, and what a plain book says."""
    found = []
    key = ("ts_window_end", "instrument_id")
    ours, theirs = ({tuple(row[name] for name in key): row for row in rows} for rows in (stored, expected))
    assert len(ours) == len(stored)
    if ours.keys() != theirs.keys():
        found.append(
            f"rows missing {sorted(theirs.keys() - ours.keys())[:5]}, too many {sorted(ours.keys() - theirs.keys())[:5]}"
        )
    for where in sorted(ours.keys() & theirs.keys()):
        for name, was in ours[where].items():
            wanted = theirs[where][name]
            equal = was == wanted
            if name == "vwap" and was is not None and wanted is not None:
                equal = math.isclose(was, wanted, rel_tol=1e-13)
            if not equal:
                found.append(f"{where} {name}: expected {wanted}, was {was}")
    return found


def brought_in(paths: Sequence[Path], root: Path, day: date, **choices: object) -> Lake:
    """A lake with the quotes of the files."""
    lake = Lake(root)
    taken = ingest(LocalFileSystem(root), paths)
    assert [one.status for one in taken] == ["added"] * len(paths), taken
    (done,) = run_days(settings_for(root, **choices), [day], select=f"+({QUOTES})")
    assert done.success, done.failure
    return lake


def quotes(lake: Lake, kind: str, day: date) -> list[dict[str, Any]]:
    return lake.open(f"silver_{kind}_quotes", product="ES", day=day).read().to_pylist()


@pytest.mark.parametrize("case", mostly_long(CASES, short=2), ids=lambda case: case.name)
def test_files_of_another_generator_give_the_books_of_another_reader(case, tmp_path):
    delivered, paths = deliver(case, tmp_path / "downloads")
    day, ends = date.fromisoformat(case.day), case.window_ends()
    lake = brought_in(paths, tmp_path / "lake", day, **dict(case.settings))
    expected = read_the_book(
        records_of(delivered.option_records),
        expirations=delivered.expirations,
        windows=ends,
        listed=delivered.listed,
        complete=delivered.complete,
    )
    problems = differences(quotes(lake, "option", day), expected)
    futures = read_the_book(
        records_of(delivered.future_records),
        expirations=dict.fromkeys(delivered.futures, NEVER),
        windows=ends,
        complete=delivered.complete,
    )
    futures = [row | {"symbol": delivered.futures[row["instrument_id"]]} for row in futures]
    problems += differences(quotes(lake, "future", day), futures)
    assert not problems, f"{len(problems)}: " + "\n".join(problems[:60])
    assert expected[-1]["ts_window_end"] == ends[-1][0]
    for name in ("bid_exec_size", "ask_pull_rest_size", "bid_reprice_toward_size", "trade_none_size"):
        assert any(row[name] for row in expected), name


# What the files above leave out, a few records at a time.

DAY, MIDNIGHT = date(2025, 12, 2), nanoseconds("2025-12-02")
NEAR, PUT, FAR, SPREAD = (
    Listing(11, "ESZ5 C6800"),
    Listing(12, "ESZ5 P6800"),
    Listing(21, "ESH6 C6800"),
    Listing(31, "UD:1V: GN 2967770"),
)


def lake_of(root: Path, rows: Sequence[tuple[Listing, float]], listings: Sequence[Listing]) -> Lake:
    """A lone file with a bid at each moment. [s after the start at 15:00]"""
    start = MIDNIGHT + 15 * 3600 * SECOND
    block = np.zeros(len(rows), dtype=MBO)
    block["length"], block["rtype"], block["publisher_id"], block["channel_id"] = 14, 160, 1, 1
    block["action"], block["side"], block["price"], block["size"], block["flags"] = b"A", b"B", 10 * SECOND, 1, 130
    block["order_id"] = np.arange(1, len(rows) + 1)
    block["instrument_id"] = [one.instrument_id for one, _ in rows]
    block["ts_recv"] = block["ts_event"] = [start + round(after * SECOND) for _, after in rows]
    path = root / "downloads" / "orders.dbn.zst"
    said = {"schema": "mbo", "parents": ["ES.OPT"], "day": DAY, "start": start, "end": start + 30 * SECOND}
    write_file(path, block, version=3, listings=listings, **said)
    return brought_in([path], root / "lake", DAY)


def bids(lake: Lake) -> dict[tuple[int, int], int]:
    """Size added in each row, by instrument and seconds from the start to the window's end."""
    start = MIDNIGHT + 15 * 3600 * SECOND
    return {
        (row["instrument_id"], (row["ts_window_end"] - start) // SECOND): row["bid_add_size"]
        for row in quotes(lake, "option", DAY)
    }


def test_a_record_that_steps_back_belongs_to_the_window_of_those_before_it_in_the_file(tmp_path):
    # A file that ends before the first record past 5 s must give the same row of that window, whoever that record is of.
    lake = lake_of(tmp_path, [(NEAR, 1.0), (SPREAD, 5.1), (NEAR, 4.9), (NEAR, 11.0)], [NEAR, SPREAD])
    assert bids(lake) == {(11, 5): 1, (11, 10): 1, (11, 15): 1, (11, 20): 0, (11, 25): 0, (11, 30): 0}


def test_an_option_whose_first_record_steps_back_is_listed_in_that_records_window(tmp_path):
    lake = lake_of(tmp_path, [(NEAR, 1.0), (NEAR, 5.1), (PUT, 4.9)], [NEAR, PUT])
    assert min(end for one, end in bids(lake) if one == PUT.instrument_id) == 10


def test_a_later_expiration_is_not_selected_because_it_was_heard_of_first(tmp_path):
    # 17 and 108 days: the nearer one is within 45 days and named by the header, its first record comes a moment later.
    lake = lake_of(tmp_path, [(FAR, 1.0), (NEAR, 1.1)], [NEAR, FAR])
    instruments = lake.open("bronze_option_instruments", product="ES", day=DAY).read().to_pylist()
    assert {row["raw_symbol"]: row["selected"] for row in instruments} == {NEAR.raw_symbol: True, FAR.raw_symbol: False}


@pytest.mark.parametrize("seed", range(6))
def test_the_stage_and_both_twins_read_any_stream_alike(seed):
    rng = np.random.default_rng(seed)
    start = nanoseconds("2025-08-06T17:00")
    end = start + 25 * WINDOW
    listings = [Listing(one, str(one), int(rng.integers(20, 999)) * 50_000_000) for one in (7, 3, 2**32 - 1, 50, 51)]
    snapshot = start - SECOND if seed % 2 else None
    records = Feed(seed, listings, start, end, snapshot_at=snapshot, events=2_500, any_steps_back=True).records()
    reads = records_of(records)
    expirations = {7: NEVER, 3: start + 40 * SECOND, 2**32 - 1: NEVER, 50: end}
    traded = date(2025, 8, 6)
    expected = read_the_book(reads, expirations=expirations, windows=[(one, traded) for one in window_ends(start, end)])

    twin = DictBooks(window_ends=list(window_ends(start, end)), instruments={one: (None, at) for one, at in expirations.items()})
    theirs = twin.run(dict_book.Record(*row) for row in reads)
    assert not differences([row | {"session_date": traded} for row in theirs], expected)

    instruments = {"instrument_id": pa.array(list(expirations), pa.uint32()), "selected": [True] * 4}
    instruments["ts_listed"] = [
        next(
            clock
            for clock, row in zip(np.maximum.accumulate(records["ts_recv"]).tolist(), reads, strict=True)
            if row.instrument_id == one
        )
        for one in expirations
    ]
    instruments["ts_expiration"] = list(expirations.values())
    columns = {name: records[name] for name in ORDER_COLUMNS if name not in {"action", "side", "ts_recv_behind"}}
    moments = records["ts_recv"].astype(np.int64)
    columns["ts_recv_behind"] = np.maximum.accumulate(moments) - moments
    columns |= {name: pa.array(records[name].astype("U1")).dictionary_encode() for name in ("action", "side")}
    columns["ts_recv"] = records["ts_recv"].astype(np.int64)
    windows = windows_of([Session(open_ns=start, close_ns=end, session_date=traded)])
    made = option_quotes([pa.table(columns)], instruments=pa.table(instruments), windows=windows, tally=Counter())
    problems = differences([row for table in made for row in table.to_pylist()], expected)
    assert not problems, f"{len(problems)}: " + "\n".join(problems[:40])
