"""The packed day of a published lake, read by the twin, has the numbers of the tables."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from gex_assets.analytics.reach import FLIP_COLUMNS
from gex_assets.conventions import WEIGHTS
from gex_assets.defaults import IN_REACH_SIGMAS
from gex_assets.pages.day_tables import DayTables
from gex_assets_tests.conftest import DAY
from gex_assets_tests.pages.picture.comparing import SHARE, ChainCells, chain_cells, compared
from gex_assets_tests.pages.picture.made_up_pages import page_of, tables_of
from gex_assets_tests.twins.packed_day import PackedDay

CELLS = 4_500
GEX = {
    "open_interest": "oi",
    "resting_size": "resting",
    "flow_inventory": "flow",
    "volume": "volume",
    "oi_plus_flow": "oi_plus_flow",
}


@pytest.fixture(scope="module")
def tables(published: Path) -> DayTables:
    return tables_of(published, DAY)


@pytest.fixture(scope="module")
def day(tables: DayTables) -> PackedDay:
    return PackedDay(page_of(tables).decode())


@pytest.fixture(scope="module")
def chain(tables: DayTables, day: PackedDay) -> ChainCells:
    return chain_cells(tables, day)


def test_every_line_and_window_of_the_chain_is_there(day: PackedDay, chain: ChainCells) -> None:
    assert len({line for line, _ in chain}) == len(day.header["lines"])
    assert len({window for _, window in chain}) == day.header["windows"]


def test_random_cells_equal_the_tables(day: PackedDay, chain: ChainCells) -> None:
    """Every convention, weight, call, put and net: as a share of the line's gross exposure."""
    found = compared(day, chain, cells=CELLS)
    assert found.different == []
    assert set(found.known) == set(WEIGHTS)
    assert all(count > 100 for count in found.known.values()), found.known


def test_levels_equal_the_table(tables: DayTables, day: PackedDay) -> None:
    names = [one["name"] for one in day.header["columns"] if one["axis"] == "levels"]
    of_levels = [name for name in names if name not in ("regime", "magnitude", "confidence")]
    seen = 0
    for row, window, one in _level_rows(tables, day, [*of_levels, "gross_gex"]):
        gross = one["gross_gex"]
        for name in [name for name in of_levels if window % day.said[name]["every"] == 0]:
            value, expected = day.cell(name, row, window), None if name in FLIP_COLUMNS and one["is_far"] else one[name]
            assert (value is None) == (expected is None), (name, one)
            if value is not None:
                # Net and its error stand in words above the picture: their digits are those of the table.
                of_exposures = {"net_gex": 3e-6 * (gross or 0.0), "net_gex_se": 0.006 * expected + 1e-3}
                allowed = of_exposures.get(name, day.said[name]["step"] / 2 + 1e-9)
                assert abs(value - expected) <= allowed, (name, one, value)
                seen += 1
    assert seen > 1000


def _level_rows(tables: DayTables, day: PackedDay, names: list[str]) -> Any:
    rows_of = {(one["convention"], one["scope"]): row for row, one in enumerate(day.header["levels"])}
    windows = {tables.midnight_ns + (k + 1) * 5_000_000_000: place for place, k in enumerate(day.column("k")[0])}
    for one in tables.read(
        "silver_gex_levels", ["ts_window_end", "convention", "scope", *names, "zero_gamma_sigmas"]
    ).to_pylist():
        one["is_far"] = (one["zero_gamma_sigmas"] or 0.0) > IN_REACH_SIGMAS
        yield rows_of[one["convention"], one["scope"]], windows[one["ts_window_end"]], one


def test_regimes_equal_the_table(tables: DayTables, day: PackedDay) -> None:
    """In every window: the page says of a moment what the summary says of it."""
    rows_of = {one["convention"]: row for row, one in enumerate(day.header["levels"]) if one["scope"] == "selected"}
    windows = {tables.midnight_ns + (k + 1) * 5_000_000_000: place for place, k in enumerate(day.column("k")[0])}
    names = ["regime", "magnitude", "confidence"]
    rows = tables.read("regime_scores", ["ts_window_end", "convention", *names]).to_pylist()
    for one in rows:
        window = windows[one["ts_window_end"]]
        found = [day.cell(name, rows_of[one["convention"]], window) for name in names]
        assert found[:2] == [one[name] for name in names[:2]]
        assert (found[2] is None) == (one["confidence"] is None)
        assert found[2] is None or abs(found[2] - one["confidence"]) <= 0.00501
    assert any(one["regime"] for one in rows)


def test_no_curve_of_the_profile_is_shown_before_it_was_known(tables: DayTables, day: PackedDay) -> None:
    """A column shows the latest curve known at its first window, a minute old at most."""
    prices, ks, every = day.header["profile"]["prices"], day.column("k")[0], day.said["profile_net"]["every"]
    seen = 0
    for curve, pair in enumerate(day.header["profiles"]):
        rows = [one for one in _profile_rows(tables) if (one["convention"], one["scope"]) == (pair["convention"], pair["scope"])]
        largest = max(abs(one["net_gex"]) for one in rows)
        for place, price in enumerate(prices):
            known = [(one["ts_window_end"], one["net_gex"]) for one in rows if one["price"] == price]
            for column, value in enumerate(day.column("profile_net")[curve * len(prices) + place]):
                shown = tables.midnight_ns + (ks[column * every] + 1) * 5_000_000_000
                before = [one for one in known if 0 <= shown - one[0] <= 60_000_000_000]
                assert (value is None) == (not before)
                if value is not None:
                    assert abs(value - max(before)[1]) <= SHARE * largest
                    seen += 1
    assert seen > 100


def _profile_rows(tables: DayTables) -> list[dict[str, Any]]:
    return tables.read("silver_gex_profile", ["ts_window_end", "convention", "scope", "price", "net_gex"]).to_pylist()


def test_every_packed_column_is_read_by_the_browser(day: PackedDay) -> None:
    """A page is small: what nothing draws is not packed. Contracts are read by a name that is put together."""
    bundle = (files("gex_assets.pages") / "web" / "heatmap.js").read_text()
    names = [one["name"] for one in day.header["columns"] if not one["blob"].startswith("weight-")]
    assert [name for name in names if f'"{name}"' not in bundle] == []
    assert set(day.header["blobs"]) - {"core", "profile"} == {f"weight-{name}" for name in WEIGHTS}
