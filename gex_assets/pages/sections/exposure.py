"""Exposure by strike and expiration, with vanna and charm, at the last moment with a price."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from markupsafe import Markup

from gex_assets.pages.charts import Mark, Plot, figure, nice_axis
from gex_assets.pages.day_tables import DayTables
from gex_assets.pages.markup import Section, Text, joined, note, paragraph, table
from gex_assets.pages.sections.moments import chain_at, chosen, moment_text
from gex_assets.pages.sections.summary import LEVEL_COLUMNS
from gex_assets.pages.words import amount, price, unit_of, weight_text, with_error
from gex_assets.time_units import DAY_NS

__all__ = ["charm_of", "exposure", "net_of", "strikes_figure", "vanna_of"]

_EXPOSURES: Final = {"open_interest": "oi", "resting_size": "resting"}
"""Weight of `field` -> the short name of its exposures in the chain."""

_STRIKES: Final = 20
"""Strikes on each side of the price."""

_YEAR_DAYS: Final = 365.0
_VOL_POINT: Final = 0.01


def exposure(day: DayTables) -> Section:
    """Strikes around the price, an expiration each with its columns, by the convention `field`."""
    title = "Exposure by strike and expiration"
    moments = chosen(day)[-1:]  # the chain, the price and the walls are those of one window
    levels = day.at("silver_gex_levels", LEVEL_COLUMNS, moments).to_pylist()
    field = next((row for row in levels if (row["convention"], row["scope"]) == ("field", "selected")), None)
    weight = None if field is None else field["weight_used"]
    rows = chain_at(day, moments).to_pylist()
    if weight not in _EXPOSURES or field is None or all(net_of(row, weight) is None for row in rows):
        return Section("exposure", title, paragraph("No strike has an exposure by open interest or resting size."))
    reference = field["reference_price"]
    around = _around([row["strike"] for row in rows if net_of(row, weight) is not None], reference)
    expirations = sorted({row["ts_expiration"] for row in rows})
    near = [row for row in rows if row["strike"] in around]
    net = {(row["ts_expiration"], row["strike"]): net_of(row, weight) for row in near}
    total = {strike: _sum(net.get((one, strike)) for one in expirations) for strike in around}
    errors = {strike: _root([row["net_gex_se"] for row in near if row["strike"] == strike]) for strike in around}
    what = (
        f"field, version {field['convention_version']}, weighted by {weight_text(weight)}, {unit_of(field['scale'])}, "
        f"{moment_text(moments[0])}"
    )
    chart = strikes_figure(
        strikes=around,
        nets=[total[strike] for strike in around],
        errors=[errors[strike] for strike in around],
        reference=reference,
        walls=(field["call_wall"], field["put_wall"]),
        title=f"Net exposure by strike, all expirations in force: {what}",
    )
    parts: list[Text] = [
        chart,
        *(_table([row for row in near if row["ts_expiration"] == one], one, weight, what) for one in expirations),
        note(
            "Net is call less put, a convention and not anyone's known position. Vanna: change of delta exposure per volatility "
            "point. Charm: its change per calendar day. Both are signed as net is. Only strikes around the price are listed."
        ),
    ]
    return Section("exposure", title, joined(parts))


def strikes_figure(
    *,
    strikes: Sequence[float],
    nets: Sequence[float | None],
    errors: Sequence[float | None],
    reference: float,
    walls: tuple[float | None, float | None],
    title: str,
) -> Markup:
    """Bars of net exposure by strike with two standard errors, price and walls; a sentence where there is no strike."""
    if not strikes:
        return paragraph(f"No strike has an exposure. {title}.")
    width = 0.66 * float(np.min(np.diff(np.unique(strikes)))) if len(set(strikes)) > 1 else 1.0
    low, high = zip(*(_bounds(net, error) for net, error in zip(nets, errors, strict=True)), strict=True)
    plot = Plot(
        nice_axis([min(strikes) - width, max(strikes) + width], text="{:.0f}".format, margin=0.0, ticks=7, unit="strike"),
        nice_axis([*low, *high, *nets], zero=True, text=amount),
        height=17.0,
    )
    plot.bars(strikes, [np.nan if net is None else net for net in nets], width=width)
    plot.whiskers(strikes, low, high)
    plot.upright(reference, "price", f"price {price(reference)}")
    for row, (style, name, wall) in enumerate((("call dashed", "call wall", walls[0]), ("put dashed", "put wall", walls[1])), 1):
        if wall is not None:
            plot.upright(wall, style, f"{name} {price(wall)}", row=row)
    known = [(abs(net), strike, net) for strike, net in zip(strikes, nets, strict=True) if net is not None]
    largest = max(known, default=None)
    about = "No strike has an exposure." if largest is None else f"The largest is {amount(largest[2])} at {price(largest[1])}."
    marks = [Mark("up", "positive", filled=True), Mark("down", "negative", filled=True)]
    marks += [Mark("whisker", "two standard errors")] if any(error is not None for error in errors) else []
    return figure(plot, title=title, about=about, marks=marks)


def _table(rows: Sequence[dict[str, Any]], expiration: int, weight: str, what: str) -> Markup:
    name = f"{np.datetime64(expiration // DAY_NS, 'D')}"
    short = _EXPOSURES[weight]
    cells = [
        [
            price(row["strike"]),
            with_error(net_of(row, weight), row["net_gex_se"]),
            amount(row[f"call_gex_{short}"], sign=False),
            amount(row[f"put_gex_{short}"], sign=False),
            amount(row["call_gex_flow"], sign=False),
            amount(row["put_gex_flow"], sign=False),
            amount(vanna_of(row, weight)),
            amount(charm_of(row, weight)),
        ]
        for row in sorted(rows, key=lambda row: -row["strike"])
    ]
    columns = (
        "strike",
        ">net ± error",
        ">calls",
        ">puts",
        ">calls by flow",
        ">puts by flow",
        ">vanna (USD per vol point)",
        ">charm (USD per day)",
    )
    return table(columns, cells, caption=f"Expiration {name}: {what}", wide=True)


def net_of(row: dict[str, Any], weight: str) -> float | None:
    """A strike's net exposure: call less put [USD per 1 %]."""
    call, put = (row[f"{right}_gex_{_EXPOSURES[weight]}"] for right in ("call", "put"))
    return None if call is None and put is None else (call or 0.0) - (put or 0.0)


