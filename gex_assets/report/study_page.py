"""A study's findings as lines: a table for a person, csv or json for a program."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Final

from rich.table import Table

from gex_assets.report.text import lines_of
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


def finding_lines(found: Sequence[Finding], *, style: str, width: int) -> Iterator[str]:
    """Findings as a table, as csv with a header, or as one JSON object a line.

    One expiration of one day is a table with a line per number; several stand side by side, the nearest expiration first, as
    ours / the baseline's, with an exclamation mark where what was asked for does not hold.

    Parameters
    ----------
    found : `study.findings.Finding` of one or more days.
    style : "table", "csv" or "json"; the latter two with every digit, and an empty cell or null for what could not be measured.
    width : of the table. [characters]
    """
    if style == "json":
        for one in found:
            yield json.dumps({name: _plain(getattr(one, name)) for name in _COLUMNS}, allow_nan=False)
        return
    if style == "csv":
        buffer = io.StringIO()
        writer = csv.writer(buffer, lineterminator="\n")
        writer.writerow(_COLUMNS)
        writer.writerows([_plain(getattr(one, name)) for name in _COLUMNS] for one in found)
        yield from buffer.getvalue().splitlines()
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
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("", "", "value", "unit", "baseline", "", "required", "holds", "cases"):
        table.add_column(name, justify="right" if name in ("value", "baseline", "required", "cases") else "left")
    before = ""
    for one in own:
        required = "" if one.limit is None else f"{'>=' if one.at_least else '<='} {_number(one.limit)}"
        holds = "" if one.holds is None else ("yes" if one.holds else "NO")
        baseline = "" if one.baseline is None else _number(one.baseline)
        table.add_row(
            one.subject if one.subject != before else "",
            one.measure,
            _number(one.value),
            one.unit,
            baseline,
            one.baseline_is or "",
            required,
            holds,
            f"{one.cases:,}",
        )
        before = one.subject
    return lines_of(table, width)


def _side_by_side(columns: Sequence[Sequence[Finding]], width: int) -> list[str]:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("", "days to the expiration", "unit", "required"):
        table.add_column(name)
    for own in columns:
        table.add_column(f"{own[0].days:.1f}\n{own[0].day}", justify="right")
    of = [{(one.subject, one.measure): one for one in own} for own in columns]
    before = ""
    for key in dict.fromkeys(key for known in of for key in known):
        row = [known.get(key) for known in of]
        there = [one for one in row if one is not None]
        table.add_row(
            key[0] if key[0] != before else "",
            key[1],
            there[0].unit,
            _required(there[0]),
            *("" if one is None else _cell(one) for one in row),
        )
        before = key[0]
    return lines_of(table, width)


def _cell(one: Finding) -> str:
    """Two digits; four where what was asked for is missed, which may be by little."""
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
