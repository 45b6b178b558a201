from __future__ import annotations

import re

from gex_assets.schemas.dictionary import data_dictionary
from gex_assets.schemas.registry import TABLES
from gex_assets.schemas.silver_gex import DERIVATIVE_ORDERS, SLOTS
from gex_assets_tests.shared_data import ROOT

TEXT = data_dictionary()


def section(name):
    return re.search(rf"^### {name}\n(.*?)(?=^##|\Z)", TEXT, re.DOTALL | re.MULTILINE)[1]


def named_columns(name):
    for pattern in re.findall(r"^\| `([^`]+)` \|", section(name), re.MULTILINE):
        slots = SLOTS if "{slot}" in pattern else ("",)
        orders = DERIVATIVE_ORDERS if pattern.startswith("d{n}_") else ("",)
        yield from (pattern.replace("{slot}", slot).replace("{n}", str(order)) for slot in slots for order in orders)


def test_tables_md_is_fresh():
    assert (ROOT / "TABLES.md").read_text(encoding="utf-8") == TEXT, (
        "Expected TABLES.md to be what the schemas say, was another text: run `make tables`"
    )


def test_every_column_of_every_table_is_there_exactly_once():
    for name, table in TABLES.items():
        columns = list(named_columns(name))
        assert sorted(columns) == sorted(table.column_names)


def test_the_columns_that_form_families_share_rows():
    rows = section("silver_gex").count("\n| `")
    assert rows < 100 < len(TABLES["silver_gex"].columns)
    assert "| `d{n}_gex_strike_{slot}_net` | float64 | USD per 1 % | yes |" in section("silver_gex")
    assert "`{slot}`" not in section("silver_option_quotes")


def test_units_ranges_and_words_are_said():
    assert "| `strike` | float64 | index points |  | ≥ 0 |" in section("bronze_option_mbo")
    assert "| `dbn_version` | int32 |  |  | 1 … 3 |" in section("raw_option_mbo")
    assert "| `right` | category |  |  | C, P |" in section("bronze_option_mbo")
    assert "list of struct (instrument_id uint32, ratio int32, side string)" in section("bronze_option_trades")
    assert "row groups sorted by `instrument_id, record_index`" in section("bronze_option_mbo")


def test_no_row_is_broken_by_what_stands_in_it():
    for name in TABLES:
        widths = {len(re.findall(r"(?<!\\)\|", line)) for line in section(name).splitlines() if line.startswith("|")}
        assert widths == {7}


def test_it_says_for_whom_a_column_or_a_whole_table_is_that_nothing_here_reads():
    assert "*For whoever turns a forward value into a price" in section("silver_forward")
    assert section("silver_forward").count("*For ") == 4 + 1 + 3
    assert "\n*For models that learn from triggers.*\n" in section("gold_trigger_vectors")
    assert section("gold_trigger_vectors").count("*For ") == 1
