"""Levels on a ladder of prices: lines at their prices, bands of their errors, labels that do not cover each other."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from markupsafe import Markup

from gex_assets.analytics.reach import larger_error, shown_flip
from gex_assets.brief.facts import Brief
from gex_assets.pages.charts import Axis, Mark, legend, nice_axis
from gex_assets.pages.markup import Text, joined, tag
from gex_assets.pages.words import number

__all__ = ["Rung", "ladder", "rungs_of", "spread"]

_GRID: Final = 1000
"""Shapes are drawn on this grid of whole numbers, which stretches to the ladder's place."""
_LINE_END: Final = 700
"""Where a level's line ends and the stroke to its label begins."""
_NIGHT: Final = (40, 130)
"""From where to where the bar of the night's range reaches."""
_HEIGHT_REM: Final = 24.0
_LABEL_REM: Final = 1.55
_NAMES: Final = {
    "call_wall": ("call wall", "call"),
    "secondary_call_wall": ("2nd call wall", "call thin dashed"),
    "reference_price": ("price", "price"),
    "zero_gamma": ("flip", "flip"),
    "secondary_put_wall": ("2nd put wall", "put thin dashed"),
    "put_wall": ("put wall", "put"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """A level on the ladder.

    Attributes
    ----------
    price : [index points]
    error : how far it may be off; None where it has none or it is unknown. [index points]
    about : a remark, such as the distance in standard deviations; may be empty.
    style : classes of its line.
    """

    name: str
    price: float
    style: str
    error: float | None = None
    about: str = ""


def rungs_of(brief: Brief) -> list[Rung]:
    """The levels that are known, from the highest price to the lowest."""
    row = shown_flip(brief.all)
    found = []
    for column, (name, style) in _NAMES.items():
        price = row[column]
        if price is None or not math.isfinite(price):
            continue
        sigmas, error = row.get(f"{column}_sigmas") if column.endswith("_wall") else None, None
        if column == "zero_gamma":
            low, high = row["zero_gamma_low"], row["zero_gamma_high"]
            error = larger_error(row["zero_gamma_se"], low=low, high=high, rule=row["flip_rule"])
        about = "" if sigmas is None else f"{sigmas:.1f}σ"
        if error is not None:
            about = f"± {error:.1f}" if error >= 0.05 else "± <0.1"
        found.append(Rung(name=name, price=price, style=style, error=error, about=about))
    return sorted(found, key=lambda one: (-one.price, one.name))


def ladder(brief: Brief) -> Markup:
    """The picture, with a description for whoever has it read out; a sentence where no level is known."""
    rungs = rungs_of(brief)
    if not rungs:
        return tag("p", "No level is known.")
    row = brief.all
    move, price = row["expected_move"], row["reference_price"]
    reach = [] if move is None or price is None else [price - move, price + move]
    night = [] if brief.frame is None else [one.prices for one in brief.frame.stretches[:1] if one.prices is not None]
    axis = nice_axis([*(one.price for one in rungs), *reach, *(end for one in night for end in (one.low, one.high))], margin=0.05)
    shapes = [*_areas(reach, "band accent", 0, _LINE_END, axis)]
    for reached in night:
        shapes += _areas([reached.low, reached.high], "muted", *_NIGHT, axis)
    labels: list[Text] = []
    heights = [(1.0 - axis.place(one.price)) for one in rungs]
    for one, at, place in zip(rungs, heights, spread(heights, gap=_LABEL_REM / _HEIGHT_REM), strict=True):
        if one.error:
            shapes += _areas([one.price - one.error, one.price + one.error], "band flip", 0, _LINE_END, axis)
        y, label = round(at * _GRID), round(place * _GRID)
        shapes.append(tag("path", d=f"M0 {y}H{_LINE_END}L{_GRID} {label}", class_=f"line {one.style}"))
        labels.append(_label(one, place))
    said = "; ".join(f"{one.name} {number(one.price)}" for one in rungs)
    svg = tag(
        "svg",
        tag("title", "Levels by price"),
        tag("desc", said),
        *shapes,
        viewBox=f"0 0 {_GRID} {_GRID}",
        preserveAspectRatio="none",
        class_="shapes",
        role="img",
        aria_label="Levels by price",
    )
    drawn = tag("div", svg, tag("ol", joined(labels)), class_="ladder", style=f"height:{_HEIGHT_REM:g}rem")
    marks = [Mark("band accent", "expected move", filled=True)] if reach else []
    marks += [Mark("muted", "range of the night", filled=True)] if night else []
    marks += [Mark("band flip", "error of the flip", filled=True)] if any(one.error for one in rungs) else []
    return joined([drawn, legend(marks) if marks else Markup()])


def spread(places: Sequence[float], *, gap: float) -> list[float]:
    """Places of labels: as near to their own as they can be, `gap` apart, within 0 and 1 as far as there is room.

    Parameters
    ----------
    places : (n,) where the labels would like to stand, ascending. [share of the height]
    gap : between two labels. [share of the height]

    Examples
    --------
    >>> [round(one, 3) for one in spread([0.2, 0.21, 0.9], gap=0.1)]
    [0.155, 0.255, 0.9]
    """
    blocks: list[tuple[float, int]] = []  # the wish of a block's first label, and how many labels stand in it
    for place in places:
        wish, size = place, 1
        while blocks and blocks[-1][0] + blocks[-1][1] * gap > wish:
            before, many = blocks.pop()
            wish = (before * many + (wish - many * gap) * size) / (many + size)
            size += many
        blocks.append((wish, size))
    found = [wish + at * gap for wish, size in blocks for at in range(size)]
    found = [min(place, 1.0 - gap * (0.5 + len(found) - 1 - at)) for at, place in enumerate(found)]
    return [max(place, gap * (0.5 + at)) for at, place in enumerate(found)]


def _label(one: Rung, place: float) -> Markup:
    about = tag("small", one.about) if one.about else ""
    text = (
        tag("b", number(one.price, 2 if one.error is None else 1)),
        " ",
        tag("span", one.name, class_=one.style.split()[0]),
        " ",
        about,
    )
    return tag("li", *text, style=f"top:{100 * place:.2f}%")


def _areas(bounds: Sequence[float], style: str, left: int, right: int, axis: Axis) -> Iterator[Markup]:
    if bounds:
        top, bottom = (round((1.0 - axis.place(bound)) * _GRID) for bound in (bounds[1], bounds[0]))
        shape: dict[str, Any] = {"x": left, "y": top, "width": right - left, "height": max(bottom - top, 1)}
        yield tag("rect", class_=style, **shape)
