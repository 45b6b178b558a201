"""Two results side by side, as lines: what agrees, what does not, and by how much."""

from __future__ import annotations

import csv
import io
import json
import math
import textwrap
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from rich.table import Table

from gex_assets.report.text import lines_of

if TYPE_CHECKING:
    from gex_assets.chain.comparison import Comparison, Difference

__all__ = ["comparison_lines"]

_MOST_STRIKES: Final = 10
_WALLS: Final = ("call_wall", "put_wall", "secondary_call_wall", "secondary_put_wall", "abs_gamma_strike")
_PRICES: Final = frozenset((*_WALLS, "spot", "zero_gamma", "zero_gamma_low", "zero_gamma_high"))
_COLUMNS: Final = ("name", "strike", "first", "second", "absolute", "relative", "over")


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
                "tolerance": found.tolerance,
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
            buffer = io.StringIO()
            csv.writer(buffer, lineterminator="").writerow(["" if value is None else value for value in _plain(one).values()])
            yield buffer.getvalue()
    else:
        yield from _page(found, width=width)


def _plain(one: Difference) -> dict[str, object]:
    """Values by name; a difference from 0 has no relative one."""
    relative = None if one.relative is None or math.isinf(one.relative) else one.relative
    return {**{name: getattr(one, name) for name in _COLUMNS}, "relative": relative}


def _page(found: Comparison, *, width: int) -> Iterator[str]:
    yield f"A  {found.files[0]}"
    yield f"B  {found.files[1]}"
    for kind, first, second in found.words:
        if first != second:
            yield f"   not of one {kind}: {first} against {second}"
    both = [one for one in found.numbers if one.absolute is not None]
    if both:
        yield ""
        yield from lines_of(_table(both, title="number"), width)
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
        yield f"{len(alone):,} values at strikes are in one of the two only"
    over = sum(one.over for one in (*both, *compared))
    yield f"{over:,} of {len(both) + len(compared):,} differ by more than {_share(found.tolerance)} of A"


def _at_strikes(found: Comparison, compared: Sequence[Difference], *, width: int) -> Iterator[str]:
    over = sorted((one for one in compared if one.over), key=lambda one: -abs(one.absolute or 0.0))
    largest = max(abs(value) for one in compared for value in (one.first, one.second) if value is not None)
    heavy = sum(abs(one.absolute or 0.0) > found.tolerance * largest for one in over)
    apart = f", {heavy:,} of them by more than {_share(found.tolerance)} of the largest value" if over else ""
    yield f"{len(compared):,} values at strikes, {len(over):,} apart by more than {_share(found.tolerance)}{apart}"
    if over:
        yield ""
        title = "strike" if len(over) <= _MOST_STRIKES else f"strike ({_MOST_STRIKES} furthest apart)"
        yield from lines_of(_table(over[:_MOST_STRIKES], title=title), width)


def _table(rows: Sequence[Difference], *, title: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column(title, no_wrap=True)
    for name in ("A", "B", "B - A", "relative"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("")
    for one in rows:
        name = one.name if one.strike is None else f"{one.strike:,.2f} {one.name}"
        texts = [_value(one.name, value) for value in (one.first, one.second, one.absolute)]
        table.add_row(name, *texts, _relative(one.relative), "<<" if one.over else "")
    return table


def _value(name: str, value: float | None) -> str:
    if value is None:
        return ""
    if name in _PRICES:
        return f"{value:,.2f}"
    return f"{value:,.0f}" if abs(value) >= 1e6 else f"{value:,.6g}"


def _relative(value: float | None) -> str:
    return "" if value is None else "from 0" if math.isinf(value) else "0" if value == 0.0 else _share(value)


def _share(value: float) -> str:
    """A share in percent with three digits."""
    percent = value * 100.0
    return f"{percent:.3g} %" if percent < 100.0 else f"{percent:,.0f} %"
