"""The smile against its quotes: volatilities at bid, midpoint and ask of each strike, and the fit, at chosen moments."""

from __future__ import annotations

from collections import defaultdict
from typing import Any, Final

import numpy as np
from markupsafe import Markup

from gex_assets.pages.charts import Mark, Plot, figure, nice_axis
from gex_assets.pages.day_tables import DayTables
from gex_assets.pages.markup import Section, joined, note, paragraph, table, tag
from gex_assets.pages.sections.moments import chain_at, chosen, moment_text, said_of
from gex_assets.pages.words import number, price
from gex_assets.time_units import DAY_NS

__all__ = ["smile"]

_DEVIATIONS: Final = 3.0
"""Strikes within so many standard deviations of the expiration's price are drawn; the chain has all."""

_MOST_EXPIRATIONS: Final = 3


def smile(day: DayTables) -> Section:
    """A chart for each moment and expiration."""
    groups: dict[tuple[int, int], list[dict[str, Any]]] = defaultdict(list)
    for row in chain_at(day, chosen(day)).to_pylist():
        groups[row["ts_expiration"], row["ts_window_end"]].append(row)
    expirations = sorted({expiration for expiration, _ in groups})
    last = max((moment for _, moment in groups), default=0)
    charts = [
        _figure(*key, rows, listed=key[1] == last)
        for key, rows in sorted(groups.items())
        if key[0] in expirations[:_MOST_EXPIRATIONS]
    ]
    shown = [chart for chart in charts if chart is not None]
    if not shown:
        return Section("smile", "Smile", paragraph("No strike has a volatility at the moments looked at."))
    left_out = len(expirations) - _MOST_EXPIRATIONS
    more = f" The {_MOST_EXPIRATIONS} nearest expirations of {len(expirations)} are shown." if left_out > 0 else ""
    rule = note(
        "A bar reaches from the volatility at the best bid to that at the best ask of the out-of-the-money option, the dot is at "
        f"their midpoint. The line is the robust fit, which gamma uses where a strike has no volatility of its own. "
        f"Numbers are listed for the last moment; the table silver_gex_chain has all.{more}"
    )
    return Section("smile", "Smile fit against quotes", joined([rule, tag("div", joined(shown), class_="charts")]))


def _figure(expiration: int, moment: int, rows: list[dict[str, Any]], *, listed: bool) -> Markup | None:
    """One smile; its numbers are listed at the last moment only, for they are the larger part of the page."""
    forward, years = rows[0]["forward"], rows[0]["years"]
    name = f"{np.datetime64(expiration // DAY_NS, 'D')}"
    where = f"expiration {name}, {moment_text(moment)}"
    fits = [row["iv_fit"] for row in rows if row["iv_fit"] is not None]
    if forward is None or not fits or years is None:
        return paragraph(
            f"No smile for {where}: " + ("no forward could be derived." if forward is None else "no strike has a volatility.")
        )
    nearest = min((row for row in rows if row["iv_fit"] is not None), key=lambda row: abs(row["strike"] - forward))
    reach = _DEVIATIONS * nearest["iv_fit"] * max(years, 1.0 / 365 / 24) ** 0.5 * forward
    near = [row for row in rows if abs(row["strike"] - forward) <= reach]
    strikes = [row["strike"] for row in near]
    columns = {name: [100 * said_of(row, name) for row in near] for name in ("iv_bid", "iv_mid", "iv_ask", "iv_fit")}
    known = np.array([columns["iv_mid"], columns["iv_fit"]])
    limit = 1.25 * float(np.nanmax(known)) if np.isfinite(known).any() else None
    ask = [one if limit is None or not one > limit else limit for one in columns["iv_ask"]]
    plot = Plot(
        nice_axis(strikes, text="{:.0f}".format, margin=0.02, unit="strike"),
        nice_axis([*columns["iv_bid"], *ask, *columns["iv_fit"]], text=lambda value: f"{value:g} %"),
    )
    low = [plot.y.low if np.isnan(bid) and not np.isnan(top) else bid for bid, top in zip(columns["iv_bid"], ask, strict=True)]
    plot.whiskers(strikes, low, ask, "whisker muted")
    plot.points(strikes, columns["iv_mid"], "muted")
    plot.line(strikes, columns["iv_fit"], "accent thin")
    plot.upright(forward, "price dashed", f"forward {price(forward)}")
    title = f"Volatility by strike, % a year, {where}"
    inside = [row for row in near if None not in (row["iv_bid"], row["iv_ask"], row["iv_fit"])]
    hits = sum(row["iv_bid"] <= row["iv_fit"] <= row["iv_ask"] for row in inside)
    about = f"The fit lies between bid and ask at {hits} of {len(inside)} strikes that have both."
    numbers = table(
        ["strike", ">bid %", ">mid %", ">ask %", ">fit %", "gamma from"],
        [
            [price(row["strike"]), *(number(100 * said_of(row, one)) for one in columns), "fit" if row["iv_filled"] else "mid"]
            for row in near
        ],
        caption=f"{title}. {about}",
    )
    marks = [
        Mark("whisker muted", "bid to ask"),
        Mark("dots muted", "mid"),
        Mark("line accent thin", "fit"),
        Mark("line price dashed", "forward"),
    ]
    return figure(plot, title=title, about=about, marks=marks, numbers=numbers if listed else None)
