from __future__ import annotations

import csv
from collections.abc import Sequence

import pytest

from gex_assets.chain.files import cells as module
from gex_assets.chain.files.cells import Cells, read_cells, snake_case, titles_text
from gex_assets.errors import ChainError


def by_strike(titles: Sequence[str]) -> bool:
    return "strike" in titles


def cells_of(text: str) -> Cells:
    return read_cells(text, file="a.csv", is_header=by_strike, expected="strike")


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Strike Price", "strike_price"),
        ("impliedVolatility", "implied_volatility"),
        (" OI ", "oi"),
        ("am-pm", "am_pm"),
        ("C.P", "c_p"),
        ("[C_IV]", "c_iv"),
        ("IV %", "iv_percent"),
    ],
)
def test_titles_become_names(title: str, name: str) -> None:
    assert snake_case(title) == name


def test_lines_above_the_header_and_ends_of_lines() -> None:
    text = "A name, 6000\n\n Strike , OI,,\n6000,1,,\n\n6010,2,,,\n6020,3,,\n"
    cells = cells_of(text)
    assert (cells.preamble, cells.header, cells.header_line) == ((("A name", "6000"),), ("Strike", "OI"), 3)
    assert (cells.rows, cells.lines) == ((("6000", "1"), ("6010", "2"), ("6020", "3")), (4, 6, 7))
    assert cells.texts(1) == ("1", "2", "3")
    assert cells.numbers(0).tolist() == [6000.0, 6010.0, 6020.0]
    assert cells.headers == "Strike, OI (line 3)"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters_and_line_ends(delimiter: str, end: str) -> None:
    cells = cells_of(delimiter.join(["strike", "oi"]) + end + delimiter.join(["6000", "7"]) + end)
    assert (cells.rows, cells.lines) == ((("6000", "7"),), (2,))


def test_the_header_comes_within_ten_lines() -> None:
    above = "title\n" * 9
    assert cells_of(f"{above}strike,oi\n").header_line == 10
    with pytest.raises(ChainError, match=r"Expected a header with strike in the first 10 lines of a.csv, was 'title'"):
        cells_of(f"{above}title\nstrike,oi\n")


def test_a_header_of_other_words_is_listed() -> None:
    with pytest.raises(
        ChainError, match=r"Expected a header with strike in the first 10 lines of a.csv, was 'K, Type, OI' in line 2"
    ):
        cells_of("\nK,Type,OI\n6000,C,1\n")


def test_errors_name_line_and_column() -> None:
    cells = cells_of("top\nstrike,oi\n6000,1\n\n6010,many\n")
    with pytest.raises(ChainError, match=r"Expected a number in line 5, column oi of a.csv, was 'many'"):
        cells.numbers(1)
    with pytest.raises(ChainError, match=r"Expected 2 cells in line 3 of a.csv, was 3$"):
        cells_of("strike,oi\n6000,1\n6010,2,3\n")


LONG = "6000,1\n" * 30_000
"""Longer than the largest cell that the csv module reads."""


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('name\nDate: 1,"Volume: 28,253\nstrike,oi\n6000,1\n', 2),
        ('strike,oi\n6000,1\n6010,"2\n6020,3\n', 3),
        (f'strike,oi\n6000,1\n6000,1\n6010,"2\n{LONG}', 4),
        ('strike,oi\n6000,"1\n', 2),
    ],
)
def test_a_quotation_mark_that_is_not_closed_is_named_by_its_line(text: str, line: int) -> None:
    with pytest.raises(ChainError, match=rf"line {line} of a.csv.*quotation mark"):
        cells_of(text).numbers(1)


def test_quoted_cells_may_hold_line_breaks_and_delimiters() -> None:
    cells = cells_of('"Strike","Open\nInterest","note, long"\n6000,1,"a\nb"\n6010,x,c\n')
    assert cells.header == ("Strike", "Open\nInterest", "note, long")
    assert cells.lines == (3, 5)
    with pytest.raises(ChainError, match=r"line 5, column Open\\nInterest of a.csv, was 'x'"):
        cells.numbers(1)


def test_one_decimal_mark_holds_for_the_whole_file() -> None:
    cells = cells_of("strike;oi;gamma\n6000,5;1.200;0,0018\n6010;1.400;0,002\n")
    assert [cells.numbers(place).tolist() for place in range(3)] == [[6000.5, 6010.0], [1200.0, 1400.0], [0.0018, 0.002]]
    said = read_cells("strike;oi\n6000;1.200\n", file="a.csv", is_header=by_strike, expected="strike", decimal=",")
    assert said.numbers(1).tolist() == [1200.0]
    quoted = cells_of('strike,oi\n6000,"1,200"\n')
    assert (quoted.numbers(1).tolist(), quoted.said is not None) == ([1200.0], True)


def test_a_column_in_percent_with_and_without_signs() -> None:
    assert cells_of("strike,iv\n6000,18.5\n6010,18.5%\n6020,\n").numbers(1, percent=True).tolist()[:2] == [0.185, 0.185]


def test_files_beyond_any_chain_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ChainError, match=r"Expected at most 1,000 columns in a.csv, was more in one line"):
        cells_of(",".join(["strike"] * 1_000_000) + "\n")
    monkeypatch.setattr(module, "_MOST_CELLS", 10)
    with pytest.raises(ChainError, match=r"Expected at most 10 cells in a.csv, was more by line 7: keep one underlying"):
        cells_of("strike,oi\n" + "6000,1\n" * 6)
    with pytest.raises(ChainError, match=r"Expected separated values in line 2 of a.csv, was field larger than field limit"):
        cells_of("strike,oi\n" + "9" * (csv.field_size_limit() + 1) + ",1\n")


def test_titles_are_shown_without_what_steers_a_terminal() -> None:
    assert titles_text(["a\x1b[2J", ""]) == r"a\x1b[2J, (empty)"
    assert titles_text(["a"] * 31).endswith("a … (31 in all)")
