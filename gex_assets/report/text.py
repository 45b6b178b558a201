"""Answers of queries as lines of text; csv and json for a program behind a pipe."""

from __future__ import annotations

import csv
import io
import json
import textwrap
from collections.abc import Iterable, Iterator
from typing import Any, Final

import pyarrow as pa
from rich.console import Console
from rich.table import Table

from gex_assets.escaping import visible
from gex_assets.report.answer import TextColumn, grid, records
from gex_assets.report.cells import cells_of, plain

__all__ = ["MOST_ROWS", "answer_lines", "csv_line", "lines_of", "new_table", "people_lines", "program_lines"]

MOST_ROWS: Final = 100
_LINE_END: Final = "\r\n"
"""The writer puts a cell in quotation marks only where it holds a letter of this."""


def answer_lines(answer: pa.Table, *, style: str, width: int, most_rows: int = MOST_ROWS) -> Iterator[str]:
    """An answer as a table or lines (at most `most_rows` rows, and it says so), as csv, or as one JSON object per line."""
    if style in {"csv", "json"}:
        yield from program_lines(answer.schema, answer.to_batches(), style=style)
    else:
        yield from people_lines(answer.slice(0, most_rows), style=style, width=width, rows=answer.num_rows)


def program_lines(schema: pa.Schema, batches: Iterable[pa.RecordBatch], *, style: str) -> Iterator[str]:
    """Rows for a program as they come: csv with a header, or one JSON object per line."""
    if style == "csv":
        yield csv_line(schema.names)
    for batch in batches:
        columns = [[plain(value) for value in column.to_pylist()] for column in batch.columns]
        for row in zip(*columns, strict=True):
            yield csv_line(row) if style == "csv" else json.dumps(dict(zip(schema.names, row, strict=True)), allow_nan=False)


def people_lines(shown: pa.Table, *, style: str, width: int, rows: int, is_counted: bool = True) -> Iterator[str]:
    """Rows for people, in lines of at most `width` cells.

    Parameters
    ----------
    shown : the rows that are shown.
    style : "table", or "lines" for a column a line.
    rows : how many rows the answer has; where they were not all counted, how many at least.
    """
    if shown.column_names == ["explain_key", "explain_value"]:  # a drawing, whose lines belong together
        for text in shown.column(1).to_pylist():
            yield from visible(text, line_breaks=True).splitlines()
        return
    columns = [
        TextColumn((visible(field.name),), cells, is_number=_is_number(field.type))
        for field, cells in zip(shown.schema, cells_of(shown), strict=True)
    ]
    yield from (records if style == "lines" else grid)(columns, width=width)
    if rows > shown.num_rows:
        left = rows - shown.num_rows
        many = f"{'' if is_counted else 'more than '}{left:,} more row{'' if left == 1 and is_counted else 's'}"
        yield from textwrap.wrap(f"… {many}; --format csv shows all", max(width, 20))
    elif rows == 0:
        yield "(no rows)"


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind))


def csv_line(values: Iterable[object]) -> str:
    """One line of csv; None is an empty cell."""
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator=_LINE_END).writerow(["" if value is None else value for value in values])
    return buffer.getvalue().removesuffix(_LINE_END)


def new_table() -> Table:
    """A table without lines between its cells, the look of every page."""
    return Table(box=None, pad_edge=False, header_style="bold")


def lines_of(renderable: Any, width: int) -> list[str]:
    """Anything that rich can draw, as lines of text at most `width` characters wide."""
    console = Console(width=max(width, 80), file=io.StringIO(), highlight=False, markup=False, emoji=False)
    with console.capture() as capture:
        console.print(renderable)
    return [line.rstrip() for line in capture.get().splitlines()]
