"""Answers at any width: nothing is broken, what is left out is said."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from gex_assets.report.answer import TextColumn, grid, records
from gex_assets.report.text import answer_lines

WIDE = pa.table({f"column_number_{n}": [n * 1.5, None, 3.0, 4.0] for n in range(29)})


def column(name: str, *cells: str) -> TextColumn:
    return TextColumn((name,), cells)


@pytest.mark.parametrize("width", [40, 60, 80, 100, 160])
def test_columns_in_the_middle_are_left_out_and_counted(width: int) -> None:
    lines = list(answer_lines(WIDE, style="table", width=width))
    assert max(map(cell_len, lines)) <= width
    shown = [line for line in lines if "…" in line and "more columns" not in line]
    assert len(shown) == 5  # the last line of the names, and four rows
    said = " ".join(lines[lines.index(shown[-1]) + 1 :])
    left_out = int(said.split()[1])
    values = shown[1].split()
    assert len(values) - 1 + left_out == 29
    assert values[0] == "0"
    assert values[-1] == ("42" if values[-1] != "…" else "…")


def test_whatever_fits_is_shown_whole_in_one_line_a_row() -> None:
    lines = list(grid([column("a", "x" * 30, "y"), column("b", "1", "22")], width=34))
    assert lines == ["a" + " " * 31 + "b", "x" * 30 + "  1", "y" + " " * 31 + "22"]


def test_names_are_folded_before_anything_is_left_out() -> None:
    columns = [TextColumn(("a_long_name_of_numbers",), ["1.5"] * 4, is_number=True) for _ in range(5)]
    lines = list(grid(columns, width=60))
    assert [line.split() for line in lines[-4:]] == [["1.5"] * 5] * 4
    assert [line.split()[0] for line in lines[:-4]] == ["a_long_", "name_of_", "numbers"]


def test_long_texts_are_cut_and_numbers_are_not() -> None:
    columns = [
        column("why", *(["word " * 20] * 4)),
        TextColumn(("n",), ["123456789012345678901234567890123"] * 4, is_number=True),
    ]
    lines = list(grid(columns, width=70))
    assert max(map(cell_len, lines)) <= 70
    assert all(line.endswith("123456789012345678901234567890123") for line in lines[1:])
    assert "…  123" in lines[1].replace("   ", "  ")


def test_few_rows_that_do_not_fit_have_a_column_a_line() -> None:
    lines = list(answer_lines(WIDE.slice(0, 2), style="table", width=60))
    assert lines[:2] == ["row 1", "column_number_0   0"]
    assert lines[30:32] == ["", "row 2"]
    assert len(lines) == 61


def test_a_column_a_line_on_request_and_long_values_go_on_below() -> None:
    table = pa.table({"why": ["one two three four five six seven eight nine"], "n": [1]})
    lines = list(answer_lines(table, style="lines", width=30))
    assert lines == ["why  one two three four five", "     six seven eight nine", "n    1"]
    narrow = list(records([column("a_rather_long_name", "a value of five words")], width=20))
    assert narrow == ["a_rather_long_name", "  a value of five", "  words"]


@given(
    rows=st.integers(0, 6),
    texts=st.lists(st.tuples(st.text(max_size=30), st.text(max_size=60)), min_size=1, max_size=12),
    width=st.integers(20, 200),
)
def test_no_line_is_wider_than_asked_for(rows: int, texts: list[tuple[str, str]], width: int) -> None:
    table = pa.Table.from_arrays([pa.array([value] * rows, pa.string()) for _, value in texts], names=[name for name, _ in texts])
    for style in ("table", "lines"):
        for line in answer_lines(table, style=style, width=width):
            assert cell_len(line) <= width or cell_len(line.split()[0]) > width - 4


def test_wide_letters_count_twice() -> None:
    lines = list(grid([column("a", "日本", "x"), column("b", "1", "2")], width=20))
    assert [cell_len(line) for line in lines] == [7, 7, 7]


def test_a_plan_is_drawn_as_it_is() -> None:
    plan = pa.table({"explain_key": ["physical_plan"], "explain_value": ["┌──┐\n│ \x1b[2J │\n└──┘\n"]})
    assert list(answer_lines(plan, style="table", width=20)) == ["┌──┐", "│ \\x1b[2J │", "└──┘"]
