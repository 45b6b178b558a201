"""The index of days: the latest with small pictures, all others as cells of a calendar, ten years on one light page."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final

import numpy as np
from markupsafe import Markup

from gex_assets.lake.lineage import until_text
from gex_assets.lake.tables import Lake
from gex_assets.pages.many_days import DayState, Path, history_rows, paths_of_days, states_of_days
from gex_assets.pages.markup import Text, joined, note, paragraph, tag
from gex_assets.pages.shell import bar, document
from gex_assets.pages.words import amount, days_between, price, unit_of, weight_text
from gex_assets.schemas.registry import DAY_TABLES

__all__ = ["LATEST", "index_of_lake", "index_page", "thumbnail"]

LATEST: Final = 24
"""Days with a small picture."""

_DAY_MINUTES: Final = 1440
_WIDTH: Final = 240
_HEIGHT: Final = 84
_RIBBON: Final = 6
_WEEKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_STATUS: Final = {
    "published": "all tables published",
    "partly": "not all tables published",
    "rejected": "latest delivery refused",
    "partial": "a part of the day only",
    "missing": "nothing published",
}

Link = Callable[[date], str | None]
"""Address of a day's page; None where it has none."""


def index_of_lake(lake: Lake, *, product: str, link: Link, others: Sequence[tuple[str, str]] = (), latest: int = LATEST) -> str:
    """The index of a product's days.

    Parameters
    ----------
    link : address of a day's page.
    others : further links of the bar: text and address.
    latest : how many days have a small picture; each costs one read of the day's levels.
    """
    states = states_of_days(lake, product)
    rows = {row["date"]: row for row in history_rows(lake, product) if row["convention"] == "field"}
    paths = paths_of_days(lake, product, [state.day for state in states[:latest]])
    return index_page(states, product=product, rows=rows, paths=paths, link=link, others=others)


def index_page(
    states: Sequence[DayState],
    *,
    product: str,
    rows: Mapping[date, Mapping[str, Any]],
    paths: Mapping[date, Path],
    link: Link,
    others: Sequence[tuple[str, str]] = (),
) -> str:
    """The page.

    Parameters
    ----------
    states : of all days, newest first.
    rows : the rows of `regime_history` under `field`, by day.
    paths : the course of the latest days.
    """
    parts: list[Text] = [tag("h1", f"{product}: days")]
    if not states:
        parts.append(paragraph("Nothing was delivered, published or rejected yet. Start with gex ingest or gex demo."))
    else:
        parts.append(paragraph(_in_short(states)))
        parts.append(_about(rows))
        cards = [_card(state, rows.get(state.day), paths[state.day], link) for state in states if state.day in paths]
        if cards:
            parts += [tag("h2", "Latest"), tag("ol", joined(cards), class_="days")]
        parts.append(tag("h2", "All days"))
        parts.append(_scale())
        for year, of_year in itertools.groupby(states, key=lambda state: state.day.year):
            parts.append(_year(year, list(of_year), rows, link))
    body = joined([bar(f"{product} · days", others), tag("main", joined(parts), class_="page")])
    return document(title=f"{product} · days", body=body)


def _in_short(states: Sequence[DayState]) -> str:
    first, last = states[-1].day, states[0].day
    said = days_between(len(states), first, last)
    odd = [
        f"{n} with {_STATUS[name]}"
        for name in ("partial", "partly", "rejected", "missing")
        if (n := sum(one.status == name for one in states))
    ]
    whole = "all its tables are published" if len(states) == 1 else "of each all tables are published"
    return f"{said}; " + (", ".join(odd) if odd else whole) + "."


def _about(rows: Mapping[date, Mapping[str, Any]]) -> Markup:
    if not rows:
        return note("Without regime_history days have no exposure here: gex history makes it.")
    row = rows[max(rows)]
    return note(
        f"Exposures: field, version {row['convention_version']}, weighted by {weight_text(row['weight_used'])}, in "
        f"{unit_of(row['scale'])}, all selected expirations, in the last window with a regime before 15:00 in Chicago."
    )


def _card(state: DayState, row: Mapping[str, Any] | None, path: Path, link: Link) -> Markup:
    day, address = state.day, link(state.day)
    about: list[Text] = [tag("strong", f"{day} {_WEEKDAYS[day.weekday()]}")]
    if row is not None:
        about += [
            price(row["reference_price"]),
            " · net ",
            tag("span", amount(row["net_gex"]), class_=row["regime"]),
            f" · {row['regime']}",
        ]
    else:
        about.append("no regime before 15:00 in Chicago" if state.published else _STATUS[state.status])
    if state.status != "published":
        about += [" ", tag("span", _said(state), class_=f"status {state.status}")]
    whole = joined([thumbnail(path, about=f"Price and sign of net exposure on {day}"), tag("div", *about, class_="about")])
    return tag("li", tag("a", whole, href=address) if address else whole, class_="day")


def _said(state: DayState) -> str:
    said = [_STATUS["rejected"]] if state.refused else []
    if state.partial_until_ns is not None:
        said.append(until_text(state.partial_until_ns))
    if not state.refused and 0 < state.published < len(DAY_TABLES):
        said.append(f"{state.published} of {len(DAY_TABLES)} tables")
    return ", ".join(said) or _STATUS[state.status]