def vanna_of(row: dict[str, Any], weight: str) -> float | None:
    """Change of a strike's delta exposure per volatility point, signed as its net is [USD per vol point]."""
    call, put = (row[f"{right}_{weight}"] for right in ("call", "put"))
    if row["vanna"] is None or row["forward"] is None or (call is None and put is None):
        return None
    return float(row["vanna"] * ((call or 0.0) - (put or 0.0)) * row["multiplier"] * row["forward"] * _VOL_POINT)


def charm_of(row: dict[str, Any], weight: str) -> float | None:
    """Change of a strike's delta exposure per calendar day, signed as its net is [USD per day]."""
    if row["forward"] is None or row["call_charm"] is None or row["put_charm"] is None:
        return None
    call, put = (row[f"{right}_{weight}"] for right in ("call", "put"))
    if call is None and put is None:
        return None
    per_year = (call or 0.0) * row["call_charm"] - (put or 0.0) * row["put_charm"]
    return float(per_year * row["multiplier"] * row["forward"] / _YEAR_DAYS)


def _around(strikes: Sequence[float], reference: float) -> list[float]:
    listed = sorted(set(strikes))
    above = [strike for strike in listed if strike > reference][:_STRIKES]
    below = [strike for strike in listed if strike <= reference][-_STRIKES:]
    return below + above


def _bounds(net: float | None, error: float | None) -> tuple[float, float]:
    return (float("nan"), float("nan")) if net is None or error is None else (net - 2 * error, net + 2 * error)


def _sum(values: Any) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def _root(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.sqrt(np.sum(np.square(known)))) if known else None
