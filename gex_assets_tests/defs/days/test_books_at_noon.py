"""The sample's books written out at 12:00 and read back: the rest of the day is what was published without a break."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from gex_assets.defs.run import run_days
from gex_assets.lake.tables import Lake
from gex_assets.market.sessions import sessions
from gex_assets.sample.market import make_sample
from gex_assets.stages.silver.quotes import ORDER_COLUMNS, FutureBooks, OptionBooks
from gex_assets.stages.silver.vacuum import UNDERLYING_COLUMNS, VacuumBooks, VacuumStage
from gex_assets.stages.windows import Windows, windows_of
from gex_assets_tests.conftest import DAY, settings_for
from gex_assets_tests.stages.silver.made_up_feed import bits, blocks

NS = 1_000_000_000
NOON = int(datetime.combine(DAY, time(12), UTC).timestamp()) * NS


@pytest.fixture(scope="module")
def around_noon(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake with the sample's tables from 11:58 to 12:02, without planted faults."""
    lake = tmp_path_factory.mktemp("noon")
    make_sample(lake, start=DAY, days=1, seed=11, session=(time(11, 58), time(12, 2)), dbn_version=3)
    (run,) = run_days(settings_for(lake), [DAY], select='+key:"silver_vacuum"')
    assert run.success, run.failure
    return lake


def table(lake: Path, name: str, columns: Any = None) -> pa.Table:
    return Lake(lake).open(name, product="ES", day=DAY).read(columns)


def day_windows() -> Windows:
    return windows_of(sessions(product="ES", day=DAY, start_ns=NOON - 120 * NS, end_ns=NOON + 120 * NS))


def parts(orders: pa.Table, windows: Windows) -> Iterator[tuple[list[int], pa.Table]]:
    """By single windows up to 12:00, then by seven."""
    ends = windows.ends.tolist()
    before = len([end for end in ends if end <= NOON])
    for taken, part in blocks(orders, ends, [*[1] * before, *[7] * before]):
        yield list(taken), part


@pytest.mark.parametrize("kind", [OptionBooks, FutureBooks])
def test_quotes_go_on_as_published(around_noon: Path, kind: Any) -> None:
    is_option = kind is OptionBooks
    orders = table(around_noon, "bronze_option_mbo" if is_option else "bronze_future_mbo")
    orders = orders.sort_by("record_index").select([*ORDER_COLUMNS, *([] if is_option else ["symbol"])])
    books = kind(windows=day_windows())
    if is_option:
        books.list(table(around_noon, "bronze_option_instruments"))
    found: list[pa.Table] = []
    resting = 0
    for ends, part in parts(orders, day_windows()):
        found += books.records(part)
        found += books.close_until(ends[-1]) if ends else books.finish()
        if NOON in ends:
            resting = books.resting_orders
            books = kind.restored(books.snapshot(), windows=day_windows())
    assert resting > 100
    published = table(around_noon, "silver_option_quotes" if is_option else "silver_future_quotes")
    assert bits(found) == bits([published.select(found[0].column_names)])
    assert len(set(published["ts_window_end"].to_pylist())) == len(day_windows())


def test_vacuum_goes_on_as_published(around_noon: Path) -> None:
    orders = table(around_noon, "bronze_future_mbo").sort_by("record_index").select([*ORDER_COLUMNS, "symbol"])
    underlyings = table(around_noon, "silver_gex", UNDERLYING_COLUMNS)
    given: dict[str, Any] = {"windows": day_windows(), "product": "ES", "day": DAY, "tally": Counter()}
    books, stage = VacuumBooks(tick=0.25, windows=day_windows()), VacuumStage(**given)
    found: list[pa.Table] = []
    for ends, part in parts(orders, day_windows()):
        made = [*books.records(part), *(books.close_until(ends[-1]) if ends else books.finish())]
        found += [stage.rows(block, underlyings=underlyings) for block in made]
        if NOON in ends:
            books = VacuumBooks.restored(books.snapshot(), windows=day_windows(), tick=0.25)
            stage = VacuumStage.restored(stage.snapshot(), **given)
    published = table(around_noon, "silver_vacuum")
    assert bits(found) == bits([published.select(found[0].column_names)])
    assert sum(row["d3_u17_up_total_log"] is not None for row in published.to_pylist()) > 30
