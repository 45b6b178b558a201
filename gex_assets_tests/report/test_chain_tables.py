from __future__ import annotations

import re
from typing import Any

import pytest

from gex_assets.chain import read_chain_file
from gex_assets.chain.summary import documents, request_of
from gex_assets.report.chain_page import chain_lines
from gex_assets.report.chain_tables import CHAIN_TABLES, amount_text, further_lines
from gex_assets_tests.chain.made_up_chains import quotes, rows


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    path = tmp_path_factory.mktemp("chain") / "spx.json"
    # an hour before the close of the first expiration
    path.write_text(quotes(rows()).replace("2026-01-06 15:00:00", "2026-01-07 20:00:00"))
    (found,) = documents(read_chain_file(path), request_of(names=["field"], tables=("strike_greeks", "strike_expirations")))
    return found


def lines_of(one: dict[str, Any], *tables: str, width: int = 80) -> list[str]:
    return list(further_lines(one, tables=tables, width=width))


def test_the_part_of_the_day_itself_is_shown_where_options_expire_on_it(one: dict[str, Any]) -> None:
    lines = lines_of(one)
    today, later = (row for row in one["zero_dte"])
    assert lines[1].split() == ["expires", "options", "calls", "puts", "net", "gross", "share"]
    assert lines[2].startswith("today (0DTE)")
    assert amount_text(today["net_gex"]) in lines[2]
    assert lines[3].endswith(f"{later['gross_share']:.1%}")
    assert lines_of({**one, "zero_dte": [{**today, "options": 0}, later]}) == []


@pytest.mark.parametrize("width", [80, 100, 160])
def test_tables_fit_and_say_what_is_left_out(one: dict[str, Any], width: int) -> None:
    lines = lines_of(one, "strike_greeks", "strike_expirations", width=width)
    assert max(map(len, lines)) <= width
    strike = max(one["strike_greeks"], key=lambda row: abs(row["dex"] or 0.0))
    row = next(line for line in lines if line.startswith(f"{strike['strike']:,.2f}"))
    assert row.split("  ")[-1].strip() == amount_text(strike["charm_exposure"])
    assert any("01-07 15:00" in line and "06-18 08:30" in line for line in lines)
    assert re.fullmatch(r"… ([1-9]\d* more expirations? and )?[1-9]\d* more strikes: --format csv shows all", lines[-1])
    page = list(chain_lines([one], style="table", width=width, tables=["strike_greeks"]))
    assert max(map(len, page)) <= width


def test_a_grid_of_many_expirations_shows_the_nearest_and_counts_the_rest(one: dict[str, Any]) -> None:
    many = [
        {**row, "ts_expiration": row["ts_expiration"] + n * 86_400 * 10**9}
        for n in range(10)
        for row in one["strike_expirations"]
    ]
    assert lines_of({**one, "strike_expirations": many}, "strike_expirations")[-1].startswith("… ")
    none = lines_of({**one, "strike_expirations": []}, "strike_expirations")
    assert none[-1] == "net by strike and expiration: no expirations are known"


def test_every_column_of_a_table_is_in_its_rows(one: dict[str, Any]) -> None:
    assert all(set(columns) <= set(one[name][0]) for name, columns in CHAIN_TABLES.items())
