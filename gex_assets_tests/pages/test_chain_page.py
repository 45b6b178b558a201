"""The page of a chain says what its documents say, and markup in a file's names stays text."""

import itertools
import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from gex_assets.chain.files.reader import read_chain_file
from gex_assets.chain.summary import documents, request_of
from gex_assets.cli.main import gex
from gex_assets.pages.chain_page import TABLES, chain_page
from gex_assets.pages.words import amount, price
from gex_assets_tests.pages.reading import Element, parsed, rows_of

MARKUP = "<b>x"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Thirty strikes of two expirations."""
    lines = ["expiration,strike,right,open_interest,iv,gamma"]
    for expiration in ("2026-01-09", "2026-01-16"):
        for n in range(30):
            strike = 5850 + 10 * n
            gamma = 0.002 / (1 + ((strike - 6000) / 60) ** 2)
            lines += [
                f"{expiration},{strike},{right},{100 + 7 * n * (right == 'C') + 90 * (n == 9)},0.15,{gamma}" for right in "CP"
            ]
    path = tmp_path / f"{MARKUP}.csv"
    path.write_text("\n".join(lines))
    return path


def asked(file: Path, **more: Any) -> list[dict[str, Any]]:
    request = request_of(names=["all"], tables=TABLES, as_of="2026-01-06T15:00Z", symbol=MARKUP, spot=6003.0, **more)
    return documents(read_chain_file(file), request)


def read(found: list[dict[str, Any]]) -> Element:
    return parsed(chain_page(found).removeprefix("<!doctype html>\n"))


def test_numbers_equal_the_documents(file: Path) -> None:
    found = asked(file)
    page = read(found)
    assert [one.attributes["id"] for one in page.all("section")] == [one["convention"] for one in found]
    for one in found:
        section = page.one("section", id=one["convention"])
        assert amount(one["net_gex"]) in section.text
        assert f"call wall {price(one['levels']['call_wall'])}" in section.text
        strikes = {line[0]: line[1] for line in rows_of(section.all("table")[-1])}
        assert strikes == {price(row["strike"]): amount(row["net_gex"]) for row in one["strikes"]}
        assert len(section.all("svg", role="img")) == 2


def test_markup_in_names_stays_text(file: Path) -> None:
    page = read(asked(file))
    assert not page.all("b")
    assert MARKUP in page.one("h1").text
    assert f"{MARKUP}.csv" in page.text


def test_the_picture_at_the_top_has_the_first_conventions_numbers(file: Path) -> None:
    found = asked(file)
    drawn = json.loads(read(found).one("script", id="gex-chain").text)
    assert drawn["strikes"] == [row["strike"] for row in found[0]["strikes"]]
    assert drawn["net"] == [row["net_gex"] for row in found[0]["strikes"]]
    assert drawn["walls"] == {right: found[0]["levels"][f"{right}_wall"] for right in ("call", "put")}
    assert len(drawn["profile"]["prices"]) == len(drawn["profile"]["net"]) > 100
    assert drawn["title"].startswith(MARKUP)


def test_the_profile_at_the_spot_price_is_the_net_exposure(file: Path) -> None:
    """With the gammas of the volatilities themselves."""
    one = asked(file, gamma="iv")[0]
    nearest = min(one["profile"], key=lambda row: abs(row["price"] - 6003.0))
    assert nearest["price"] == pytest.approx(6003.0)
    assert nearest["net_gex"] == pytest.approx(one["net_gex"], rel=1e-6)
    roots = one["levels"]["zero_gamma_roots"]
    prices = [row["price"] for row in one["profile"]]
    signs = [row["net_gex"] > 0 for row in one["profile"]]
    changes = sum(before != after for before, after in itertools.pairwise(signs))
    assert changes == sum(prices[0] < root < prices[-1] for root in roots)


def test_a_chain_without_volatilities_has_no_profile_and_says_so(file: Path) -> None:
    text = file.read_text().replace(",iv,", ",note,")
    file.write_text(text)
    page = read(asked(file))
    assert "No profile: there are no volatilities" in page.text


def test_the_command_writes_a_file_and_nothing_over_others(file: Path, tmp_path: Path) -> None:
    words = ["chain", str(file), "--spot", "6003", "--symbol", "SPX", "--as-of", "2026-01-06T15:00Z", "--format", "html"]
    out = tmp_path / "page.html"
    found = CliRunner().invoke(gex, [*words, "--out", str(out)])
    assert found.exit_code == 0, found.output
    assert out.read_text().startswith("<!doctype html>")
    (tmp_path / "mine.html").write_text("mine")
    assert CliRunner().invoke(gex, [*words, "--out", str(tmp_path / "mine.html")]).exit_code != 0
    assert (tmp_path / "mine.html").read_text() == "mine"
    assert CliRunner().invoke(gex, [*words[:-1], "csv", "--out", str(out)]).exit_code != 0
    refused = CliRunner().invoke(gex, [*words, "--table", "strike_greeks", "--out", str(tmp_path / "third.html")])
    assert "Expected no --table with --format html, was strike_greeks" in str(refused.exception)
    assert not (tmp_path / "third.html").exists()


def test_a_page_of_standard_input_is_named_by_the_symbol_whatever_that_holds(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    before = set(tmp_path.iterdir())
    words = ["chain", "-", "--spot", "6003", "--symbol", "../BRK B/../x", "--multiplier", "100", "--as-of", "2026-01-06T15:00Z"]
    found = CliRunner().invoke(gex, [*words, "--format", "html"], input=file.read_bytes())
    assert found.exit_code == 0, found.output
    (made,) = set(tmp_path.iterdir()) - before
    assert made.parent == tmp_path
    assert re.fullmatch(r"chain-[\w.-]+\.html", made.name)
