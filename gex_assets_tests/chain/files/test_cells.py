from __future__ import annotations

import math

import pytest

from gex_assets.chain.files.cells import number_in, read_cells, snake_case, text_of
from gex_assets.errors import ChainError


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("6012.34", 6012.34),
        (" $6,012.34 ", 6012.34),
        ("1,234,567", 1_234_567.0),
        ("-1,234.5", -1_234.5),
        ("+12", 12.0),
        ("18.5%", 0.185),
        ("18.5 %", 0.185),
        ("1e-3", 1e-3),
    ],
)
def test_numbers(text: str, number: float) -> None:
    assert number_in(text) == pytest.approx(number, rel=1e-15)


@pytest.mark.parametrize("text", ["", "  ", "-", "--", "N/A", "n/a", "NaN", "NULL", "None", "#N/A"])
def test_placeholders_are_missing(text: str) -> None:
    assert math.isnan(number_in(text) or 0.0)


@pytest.mark.parametrize("text", ["high", "1,5", "12,34", "1,2345", "1.234,5", "%", "1 000"])
def test_other_texts_are_no_number(text: str) -> None:
    assert number_in(text) is None


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Strike Price", "strike_price"),
        ("impliedVolatility", "implied_volatility"),
        (" OI ", "oi"),
        ("am-pm", "am_pm"),
        ("C.P", "c_p"),
    ],
)
def test_titles_become_names(title: str, name: str) -> None:
    assert snake_case(title) == name


def test_encodings_and_binary_files() -> None:
    for encoding in ("utf-8", "utf-8-sig", "utf-16"):
        assert text_of("σ,1\n".encode(encoding), file="a.csv") == "σ,1\n"
    with pytest.raises(ChainError, match=r"Expected text in UTF-8 in a.csv, was byte 0xe9 in line 3"):
        text_of(b"a\nb\ncaf\xe9", file="a.csv")
    with pytest.raises(ChainError, match=r"Expected text in a.csv, was a binary file"):
        text_of(b"a\0b", file="a.csv")


def test_lines_above_the_header_and_ends_of_lines() -> None:
    text = "A name, 6000\n\n Strike , OI,,\n6000,1,,\n\n6010,2,,,\n6020,3,,\n"
    cells = read_cells(text, file="a.csv", headed_by=["strike"])
    assert (cells.preamble, cells.header, cells.header_line) == ((("A name", "6000"),), ("Strike", "OI"), 3)
    assert (cells.rows, cells.lines) == ((("6000", "1"), ("6010", "2"), ("6020", "3")), (4, 6, 7))
    assert cells.texts(1) == ("1", "2", "3")
    assert cells.numbers(0).tolist() == [6000.0, 6010.0, 6020.0]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters(delimiter: str) -> None:
    cells = read_cells(
        delimiter.join(["strike", "oi"]) + "\n" + delimiter.join(["6000", "7"]), file="a.csv", headed_by=["strike"]
    )
    assert cells.rows == (("6000", "7"),)


def test_the_header_comes_within_ten_lines() -> None:
    above = "title\n" * 9
    assert read_cells(f"{above}strike,oi\n", file="a.csv", headed_by=["strike"]).header_line == 10
    with pytest.raises(ChainError, match=r"Expected a header with strike in a.csv, was 'title'"):
        read_cells(f"{above}title\nstrike,oi\n", file="a.csv", headed_by=["strike"])


def test_errors_name_line_and_column() -> None:
    cells = read_cells("top\nstrike,oi\n6000,1\n\n6010,many\n", file="a.csv", headed_by=["strike"])
    with pytest.raises(ChainError, match=r"Expected a number in line 5, column oi of a.csv, was 'many'"):
        cells.numbers(1)
    with pytest.raises(ChainError, match=r"Expected 2 cells in line 3 of a.csv, was 3"):
        read_cells("strike,oi\n6000,1\n6010,2,3\n", file="a.csv", headed_by=["strike"])
