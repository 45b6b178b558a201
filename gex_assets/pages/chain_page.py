"""The analysis of a chain as a page for a browser: exposure by strike, the profile, walls, flip and totals of each convention.

Draws the documents of `chain.summary`, as plain mappings; computes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from markupsafe import Markup

from gex_assets.analytics.reach import shown_flip
from gex_assets.pages.bundle import bundle
from gex_assets.pages.markup import Section, Text, details, facts, joined, note, paragraph, table, tag
from gex_assets.pages.sections.exposure import strikes_figure
from gex_assets.pages.sections.profile import profile_figure
from gex_assets.pages.sections.summary import regime_words
from gex_assets.pages.shell import bar, contents, document, section_html
from gex_assets.pages.words import CHICAGO, amount, count, flip_words, number, price, share, unit_of, weight_text

__all__ = ["TABLES", "chain_page"]

Document = Mapping[str, Any]

TABLES: Final = ("profile", "strike_greeks")
"""Further tables that documents must hold for the page."""

_STRIKES: Final = 30
"""Strikes on each side of the price that are drawn; the table has all."""

_REASONS: Final = {
    "no_crossing": "net exposure does not change sign within reach",
    "no_repricing": "there are no volatilities or no times to expiration to re-price with",
    "one_right_only": "only calls or only puts have an exposure",
}


def chain_page(documents: Sequence[Document]) -> str:
    """The page of one chain under one or more conventions.

    Parameters
    ----------
    documents : of `chain.summary.documents`, asked for with `TABLES`.
    """
    first = documents[0]
    moment = (
        "moment not known"
        if first["as_of"] is None
        else f"{datetime.fromisoformat(first['as_of']).astimezone(CHICAGO):%Y-%m-%d %H:%M} Chicago"
    )
    title = f"{first['symbol']} · {price(first['spot'])} · {moment}"
    sections = [Section(one["convention"], one["convention"], _of_convention(one)) for one in documents]
    left = "" if first["options"] == first["options_in_file"] else f" of {count(first['options_in_file'])}"
    options = f"{count(first['options'])}{left}"
    parts: list[Text] = [
        tag("h1", title),
        paragraph(f"{first['file']} ({first['form']}): {options} options; gammas: {first['gamma_from'] or 'none'}."),
        _warnings(documents),
    ]
    if len(sections) > 1:
        parts.append(contents(sections))
    page = tag("main", joined(parts), *map(section_html, sections), class_="page")
    drawn = next((one for one in documents if one["levels"] is not None), None)
    if drawn is None:
        return document(title=title, body=joined([bar(f"{first['symbol']} · chain"), page]))
    style = tag("style", Markup(bundle("web/heatmap.css")))  # noqa: S704 (our own file)
    script = tag("script", Markup(bundle("web/chain.js")))  # noqa: S704 (our own file)
    picture = tag("div", id="gex-picture")
    return document(title=title, body=joined([picture, page, _for_script(drawn, title), script]), head=style)


def _for_script(one: Document, title: str) -> Markup:
    """What the picture at the top is drawn from: one convention's strikes, profile, walls and flip."""
    levels = one["levels"]
    rows, curve = one["strikes"], one["profile"]
    flip = shown_flip(levels)
    low, high = flip["zero_gamma_low"], flip["zero_gamma_high"]
    chain = {
        "title": title,
        "strikes": [row["strike"] for row in rows],
        **{name: [row[f"{name}_gex"] for row in rows] for name in ("call", "put", "net")},
        "profile": {"prices": [row["price"] for row in curve], "net": [row["net_gex"] for row in curve]} if curve else None,
        "walls": {"call": levels["call_wall"], "put": levels["put_wall"]},
        "flip": flip["zero_gamma"],
        "band": None if low is None or high is None else [low, high],
        "spot": one["spot"],
        "unit": unit_of(one["scale"]),
        "convention": f"{one['convention']}, {weight_text(one['weight_used'])}",
    }
    text = json.dumps(chain, allow_nan=False).replace("<", "\\u003c")  # the end of a script must not stand in it
    return tag("script", Markup(text), type="application/json", id="gex-chain")  # noqa: S704 (JSON without tags)


