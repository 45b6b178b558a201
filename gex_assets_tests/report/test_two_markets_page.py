"""An index chain next to a future's options as text: on a phone, in a terminal, for a program."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from gex_assets.report.chain_tables import amount_text
from gex_assets.report.two_markets_page import STRIKE_COLUMNS, two_markets_lines
from gex_assets_tests.chain.two_markets.made_up_index import cboe_quotes, documents_of, made_up_side


@pytest.fixture
def found(tmp_path: Path) -> list[dict[str, Any]]:
    return documents_of(tmp_path, cboe_quotes(made_up_side(seed=4), root="SPY", part=0.1), made_up_side())


@pytest.mark.parametrize("width", [46, 80, 130])
def test_lines_fit_the_width_and_say_first_what_was_combined(found: list[dict[str, Any]], width: int) -> None:
    lines = list(two_markets_lines(found, style="table", width=width))
    assert max(map(len, lines)) <= width
    assert " ".join(" ".join(lines).split()).startswith(
        "combined: ES options + SPY (Cboe delayed quotes, JSON, 15 min delayed, as of 2026-01-06 16:00:00 UTC) "
        "index.json: its own moment is 2026-01-06 16:15:00 UTC ES 6,950.00 on a made-up surface, SPY 695.00: "
        "its strikes stand at 10.00000 times themselves "
    )


def test_numbers_are_those_of_the_document(found: list[dict[str, Any]]) -> None:
    (one,) = found
    lines = list(two_markets_lines(found, style="table", width=80))
    rows = {line[:13].strip(): line[13:] for line in lines}
    for name, text in (("net_gex", "net"), ("gross_gex", "gross")):
        amounts = [amount_text(market[name]) for market in (*one["markets"], one["both"])]
        assert " ".join(rows[text].split()) == " ".join(amounts)
    for name, text in (("call_wall", "call wall"), ("put_wall", "put wall"), ("zero_gamma", "flip")):
        prices = [market["levels"][name] for market in (*one["markets"], one["both"])]
        assert rows[text].split() == ["–" if price is None else f"{price:,.2f}" for price in prices]
    future, index = sorted(one["sources"]["call_wall"], key=lambda row: row["underlying"])
    assert (future["underlying"], index["underlying"]) == ("ESH6", "SPY")
    assert future["strike"] == pytest.approx(10.0 * index["strike"])
    at = [f"{row['underlying']} {row['strike']:,.2f}" for row in one["sources"]["call_wall"]]
    assert f"call wall of both: {' and '.join(at)}" in lines
    at = [float(line.split()[0].replace(",", "")) for line in lines if "│" in line]
    assert at == sorted(at, reverse=True)
    assert any("price" in line and line.split()[0] == "6,950.00" for line in lines)


def test_every_line_of_a_csv_says_that_it_is_combined(found: list[dict[str, Any]]) -> None:
    rows = list(csv.DictReader(io.StringIO("\n".join(two_markets_lines(found, style="csv", width=80)))))
    assert list(rows[0]) == ["combined", "convention", *STRIKE_COLUMNS]
    assert {row["combined"] for row in rows} == {found[0]["combined"]}
    assert {row["underlying"] for row in rows} == {"ESH6", "SPY"}
    assert sum(float(row["net_gex"]) for row in rows) == pytest.approx(found[0]["both"]["net_gex"])


def test_json_is_the_document(found: list[dict[str, Any]]) -> None:
    (line,) = two_markets_lines(found, style="json", width=80)
    one = json.loads(line)
    assert one["kind"] == "two_markets"
    assert one["combined"].startswith("combined: ")
    assert one["both"]["net_gex"] == found[0]["both"]["net_gex"]


def test_a_name_of_a_file_steers_no_terminal(tmp_path: Path) -> None:
    found = documents_of(tmp_path, cboe_quotes(made_up_side()), made_up_side(), name="a\x1b[31m.json")
    assert "\x1b" not in "".join(two_markets_lines(found, style="table", width=46))