def thumbnail(path: Path, *, about: str) -> Markup:
    """A day in a small picture: the price with the walls it had last, and below it the sign of net exposure over time."""
    prices = np.asarray(path.prices, dtype=np.float64)
    known = prices[np.isfinite(prices)]
    low, high = (float(known.min()), float(known.max())) if len(known) else (0.0, 1.0)
    room = max(0.12 * (high - low), 1.0)
    low, high = low - room, high + room
    width = _DAY_MINUTES if path.minutes[-1] - path.minutes[0] > _DAY_MINUTES / 8 else path.minutes[-1] - path.minutes[0] or 1.0
    first = 0.0 if width == _DAY_MINUTES else path.minutes[0]

    def x(minute: float) -> float:
        return round((minute - first) / width * _WIDTH, 1)

    def y(value: float) -> float:
        return round((high - value) / (high - low) * (_HEIGHT - _RIBBON - 4) + 2, 1)

    shapes: list[Markup] = []
    for style, wall in (("call", path.call_wall), ("put", path.put_wall)):
        if wall is not None and low <= wall <= high:
            shapes.append(tag("path", d=f"M0 {y(wall)}H{_WIDTH}", class_=f"line {style} thin"))
    gap = 3 * float(np.median(np.diff(path.minutes))) if len(path.minutes) > 1 else 1.0
    strokes, before = [], None
    for minute, value in zip(path.minutes, path.prices, strict=True):
        if np.isfinite(value):
            strokes.append(f"{'M' if before is None or minute - before > gap else 'L'}{x(minute):g} {y(value):g}")
            before = minute
    shapes.append(tag("path", d="".join(strokes) or "M0 0", class_="line price"))
    shapes += _ribbon(path, x, gap)
    return tag(
        "svg",
        tag("title", about),
        *shapes,
        viewBox=f"0 0 {_WIDTH} {_HEIGHT}",
        class_="shapes thumbnail",
        role="img",
        aria_label=about,
    )


def _ribbon(path: Path, x: Callable[[float], float], gap: float) -> list[Markup]:
    step = gap / 3
    shapes = []
    places = zip(path.minutes, path.signs, strict=True)
    for (sign, _), group in itertools.groupby(enumerate(places), key=lambda one: (one[1][1], one[1][0] - one[0] * step)):
        minutes = [minute for _, (minute, _) in group]
        left = x(minutes[0] - step)
        style = {1: "up", -1: "down"}.get(sign, "missing")
        shapes.append(
            tag("rect", x=left, y=_HEIGHT - _RIBBON, width=round(x(minutes[-1]) - left, 1), height=_RIBBON, class_=style)
        )
    return shapes


def _scale() -> Markup:
    samples = (
        (100, "positive", "positive"),
        (100, "negative", "negative"),
        (0, "neutral", "neutral"),
        (0, "unknown", "no exposure"),
    )
    items = (tag("li", tag("i", class_=f"cell {style}", style=f"--v:{v}%"), text) for v, style, text in samples)
    rest = tag("li", tag("i", class_="cell rejected", style="--v:0%"), "refused or not whole")
    return joined(
        [tag("ul", joined(items), rest, class_="legend"), note("Depth is |net| ÷ gross of the day, on a square-root scale.")]
    )


def _year(year: int, states: Sequence[DayState], rows: Mapping[date, Mapping[str, Any]], link: Link) -> Markup:
    """Weeks are columns, days of the week rows, Monday at the top: shapes of months are seen at a glance."""
    cells = []
    start = date(year, 1, 1) - timedelta(days=date(year, 1, 1).weekday())
    for state in sorted(states, key=lambda one: one.day):
        week, weekday = divmod((state.day - start).days, 7)
        row = rows.get(state.day)
        style, depth, said = _cell(state, row)
        if state.status != "published":
            style += " rejected"
        attributes = {
            "class_": f"cell {style}",
            "style": f"grid-area:{weekday + 2}/{week + 1};--v:{depth:.0f}%",
            "title": f"{state.day} {said}",
        }
        address = link(state.day)
        cells.append(
            tag("a", href=address, aria_label=f"{state.day} {said}", **attributes) if address else tag("i", **attributes)
        )
    months = (date(year, month, 1) for month in sorted({state.day.month for state in states}))
    names = [tag("small", f"{first:%b}", style=f"grid-area:1/{(first - start).days // 7 + 1}") for first in months]
    return tag("section", tag("h3", str(year)), tag("div", joined(names), joined(cells), class_="year"))


def _cell(state: DayState, row: Mapping[str, Any] | None) -> tuple[str, float, str]:
    """Class, depth of colour [%] and words of a day's cell."""
    status = "" if state.status == "published" else f", {_said(state)}"
    if row is None or row["net_gex"] is None:
        return "unknown", 0.0, f"no exposure{status}"
    share = min(max(row["net_share"] or 0.0, 0.0), 1.0)
    return str(row["regime"]), 25 + 75 * share**0.5, f"net {amount(row['net_gex'])}, {row['regime']}{status}"
