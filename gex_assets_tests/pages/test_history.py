"""The history page: its numbers are the table's, and what is missing or far away is said."""

from datetime import date
from pathlib import Path
from typing import Any

from gex_assets.lake.tables import Lake
from gex_assets.pages.history import history_of_lake, history_page
from gex_assets_tests.pages.made_up_days import history_row, trading_days
from gex_assets_tests.pages.reading import Element, parsed, rows_of

LINK = "days/{}.html".format
DAYS = trading_days(date(2026, 1, 5), date(2026, 1, 13))


def read(rows: list[dict[str, Any]], walls: dict[Any, Any] | None = None) -> Element:
    page = history_page(rows, product="ES", walls=walls or {}, link=LINK)
    return parsed(page.removeprefix("<!doctype html>\n"))


def test_the_table_has_every_day_newest_first() -> None:
    rows = [history_row(day, net_gex=-1e9 * n, sessions_seen=n) for n, day in enumerate(DAYS, 1)]
    table = rows_of(read(rows).one("table"))
    assert [line[0] for line in table] == [str(day) for day in reversed(DAYS)]
    assert table[0][4] == f"−{len(DAYS)}.00 bn"
    assert table[-1][1:4] == ["negative", "high", "6900.25"]


def test_each_convention_has_its_own_section_and_unit() -> None:
    rows = [row for day in DAYS for row in (history_row(day), history_row(day, convention="magic8", scale="usd_per_point"))]
    page = read(rows)
    assert [one.attributes["id"] for one in page.all("section")] == ["field", "magic8"]
    assert "net (USD per point)" in page.one("section", id="magic8").text


def test_what_is_missing_is_left_out_and_said() -> None:
    gone = {"zero_gamma": None, "distance_to_flip": None, "distance_to_flip_pct": None, "net_gex_percentile": None}
    rows = [
        history_row(DAYS[0], **gone),
        history_row(DAYS[1], zero_gamma=9000.0, hedge_per_sigma=None, distance_to_flip_pct=-30.0),
    ]
    text = read(rows, {(DAYS[1], "field"): (6950.0, None)}).text
    assert "1 of 2 days have a flip" in text
    assert "Farther than 6% from the price and not drawn: 1 × flip" in text
    assert "Known on 1 of 2 days" in text
    assert "put wall –, call wall 6950" in text


def test_one_day_is_a_day() -> None:
    text = read([history_row(DAYS[0])]).text
    assert f"1 day, {DAYS[0]}, each at" not in text
    assert f"1 day, {DAYS[0]}, at its last window" in text
    assert "negative on 1 day," in text
    assert "positive on 0 days" in text


def test_a_stretch_of_a_regime_that_may_be_longer_says_so() -> None:
    table = rows_of(read([history_row(DAYS[0], regime_start_seen=False)]).one("table"))
    assert table[0][11] == "3+"


def test_a_lake_without_history_says_what_to_do(published: Path, tmp_path: Path) -> None:
    for lake in (tmp_path, published):
        page = history_of_lake(Lake(lake), product="ES", link=LINK)
        assert "It is made of published days: gex history." in parsed(page.removeprefix("<!doctype html>\n")).text
