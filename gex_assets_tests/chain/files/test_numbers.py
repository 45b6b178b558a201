from __future__ import annotations

import math

import pytest

from gex_assets.chain.files.numbers import MarkFound, decimal_mark, number_in
from gex_assets.errors import ChainError


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("6012.34", 6012.34),
        (" $6,012.34 ", 6012.34),
        ("-$1,234.5", -1_234.5),
        ("1,234,567", 1_234_567.0),
        ("1 234 567", 1_234_567.0),
        ("1'234.5", 1_234.5),
        ("1\u202f200", 1_200.0),
        ("+12", 12.0),
        (".002", 0.002),
        ("18.5%", 0.185),
        ("18.5 %", 0.185),
        ("1e-3", 1e-3),
    ],
)
def test_numbers(text: str, number: float) -> None:
    assert number_in(text) == pytest.approx(number, rel=1e-15)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0,185", 0.185),
        ("1.200", 1_200.0),
        ("1.234,5", 1_234.5),
        ("6000,5", 6_000.5),
        (",002", 0.002),
        ("18,5 %", 0.185),
        ("1200", 1_200.0),
    ],
)
def test_numbers_with_a_decimal_comma(text: str, number: float) -> None:
    assert number_in(text, decimal=",") == pytest.approx(number, rel=1e-15)


@pytest.mark.parametrize("text", ["", "  ", "-", "--", "N/A", "n/a", "NaN", "NULL", "None", "#N/A"])
def test_placeholders_are_missing(text: str) -> None:
    assert math.isnan(number_in(text) or 0.0)


@pytest.mark.parametrize("text", ["high", "1,5", "12,34", "1,2345", "1.234,5", "%", "1 00", "0,185", "1_000", "١٢", "1.2.3"])
def test_other_texts_are_no_number(text: str) -> None:
    assert number_in(text) is None


@pytest.mark.parametrize("text", ["0.185", "1,234.5", "12.34", "1.5e-5", "1,2,3"])
def test_points_are_no_decimals_beside_a_decimal_comma(text: str) -> None:
    assert number_in(text, decimal=",") is None


@pytest.mark.parametrize(
    ("cells", "mark"),
    [
        (["1.200", "0,0018"], ","),
        (["1.200", "6000,5"], ","),
        (["1.234,5"], ","),
        (["1.234.567", "1.200"], ","),
        (["0,185"], ","),
        (["1,200", "0.0018"], "."),
        (["1,234,567"], "."),
        ([".002", "1,200"], "."),
        (["1200", "600"], "."),
        (["16.01.2026", "C", "2026-01-16", "SPX, weekly"], "."),
    ],
)
@pytest.mark.parametrize("delimiter", [",", ";"])
def test_the_cells_of_a_file_show_its_mark(cells: list[str], mark: str, delimiter: str) -> None:
    assert decimal_mark(enumerate(cells, 2), delimiter=delimiter, file="a.csv") == MarkFound(mark, None)  # type: ignore[arg-type]


def test_both_marks_in_one_file_are_refused() -> None:
    with pytest.raises(
        ChainError, match=r"one decimal mark in a.csv, was a comma in line 3 \('0,5'\) and a point in line 2 \('0.5'\)"
    ):
        decimal_mark([(2, "0.5"), (3, "0,5")], delimiter=";", file="a.csv")


@pytest.mark.parametrize("text", ["1.200", "1,200"])
def test_what_nothing_decides_is_asked(text: str) -> None:
    with pytest.raises(ChainError, match=rf"was only such as '{text}' in line 2: say --decimal point or --decimal comma"):
        decimal_mark([(2, text), (3, "C")], delimiter=";", file="a.csv")


def test_commas_between_cells_decide_for_the_point_and_it_is_said() -> None:
    found = decimal_mark([(2, "1,200"), (3, "600")], delimiter=",", file="a.csv")
    assert found.mark == "."
    assert found.said == "'1,200' in line 2 is read as 1,200: commas are between cells, so the decimal mark is a point"
