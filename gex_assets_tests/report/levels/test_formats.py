"""Levels for charts against files of answers, which were held against each program's public description once, by hand."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import pytest

from gex_assets.report.levels.formats import FORMATS, as_text
from gex_assets.report.levels.page import level_lines
from gex_assets_tests.report.levels.made_up_levels import before, within

GOLDEN = Path(__file__).with_name("golden")
SETS = (before(), within(convention="magic8", flip_rule="strike_sign_change", zero_gamma_se=None, net_gex=None))


@pytest.mark.parametrize("style", FORMATS)
def test_each_form_is_the_one_of_its_file(style: str) -> None:
    assert as_text(SETS, style) == (GOLDEN / f"{style}.txt").read_text(encoding="utf-8")


def test_a_table_fits_a_terminal() -> None:
    lines = list(level_lines(SETS, width=80))
    assert "\n".join(lines) + "\n" == (GOLDEN / "table.txt").read_text(encoding="utf-8")
    assert max(map(len, lines)) <= 80


def test_csv_and_json_hold_the_same_numbers() -> None:
    rows = list(csv.DictReader(as_text(SETS, "csv").splitlines()))
    levels = [level for one in json.loads(as_text(SETS, "json")) for level in one["levels"]]
    assert [float(row["price"]) for row in rows] == pytest.approx([level["price"] for level in levels])
    assert [row["level"] for row in rows] == [level["name"] for level in levels]
    assert [row["error"] or None for row in rows] == [
        None if level["error"] is None else f"{level['error']:.10g}" for level in levels
    ]


def test_no_cell_for_sierra_chart_is_empty_or_holds_a_comma() -> None:
    for line in as_text(SETS, "sierra").splitlines():
        cells = re.findall(r'"([^"]*)"', line)
        assert len(cells) == 7
        assert all(cell and "," not in cell for cell in cells)
        assert line == ",".join(f'"{cell}"' for cell in cells)


def test_a_pine_script_has_a_line_for_every_level_and_no_word_of_advice() -> None:
    script = as_text(SETS, "tradingview")
    assert script.startswith("//@version=6\nindicator(")
    assert script.count("\n    level(") == sum(len(one.levels) for one in SETS)
    assert "buy" not in script.lower()
    assert all(len(line) < 200 for line in script.splitlines())


def test_text_of_a_file_cannot_leave_its_quotation_marks() -> None:
    script = as_text([before(scope='x"); alert("')], "tradingview")
    assert r"x\"); alert(\"" in script.splitlines()[1]


@pytest.mark.parametrize("style", FORMATS)
def test_no_levels_are_a_text_that_says_so_and_no_failure(style: str) -> None:
    names = ("call_wall", "secondary_call_wall", "put_wall", "zero_gamma", "reference_price", "expected_move")
    assert as_text([before(**dict.fromkeys(names))], style).endswith("\n")
