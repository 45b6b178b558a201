"""The forward against the future through the day: their difference in ticks, and how good the forward was."""

from __future__ import annotations

from collections import Counter
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from markupsafe import Markup
from numpy.typing import NDArray

from gex_assets.market.products import PRODUCTS
from gex_assets.pages.charts import Mark, Plot, figure, hours_axis, nice_axis
from gex_assets.pages.day_tables import DayTables
from gex_assets.pages.markup import Section, Text, joined, paragraph, table
from gex_assets.pages.sections.moments import moment_text
from gex_assets.pages.words import count, number, price, share, signed, window_clock
from gex_assets.time_units import MINUTE_NS

__all__ = ["forward"]

_COLUMNS: Final = ("ts_window_end", "underlying", "is_front", "forward", "forward_se", "quality", "future_mid")
_TABLE_NS: Final = 60 * MINUTE_NS
_GAP_NS: Final = 3 * MINUTE_NS


def forward(day: DayTables) -> Section:
    """The front expiration's forward less the future's midpoint."""
    rows = day.read("silver_forward", _COLUMNS)
    front = rows.filter(pc.fill_null(rows["is_front"], False)) if rows.num_rows else rows  # noqa: FBT003 (the value of NULL)
    if not front.num_rows:
        return Section("forward", "Forward against the future", paragraph("No forward is published for this day."))
    tick = PRODUCTS[day.product].future_tick if day.product in PRODUCTS else 0.25
    parts: list[Text] = [_quality(front)]
    difference = (_numbers(front, "forward") - _numbers(front, "future_mid")) / tick
    if np.isfinite(difference).any():
        parts.insert(0, _figure(front, difference, tick))
    else:
        futures = _numbers(front, "future_mid")
        why = "no future's book was delivered or complete" if not np.isfinite(futures).any() else "no window has both prices"
        parts.insert(
            0, paragraph(f"The forward cannot be compared with the future: {why}. Everything else here needs no future.")
        )
    return Section("forward", "Forward against the future", joined(parts))


def _figure(front: pa.Table, difference: NDArray[np.float64], tick: float) -> Markup:
    ends = front["ts_window_end"].to_numpy()
    errors = _numbers(front, "forward_se") / tick
    minutes, means = _by_minute(ends, difference)
    _, bounds = _by_minute(ends, errors)
    reach = float(np.nanquantile(np.abs(means), 0.995)) * 1.3 if np.isfinite(means).any() else 1.0
    plot = Plot(hours_axis(int(ends[0]), int(ends[-1])), nice_axis([-reach, reach], text=signed_short, zero=True, unit="ticks"))
    inside = np.clip(means, plot.y.low, plot.y.high)
    plot.band(minutes, np.maximum(-bounds, plot.y.low), np.minimum(bounds, plot.y.high), "accent", gap=_GAP_NS)
    plot.line(minutes, np.where(np.isnan(means), np.nan, inside), "text thin", gap=_GAP_NS)
    known = difference[np.isfinite(difference)]
    half, most = (number(float(np.quantile(np.abs(known), of))) for of in (0.5, 0.95))
    about = (
        f"Median difference {signed(float(np.median(known)))} ticks; half of the {count(len(known))} windows with both prices "
        f"lie within {half} ticks of zero, 95 % within {most}."
    )
    title = f"Front expiration's forward less the future's midpoint, means of a minute, in ticks of {tick:g} points"
    hours = np.flatnonzero(ends % _TABLE_NS == 0)
    cells = [
        [
            window_clock(int(ends[at])),
            price(_at(front, "forward", at)),
            price(_at(front, "future_mid", at)),
            signed(float(difference[at])),
        ]
        for at in hours
    ]
    numbers = table(["UTC", ">forward", ">future", ">difference (ticks)"], cells, caption="At full hours")
    marks = [Mark("line thin", "forward − future"), Mark("band accent", "± twice the forward's standard error", filled=True)]
    return figure(plot, title=title, about=about, marks=marks, numbers=numbers)


def signed_short(value: float) -> str:
    """A tick of an axis around zero."""
    return signed(value, 0 if value == round(value) else 1)


def _quality(front: pa.Table) -> Markup:
    counts = Counter(front["quality"].to_pylist())
    total = front.num_rows
    said = ", ".join(f"{name} in {share(counts[name] / total)}" for name in ("ok", "weak", "none") if counts[name])
    first = next((at for at, one in enumerate(front["quality"].to_pylist()) if one == "ok"), None)
    since = "" if first is None else f" First ok at {moment_text(front['ts_window_end'][first].as_py())}."
    return paragraph(f"Quality of the front forward: {said} of {count(total)} windows.{since}")


def _by_minute(ends: NDArray[np.int64], values: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Means of the known values of each minute; NaN where none is known."""
    minutes, place = np.unique(-(-ends // MINUTE_NS) * MINUTE_NS, return_inverse=True)
    known = np.isfinite(values)
    sums = np.bincount(place[known], weights=values[known], minlength=len(minutes))
    counts = np.bincount(place[known], minlength=len(minutes))
    return minutes.astype(np.float64), np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)


def _numbers(rows: pa.Table, name: str) -> NDArray[np.float64]:
    return np.asarray(rows[name].to_numpy(zero_copy_only=False) if rows[name].num_chunks else [], dtype=np.float64)


def _at(rows: pa.Table, name: str, at: Any) -> float | None:
    value: float | None = rows[name][int(at)].as_py()
    return value
