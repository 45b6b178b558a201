from __future__ import annotations

import pyarrow as pa
import pytest

from gex_assets.kernels.order_book_zones import FAR_FROM, MID_FROM, NEAR_FROM
from gex_assets.kernels.order_book_zones import ZONES as KERNEL_ZONES
from gex_assets.stages.cross_features import DEPTHS, ZONE_BEGINS, ZONES
from gex_assets.stages.future_depths import future_depths
from gex_assets_tests.kernels.test_order_book_zones import TICK
from gex_assets_tests.stages.test_quotes import SYMBOLS, cut, orders
from gex_assets_tests.stages.test_vacuum import WINDOWS, several_futures
from gex_assets_tests.twins.vacuum import ZoneBooks


def test_zones_are_those_that_the_kernel_draws():
    assert ZONES == KERNEL_ZONES
    assert ZONE_BEGINS == (0, NEAR_FROM, MID_FROM, FAR_FROM)


@pytest.mark.parametrize("wanted", [("ESH6", "ESU6"), ("ESM6",), ("ESH6", "ESM6", "ESU6")])
@pytest.mark.parametrize("seed", [1, 5, 6])
def test_sizes_by_zone_are_those_of_the_twin(seed, wanted):
    records = several_futures(seed)
    books = ZoneBooks(tick=TICK, window_ends=WINDOWS.ends.tolist(), instruments=dict.fromkeys(SYMBOLS, (None, None)))
    books.run(records)
    given = orders(records)
    given = given.append_column("symbol", pa.array([SYMBOLS[one.instrument_id] for one in records], pa.string()))
    places = [len(records) // 3, len(records) // 2]
    tables = list(future_depths(cut(given, places), ends=WINDOWS.ends, symbols=wanted, tick=0.25))
    found = {(row["ts_window_end"], row["symbol"]): row for table in tables for row in table.to_pylist()}
    assert {symbol for _, symbol in found} <= set(wanted)
    known = 0
    for (end, symbol), row in found.items():
        number = next(number for number, name in SYMBOLS.items() if name == symbol)
        numbers = books.zones.get((end, number))
        if numbers is None:
            assert all(row[name] is None for name in DEPTHS)
            continue
        known += 1
        assert row["depth_reference"] == numbers["twice_mid"] / 2e9
        assert {name: row[name] for name in DEPTHS[1:]} == {
            f"{side}_{zone}": numbers["end"][side][zone] for side in ("ask", "bid") for zone in ZONES
        }
    assert known > 0 or wanted == ("ESM6",)


def test_without_futures_there_are_no_rows():
    assert sum(table.num_rows for table in future_depths([], ends=WINDOWS.ends, symbols=("ESH6",), tick=0.25)) == 0
