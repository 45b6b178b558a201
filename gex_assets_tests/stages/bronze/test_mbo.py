from __future__ import annotations

import shutil
import threading
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from gex_assets.kernels.records.cover import READ, SUPERSEDED, UNCLAIMED, UNMAPPED
from gex_assets.lake.local_filesystem import LocalFileSystem
from gex_assets.lake.raw.claims import claims_of
from gex_assets.lake.raw.layout import raw_file_name, raw_folder
from gex_assets.lake.raw.merge import merged_blocks
from gex_assets.lake.raw.reference_data import mapped_symbols
from gex_assets.lake.raw.verify import verify_day
from gex_assets.process.prefetch import prefetched
from gex_assets.schemas.bronze_mbo import BRONZE_FUTURE_MBO, BRONZE_OPTION_MBO
from gex_assets.schemas.bronze_option_trades import BRONZE_OPTION_TRADES
from gex_assets.stages.bronze.instrument_names import InstrumentNames, future_names
from gex_assets.stages.bronze.mbo import future_orders, option_orders
from gex_assets_tests.lake.made_up_files import DAY, OPTIONS, orders, random_orders
from gex_assets_tests.shared_data import shared_data
from gex_assets_tests.stages.bronze.made_up_bronze import (
    DEFINITIONS,
    IDS,
    LEGS,
    MANY_SPREADS,
    blocks,
    mapped,
    option_tables,
    reference,
)
from gex_assets_tests.twins import bronze as twin


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("stretch_records", [1, 64, 500, 1 << 20])
def test_tables_are_those_of_the_slow_twin(seed: int, stretch_records: int) -> None:
    records = random_orders(1_700, seed=seed, ids=IDS)
    others = np.array([READ] * 9 + [UNMAPPED, UNCLAIMED, SUPERSEDED + 1], np.int16)
    said = np.random.default_rng(seed).choice(others, len(records)) if seed == 2 else None
    stream = [(record, said is not None and said[at] != READ) for at, record in enumerate(records)]
    mbo, trades, tally = option_tables(blocks(records, 333, said), stretch_records)
    _, instruments = reference()
    by_id = {row["instrument_id"]: row for row in instruments.to_pylist()}
    assert all(table.schema == BRONZE_OPTION_MBO.arrow_schema() for table in mbo)
    assert [table.to_pylist() for table in mbo] == [
        [{name: row[name] for name in BRONZE_OPTION_MBO.column_names} for row in group]
        for group in twin.option_mbo_rows(stream, by_id, stretch_records)
    ]
    assert all(table.schema == BRONZE_OPTION_TRADES.arrow_schema() for table in trades)
    spreads = {one: name for one, name in MANY_SPREADS.items() if name.startswith("UD:")}
    expected = twin.option_trade_rows(stream, OPTIONS, spreads, {31: LEGS})
    rows = [row for table in trades for row in table.to_pylist()]
    assert rows == [{name: row[name] for name in BRONZE_OPTION_TRADES.column_names} for row in expected]
    kept = [record for record, gone in stream if not gone]
    ids = Counter(int(record["instrument_id"]) for record in kept)
    largest = np.maximum.accumulate(records["ts_recv"])
    assert tally == {
        "records": len(records),
        "user_defined_spread": ids[31] + ids[36],
        "calendar_spread": ids[32],
        "other_family": ids[33],
        "other_root": ids[34],
        "unknown_instrument": ids[99] + (0 if said is None else np.count_nonzero(said == UNMAPPED)),
        **({} if said is None else {"unclaimed": np.count_nonzero(said == UNCLAIMED)}),
        **({} if said is None else {"superseded": np.count_nonzero(said > SUPERSEDED)}),
        "odd_action": np.count_nonzero(records["action"] == b"X"),
        "odd_flag": np.count_nonzero(records["flags"] == 64),
        "maybe_bad_book": np.count_nonzero(records["flags"] == 4),
        "ts_recv_backstep": np.count_nonzero(records["ts_recv"] < largest),
        "spread_trade_without_legs": sum(row["is_spread"] and row["legs"] is None for row in rows),
    }


@pytest.mark.parametrize("block_records", [1, 7, 4096, 65_536])
def test_tables_do_not_depend_on_the_blocks(block_records: int) -> None:
    records = random_orders(2_000, seed=7, ids=IDS)
    mbo, trades, tally = option_tables(blocks(records, block_records), 256)
    other_mbo, other_trades, other_tally = option_tables(blocks(records, 100), 256)
    assert len(mbo) == len(other_mbo)
    assert all(one.equals(other) for one, other in zip(mbo, other_mbo, strict=True))
    assert pa.concat_tables(trades).equals(pa.concat_tables(other_trades))
    assert tally == other_tally


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("stretch_records", [64, 500, 1 << 20])
def test_a_thread_for_the_stream_changes_nothing(seed: int, stretch_records: int) -> None:
    records = random_orders(3_000, seed=seed, ids=IDS)
    mbo, trades, tally = option_tables(blocks(records, 333), stretch_records)
    threaded_mbo, threaded_trades, threaded_tally = option_tables(blocks(records, 333), stretch_records, prefetch=prefetched)
    assert len(mbo) == len(threaded_mbo)
    assert all(one.equals(other) for one, other in zip(mbo, threaded_mbo, strict=True))
    assert pa.concat_tables(trades).equals(pa.concat_tables(threaded_trades))
    assert tally == threaded_tally


