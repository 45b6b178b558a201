"""A sample day driven one window at a time, with inputs that grow: every table has the rows of the day's tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from gex_assets.defs.run import run_days
from gex_assets.lake.raw.claims import claimed_stretches, claims_of, union
from gex_assets.lake.tables import Lake
from gex_assets.market.products import product
from gex_assets.market.sessions import sessions
from gex_assets.sample.market import make_sample
from gex_assets.stages.chain_grid import InStep
from gex_assets.stages.silver.future_bbo import RECORD_COLUMNS
from gex_assets.stages.silver.quotes import ORDER_COLUMNS
from gex_assets.stages.window_by_window import WindowByWindow
from gex_assets.stages.windows import Windows, windows_of
from gex_assets_tests.conftest import DAY, settings_for
from gex_assets_tests.defs.days.partial_days import WINDOWED

TABLES = (*WINDOWED, "regime_events")


def table(lake: Path, name: str, day: date = DAY) -> pa.Table:
    return Lake(lake).open(name, product="ES", day=day).read()


def windows_requested(lake: Path, raw: str, day: date) -> Windows:
    files = table(lake, raw, day)
    if not files.num_rows:
        return windows_of(())
    claimed = union((part["ts_start"], part["ts_end"]) for times in files["claim_times"].to_pylist() for part in times)
    return windows_of(one for start, end in claimed for one in sessions(product="ES", day=day, start_ns=start, end_ns=end))


@dataclass
class Pieces:
    """Rows in order of a clock, handed out up to a moment in pieces of random sizes."""

    rows: pa.Table
    clock: np.ndarray
    dice: np.random.Generator
    largest: int
    at: int = 0

    def until(self, end: int) -> Iterator[pa.Table]:
        stop = int(np.searchsorted(self.clock, end, side="left"))
        while self.at < stop:
            size = min(int(self.dice.integers(1, self.largest)), stop - self.at)
            yield self.rows.slice(self.at, size)
            self.at += size


def orders(lake: Path, name: str, day: date, columns: Any, *, seed: int) -> Pieces:
    rows = table(lake, name, day).sort_by("record_index")
    clock = rows["ts_recv"].to_numpy() + rows["ts_recv_behind"].to_numpy()
    return Pieces(rows.select(columns), clock, np.random.default_rng(seed), 500)


def assert_equal_by_windows(lake: Path, day: date, *, seed: int, **choices: Any) -> Counter[str]:
    """Drive the windows one at a time, nothing handed over before its moment; compare every table with what is published.

    Returns how many rows each table had. A stretch of windows is in memory at a time.
    """
    option_windows, future_windows = (windows_requested(lake, f"raw_{kind}_mbo", day) for kind in ("option", "future"))
    stages = WindowByWindow(
        product=product("ES"),
        day=day,
        settings=settings_for(lake, **choices),
        option_windows=option_windows,
        future_windows=future_windows,
        future_claims=claimed_stretches(claims_of(table(lake, "raw_future_mbo", day))),
        tally=Counter(),
    )
    instruments = table(lake, "bronze_option_instruments", day)
    listed = instruments["ts_listed"].fill_null(2**63 - 1).to_numpy()
    statistics = table(lake, "bronze_option_statistics", day).sort_by("ts_recv")
    trades = table(lake, "bronze_option_trades", day).sort_by("record_index")
    published = Pieces(statistics, statistics["ts_recv"].to_numpy(), np.random.default_rng(seed), 50)
    traded_clock = trades["ts_recv"].to_numpy() + trades["ts_recv_behind"].to_numpy()
    traded = Pieces(trades, traded_clock, np.random.default_rng(seed + 1), 5)
    of_options = orders(lake, "bronze_option_mbo", day, ORDER_COLUMNS, seed=seed + 2)
    of_futures = orders(lake, "bronze_future_mbo", day, RECORD_COLUMNS, seed=seed + 3)
    expected = {name: InStep(map(with_window_end, Lake(lake).open(name, product="ES", day=day).groups())) for name in TABLES}
    found: dict[str, list[pa.Table]] = {name: [] for name in TABLES}
    rows_of: Counter[str] = Counter()
    known = -1
    ends = sorted({*option_windows.ends.tolist(), *future_windows.ends.tolist()})
    for number, end in enumerate(ends):
        now = int(np.count_nonzero(listed < end))
        if now != known:
            stages.set_instruments(instruments.filter(pa.array(listed < end)))
            known = now
        for piece in published.until(end):
            stages.add_statistics(piece)
        for piece in traded.until(end):
            stages.add_trades(piece)
        for piece in of_options.until(end):
            stages.add_option_orders(piece)
        for piece in of_futures.until(end):
            stages.add_future_orders(piece)
        (made,) = stages.close_until(end)
        assert made.ts_window_end == end
        for name, rows in made.tables.items():
            if name == "silver_future_bbo":
                assert pc.all(pc.less(rows["ts_recv"], end)).as_py()
            else:
                assert pc.all(pc.equal(rows["ts_window_end"], end)).as_py(), name
            found[name].append(rows)
        if number % 120 == 119 or end == ends[-1]:
            for name, parts in found.items():
                rows_of[name] += assert_equal(name, parts, expected[name].until(end))
                parts.clear()
    assert all(rest.until(2**63 - 1) is None for rest in expected.values())
    return rows_of


def with_window_end(rows: pa.Table) -> pa.Table:
    """Rows by window as they are; others with the first moment at which a window may end that they come with."""
    return rows if "ts_window_end" in rows.column_names else rows.append_column("ts_window_end", pc.add(rows["ts_recv"], 1))


def plain(column: pa.ChunkedArray) -> pa.Array:
    """Words as words, whatever their codes; numbers to the bit."""
    whole = column.cast(pa.string()) if pa.types.is_dictionary(column.type) else column
    return whole.combine_chunks()


def assert_equal(name: str, parts: list[pa.Table], expected: pa.Table | None) -> int:
    """Compare the rows of a stretch of windows; how many there are."""
    count = sum(part.num_rows for part in parts)
    assert count == (0 if expected is None else expected.num_rows), name
    if expected is None:
        return 0
    found = pa.concat_tables(parts)
    for column in set(found.column_names) - {"product", "date"}:
        assert plain(found[column]).equals(plain(expected[column])), (name, column)
    return count


@pytest.mark.parametrize("seed", [1, 2])
def test_a_day_with_faults_window_by_window(published: Path, seed: int) -> None:
    rows_of = assert_equal_by_windows(published, DAY, seed=seed)
    assert all(rows_of[name] for name in TABLES if name != "regime_events")


EXPIRATION = date(2026, 1, 16)
"""The third Friday: some options end within the day, others come into force."""


@pytest.mark.long
@pytest.mark.parametrize(
    ("day", "session", "choices"),
    [
        (EXPIRATION, (time(14, 28), time(14, 33)), {"expirations": "all", "option_families": "quarterly,weekly", "max_dte": 100}),
        (DAY, (time(21, 58), time(23, 3)), {"expirations": "2", "max_dte": 100, "reference_price": "future_mid"}),
    ],
    ids=["an expiration and what follows it", "two sessions with closed hours between them"],
)
def test_other_days_window_by_window(tmp_path: Path, day: date, session: tuple[time, time], choices: dict[str, Any]) -> None:
    make_sample(tmp_path, start=day, days=1, seed=3, session=session, dbn_version=3)
    (run,) = run_days(settings_for(tmp_path, **choices), [day])
    assert run.success, run.failure
    assert assert_equal_by_windows(tmp_path, day, seed=5, **choices)["silver_gex_levels"]


@pytest.mark.long
@pytest.mark.parametrize(
    "session",
    [pytest.param((time(14, 0), time(15, 0)), id="a busy hour"), pytest.param(None, id="a whole day", marks=pytest.mark.soak)],
)
def test_longer_stretches_window_by_window(tmp_path: Path, session: tuple[time, time] | None) -> None:
    make_sample(tmp_path, start=DAY, days=1, seed=7, session=session, dbn_version=3)
    (run,) = run_days(settings_for(tmp_path), [DAY])
    assert run.success, run.failure
    rows_of = assert_equal_by_windows(tmp_path, DAY, seed=9)
    assert all(rows_of[name] for name in TABLES)
