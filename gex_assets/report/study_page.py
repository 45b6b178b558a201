"""A study's findings as lines: a table for a terminal, csv or json for a program."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Final

from gex_assets.report.text import csv_line, lines_of, new_table
from gex_assets.study.findings import Finding

__all__ = ["finding_lines"]

_COLUMNS: Final = (
    "day",
    "expiration",
    "days",
    "subject",
    "measure",
    "value",
    "unit",
    "baseline",
    "baseline_is",
    "limit",
    "share",
    "at_least",
    "holds",
    "cases",
)
_WIDE: Final = ("", "", "value", "unit", "baseline", "", "required", "holds", "cases")
_ALL_COLUMNS: Final = 110
"""A page narrower than this has a line for each subject, and fewer columns."""


def finding_lines(found: Sequence[Finding], *, style: str, width: int) -> Iterator[str]:
    """Findings as a table, as csv with a header, or as one JSON object a line.

    One expiration of one day is a table with a line per number. Several are columns of one table, the nearest expiration first:
    value / baseline, with an exclamation mark before a value that misses its requirement.

    Parameters
    ----------
    found : of one or more days.
    style : "table", "csv" or "json"; the latter two with every digit. An empty cell or null: not measured.
    width : of the table. [characters]
    """
    if style == "json":
        for one in found:
            yield json.dumps({name: _plain(getattr(one, name)) for name in _COLUMNS}, allow_nan=False)
        return
    if style == "csv":
        yield csv_line(_COLUMNS)
        for one in found:
            yield csv_line(_plain(getattr(one, name)) for name in _COLUMNS)
        return
    of: dict[tuple[date, date], list[Finding]] = {}
    for one in found:
        of.setdefault((one.day, one.expiration), []).append(one)
    if len(of) == 1:
        ((day, expiration), own), *_ = of.items()
        yield f"{day}: expiration {expiration}, {own[0].days:.1f} days away"
        yield from _table(own, width)
        yield ""
    elif of:
        yield from _side_by_side(sorted(of.values(), key=lambda own: (own[0].days, own[0].day)), width)
        yield ""
    asked = [one for one in found if one.holds is not None]
    yield f"{sum(bool(one.holds) for one in asked)} of {len(asked)} requirements hold"


def _table(own: Sequence[Finding], width: int) -> list[str]:
    is_narrow = width < _ALL_COLUMNS
    table = new_table()
    for name in ("", "value", "baseline", "required", "holds") if is_narrow else _WIDE:
        table.add_column(name, justify="right" if name in ("value", "baseline", "required", "cases") else "left")
    before = ""
    for one in own:
        required = "" if one.limit is None else f"{'>=' if one.at_least else '<='} {_number(one.limit)}"
        holds = "" if one.holds is None else ("yes" if one.holds else "NO")
        baseline = "" if one.baseline is None else _number(one.baseline)
        is_first = one.subject != before
        if is_narrow:
            if is_first:
                table.add_row(_subject(one, own))
            table.add_row(_measure(one), _number(one.value), baseline, required, holds)
        else:
            first = [one.subject if is_first else "", one.measure, _number(one.value), one.unit]
            table.add_row(*first, baseline, one.baseline_is or "", required, holds, f"{one.cases:,}")
        before = one.subject
    return lines_of(table, width)


def _side_by_side(columns: Sequence[Sequence[Finding]], width: int) -> list[str]:
    is_narrow = width < _ALL_COLUMNS
    table = new_table()
    for name in ("days to the expiration",) if is_narrow else ("", "days to the expiration", "unit", "required"):
        table.add_column(name)
    for own in columns:
        table.add_column(f"{own[0].days:.1f}\n{own[0].day}", justify="right", no_wrap=True)
    of = [{(one.subject, one.measure): one for one in own} for own in columns]
    before = ""
    for key in dict.fromkeys(key for known in of for key in known):
        row = [known.get(key) for known in of]
        there = next(one for one in row if one is not None)
        cells = ["" if one is None else _cell(one) for one in row]
        is_first = key[0] != before
        if is_narrow:
            if is_first:
                table.add_row(_subject(there, [one for own in columns for one in own]))
            required = _required(there)
            table.add_row(_measure(there) + (f"  {required}" if required else ""), *cells)
        else:
            table.add_row(key[0] if is_first else "", key[1], there.unit, _required(there), *cells)
        before = key[0]
    return lines_of(table, width)


def _subject(one: Finding, all_of_them: Sequence[Finding]) -> str:
    """A line of a narrow table: the subject and the baselines that its findings have."""
    names = dict.fromkeys(each.baseline_is for each in all_of_them if each.subject == one.subject and each.baseline_is)
    return one.subject + (f" (baseline: {', '.join(names)})" if names else "")


def _measure(one: Finding) -> str:
    return f"  {one.measure} [{one.unit}]"


def _cell(one: Finding) -> str:
    """Two digits; four where the requirement is missed, as the difference may be small."""
    missed = one.holds is False
    value = _number(one.value, digits=4 if missed else 2)
    return f"{'! ' if missed else ''}{value}" + ("" if one.baseline is None else f" / {_number(one.baseline, digits=2)}")


def _required(one: Finding) -> str:
    if one.limit is None:
        return ""
    sign = ">=" if one.at_least else "<="
    return f"{sign} {_number(one.limit)}" if one.share is None else f"{sign} {one.share:g} of {one.baseline_is}"


def _number(value: float, *, digits: int = 4) -> str:
    return "-" if math.isnan(value) else f"{value:.{digits}g}"


def _plain(value: object) -> object:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value.isoformat() if isinstance(value, date) else value
