"""Levels in the forms that other programs read: CSV and JSON, TradingView, NinjaTrader, Sierra Chart.

No compiler of those programs is at hand: the forms follow their public descriptions, and golden files hold them.

- TradingView: a Pine script of version 6 (TradingView, "Pine Script language reference manual": `line.new`, `box.new`,
  `label.new`). It is pasted once into the Pine editor and holds the numbers themselves.
- NinjaTrader: the text file of the free indicator "Planned Levels Visualizer" (discotrading.com): the date, then lines of
  `PRICE1 PRICE2 @opacity #colour "label" // comment`. NinjaTrader itself imports no levels.
- Sierra Chart: the CSV of the free study "Google Sheets Levels Importer" (Frozen Tundra, by its source): price, second price of a
  rectangle or 0, note, name of a colour, line type (0 solid, 1 dashed), line width, text alignment. It drops the first and last
  letter of a line, and takes every comma and quotation mark for the end of a cell. So every cell is quoted and none is empty or
  holds a comma. It takes the line of names for a level at the price 0.

The files of NinjaTrader and Sierra Chart are ASCII: their descriptions name no encoding.
"""

from __future__ import annotations

import csv
import io
import itertools
import json
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from gex_assets.analytics.reach import LEAST_ERROR, price_with_error
from gex_assets.escaping import visible
from gex_assets.report.levels.named import Kind, LevelSet, NamedLevel

__all__ = ["FORMATS", "as_text"]

_COLOURS: Final[dict[Kind, str]] = {
    "call_wall": "#0072B2",
    "put_wall": "#D55E00",
    "flip": "#8250C4",
    "reference": "#8A8A8A",
    "secondary": "#9AA7B2",
    "expected_move": "#B8A02E",
}
"""Colours that stay apart for readers with red-green blindness (Okabe and Ito, 2008, and two greys)."""

_COLOUR_NAMES: Final[dict[Kind, str]] = {
    "call_wall": "blue",
    "put_wall": "gold",
    "flip": "purple",
    "reference": "gray",
    "secondary": "gray",
    "expected_move": "brown",
}
"""The nearest of the names that Sierra Chart's study knows."""

_WIDTHS: Final[dict[Kind, int]] = {"call_wall": 2, "put_wall": 2, "flip": 2}
_DASHED: Final = ("secondary", "expected_move", "reference")
_BAND_OPACITY: Final = 25


def as_text(sets: Sequence[LevelSet], style: str) -> str:
    """The levels as one text, which ends with a line break.

    Parameters
    ----------
    sets : at least one; charts take the levels of all.
    style : one of `FORMATS`.
    """
    return "\n".join(FORMATS[style](sets)) + "\n"


def label(one: NamedLevel, *, of: str = "") -> str:
    """Name and price with its error as a chart shows them: `flip 6,964.0 ± 2.7`.

    Parameters
    ----------
    of : whose level it is, where a chart has those of several.
    """
    text = f"{one.price:,.2f}" if one.error is None else price_with_error(one.price, one.error, thousands=True)
    return f"{one.name} {text}{f' ({of})' if of else ''}"


def _labelled(sets: Sequence[LevelSet]) -> Iterator[tuple[NamedLevel, str]]:
    """Every level of all sets, and whose it is: nothing for one set alone, else what differs between them."""
    differing = [name for name in ("session_date", "convention", "scope") if len({str(getattr(one, name)) for one in sets}) > 1]
    for one in sets:
        of = visible(", ".join(str(getattr(one, name)) for name in differing))
        for level in one.levels:
            yield level, of


def _ascii(text: str) -> str:
    return text.replace("±", "+-").encode("ascii", "replace").decode()


def _half_band(one: NamedLevel) -> float:
    """How far a band reaches to each side; 0 where the error is too small to be drawn [index points]."""
    return one.error if one.error is not None and one.error >= LEAST_ERROR else 0.0


def _csv(sets: Sequence[LevelSet]) -> Iterator[str]:
    yield "product,session_date,convention,scope,weight_used,ts_known,level,price,error,kept"
    for one in sets:
        facts = (one.product, one.session_date, one.convention, one.scope, one.weight, one.ts_known)
        for level in one.levels:
            yield _row([*facts, level.name, _number(level.price), _number(level.error), _number(level.kept)])


