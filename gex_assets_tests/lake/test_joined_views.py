from __future__ import annotations

from datetime import date
from typing import Any

import pyarrow as pa
import pytest

from gex_assets.conventions import BUILT_IN
from gex_assets.lake.queries import query
from gex_assets.lake.tables import Lake
from gex_assets.schemas.registry import TABLES
from gex_assets.schemas.table import Table
from gex_assets_tests.lake.made_up_tables import DAY, publish

LEVELS, FUTURES = TABLES["silver_gex_levels"], TABLES["silver_future_quotes"]


@pytest.fixture
def lake(tmp_path):
    return Lake(tmp_path)


def rows_of(table: Table, *rows: dict[str, Any]) -> pa.Table:
    """Rows of which only some columns are said: the others are NULL, 0 or a word."""
    usual: dict[str, Any] = {}
    for column in table.columns:
        if not column.nullable:
            usual[column.name] = "ok" if pa.types.is_dictionary(column.type) else DAY if pa.types.is_date(column.type) else 0
        else:
            usual[column.name] = None
        if pa.types.is_boolean(column.type):
            usual[column.name] = False
    return pa.Table.from_pylist([usual | row for row in rows], schema=table.arrow_schema())


def level(end: int, *, scale: str = "usd_per_1pct", price: float = 6_900.0, **given: Any) -> dict[str, Any]:
    return {
        "ts_window_end": end,
        "convention": "field",
        "scope": "selected",
        "scale": scale,
        "underlying": "ESH6",
        "reference_price": price,
        **given,
    }


def future(end: int, buy: int, sell: int, none: int = 0, *, symbol: str = "ESH6", number: int = 1) -> dict[str, Any]:
    sizes = {"trade_buy_size": buy, "trade_sell_size": sell, "trade_none_size": none}
    return {"ts_window_end": end, "instrument_id": number, "symbol": symbol, **sizes}


def exposures(lake: Lake) -> list[dict[str, Any]]:
    return list(query(lake, "SELECT * FROM exposure_by_product ORDER BY product, ts_window_end, convention").to_pylist())


def test_an_empty_lake_has_the_view_without_rows(lake):
    assert exposures(lake) == []


def test_exposures_of_two_products_have_the_same_units_next_to_their_futures_volume(lake):
    publish(lake, LEVELS, rows_of(LEVELS, *(level(end, net_gex=6.9e9, gross_gex=13.8e9) for end in (5, 10))))
    publish(lake, FUTURES, rows_of(FUTURES, future(5, 10, 20, 5), future(5, 7, 7, symbol="ESM6", number=2), future(10, 1, 0)))
    nasdaq = level(5, price=25_000.0, underlying="NQH6", net_gex=-1e9, gross_gex=4e9)
    publish(lake, LEVELS, rows_of(LEVELS, nasdaq, nasdaq | {"scope": "0dte"}), product="NQ")
    first, second, other = exposures(lake)
    assert (first["product"], first["date"], first["multiplier"]) == ("ES", DAY, 50.0)
    assert first["net_usd_per_1pct"] == 6.9e9
    assert first["net_contracts_per_1pct"] == pytest.approx(20_000.0)
    assert first["gross_contracts_per_1pct"] == pytest.approx(40_000.0)
    assert (first["future_volume"], first["future_volume_so_far"]) == (35, 35)
    assert (second["future_volume"], second["future_volume_so_far"]) == (1, 36)
    assert second["net_share_of_volume"] == pytest.approx(20_000 / 36)
    assert (other["product"], other["underlying"], other["multiplier"]) == ("NQ", "NQH6", 20.0)
    assert other["net_contracts_per_1pct"] == pytest.approx(-2_000.0)
    assert (other["future_volume"], other["future_volume_so_far"], other["net_share_of_volume"]) == (None, None, None)


@pytest.mark.parametrize(
    ("scale", "usd"),
    [
        ("usd_per_1pct", 1.0),
        ("usd_per_point", 0.01 * 6_900),
        ("delta_per_point", 0.01 * 6_900**2),
        ("contracts_per_1pct", 50 * 6_900),
    ],
)
def test_every_scale_becomes_usd_per_1pct(lake, scale, usd):
    publish(lake, LEVELS, rows_of(LEVELS, level(5, scale=scale, net_gex=2.0, gross_gex=3.0)))
    (row,) = exposures(lake)
    assert (row["net_usd_per_1pct"], row["gross_usd_per_1pct"]) == pytest.approx((2 * usd, 3 * usd))


def test_no_built_in_scale_is_left_out():
    assert {one.scale for one in BUILT_IN.values()} <= {
        "usd_per_1pct",
        "usd_per_point",
        "delta_per_point",
        "contracts_per_1pct",
    }


def test_nothing_traded_is_no_share_and_days_are_counted_apart(lake):
    later = date(2026, 1, 7)
    for day in (DAY, later):
        publish(lake, LEVELS, rows_of(LEVELS, level(5, net_gex=1.0, gross_gex=1.0)), day=day)
        publish(lake, FUTURES, rows_of(FUTURES, future(5, 0, 0 if day == DAY else 3)), day=day)
    first, second = sorted(exposures(lake), key=lambda row: row["date"])
    assert (first["future_volume_so_far"], first["net_share_of_volume"]) == (0, None)
    assert second["future_volume_so_far"] == 3
