"""Many days of a product on one page: exposure, distance to the flip, walls, regimes and percentiles, from `regime_history`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any, Final

import numpy as np
from markupsafe import Markup

from gex_assets.analytics.reach import shown_flip, sigmas_by_hedge
from gex_assets.lake.tables import Lake
from gex_assets.market.products import PRODUCTS
from gex_assets.pages.charts import Axis, Mark, Plot, figure, nice_axis
from gex_assets.pages.day_tables import DayTables
from gex_assets.pages.many_days import history_rows
from gex_assets.pages.markup import Section, Text, joined, note, paragraph, table, tag
from gex_assets.pages.shell import bar, contents, document, section_html
from gex_assets.pages.words import NONE, amount, count, days_between, number, price, share, signed, unit_of, weight_text
from gex_assets.schemas.regime_history import REGIME_HISTORY, TRAILING_SESSIONS
from gex_assets.schemas.regime_scores import REGIMES
from gex_assets.wording import counted

__all__ = ["MOST_DAYS", "history_of_lake", "history_page"]

MOST_DAYS: Final = 260
"""Days on the page, about a year; the table has all."""

_REACH: Final = 0.06
"""Walls and flips farther away than this share of the price would flatten everything else; they are left out of the chart."""

_TICKS: Final = 7
_NAMES: Final = {"flip": "flip", "call": "call wall", "put": "put wall"}

Link = Callable[[date], str | None]
Row = Mapping[str, Any]
Pair = tuple[float | None, float | None]


def history_of_lake(
    lake: Lake, *, product: str, link: Link, others: Sequence[tuple[str, str]] = (), most: int = MOST_DAYS
) -> str:
    """The history of a product's latest days.

    Parameters
    ----------
    link : address of a day's page.
    others : further links of the bar: text and address.
    most : how many days; each costs one read of its walls.
    """
    days = lake.days(REGIME_HISTORY.name, product)[-most:]
    rows = history_rows(lake, product, days=days)
    return history_page(rows, product=product, walls=_walls(lake, product, rows), link=link, others=others)


def _walls(lake: Lake, product: str, rows: Sequence[Row]) -> dict[tuple[date, str], Pair]:
    """Call wall and put wall at the moment that the history is about, by day and convention."""
    found = {}
    moments: dict[date, set[int]] = {}
    for row in rows:
        moments.setdefault(row["date"], set()).add(row["ts_window_end"])
    for day, wanted in moments.items():
        scores = DayTables(lake, product=product, day=day).at("regime_scores", ("convention", "call_wall", "put_wall"), wanted)
        for score in scores.to_pylist():
            found[day, score["convention"]] = score["call_wall"], score["put_wall"]
    return found


def history_page(
    rows: Sequence[Row],
    *,
    product: str,
    walls: Mapping[tuple[date, str], Pair],
    link: Link,
    others: Sequence[tuple[str, str]] = (),
) -> str:
    """The page.

    Parameters
    ----------
    rows : of `regime_history`, oldest first.
    walls : call wall and put wall by day and convention.
    """
    rows = [_in_reach(row, product) for row in rows]
    conventions = list(dict.fromkeys(row["convention"] for row in sorted(rows, key=lambda row: row["convention"] != "field")))
    sections = [
        Section(name, name, _of_convention([row for row in rows if row["convention"] == name], walls, link))
        for name in conventions
    ]
    parts: list[Text] = [tag("h1", f"{product}: history")]
    if not sections:
        parts.append(paragraph("No history is published yet. It is made of published days: gex history."))
    else:
        days = {row["date"] for row in rows}
        parts.append(
            paragraph(
                f"{days_between(len(days), min(days), max(days))}, {'' if len(days) == 1 else 'each '}at its last window with a "
                f"regime before 15:00 in Chicago. Percentiles compare a day with up to {TRAILING_SESSIONS} sessions before it."
            )
        )
        parts.append(contents(sections))
    body = [bar(f"{product} · history", others), tag("main", joined(parts), *map(section_html, sections), class_="page")]
    return document(title=f"{product} · history", body=joined(body))


def _in_reach(row: Row, product: str) -> Row:
    """The row without a flip that is out of reach; the table has the deviation as part of what hedges trade in a move of one."""
    if row["zero_gamma"] is None or product not in PRODUCTS:
        return row
    sigmas = sigmas_by_hedge(
        _column([row], "zero_gamma"),
        reference=_column([row], "reference_price"),
        hedge=_column([row], "hedge_per_sigma"),
        net=_column([row], "net_gex"),
        scale=row["scale"],
        multiplier=PRODUCTS[product].multiplier,
    )
    shown = shown_flip({**row, "zero_gamma_sigmas": float(sigmas[0])})
    return shown if shown["zero_gamma"] is not None else {**shown, "distance_to_flip": None, "distance_to_flip_pct": None}


def _of_convention(rows: Sequence[Row], walls: Mapping[tuple[date, str], Pair], link: Link) -> Markup:
    last = rows[-1]
    unit = unit_of(last["scale"])
    what = f"{last['convention']}, version {last['convention_version']}, weighted by {weight_text(last['weight_used'])}"
    days = [row["date"] for row in rows]
    charts = [
        _prices(rows, [walls.get((row["date"], row["convention"]), (None, None)) for row in rows], what),
        _exposure(rows, what, unit),
        _distance(rows, what),
        _percentiles(rows, what),
    ]
    changed = {(row["convention_version"], row["weight_used"], row["scale"]) for row in rows}
    parts: list[Text] = [tag("div", joined(charts), class_="charts")]
    if len(changed) > 1:
        parts.append(note("The convention's version or weight changed within these days; percentiles compare equal ones only."))
    parts.append(_table(rows, days, link, what, unit))
    return joined(parts)


def _days_axis(rows: Sequence[Row]) -> Axis:
    """Days stand next to each other, whatever lies between them."""
    step = max(1, -(-len(rows) // _TICKS))
    ticks = tuple((float(at), f"{rows[at]['date']:%d %b}".lstrip("0")) for at in range(0, len(rows), step))
    return Axis(-0.5, len(rows) - 0.5, ticks)


def _column(rows: Sequence[Row], name: str) -> np.ndarray[Any, np.dtype[np.float64]]:
    return np.array([np.nan if row[name] is None else row[name] for row in rows], dtype=np.float64)


def _prices(rows: Sequence[Row], walls: Sequence[Pair], what: str) -> Markup:
    at = np.arange(len(rows), dtype=np.float64)
    prices, flips = _column(rows, "reference_price"), _column(rows, "zero_gamma")
    calls, puts = (
        np.array([np.nan if one is None else one for one in side], dtype=np.float64) for side in zip(*walls, strict=True)
    )
    levels = {"flip": flips, "call": calls, "put": puts}
    near = {name: np.where(np.abs(column - prices) <= _REACH * prices, column, np.nan) for name, column in levels.items()}
    plot = Plot(_days_axis(rows), nice_axis(np.concatenate([prices, *near.values()]), text="{:.0f}".format), height=17.0)
    for name, column in near.items():  # a level is that of its day alone: no risers between days
        plot.line(np.column_stack([at - 0.4, at + 0.4, at]).ravel(), np.column_stack([column, column, at * np.nan]).ravel(), name)
    plot.line(at, prices, "price")
    plot.points(at, prices, "text")
    far = {name: int(np.isfinite(column).sum() - np.isfinite(near[name]).sum()) for name, column in levels.items()}
    said = ", ".join(f"{count(n)} × {_NAMES[name]}" for name, n in far.items() if n)
    about = f"Last: price {price(prices[-1])}, flip {price(flips[-1])}, put wall {price(puts[-1])}, call wall {price(calls[-1])}."
    if said:
        about += f" Farther than {_REACH:.0%} from the price and not drawn: {said}."
    marks = [Mark("line price", "price"), *(Mark(f"line {name}", text) for name, text in _NAMES.items())]
    return figure(plot, title=f"Price, flip and walls, index points: {what}", about=about, marks=marks)


def _exposure(rows: Sequence[Row], what: str, unit: str) -> Markup:
    at = np.arange(len(rows), dtype=np.float64)
    net = _column(rows, "net_gex")
    plot = Plot(_days_axis(rows), nice_axis(net, zero=True, text=amount), height=17.0)
    neutral = [place for place, row in enumerate(rows) if row["regime"] == "neutral"]
    plot.columns(((place - 0.5, place + 0.5) for place in neutral), "band")
    plot.bars(at, net, width=0.72)
    counts = {name: sum(row["regime"] == name for row in rows) for name in REGIMES}
    about = "Regimes: " + ", ".join(f"{name} on {counted(n, 'day')}" for name, n in counts.items()) + "."
    marks = [
        Mark("up", "net above 0", filled=True),
        Mark("down", "net below 0", filled=True),
        Mark("band", "neutral", filled=True),
    ]
    return figure(plot, title=f"Net exposure, {unit}: {what}", about=about, marks=marks)


def _distance(rows: Sequence[Row], what: str) -> Markup:
    at = np.arange(len(rows), dtype=np.float64)
    distance = _column(rows, "distance_to_flip_pct")
    inside = np.where(np.abs(distance) <= 100 * _REACH, distance, np.nan)
    plot = Plot(_days_axis(rows), nice_axis(inside, zero=True, text=lambda value: f"{signed(value, int(value % 1 != 0))} %"))
    plot.line(at, inside, "flip")
    plot.points(at, inside, "text")
    known = f"{count(int(np.isfinite(distance).sum()))} of {count(len(rows))} days have a flip in reach"
    about = f"{known}; above 0 the price is above it. Distances beyond {_REACH:.0%} are not drawn."
    marks = [Mark("line flip", "distance")]
    return figure(plot, title=f"Price less flip, % of the price: {what}", about=about, marks=marks)


def _percentiles(rows: Sequence[Row], what: str) -> Markup:
    at = np.arange(len(rows), dtype=np.float64)
    of_net, of_share = _column(rows, "net_gex_percentile"), _column(rows, "net_share_percentile")
    plot = Plot(_days_axis(rows), Axis(0.0, 1.0, tuple((one / 4, f"{25 * one} %") for one in range(5))))
    plot.line(at, of_net, "accent")
    plot.points(at, of_net, "accent")
    plot.line(at, of_share, "muted dashed")
    known = int(np.isfinite(of_net).sum())
    about = f"Known on {count(known)} of {count(len(rows))} days: below five sessions seen there is none."
    marks = [Mark("line accent", "of net exposure"), Mark("line muted dashed", "of |net| ÷ gross")]
    return figure(plot, title=f"Percentile among the sessions seen: {what}", about=about, marks=marks)


def _table(rows: Sequence[Row], days: Sequence[date], link: Link, what: str, unit: str) -> Markup:
    columns = (
        *("day", "regime", "magnitude", ">price", f">net ({unit})", ">gross", ">|net| ÷ gross", ">flip", ">price − flip"),
        *(">percentile of net", ">sessions seen", ">sessions in regime", ">changes in the day"),
    )
    cells = [_cells(row, day, link) for row, day in zip(reversed(rows), reversed(days), strict=True)]
    return table(columns, cells, caption=f"{what}, newest first", wide=True, long=len(cells) > _TICKS * 3)


def _cells(row: Row, day: date, link: Link) -> list[Text]:
    address = link(day)
    more = "" if row["regime_start_seen"] else "+"
    return [
        tag("a", f"{day}", href=address) if address else f"{day}",
        tag("span", row["regime"], class_=f"regime {row['regime']}"),
        row["magnitude"],
        price(row["reference_price"]),
        amount(row["net_gex"]),
        amount(row["gross_gex"], sign=False),
        share(row["net_share"]),
        number(row["zero_gamma"], 1) if row["zero_gamma"] is not None else "none",
        signed(row["distance_to_flip"], 1),
        share(row["net_gex_percentile"]) if row["net_gex_percentile"] is not None else NONE,
        count(row["sessions_seen"]),
        f"{count(row['sessions_in_regime'])}{more}",
        count(row["changes_in_day"]),
    ]
