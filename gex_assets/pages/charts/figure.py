"""A chart with its caption, its legend and the table of its numbers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from markupsafe import Markup

from gex_assets.pages.charts.plot import Plot
from gex_assets.pages.markup import Text, details, joined, note, tag

__all__ = ["Mark", "figure", "legend"]


class Mark(NamedTuple):
    """An entry of a legend: the classes of a shape, and what it is. A filled one is an area or a bar."""

    style: str
    text: str
    filled: bool = False


def figure(plot: Plot, *, title: str, about: str, marks: Iterable[Mark] = (), numbers: Markup | None = None) -> Markup:
    """A chart.

    Parameters
    ----------
    title : the caption; it says what is drawn, with its unit.
    about : one or two sentences on what is to be seen; shown below, and read out as the drawing's description.
    marks : the legend.
    numbers : the table of what is drawn, folded away.
    """
    entries = list(marks)
    parts: list[Text] = [tag("figcaption", title), plot.html(title=title, about=about)]
    if entries:
        parts.append(legend(entries))
    parts.append(note(about))
    if numbers is not None:
        parts.append(details("Numbers", numbers))
    return tag("figure", *parts)


def legend(marks: Iterable[Mark]) -> Markup:
    """What the shapes of a chart are."""
    return tag("ul", joined(tag("li", _sample(mark), mark.text) for mark in marks), class_="legend")


def _sample(mark: Mark) -> Markup:
    shape = (
        tag("rect", x=1, y=1, width=22, height=10, class_=mark.style)
        if mark.filled
        else tag("path", d="M12 6h0" if "dots" in mark.style else "M1 6H23", class_=mark.style)
    )
    return tag("svg", shape, viewBox="0 0 24 12", class_="shapes", aria_hidden="true")
