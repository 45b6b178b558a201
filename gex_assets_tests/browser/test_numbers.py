"""Numbers under the cursor are the tables', within 0.1 % of the gross exposure there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from gex_assets.analytics.reach import shown_flip
from gex_assets.conventions import conventions
from gex_assets.lake.lineage import Lineage
from gex_assets.pages.day_tables import DayTables
from gex_assets.pages.picture.page import heatmap_page, picture
from gex_assets_tests.browser.conftest import Opened, frames
from gex_assets_tests.conftest import DAY
from gex_assets_tests.pages.picture.made_up_pages import tables_of

CELLS = 4_500
SHARE = 1e-3
SHORT = {"open_interest": "oi", "resting_size": "resting", "volume": "volume", "oi_plus_flow": "oi_plus_flow"}

UNDER_THE_CURSOR = """([cells]) => cells.map(([time, price]) => {
    const cell = window.gex.cell(time, price);
    const { value, se, strike } = cell;
    return [value, se, strike].map((one) => (Number.isNaN(one) ? null : one));
})"""


@pytest.fixture(scope="module")
def tables(published: Path) -> DayTables:
    return tables_of(published, DAY)


@pytest.fixture(scope="module")
def page_file(tables: DayTables, tmp_path_factory: pytest.TempPathFactory) -> Path:
    lineage = Lineage(table="day_page", product="ES", day=DAY, code_version="1", settings_hash="", inputs={})
    path = tmp_path_factory.mktemp("published_page") / "day.html"
    path.write_bytes(heatmap_page(picture(tables, conventions=conventions()), lineage=lineage))
    return path


@pytest.fixture(scope="module")
def chain(tables: DayTables) -> list[dict[str, Any]]:
    names = ["ts_window_end", "ts_expiration", "strike", "net_gex_se", "call_flow_inventory", "put_flow_inventory"]
    names += [f"{right}_gex_{short}" for short in (*SHORT.values(), "flow") for right in ("call", "put")]
    rows: list[dict[str, Any]] = tables.read("silver_gex_chain", names).to_pylist()
    return rows


def choose(page: Page, **changed: Any) -> None:
    page.evaluate("(changed) => window.gex.change(changed)", changed)
    frames(page)


def test_a_choice_without_a_field_says_so(opened: Opened, page_file: Path) -> None:
    """Curves are made with the convention's own weight: with another one strikes are shown."""
    page = opened(page_file)
    chosen = page.locator('select:has(option[value="strikes"]) option:checked')
    expect(chosen).to_have_text("strikes")
    choose(page, mode="field")
    expect(chosen).to_have_text("field")
    choose(page, weight="volume")
    expect(chosen).to_have_text("field: none of this weight")


def expected(row: dict[str, Any], short: str, *, by_flow: bool) -> tuple[float | None, float]:
    """Net and gross of a row under field or flow; a missing side adds nothing."""
    calls, puts = row[f"call_gex_{short}"], row[f"put_gex_{short}"]
    signs = (np.sign(row["call_flow_inventory"] or 0), np.sign(row["put_flow_inventory"] or 0)) if by_flow else (1, -1)
    if calls is None and puts is None:
        return None, 0.0
    calls, puts = calls or 0.0, puts or 0.0
    return float(calls * signs[0] + puts * signs[1]), calls + puts


def test_random_cells_equal_the_chain(opened: Opened, page_file: Path, chain: list[dict[str, Any]]) -> None:
    page = opened(page_file)
    assert len({row["ts_expiration"] for row in chain}) == 1, "one expiration: a strike is a row"
    random = np.random.default_rng(4500)
    choices = [("field", weight, short) for weight, short in SHORT.items()] + [("flow", "flow_inventory", "flow")]
    known = 0
    for convention, weight, short in choices:
        own = page.evaluate("([name]) => window.gex.day.header.conventions.find((one) => one.name === name).weight", [convention])
        choose(page, convention=convention, weight=None if weight == own else weight)
        rows = [chain[place] for place in random.choice(len(chain), CELLS // len(choices), replace=False)]
        cells = [(row["ts_window_end"] / 1e9 - 2.5, row["strike"]) for row in rows]
        for row, (value, _, strike) in zip(rows, page.evaluate(UNDER_THE_CURSOR, [cells]), strict=True):
            net, gross = expected(row, short, by_flow=convention == "flow")
            assert strike == row["strike"]
            assert (value is None) == (net is None)
            if net is not None:
                known += 1
                assert abs(value - net) <= SHARE * gross
    assert known > CELLS / 2


def test_standard_errors_are_those_of_the_chain(opened: Opened, page_file: Path, chain: list[dict[str, Any]]) -> None:
    """A minute's error holds for all of its windows: at its first one it is the table's, within the ruler's step."""
    page = opened(page_file)
    first = min(row["ts_window_end"] for row in chain)
    rows = [row for row in chain if (row["ts_window_end"] - first) % 60_000_000_000 == 0 and (row["net_gex_se"] or 0.0) > 0.0]
    cells = [(row["ts_window_end"] / 1e9 - 2.5, row["strike"]) for row in rows]
    found = page.evaluate(UNDER_THE_CURSOR, [cells])
    assert len(found) > 500
    step = page.evaluate("() => window.gex.day.need('gamma_se_share').spec.step")
    for row, (_, se, _) in zip(rows, found, strict=True):
        assert se == pytest.approx(row["net_gex_se"], rel=0.51 * step + 1e-3)


MOMENT = """([end]) => {
    const { day } = window.gex;
    return window.gex.change({ moment: day.columnAt((end - day.midnight) / 5 - 1) }).then(() =>
        Object.fromEntries(Object.entries(window.gex.moment()).map(([name, value]) => [name, value !== value ? null : value])));
}"""

LEVELS = {
    "net": "net_gex",
    "se": "net_gex_se",
    "price": "reference_price",
    "callWall": "call_wall",
    "putWall": "put_wall",
    "flip": "zero_gamma",
    "flipLow": "zero_gamma_low",
    "flipHigh": "zero_gamma_high",
}
"""What the page calls it -> the table's column."""


def test_levels_are_those_of_the_tables(opened: Opened, page_file: Path, tables: DayTables) -> None:
    page = opened(page_file)
    columns = ["ts_window_end", "convention", "scope", "gross_gex", "zero_gamma_sigmas", *LEVELS.values()]
    rows = [shown_flip(row) for row in tables.read("silver_gex_levels", columns).to_pylist()]
    steps = {one["name"]: one["step"] for one in page.evaluate("() => window.gex.day.header.columns")}
    for convention in ("field", "flow", "magic8"):
        choose(page, convention=convention, weight=None)
        of_one = [row for row in rows if row["convention"] == convention and row["scope"] == "selected"]
        for row in of_one[:: len(of_one) // 12]:
            now = page.evaluate(MOMENT, [row["ts_window_end"] / 1e9])
            for ours, name in LEVELS.items():
                assert (now[ours] is None) == (row[name] is None), name
                room = {"net": 3e-6 * row["gross_gex"], "se": 0.006 * (row[name] or 0.0) + 1e-3}.get(ours, 0.501 * steps[name])
                assert row[name] is None or abs(now[ours] - row[name]) <= room, (name, row["ts_window_end"])
