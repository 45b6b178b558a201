"""A comparison of two results as lines: what agrees, what does not, and by how much."""

from __future__ import annotations

import json
import math
import textwrap
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from rich.table import Table

from gex_assets.chain.agreement import is_price
from gex_assets.report.text import csv_line, lines_of, new_table

if TYPE_CHECKING:
    from gex_assets.chain.comparison import Comparison, Difference

__all__ = ["comparison_lines"]

_MOST_STRIKES: Final = 10
_IN_MILLIONS_FROM: Final = 1e10
_COLUMNS: Final = ("name", "strike", "first", "second", "absolute", "relative", "over", "points", "units")


def comparison_lines(found: Comparison, *, style: str, width: int) -> Iterator[str]:
    """A comparison as a page, as csv or as one JSON object.

    Parameters
    ----------
    found : two results and their differences.
    style : "table", "csv" or "json"; the latter two with every value, also at strikes.
    width : of the page. [characters]
    """
    if style == "json":
        yield json.dumps(
            {
                "files": list(found.files),
                "conventions": list(found.conventions),
                "tolerance": found.tolerance,
                "step": found.step,
                "over": sum(one.over for one in (*found.numbers, *found.strikes)),
                "words": [list(word) for word in found.words],
                "numbers": [_plain(one) for one in found.numbers],
                "strikes": [_plain(one) for one in found.strikes],
            },
            allow_nan=False,
        )
    elif style == "csv":
        yield ",".join(_COLUMNS)
        for one in (*found.numbers, *found.strikes):
            yield csv_line(_plain(one).values())
    else:
        yield from _page(found, width=width)


def _plain(one: Difference) -> dict[str, object]:
    """Values by name; a difference from 0 has no relative one."""
    relative = None if one.relative is None or math.isinf(one.relative) else one.relative
    return {**{name: getattr(one, name) for name in _COLUMNS}, "relative": relative}


def _page(found: Comparison, *, width: int) -> Iterator[str]:
    for letter, file, convention in zip("AB", found.files, found.conventions, strict=True):
        yield f"{letter}  {file}" + ("" if convention is None else f", convention {convention}")
    for kind, first, second in found.words:
        if first != second:
            yield f"   {kind.replace('_', ' ')} differs: {first} in A, {second} in B"
    both = [one for one in found.numbers if one.absolute is not None]
    if both:
        yield ""
        yield from lines_of(_table(both, title="number"), width)
        yield from _units(both, width=width)
    compared = [one for one in found.strikes if one.absolute is not None]
    if compared:
        yield ""
        yield from _at_strikes(found, compared, width=width)
    yield ""
    missing = {"A": [one.name for one in found.numbers if one.second is None and one.first is not None]}
    missing["B"] = [one.name for one in found.numbers if one.first is None and one.second is not None]
    for name, names in missing.items():
        if names:
            yield from textwrap.wrap(f"only in {name}: {', '.join(names)}", width=width, subsequent_indent="  ")
    alone = [one for one in found.strikes if one.absolute is None]
    if alone:
        yield f"values at strikes that only one of the two has: {len(alone):,}"
    over = sum(one.over for one in (*both, *compared))
    yield f"{over:,} of {len(both) + len(compared):,} values differ by more than {_share(found.tolerance)} of A{_of_prices(both)}"


def _units(both: Sequence[Difference], *, width: int) -> Iterator[str]:
    """A question about units where a number is a thousand, a million or a billion times the other."""
    names: dict[float, list[str]] = {}
    for one in both:
        if one.units is not None and one.over:
            names.setdefault(one.units, []).append(one.name)
    for factor, each in names.items():
        much = f"{factor:,.0f} times A" if factor > 1.0 else f"A divided by {1.0 / factor:,.0f}"
        yield from textwrap.wrap(f"units? B is about {much}: {', '.join(each)}", width=width, subsequent_indent="  ")


def _of_prices(both: Sequence[Difference]) -> str:
    """How prices were judged, where there are any."""
    allowed = sorted({one.points for one in both if one.points is not None})
    if not allowed:
        return ""
    words = f"{allowed[0]:,.4g}" if len(allowed) == 1 else f"{allowed[0]:,.4g} to {allowed[-1]:,.4g}"
    return f"; prices by more than {words} points"


def _at_strikes(found: Comparison, compared: Sequence[Difference], *, width: int) -> Iterator[str]:
    over = sorted((one for one in compared if one.over), key=lambda one: -abs(one.absolute or 0.0))
    largest = max(abs(value) for one in compared for value in (one.first, one.second) if value is not None)
    heavy = sum(abs(one.absolute or 0.0) > found.tolerance * largest for one in over)
    yield f"{len(compared):,} values at strikes: {len(over):,} differ by more than {_share(found.tolerance)} of A"
    if over:
        yield f"  {heavy:,} of these by more than {_share(found.tolerance)} of the largest value at any strike"
    if over:
        yield ""
        title = "strike" if len(over) <= _MOST_STRIKES else f"{_MOST_STRIKES} largest of {len(over):,}"
        yield from lines_of(_table(over[:_MOST_STRIKES], title=title, marked=False), width)


def _table(rows: Sequence[Difference], *, title: str, marked: bool = True) -> Table:
    """A row per number; with `marked`, numbers over the tolerance have a mark."""
    table = new_table()
    table.add_column(title, no_wrap=True)
    for name in ("A", "B", "B - A", "relative"):
        table.add_column(name, justify="right", no_wrap=True)
    if marked:
        table.add_column("", min_width=2, no_wrap=True)
    for one in rows:
        name = one.name if one.strike is None else f"{one.strike:,.2f} {one.name}"
        cells = [*_values(one), _relative(one.relative), *(["<<" if one.over else ""] if marked else [])]
        table.add_row(name, *cells)
    return table


def _values(one: Difference) -> list[str]:
    """First, second and difference; in millions where one of them would be too long for a narrow page."""
    values = (one.first, one.second, one.absolute)
    in_millions = any(value is not None and abs(value) >= _IN_MILLIONS_FROM for value in values)
    return [_value(one.name, value, in_millions=in_millions) for value in values]


def _value(name: str, value: float | None, *, in_millions: bool) -> str:
    if value is None:
        return ""
    if is_price(name):
        return f"{value:,.2f}"
    if in_millions:
        return f"{value / 1e6:,.1f} m"
    return f"{value:,.0f}" if abs(value) >= 1e6 else f"{value:,.6g}"


def _relative(value: float | None) -> str:
    return "" if value is None else "from 0" if math.isinf(value) else "0" if value == 0.0 else _share(value)


def _share(value: float) -> str:
    """A share in percent with three digits."""
    percent = value * 100.0
    return f"{percent:.3g} %" if percent < 100.0 else f"{percent:,.0f} %"
