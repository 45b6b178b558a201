"""The lake as lines of text: files ingested, samples made, and the state of each table-day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import groupby
from typing import TYPE_CHECKING, Final

from gex_assets.report.text import lines_of, new_table

if TYPE_CHECKING:  # `gex status` shall not load compiled code
    from gex_assets.lake.raw.ingest import Ingested
    from gex_assets.lake.status import TableState
    from gex_assets.sample.market import SampleReport

__all__ = ["ingest_lines", "sample_lines", "size_text", "status_lines"]

_STATES: Final = ("published", "stale", "rejected", "missing")
_MOST_REASONS: Final = 3


def size_text(size_bytes: float) -> str:
    """A size in a unit that suits it.

    >>> size_text(999), size_text(1_500_000)
    ('999 B', '1.5 MB')
    """
    for unit in ("B", "kB", "MB", "GB"):
        if size_bytes < 1000 or unit == "GB":
            return f"{size_bytes:.0f} {unit}" if unit == "B" else f"{size_bytes:.1f} {unit}"
        size_bytes /= 1000
    raise AssertionError


def ingest_lines(results: Sequence[Ingested]) -> Iterator[str]:
    """The result for each file, its warnings below it."""
    for result in results:
        if result.status == "refused":
            yield f"refused    {result.source.name}: {result.why}"
        else:
            yield f"{result.status:<10} {result.source.name} ({size_text(result.size_bytes)}) -> {result.key}"
        for warning in result.warnings:
            yield f"           warning: {warning}"


def sample_lines(report: SampleReport) -> Iterator[str]:
    """A sample: each file's size and records, and the planted faults."""
    for file in report.files:
        yield f"{size_text(file.file.size_bytes):>9} {file.file.records:>11,} records  {file.kind} {file.day}"
    planted = ", ".join(f"{count} {name}" for name, count in sorted(report.defects.items()) if count)
    yield f"planted faults: {planted or 'none'}"


def status_lines(states: Sequence[TableState], *, day: date | None, width: int) -> Iterator[str]:
    """One day table by table, or all days with a count of their tables by state."""
    if not states:
        yield "Nothing was delivered, published or rejected yet. Start with `gex ingest PATH…` or `gex demo`."
    elif day is not None:
        yield from _tables_of_a_day(states, width)
    else:
        yield from _days(states, width)


def _tables_of_a_day(states: Sequence[TableState], width: int) -> Iterator[str]:
    table = new_table()
    for name, justify in (("table", "left"), ("state", "left"), ("rows", "right"), ("size", "right"), ("why", "left")):
        table.add_column(name, justify="right" if justify == "right" else "left", overflow="fold")
    for product, group in groupby(states, key=lambda state: state.product):
        for state in group:
            rows, size = (f"{state.rows:,}", size_text(state.size_bytes)) if state.is_published else ("", "")
            table.add_row(f"{product} {state.table}", state.state, rows, size, _why(state))
    yield from lines_of(table, width)


def _days(states: Sequence[TableState], width: int) -> Iterator[str]:
    table = new_table()
    for name in ("day", *_STATES, "rows", "size"):
        table.add_column(name, justify="left" if name == "day" else "right")
    reasons: list[str] = []
    for (product, day), group in groupby(states, key=lambda state: (state.product, state.day)):
        of_day = list(group)
        counts = Counter(state.state for state in of_day)
        table.add_row(
            f"{product} {day}",
            *(str(counts[name]) if counts[name] else "" for name in _STATES),
            f"{sum(state.rows for state in of_day):,}",
            size_text(sum(state.size_bytes for state in of_day)),
        )
        reasons += [f"{product} {day} {state.table} is {state.state}: {_why(state)}" for state in of_day if state.why]
    yield from lines_of(table, width)
    yield from reasons


def _why(state: TableState) -> str:
    more = len(state.why) - _MOST_REASONS
    return "; ".join(state.why[:_MOST_REASONS]) + (f"; and {more} more" if more > 0 else "")
