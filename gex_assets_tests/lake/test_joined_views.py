from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from gex_assets.conventions import BUILT_IN
from gex_assets.lake.queries import query
from gex_assets.lake.tables import Lake
from gex_assets.schemas.registry import TABLES
from gex_assets_tests.lake.made_up_levels import level, rows_of
from gex_assets_tests.lake.made_up_tables import DAY, publish

LEVELS, FUTURES, OUTCOMES = (TABLES[name] for name in ("silver_gex_levels", "silver_future_quotes", "gold_trigger_outcomes"))


@pytest.fixture
def lake(tmp_path):
    return Lake(tmp_path)


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


def seen(end: int, episode: str, outcome: str | None, turned_back: float | None, **given: Any) -> dict[str, Any]:
    row = {f"outcome_{bar}": outcome for bar in range(1, 7)} | {f"turned_back_{bar}": turned_back for bar in range(1, 7)}
    key = {"ts_window_end": end, "convention": "field", "level_id": "call_wall", "episode_id": episode}
    return row | key | {"price_source": "future_trades"} | given


def by_level(lake: Lake, bar: int) -> list[dict[str, Any]]:
    return list(query(lake, f"SELECT * FROM outcomes_by_level WHERE bar = {bar} ORDER BY level_id, price_source").to_pylist())


def test_shares_of_outcomes_stand_next_to_how_far_the_price_turned_back(lake):
    """Each episode counts once, by its first row; what was not observed to its end counts in no share."""
    rows = [
        seen(5, "one", "REJECT", 0.5),
        seen(10, "one", "BREAK", -0.5),
        seen(15, "two", "BREAK", -0.25),
        seen(20, "three", "REJECT", 0.5, outcome_6=None, turned_back_6=None),
        seen(25, "four", "NO_TOUCH", None),
        seen(30, "five", "WHIPSAW", 0.25, level_id="put_wall", price_source="reference_price"),
    ]
    publish(lake, OUTCOMES, rows_of(OUTCOMES, *rows))
    walls, other = by_level(lake, 1)
    assert (walls["episodes"], walls["break_share"], walls["reject_share"], walls["no_touch_share"]) == (4, 0.25, 0.5, 0.25)
    assert (walls["turned_back"], walls["turned_back_episodes"]) == (pytest.approx(0.25), 3)
    assert walls["turned_back_se"] == pytest.approx(0.25)
    assert (other["price_source"], other["whipsaw_share"], other["turned_back_se"]) == ("reference_price", 1.0, None)
    walls = by_level(lake, 6)[0]
    assert (walls["episodes"], walls["reject_share"], walls["turned_back_episodes"]) == (3, pytest.approx(1 / 3), 2)
    assert walls["turned_back"] == pytest.approx(0.125)


def test_a_mean_of_equal_distances_has_no_error_rather_than_none(lake):
    publish(lake, OUTCOMES, rows_of(OUTCOMES, *(seen(end, str(end), "REJECT", -0.5) for end in (5, 10, 15))))
    (walls,) = by_level(lake, 1)
    assert (walls["turned_back"], walls["turned_back_se"], walls["turned_back_episodes"]) == (-0.5, None, 3)


def test_episodes_of_two_days_and_products_are_kept_apart_and_an_empty_lake_has_none(lake):
    assert query(lake, "SELECT * FROM outcomes_by_level").num_rows == 0
    publish(lake, OUTCOMES, rows_of(OUTCOMES, seen(5, "one", "REJECT", 0.5)))
    publish(lake, OUTCOMES, rows_of(OUTCOMES, seen(5, "one", "BREAK", -0.5)), product="NQ")
    answer = query(lake, "SELECT product, turned_back FROM outcomes_by_level WHERE bar = 2 ORDER BY product").to_pylist()
    assert answer == [{"product": "ES", "turned_back": 0.5}, {"product": "NQ", "turned_back": -0.5}]
