"""The gamma profile: net exposure if the price moved, with its roots, at the last minute and at earlier ones of the day."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from markupsafe import Markup

from gex_assets.analytics.reach import shown_flip
from gex_assets.pages.charts import Mark, Plot, figure, nice_axis
from gex_assets.pages.day_tables import DayTables
from gex_assets.pages.markup import Section, Text, joined, note, paragraph, table, tag
from gex_assets.pages.sections.moments import chosen, moment_text
from gex_assets.pages.sections.summary import LEVEL_COLUMNS
from gex_assets.pages.words import amount, flip_text, price, unit_of, weight_text, window_clock

__all__ = ["profile", "profile_figure"]

_REACH: Final = 0.06
"""Share of the price on each side that is drawn; the table has 20 %."""

_COLUMNS: Final = ("convention", "scope", "price", "net_gex")
_ROOTS: Final = "zero_gamma_roots"
_ROOT_WORDS: Final = {"strike_sign_change": "changes of sign between neighbouring strikes"}


def profile(day: DayTables) -> Section:
    """A chart for each convention over all selected expirations."""
    moments = chosen(day)
    rows = day.at("silver_gex_profile", _COLUMNS, moments).to_pylist()
    found = day.at("silver_gex_levels", (*LEVEL_COLUMNS, _ROOTS), moments[-1:]).to_pylist()
    levels = {row["convention"]: row for row in found if row["scope"] == "selected"}
    curves: dict[str, dict[int, tuple[list[float], list[float]]]] = {}
    for row in rows:
        if row["scope"] == "selected":
            xs, ys = curves.setdefault(row["convention"], {}).setdefault(row["ts_window_end"], ([], []))
            xs.append(row["price"])
            ys.append(row["net_gex"])
    parts: list[Text] = [
        _figure(convention, curves[convention], level) for convention, level in levels.items() if convention in curves
    ]
    if not parts:
        return Section("profile", "Gamma profile", paragraph("No profile is published for this day: no minute has a price."))
    rule = note(
        "Each curve is the whole chain re-priced with all forwards moved by the same percentage and volatilities staying at "
        "their strikes. Where it crosses zero are its roots, and the flip is the one nearest the price. By the rule of magic8 it "
        "lies between neighbouring strikes whose nets differ in sign."
    )
    return Section("profile", "Gamma profile and its roots", joined([rule, tag("div", joined(parts), class_="charts")]))


def _figure(convention: str, curves: dict[int, tuple[list[float], list[float]]], level: dict[str, Any]) -> Markup:
    last = max(curves)
    title = (
        f"{convention}: net exposure over the price, {unit_of(level['scale'])}, weighted by {weight_text(level['weight_used'])}, "
        f"all selected expirations, {moment_text(last)}"
    )
    return profile_figure(
        prices=curves[last][0],
        nets=curves[last][1],
        earlier=[(window_clock(moment), *curve) for moment, curve in sorted(curves.items()) if moment != last],
        level=level,
        roots=list(level[_ROOTS] or []),
        roots_are=_ROOT_WORDS.get(level["flip_rule"], "roots"),
        title=title,
    )


def profile_figure(
    *,
    prices: list[float],
    nets: list[float],
    earlier: list[tuple[str, list[float], list[float]]],
    level: dict[str, Any],
    roots: list[float],
    title: str,
    roots_are: str = "roots",
) -> Markup:
    """The curve of net exposure over the price, with price, walls, flip and roots.

    Parameters
    ----------
    prices, nets : the curve.
    earlier : curves of other moments: what they are called, prices, net exposures.
    level : a row of the levels, or of a chain's: price, walls, flip with its band.
    roots : prices at which net exposure changes sign.
    roots_are : what the legend calls them.
    """
    level = shown_flip(level)
    reference = level["reference_price"] or float(np.median(prices))
    low, high = reference * (1 - _REACH), reference * (1 + _REACH)
    x, y = _within(prices, nets, low, high)
    others = [(name, *_within(one, other, low, high)) for name, one, other in earlier]
    reach = np.concatenate([y, *(ys for _, _, ys in others)])
    plot = Plot(
        nice_axis([low, high], text="{:.0f}".format, margin=0.0, unit="index points"), nice_axis(reach, zero=True, text=amount)
    )
    band = level["zero_gamma_low"], level["zero_gamma_high"]
    if None not in band and level["zero_gamma"] is not None:
        plot.columns([band], "band flip")
    for number, (_, xs, ys) in enumerate(others):
        plot.line(xs, ys, ("muted thin dotted", "muted thin dashed", "muted thin")[number % 3])
    plot.line(x, y, "accent")
    inside = [root for root in roots if low <= root <= high]
    plot.points(inside, [0.0] * len(inside), "text")
    marks = [Mark("line accent", "net exposure"), Mark("dots", roots_are)]
    marks += [
        Mark(f"line {('muted thin dotted', 'muted thin dashed', 'muted thin')[n % 3]}", f"at {name} UTC")
        for n, (name, _, _) in enumerate(others)
    ]
    labels = [("price", reference, "price"), ("call", level["call_wall"], "call wall"), ("put", level["put_wall"], "put wall")]
    labels.append(("flip dashed", level["zero_gamma"], "flip"))
    for row, (style, place, name) in enumerate(labels):
        if place is not None:
            plot.upright(place, style, f"{name} {price(place) if name != 'flip' else f'{place:.1f}'}", row=row)
    said = ", ".join(f"{root:.1f}" for root in inside) or f"none within {_REACH:.0%} of the price"
    numbers = table(
        ["price", ">net exposure"],
        [[price(one), amount(net)] for one, net in zip(x, y, strict=True)],
        caption=f"{title}. Roots: {said}.",
    )
    about = (
        f"Net exposure at the price of {price(reference)} is {amount(level['net_gex'])}. Flip: {flip_text(level)}. Roots: {said}."
    )
    return figure(plot, title=title, about=about, marks=marks, numbers=numbers)


def _within(x: list[float], y: list[float], low: float, high: float) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    places, values = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    inside = (places >= low) & (places <= high)
    return places[inside], values[inside]
