"""An index chain next to a future's options as text: what was combined, totals and levels of each and of both, and the grid.

Draws the documents of `chain.two_markets.documents`; computes nothing. It fits a phone's 46 columns.
"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from gex_assets.analytics.reach import shown_flip
from gex_assets.conventions import SCALE_UNITS
from gex_assets.escaping import visible
from gex_assets.report.chain_tables import amount_text
from gex_assets.report.text import csv_line

__all__ = ["STRIKE_COLUMNS", "two_markets_lines"]

Document = Mapping[str, Any]

STRIKE_COLUMNS: Final = ("underlying", "strike", "price", "call_gex", "put_gex", "net_gex", "gross_gex")
_LEVELS: Final = {
    "call_wall": "call wall",
    "secondary_call_wall": "2nd call wall",
    "zero_gamma": "flip",
    "put_wall": "put wall",
    "secondary_put_wall": "2nd put wall",
}
_NAME: Final = 13
_CELL: Final = 11
_LARGEST: Final = 20
_BARS_FROM: Final = 72
_BAR: Final = 12


def two_markets_lines(documents: Sequence[Document], *, style: str, width: int) -> Iterator[str]:
    """Documents as a page, as a csv of strikes, or as one JSON document: an object, or a list with several conventions.

    Parameters
    ----------
    documents : of one chain under one or several conventions.
    style : "table", "csv" or "json".
    width : of the page. [characters]
    """
    if style == "json":
        yield json.dumps(documents[0] if len(documents) == 1 else list(documents), allow_nan=False)
    elif style == "csv":
        yield ",".join(("combined", "convention", *STRIKE_COLUMNS))
        for one in documents:
            for row in one["strikes"]:
                yield csv_line([one["combined"], one["convention"], *(row[name] for name in STRIKE_COLUMNS)])
    else:
        yield from _head(documents[0], width)
        for one in documents:
            yield ""
            yield from _page(one, width)
        yield from _warnings(documents, width)


def _wrapped(text: str, width: int) -> Iterator[str]:
    yield from textwrap.wrap(visible(text), width=width, subsequent_indent="  ", break_on_hyphens=False)


def _head(one: Document, width: int) -> Iterator[str]:
    yield from _wrapped(one["combined"], width)
    yield from _wrapped(f"{one['file']}: its own moment is {one['file_as_of'][:19].replace('T', ' ')} UTC", width)
    yield from _wrapped(
        f"{one['product']} {one['future_price']:,.2f} {one['future_from']}, "
        f"{one['symbol']} {one['index_price']:,.2f}: its strikes stand at {one['ratio']:.5f} times themselves",
        width,
    )


def _page(one: Document, width: int) -> Iterator[str]:
    markets = [*one["markets"], one["both"]]
    weight = one["weight_used"].replace("_", " ")
    named = f"{one['convention']} v{one['convention_version']}"
    yield from _wrapped(f"{named}, by {weight}, {SCALE_UNITS[one['scale']]}; combined, in no table", width)
    yield ""
    yield _row("", one["product"], one["symbol"], "both")
    for name, text in (("net_gex", "net"), ("total_call_gex", "calls"), ("total_put_gex", "puts"), ("gross_gex", "gross")):
        yield _row(text, *(amount_text(market[name]) for market in markets))
    yield _row("of gross", *(f"{market['gross_share']:.1%}" for market in markets))
    yield _row("expirations", *(f"{len(market['expirations'])}" for market in markets))
    yield ""
    shown = [shown_flip(market["levels"]) for market in markets]
    for name, text in _LEVELS.items():
        yield _row(text, *(_price(levels[name]) for levels in shown))
    yield _row("  flip from", *(_price(levels["zero_gamma_low"]) for levels in shown))
    yield _row("  flip to", *(_price(levels["zero_gamma_high"]) for levels in shown))
    for name, text in _LEVELS.items():
        at = [f"{row['underlying']} {row['strike']:,.2f}" for row in one["sources"].get(name, ())]
        if at:
            yield from _wrapped(f"{text} of both: {' and '.join(at)}", width)
    yield ""
    yield from _grid(one, width)


def _grid(one: Document, width: int) -> Iterator[str]:
    """The largest net exposures of both by price, from the highest down, with the future's price among them."""
    known = [row for row in one["grid"] if row["net_gex"] is not None]
    top = sorted(known, key=lambda row: -abs(row["net_gex"]))[:_LARGEST]
    largest = max((abs(row["net_gex"]) for row in top), default=0.0)
    yield _row("net at", one["product"], one["symbol"], "both")
    is_marked = False
    for row in sorted(top, key=lambda row: -row["price"]):
        if not is_marked and row["price"] <= one["future_price"]:
            yield f"{one['future_price']:>{_NAME - 1},.2f} {'price':─^{3 * _CELL}}"
            is_marked = True
        amounts = (amount_text(row[name]) for name in ("net_gex_future", "net_gex_index", "net_gex"))
        bar = _bar(row["net_gex"], largest) if width >= _BARS_FROM else ""
        price = f"{row['price']:>{_NAME - 1},.2f}"
        yield f"{_row(price, *amounts)} {bar}".rstrip()
    if len(known) > len(top):
        yield from _wrapped(f"shown are the largest {len(top)} of {len(known)}: --format csv has all strikes", width)


def _row(name: str, *cells: str) -> str:
    return f"{name:<{_NAME}}{''.join(f'{cell:>{_CELL}}' for cell in cells)}".rstrip()


def _bar(value: float, largest: float) -> str:
    """A bar to the right of a middle, or to its left where the value is negative."""
    size = round(abs(value) / largest * _BAR) if largest else 0
    return f"{'█' * size if value < 0.0 else '':>{_BAR}}│{'█' * size if value > 0.0 else ''}"


def _price(value: float | None) -> str:
    return "–" if value is None else f"{value:,.2f}"


def _warnings(documents: Sequence[Document], width: int) -> Iterator[str]:
    said = dict.fromkeys((warning["code"], warning["text"]) for one in documents for warning in one["warnings"])
    if said:
        yield ""
    for code, text in said:
        yield from _wrapped(f"warning {code}: {text}", width)
