"""`silver_vacuum` of the sample's day: every number as the twin says, and what is published without options or futures."""

from __future__ import annotations

import shutil

import numpy as np

from gex_assets.defs.run import run_days
from gex_assets.lake.queries import query
from gex_assets.lake.tables import Lake
from gex_assets.schemas.registry import TABLES
from gex_assets_tests.conftest import DAY, settings_for
from gex_assets_tests.stages.rows_agree import differences
from gex_assets_tests.twins.dict_book import Record
from gex_assets_tests.twins.vacuum import ZoneBooks, vacuum_rows

TICK = 250_000_000
"""The future's, as prices of the order tables are. [1e-9 index points]"""


def rows_of(lake, name, columns=None):
    return Lake(lake).open(name, product="ES", day=DAY).read(columns).to_pylist()


def named_by_silver_gex(lake):
    named = {}
    for row in rows_of(lake, "silver_gex", ["ts_window_end", "underlying"]):
        named.setdefault(row["ts_window_end"], []).append(row["underlying"])
    return named


def twin_rows(lake, named):
    found = sorted(rows_of(lake, "bronze_future_mbo"), key=lambda row: row["record_index"])
    symbols = {row["instrument_id"]: row["symbol"] for row in found}
    ends = sorted({row["ts_window_end"] for row in rows_of(lake, "silver_future_quotes", ["ts_window_end"])})
    books = ZoneBooks(tick=TICK, window_ends=ends, instruments=dict.fromkeys(symbols, (None, None)))
    for row in found:
        books.apply(Record(*(row[name] for name in Record._fields)), row["ts_recv_behind"])
    books.finish()
    front = sorted(set(symbols.values()), key=lambda symbol: (symbol[3:], "HMUZ".index(symbol[2])))
    return vacuum_rows(books, symbols=symbols, underlyings=named, front_order=front)


def test_the_samples_day_is_what_the_twin_says(published):
    named = named_by_silver_gex(published)
    assert set(np.concatenate(list(named.values()))) == {"ESH6"}
    found = rows_of(published, "silver_vacuum")
    assert not differences(found, twin_rows(published, named))
    assert len([row for row in found if row["d3_u17_up_total_log"] is not None]) > len(found) / 2


def test_without_options_the_front_month_is_described_all_the_same(fresh, published):
    """The same numbers where both say the same future; every day of the sample trades its front month most."""
    shutil.rmtree(fresh / "raw" / "source=databento" / "product_type=future_option")
    assert all(run.success for run in run_days(settings_for(fresh), [DAY]))
    assert Lake(fresh).open("silver_gex", product="ES", day=DAY).num_rows == 0
    assert rows_of(fresh, "silver_vacuum") == rows_of(published, "silver_vacuum")


def test_without_futures_no_row_is_published_and_the_table_matches_schema(fresh):
    shutil.rmtree(fresh / "raw" / "source=databento" / "product_type=future")
    run = next(iter(run_days(settings_for(fresh), [DAY])))
    assert run.success
    assert Lake(fresh).open("silver_vacuum", product="ES", day=DAY).num_rows == 0
    assert Lake(fresh).open("silver_gex", product="ES", day=DAY).num_rows > 0
    assert query(fresh, "SELECT * FROM silver_vacuum").column_names[2:] == list(TABLES["silver_vacuum"].column_names)
