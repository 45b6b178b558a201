from __future__ import annotations

import csv
import json

from gex_assets.chain.comparison import Comparison, Result, compare
from gex_assets.report.comparison_page import comparison_lines


def compared() -> Comparison:
    first = Result(
        file="ours.json",
        numbers={"net_gex": -2e9, "zero_gamma": 6020.0, "grown": 0.0, "coverage": 1.0},
        words={"scale": "usd_per_1pct", "symbol": "SPX"},
        strikes={(5900.0 + n, "net_gex"): 100.0 for n in range(20)} | {(6000.0, "net_gex"): 1.0},
    )
    second = Result(
        file="theirs.csv",
        numbers={"net_gex": -2.1e9, "zero_gamma": 6021.0, "grown": 3.0, "call_wall": 6100.0},
        words={"scale": "usd_per_point", "symbol": "SPX"},
        strikes={(5900.0 + n, "net_gex"): 100.0 + n for n in range(20)},
    )
    return compare(first, second)


def test_a_page_of_two_results() -> None:
    lines = list(comparison_lines(compared(), style="table", width=100))
    page = "\n".join(lines)
    assert lines[:2] == ["A  ours.json", "B  theirs.csv"]
    assert "scale differs: usd_per_1pct in A, usd_per_point in B" in page
    assert "symbol differs" not in page
    net, zero_gamma, grown = (
        next(line for line in lines if line.startswith(name)) for name in ("net_gex", "zero_gamma", "grown")
    )
    assert net.split() == ["net_gex", "-2,000,000,000", "-2,100,000,000", "-100,000,000", "5", "%", "<<"]
    assert zero_gamma.split() == ["zero_gamma", "6,020.00", "6,021.00", "1.00", "0.0166", "%"]
    assert grown.split() == ["grown", "0", "3", "3", "from", "0", "<<"]
    assert "20 values at strikes: 18 differ by more than 1 % of A" in page
    assert "  18 of these by more than 1 % of the largest value at any strike" in page
    assert sum(" net_gex " in line for line in lines) == 10
    assert "5,919.00 net_gex" in page
    assert "only in A: coverage" in page
    assert "only in B: call_wall" in page
    assert "values at strikes that only one of the two has: 1" in page
    assert lines[-1] == "20 of 23 values differ by more than 1 % of A; prices by more than 1 points"


def test_a_factor_asks_for_units_on_the_page() -> None:
    first = Result(file="a", numbers={"net_gex": -2e9, "dex": 1.0}, words={}, strikes={})
    second = Result(file="b", numbers={"net_gex": -2.0, "dex": 1.0}, words={}, strikes={})
    lines = list(comparison_lines(compare(first, second), style="table", width=80))
    assert "units? B is about A divided by 1,000,000,000: net_gex" in lines


def test_a_page_of_80_columns_cuts_nothing_off() -> None:
    numbers = {"net_gex": -1.2e13, "zero_gamma": 6020.0}
    other = {"net_gex": -1.3e13, "zero_gamma": 6021.0}
    at_strikes = [{(5900.0 + n, "call_gex"): value + n for n in range(20)} for value in (1.1e12, 2.2e12)]
    first = Result(file="a.json", numbers=numbers, words={"convention": "field"}, strikes=at_strikes[0])
    found = compare(first, Result(file="b.json", numbers=other, strikes=at_strikes[1]))
    lines = list(comparison_lines(found, style="table", width=80))
    assert lines[:2] == ["A  a.json, convention field", "B  b.json"]
    assert max(map(len, lines)) <= 80
    assert "…" not in "\n".join(lines)
    net = next(line for line in lines if line.startswith("net_gex"))
    assert net.split() == ["net_gex", "-12,000,000.0", "m", "-13,000,000.0", "m", "-1,000,000.0", "m", "8.33", "%", "<<"]


def test_programs_get_every_value() -> None:
    (line,) = comparison_lines(compared(), style="json", width=100)
    found = json.loads(line)
    assert found["over"] == 20
    assert [one["name"] for one in found["numbers"] if one["over"]] == ["net_gex", "grown"]
    assert next(one for one in found["numbers"] if one["name"] == "grown")["relative"] is None
    assert len(found["strikes"]) == 21
    table = list(csv.DictReader(comparison_lines(compared(), style="csv", width=100)))
    assert len(table) == 5 + 21
    assert (table[0]["name"], float(table[0]["relative"]), table[0]["over"]) == ("net_gex", 0.05, "True")
    assert (table[-1]["strike"], table[-1]["second"]) == ("6000.0", "")
