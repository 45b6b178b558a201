from __future__ import annotations

import pyarrow as pa

from gex_assets.report.text import answer_lines, people_lines


def test_brackets_and_colons_of_an_answer_are_no_markup() -> None:
    answer = pa.table({"why": ["Expected rows under [data], was [bold]nothing[/bold]", ":smile: 12:30"]})
    lines = list(answer_lines(answer, style="table", width=80))
    assert lines[1:3] == answer["why"].to_pylist()


def test_a_long_answer_says_what_it_leaves_out() -> None:
    lines = list(answer_lines(pa.table({"n": range(103)}), style="table", width=80))
    assert (len(lines), lines[-1]) == (102, "… 3 more rows; --format csv shows all")
    assert list(answer_lines(pa.table({"n": pa.array([], pa.int64())}), style="table", width=80))[-1] == "(no rows)"


def test_csv_of_no_rows_has_its_header() -> None:
    answer = pa.table({"n": pa.array([], pa.int64()), "x": pa.array([], pa.float64())})
    assert list(answer_lines(answer, style="csv", width=80)) == ["n,x"]


def test_more_rows_than_were_counted_are_more_than_so_many() -> None:
    lines = list(people_lines(pa.table({"n": [1, 2]}), style="table", width=80, rows=1_000, is_counted=False))
    assert lines[-1] == "… more than 998 more rows; --format csv shows all"