def _of_convention(one: Document) -> Markup:
    what = (
        f"version {one['convention_version']}, weighted by {weight_text(one['weight_used'])}, {one['multiplier']:g} USD per point"
    )
    levels = one["levels"]
    if levels is None:
        return paragraph(f"{what}: no numbers, see the warnings.")
    parts: list[Text] = [paragraph(regime_words(one["regime"], None)), _facts(one), note(what)]
    level = {**levels, "reference_price": one["spot"], "net_gex": one["net_gex"]}
    charts = [_strikes(one, what)]
    if one["profile"]:
        curve = [row["price"] for row in one["profile"]], [row["net_gex"] for row in one["profile"]]
        title = f"Net exposure over the price, {unit_of(one['scale'])}: {what}"
        charts.append(
            profile_figure(
                prices=curve[0], nets=curve[1], earlier=[], level=level, roots=list(levels["zero_gamma_roots"]), title=title
            )
        )
    else:
        parts.append(note(f"No profile: {_REASONS['no_repricing']}."))
    parts.append(tag("div", joined(charts), class_="charts"))
    parts.append(_expirations(one))
    parts.append(details(f"All {count(len(one['strikes']))} strikes", _all_strikes(one)))
    return joined(parts)


def _facts(one: Document) -> Markup:
    levels, unit = one["levels"], unit_of(one["scale"])
    rounding = one["net_gex_rounding"]
    flip = flip_words(levels, reasons=_REASONS)
    judged = one["regime_analysis"] or {}
    cards: list[tuple[Text, Text, Text]] = [
        ("price", price(one["spot"]), "of the file or as asked"),
        (
            "net exposure",
            amount(one["net_gex"]),
            unit if rounding is None else f"{unit}, ± {amount(rounding, sign=False)} by rounded gammas",
        ),
        ("gross exposure", amount(levels["gross_gex"], sign=False), unit),
        ("calls", amount(one["total_call_gex"]), unit),
        ("puts", amount(one["total_put_gex"]), unit),
        ("flip (zero gamma)", flip.text, flip.about),
        ("call wall", *_wall(levels, "call")),
        ("put wall", *_wall(levels, "put")),
        (
            "regime",
            tag("span", one["regime"], class_=f"regime {one['regime']}"),
            f"magnitude {judged.get('magnitude', 'unknown')}",
        ),
        ("coverage", share(levels["coverage"]), "of the weight has a gamma"),
    ]
    return facts(cards)


def _wall(levels: Document, right: str) -> tuple[str, str]:
    wall = levels[f"{right}_wall"]
    if wall is None:
        return "none", str(levels[f"{right}_wall_reason"] or "").replace("_", " ")
    return price(wall), f"{share(levels[f'{right}_wall_share'])} of its side's exposure"


def _strikes(one: Document, what: str) -> Markup:
    rows = [row for row in one["strikes"] if row["net_gex"] is not None]
    spot = one["spot"]
    above = [row for row in rows if row["strike"] > spot][:_STRIKES]
    below = [row for row in rows if row["strike"] <= spot][-_STRIKES:]
    near = below + above
    return strikes_figure(
        strikes=[row["strike"] for row in near],
        nets=[row["net_gex"] for row in near],
        errors=[None] * len(near),
        reference=spot,
        walls=(one["levels"]["call_wall"], one["levels"]["put_wall"]),
        title=f"Net exposure by strike, {unit_of(one['scale'])}, all expirations: {what}",
    )


def _expirations(one: Document) -> Markup:
    rows = [
        [
            (row["expiration"] or "not known")[:10],
            number(None if row["years"] is None else 365 * row["years"], 2),
            count(row["options"]),
            price(row["forward"]),
            amount(row["net_gex"]),
            amount(row["gross_gex"], sign=False),
            price(row["call_wall"]),
            price(row["put_wall"]),
            price(shown_flip(row)["zero_gamma"]) if flip_words(row).is_shown else "none",
        ]
        for row in one["expirations"]
    ]
    if not rows:
        return Markup()
    columns = ("expiration", ">days", ">options", ">forward", ">net", ">gross", ">call wall", ">put wall", ">flip")
    return table(columns, rows, caption=f"Each expiration alone, {unit_of(one['scale'])}", wide=True, long=len(rows) > _STRIKES)


def _all_strikes(one: Document) -> Markup:
    greeks = {row["strike"]: row for row in one["strike_greeks"]}
    rows = [
        [
            price(row["strike"]),
            amount(row["net_gex"]),
            amount(row["call_gex"]),
            amount(row["put_gex"]),
            *(amount(greeks.get(row["strike"], {}).get(name)) for name in ("dex", "vanna_exposure", "charm_exposure")),
        ]
        for row in reversed(one["strikes"])
    ]
    columns = ("strike", ">net", ">calls", ">puts", ">delta (USD)", ">vanna (USD per vol point)", ">charm (USD per day)")
    return table(columns, rows, caption=f"By strike, {unit_of(one['scale'])}, over all expirations", wide=True, long=True)


def _warnings(documents: Sequence[Document]) -> Markup:
    said = list(dict.fromkeys(warning["text"] for one in documents for warning in one["warnings"]))
    if not said:
        return Markup()
    return tag("ul", joined(tag("li", text) for text in said), class_="note warn")
