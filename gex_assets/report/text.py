"""Answers of queries and runs as lines of text; csv and json for a program behind a pipe."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from gex_assets.defs.run import DayRun

__all__ = ["answer_lines", "csv_line", "day_run_line", "lines_of", "new_table"]

MOST_ROWS: Final = 100


def day_run_line(done: DayRun) -> str:
    """The result of a day's run in one line."""
    reused = f", {len(done.reused)} of them reused" if done.reused else ""
    tables = f"{len(done.materialized)} tables published{reused}"
    said = f", {len(done.warnings)} warning(s)" if done.warnings else ""
    failed = f", {len(done.failed_checks)} failed check(s)" if done.failed_checks else ""
    if done.success:
        return f"  {tables}{said}{failed} (run {done.run_id[:8]})"
    return f"  FAILED: {done.failure or 'see the run'}; {tables}{said}{failed} (run {done.run_id[:8]})"


def answer_lines(answer: pa.Table, *, style: str, width: int) -> Iterator[str]:
    """A query's answer: a table (at most 100 rows, and it says so), csv with a header, or one JSON object per line."""
    if style == "csv":
        yield from _csv(answer)
    elif style == "json":
        for row in answer.to_pylist():
            yield json.dumps(row, default=_plain)
    else:
        yield from _table(answer, width)


def _csv(answer: pa.Table) -> Iterator[str]:
    yield csv_line(answer.column_names)
    for row in answer.to_pylist():
        yield csv_line([_plain(value) for value in row.values()])


def _table(answer: pa.Table, width: int) -> Iterator[str]:
    table = new_table()
    for column in answer.schema:
        number = pa.types.is_integer(column.type) or pa.types.is_floating(column.type) or pa.types.is_decimal(column.type)
        table.add_column(column.name, justify="right" if number else "left", overflow="fold")
    for row in answer.slice(0, MOST_ROWS).to_pylist():
        table.add_row(*("NULL" if value is None else str(_plain(value)) for value in row.values()))
    yield from lines_of(table, width)
    if answer.num_rows > MOST_ROWS:
        yield f"… {answer.num_rows - MOST_ROWS:,} more rows; --format csv shows all"
    elif answer.num_rows == 0:
        yield "(no rows)"


def csv_line(values: Iterable[object]) -> str:
    """One line of csv; None is an empty cell."""
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="").writerow(["" if value is None else value for value in values])
    return buffer.getvalue()


def new_table() -> Table:
    """A table without lines between its cells, the look of every page."""
    return Table(box=None, pad_edge=False, header_style="bold")


def lines_of(renderable: Any, width: int) -> list[str]:
    """Anything that rich can draw, as lines of text at most `width` characters wide."""
    console = Console(width=max(width, 80), file=io.StringIO(), highlight=False, markup=False, emoji=False)
    with console.capture() as capture:
        console.print(renderable)
    return [line.rstrip() for line in capture.get().splitlines()]


def _plain(value: Any) -> Any:
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, float):
        return float(f"{value:.10g}")
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, bytes):
        return value.hex()
    return value
