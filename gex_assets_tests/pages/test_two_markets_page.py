"""The page of an index chain next to a future's options says what was combined, and the numbers of its documents."""

from __future__ import annotations

from pathlib import Path

from gex_assets.pages.two_markets_page import two_markets_page
from gex_assets.pages.words import amount, price
from gex_assets_tests.chain.two_markets.made_up_index import cboe_quotes, documents_of, made_up_side
from gex_assets_tests.pages.reading import parsed, rows_of


def test_the_page_says_that_it_is_combined_and_has_the_documents_numbers(tmp_path: Path) -> None:
    found = documents_of(tmp_path, cboe_quotes(made_up_side(seed=4)), made_up_side(), names=("field", "magic8"))
    page = parsed(two_markets_page(found).removeprefix("<!doctype html>\n"))
    assert page.one("h1").text == "ES + SPX, combined"
    assert found[0]["combined"] in page.text
    assert [one.attributes["id"] for one in page.all("section")] == ["field", "magic8"]
    for one in found:
        section = page.one("section", id=one["convention"])
        totals, strikes = section.all("table")[-2:]
        net = next(row for row in rows_of(totals) if row[0] == "net")
        assert net[1:] == [amount(market["net_gex"]) for market in (*one["markets"], one["both"])]
        stands = rows_of(strikes)
        assert len(stands) == len(one["strikes"])
        assert {(row[1], row[2]) for row in stands} == {(row["underlying"], price(row["strike"])) for row in one["strikes"]}
        figures = [figure.text for figure in section.all("figure")]
        assert len(figures) == 3
        assert "Net exposure of ES + SPX, combined, by price of ES" in figures[0]


def test_markup_in_names_stays_text(tmp_path: Path) -> None:
    found = documents_of(tmp_path, cboe_quotes(made_up_side()), made_up_side(), name="<b>x.json")
    assert "<b>x" not in two_markets_page(found)
    assert "&lt;b&gt;x" in two_markets_page(found)
