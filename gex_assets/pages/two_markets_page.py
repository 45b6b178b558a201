"""An index chain next to a future's options as a page for a browser: what was combined, totals, levels and net exposure by price.

Draws the documents of `chain.two_markets.documents`, as plain mappings; computes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from markupsafe import Markup

from gex_assets.pages.markup import Section, Text, details, facts, joined, note, paragraph, table, tag
from gex_assets.pages.sections.exposure import strikes_figure
from gex_assets.pages.shell import bar, contents, document, section_html
from gex_assets.pages.words import amount, flip_words, price, share, unit_of, weight_text

__all__ = ["two_markets_page"]

Document = Mapping[str, Any]

_AROUND: Final = 30
"""Steps of the grid on each side of the price that are drawn."""

_LEVELS: Final = {
    "call_wall": "call wall",
    "secondary_call_wall": "second call wall",
    "put_wall": "put wall",
    "secondary_put_wall": "second put wall",
    "abs_gamma_strike": "largest gross exposure",
}


def two_markets_page(documents: Sequence[Document]) -> str:
    """The page of one chain and a future under one or more conventions.

    Parameters
    ----------
    documents : of `chain.two_markets.documents`.
    """
    first = documents[0]
    title = f"{first['product']} + {first['symbol']}, combined"
    sections = [Section(one["convention"], one["convention"], _of_convention(one)) for one in documents]
    said = list(dict.fromkeys(warning["text"] for one in documents for warning in one["warnings"]))
    parts: list[Text] = [
        tag("h1", title),
        paragraph(tag("strong", first["combined"]), "."),
        paragraph(
            f"{first['product']} {price(first['future_price'])} {first['future_from']}, "
            f"{first['symbol']} {price(first['index_price'])}: a strike of {first['symbol']} stands at "
            f"{first['ratio']:.5f} times itself. {first['file']} has the moment {first['file_as_of'][:19].replace('T', ' ')} UTC."
        ),
        note("Two sources, put together here and in no table. Who holds an option is not known; this is no advice."),
    ]
    if said:
        parts.append(tag("ul", joined(tag("li", text) for text in said), class_="note warn"))
    if len(sections) > 1:
        parts.append(contents(sections))
    page = tag("main", joined(parts), *map(section_html, sections), class_="page")
    return document(title=title, body=joined([bar(f"{first['product']} + {first['symbol']} · combined"), page]))


def _of_convention(one: Document) -> Markup:
    unit = unit_of(one["scale"])
    named = f"{one['convention']}, version {one['convention_version']}, weighted by {weight_text(one['weight_used'])}, {unit}"
    markets = [*one["markets"], one["both"]]
    levels = one["both"]["levels"]
    cards: list[tuple[Text, Text, Text]] = [
        ("net of both", amount(one["both"]["net_gex"]), unit),
        *((f"share of {market['market']}", share(market["gross_share"]), "of the gross of both") for market in one["markets"]),
        *(
            (f"{_LEVELS[name]} of both", price(levels[name]), _whose(one, name))
            for name in ("call_wall", "put_wall")
            if levels[name] is not None
        ),
        ("flip of both", flip_words(levels).text, flip_words(levels).about),
    ]
    return joined(
        [
            facts(cards),
            tag("div", joined(_figures(one, named)), class_="charts"),
            _totals(markets, named),
            details(f"All {len(one['strikes'])} strikes", _strikes(one, named)),
        ]
    )


def _whose(one: Document, level: str) -> str:
    """The strikes that stand at a level of both."""
    return " and ".join(f"{row['underlying'] or 'not known'} {price(row['strike'])}" for row in one["sources"][level])


def _figures(one: Document, named: str) -> list[Markup]:
    """Net exposure by price: of both, then of each market, on one grid."""
    known = [row for row in one["grid"] if row["net_gex"] is not None]
    above = [row for row in known if row["price"] > one["future_price"]][:_AROUND]
    near = [row for row in known if row["price"] <= one["future_price"]][-_AROUND:] + above
    shown = [("net_gex", one["both"], f"{one['product']} + {one['symbol']}, combined")]
    for name, market in zip(("future", "index"), one["markets"], strict=True):
        shown.append((f"net_gex_{name}", market, market["market"]))
    return [
        strikes_figure(
            strikes=[row["price"] for row in near],
            nets=[row[column] for row in near],
            errors=[None] * len(near),
            reference=one["future_price"],
            walls=(market["levels"]["call_wall"], market["levels"]["put_wall"]),
            title=f"Net exposure of {words}, by price of {one['product']}: {named}",
        )
        for column, market, words in shown
    ]


def _totals(markets: Sequence[Document], named: str) -> Markup:
    rows: list[list[Text]] = [
        ["net", *(amount(market["net_gex"]) for market in markets)],
        ["calls", *(amount(market["total_call_gex"]) for market in markets)],
        ["puts", *(amount(market["total_put_gex"]) for market in markets)],
        ["gross", *(amount(market["gross_gex"], sign=False) for market in markets)],
        ["share of gross", *(share(market["gross_share"]) for market in markets)],
        ["expirations", *(f"{len(market['expirations'])}" for market in markets)],
        *([text, *(price(market["levels"][name]) for market in markets)] for name, text in _LEVELS.items()),
        ["flip (zero gamma)", *(flip_words(market["levels"]).text for market in markets)],
    ]
    columns = ("", *(f">{market['market']}" for market in markets))
    return table(columns, rows, caption=f"Each market and both, prices of the future: {named}")


def _strikes(one: Document, named: str) -> Markup:
    rows = [
        [
            price(row["price"]),
            row["underlying"] or "not known",
            price(row["strike"]),
            amount(row["net_gex"]),
            amount(row["call_gex"]),
            amount(row["put_gex"]),
        ]
        for row in sorted(one["strikes"], key=lambda row: -(row["price"] or 0.0))
    ]
    columns = ("stands at", "on", ">strike", ">net", ">calls", ">puts")
    return table(columns, rows, caption=f"Strikes of both on the future's axis: {named}", wide=True, long=True)