def test_what_is_read_is_closed_where_the_tables_are_no_longer_wanted() -> None:
    closed: list[int] = []

    def stream() -> Iterator[Any]:
        try:
            yield from blocks(random_orders(3_000, seed=1, ids=IDS), 100)
        finally:
            closed.append(threading.get_ident())

    for prefetch, here in ((prefetched, False), (lambda made: made, True)):
        names, instruments = reference()
        tables = option_orders(
            stream(),
            instruments=instruments,
            names=names,
            definitions=DEFINITIONS,
            stretch_records=500,
            tally=Counter(),
            prefetch=prefetch,
        )
        assert next(tables)
        tables.close()
        assert [one == threading.get_ident() for one in closed] == [here]
        closed.clear()


def test_dictionaries_hold_what_is_in_the_row_group_in_order() -> None:
    records = orders([{"ts_recv": at, "instrument_id": one} for at, one in enumerate((12, 11, 22, 12))])
    mbo, trades, _ = option_tables(blocks(records, 10), 1 << 20)
    assert trades == []
    first, second = mbo
    assert first["underlying"].chunk(0).dictionary.to_pylist() == ["ESH6"]
    assert second["raw_symbol"].chunk(0).dictionary.to_pylist() == ["ESM6 P7000"]
    assert first["raw_symbol"].chunk(0).dictionary.to_pylist() == ["ESH6 C6900", "ESH6 P6900"]
    assert first["action"].chunk(0).dictionary.to_pylist() == list("ACFMNRT")
    assert first["record_index"].to_pylist() == [1, 0, 3]
    assert first["right"].to_pylist() == ["C", "P", "P"]


def test_undefined_moments_and_prices_are_kept_verbatim() -> None:
    records = orders([{"ts_recv": 0, "instrument_id": 11, "price": 2**63 - 1, "action": "R", "side": "N"}])
    records["ts_event"] = 2**64 - 1
    ((table,), _, tally) = option_tables(blocks(records, 10), 100)
    assert (table["price"].to_pylist(), table["ts_event"].to_pylist(), table["action"].to_pylist()) == ([2**63 - 1], [-1], ["R"])
    assert tally == {"records": 1}


def test_no_records_and_no_instruments_are_no_rows() -> None:
    assert option_tables(iter(()), 100)[:2] == ([], [])
    _, instruments = reference()
    tally: Counter[str] = Counter()
    groups = option_orders(
        blocks(random_orders(50, seed=1, ids=[99]), 10),
        instruments=instruments.slice(0, 0),
        names=InstrumentNames({}, {}),
        definitions=None,
        stretch_records=20,
        tally=tally,
    )
    assert list(groups) == []
    assert tally["unknown_instrument"] == 50


def test_a_stretch_without_an_underlying_writes_no_group_of_it() -> None:
    records = orders([{"ts_recv": at, "instrument_id": one} for at, one in enumerate((11, 11, 21, 99, 99, 99))])
    mbo, _, _ = option_tables(blocks(records, 10), 2)
    assert [table["underlying"].to_pylist() for table in mbo] == [["ESH6", "ESH6"], ["ESM6"]]


def futures(root: Path, day: date, block_records: int) -> tuple[list[pa.Table], Counter[str]]:
    files = verify_day(LocalFileSystem(root), kind="future_mbo", product="ES", day=day).table
    tally: Counter[str] = Counter()
    names = future_names(mapped=[mapped_symbols(LocalFileSystem(root), files, day=day)], product="ES", day=day, tally=tally)
    stream = merged_blocks(LocalFileSystem(root), files, claims=claims_of(files), block_records=block_records)
    return list(future_orders(stream, names=names, stretch_records=1 << 15, tally=tally)), tally


def test_the_real_day_of_futures_gives_every_record(tmp_path: Path) -> None:
    day = date(2023, 12, 25)
    path = tmp_path / raw_folder(kind="future_mbo", product="ES") / raw_file_name(kind="future_mbo", day=day)
    path.parent.mkdir(parents=True)
    shutil.copy(shared_data("dbn/esh4-glbx-mdp3-20231225.mbo.dbn.zst"), path)
    groups, tally = futures(tmp_path, day, 4096)
    assert all(table.schema == BRONZE_FUTURE_MBO.arrow_schema() for table in groups)
    assert [table.num_rows for table in groups] == [32_768, 32_768, 3_256]
    rows = pa.concat_tables(groups)
    assert rows["record_index"].to_numpy().tolist() == list(range(68_792))
    assert rows["symbol"].unique().to_pylist() == ["ESH4"]
    counts = {row["values"]: row["counts"] for row in rows["action"].cast(pa.string()).value_counts().to_pylist()}
    assert sum(counts.values()) == 68_792
    assert set(counts) <= set("ACFMNRT")
    assert tally == {"records": 68_792}
    assert all(one.equals(other) for one, other in zip(groups, futures(tmp_path, day, 65_536)[0], strict=True))


def test_calendars_of_futures_are_left_out_and_counted() -> None:
    tally: Counter[str] = Counter()
    symbols = mapped([(1, "ESM6"), (2, "ESH6"), (3, "ESH6-ESM6")])
    names = future_names(mapped=[symbols], product="ES", day=DAY, tally=Counter())
    records = orders([{"ts_recv": at, "instrument_id": one} for at, one in enumerate((1, 2, 3, 1, 9))])
    groups = list(future_orders(blocks(records, 2), names=names, stretch_records=100, tally=tally))
    assert [(table["symbol"].to_pylist(), table["record_index"].to_pylist()) for table in groups] == [
        (["ESH6"], [1]),
        (["ESM6", "ESM6"], [0, 3]),
    ]
    assert tally == {"records": 5, "calendar_spread": 1, "unknown_instrument": 1}