def _json(sets: Sequence[LevelSet]) -> Iterator[str]:
    documents = [
        {
            "product": one.product,
            "session_date": str(one.session_date),
            "about": one.about,
            "convention": one.convention,
            "scope": one.scope,
            "weight_used": one.weight,
            "scale": one.scale,
            "ts_known": one.ts_known,
            "net_gex": one.net,
            "net_gex_se": one.net_error,
            "gross_gex": one.gross,
            "levels": [
                {"name": level.name, "price": level.price, "error": level.error, "kept": level.kept} for level in one.levels
            ],
        }
        for one in sets
    ]
    yield json.dumps(documents, indent=2)


def _tradingview(sets: Sequence[LevelSet]) -> Iterator[str]:
    yield "//@version=6"
    yield f"indicator({_quoted(_chart_title(sets))}, overlay = true,"
    yield "     max_lines_count = 500, max_labels_count = 500, max_boxes_count = 500)"
    for one in sets:
        yield f"// {one.title}; {one.known}"
    yield "// Bands are one standard error to each side. Not financial advice."
    yield "level(float price, float error, string name, color ink, int width, string style) =>"
    yield "    line.new(bar_index - 1, price, bar_index, price, extend = extend.both, color = ink, style = style, width = width)"
    yield "    label.new(bar_index + 3, price, name, style = label.style_none, textcolor = ink, size = size.small)"
    yield "    if error > 0"
    yield "        box.new(bar_index - 1, price + error, bar_index, price - error, extend = extend.both, border_color = na,"
    yield "             bgcolor = color.new(ink, 85))"
    yield "if barstate.islastconfirmedhistory"
    for level, of in _labelled(sets):
        style = "line.style_dashed" if level.kind in _DASHED else "line.style_solid"
        error, ink, width = _half_band(level), _COLOURS[level.kind], _WIDTHS.get(level.kind, 1)
        yield f"    level({level.price:.2f}, {error:.2f}, {_quoted(label(level, of=of))}, {ink}, {width}, {style})"
    if not any(one.levels for one in sets):
        yield '    label.new(bar_index, close, "no level is known")'


def _ninjatrader(sets: Sequence[LevelSet]) -> Iterator[str]:
    day = None
    owners = _labelled(sets)
    for one in sets:
        if one.session_date != day:
            day = one.session_date
            yield f"{day:%m/%d/%Y}"
        yield _ascii(f"// {one.title}; {one.known}")
        for level, of in itertools.islice(owners, len(one.levels)):
            error = _half_band(level)
            ink, opacity = _COLOURS[level.kind], _BAND_OPACITY if error else 100
            quoted = _ascii(label(level, of=of)).replace('"', "'")
            yield f'{level.price + error:.2f} {level.price - error:.2f} @{opacity} {ink} "{quoted}"'


def _sierra(sets: Sequence[LevelSet]) -> Iterator[str]:
    yield _quoted_row(("Price", "Price 2", "Note", "Color", "Line Type", "Line Width", "Text Alignment"))
    for level, of in _labelled(sets):
        ink, width = _COLOUR_NAMES[level.kind], _WIDTHS.get(level.kind, 1)
        yield _quoted_row((f"{level.price:.2f}", 0, label(level, of=of), ink, int(level.kind in _DASHED), width, 1))
        if error := _half_band(level):
            low, high = level.price - error, level.price + error
            yield _quoted_row((f"{low:.2f}", f"{high:.2f}", f"{level.name} ± error{f' ({of})' if of else ''}", ink, 0, 1, 1))


FORMATS: Final[dict[str, Callable[[Sequence[LevelSet]], Iterator[str]]]] = {
    "csv": _csv,
    "json": _json,
    "tradingview": _tradingview,
    "ninjatrader": _ninjatrader,
    "sierra": _sierra,
}
"""Forms by the name that a person gives."""


def _chart_title(sets: Sequence[LevelSet]) -> str:
    return "gex_assets: " + (sets[0].title if sets else "no levels")


def _quoted(text: str) -> str:
    """Text in a Pine script, which knows the same escapes as JSON for what may stand here."""
    return json.dumps(text, ensure_ascii=False)


def _row(cells: Sequence[object]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="").writerow(["" if cell is None else cell for cell in cells])
    return buffer.getvalue()


def _quoted_row(cells: Sequence[object]) -> str:
    """Cells for Sierra Chart's study: it knows no escape of commas and quotation marks."""
    return ",".join('"' + _ascii(str(cell)).replace(",", "").replace('"', "'") + '"' for cell in cells)


def _number(value: float | None) -> str | None:
    return None if value is None else f"{value:.10g}"
