"""Which picture is drawn of which table-day: a strip of exposure, a smile, profiles, triggers, regimes."""

from __future__ import annotations

import base64
import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from gex_assets.analytics.reach import in_reach, sigmas_by_hedge
from gex_assets.lake.tables import StoredTable
from gex_assets.market.products import PRODUCTS
from gex_assets.pages.charts.scale import Axis, hours_axis, nice_axis
from gex_assets.pages.previews.canvas import COLOURS, Canvas
from gex_assets.pages.words import amount, window_clock
from gex_assets.schemas.silver_gex import SLOTS, slot_column
from gex_assets.time_units import DAY_NS, MINUTE_NS

__all__ = ["MOST_BYTES", "Preview", "as_markdown", "preview_of"]

MOST_BYTES: Final = 30_000
"""Size of a picture above which it is left out: it is stored with every materialization."""

_GAP_NS: Final = 3 * MINUTE_NS
_BAND: Final = 2.0 / 3.0
"""Height of a strike's band as a share of the distance between strikes."""

_SATURATED: Final = 0.99
"""Quantile of |exposure| that has the full colour."""

_NEAR: Final = 0.06
"""Share of the price on each side that a profile shows."""

_DEVIATIONS: Final = 3.0
Float = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Preview:
    """A picture and what it shows."""

    title: str
    png: bytes


def preview_of(stored: StoredTable) -> Preview | None:
    """The picture of a table-day; None of tables without one, and where nothing is known that could be drawn."""
    draw = _PICTURES.get(stored.lineage.table)
    if draw is None or not stored.num_rows:
        return None
    found = draw(stored)
    return None if found is None or len(found.png) > MOST_BYTES else found


def as_markdown(preview: Preview) -> str:
    """The picture inside Markdown."""
    return f"![{preview.title}](data:image/png;base64,{base64.b64encode(preview.png).decode()})"


def _strip(stored: StoredTable) -> Preview | None:
    """Exposure of the ten strikes around the price over the day: strikes are bands, the price runs through them."""
    strikes = [slot_column("strike", slot, "") for slot in SLOTS]
    found = None
    for family, weight in (("gexoi", "open interest"), ("gex", "resting size")):
        nets = [slot_column(family, slot, "net") for slot in SLOTS]
        rows = _full_minutes(stored.read(("ts_window_end", "reference_price", *strikes, *nets)))
        exposures = np.column_stack([_numbers(rows, name) for name in nets])
        if np.isfinite(exposures).any():
            found = weight
            break
    if found is None:
        return None
    ends, prices = rows["ts_window_end"].to_numpy(), _numbers(rows, "reference_price")
    places = np.column_stack([_numbers(rows, name) for name in strikes])
    spacing = float(np.nanmedian(np.diff(np.sort(places, axis=1), axis=1)))
    middle = prices[np.isfinite(prices)]
    if not len(middle) or not np.isfinite(spacing):
        return None
    reach = max(5.5 * spacing, float(np.ptp(middle)) * 0.55)
    centre = float(middle.min() + middle.max()) / 2
    low, high = max(float(np.nanmin(places)) - spacing, centre - reach), min(float(np.nanmax(places)) + spacing, centre + reach)
    title = f"Net exposure at the ten strikes around the price, {found}, USD per 1 %"
    canvas = Canvas(hours_axis(int(ends[0]), int(ends[-1])), Axis(low, high, _rounded(low, high)), title=title)
    scale = float(np.nanquantile(np.abs(exposures), _SATURATED)) or 1.0
    canvas.cells(_bands(canvas, ends, places, exposures / scale, spacing))
    canvas.line(ends, prices, "background", width=3, gap=_GAP_NS)
    canvas.line(ends, prices, "price", gap=_GAP_NS)
    canvas.legend([("negative", "negative"), ("positive", f"positive, full colour {amount(scale, sign=False)}")])
    return Preview(title, canvas.png())


def _bands(canvas: Canvas, ends: NDArray[np.int64], places: Float, shares: Float, spacing: float) -> NDArray[np.uint8]:
    """Pixels of bands: the colour of a sign, as deep as the root of the share."""
    pixels = np.zeros((canvas.height, canvas.width, 3), dtype=np.uint8)
    moments = canvas.x.low + (np.arange(canvas.width) + 0.5) / canvas.width * (canvas.x.high - canvas.x.low)
    row = np.clip(np.searchsorted(ends, moments), 0, len(ends) - 1)
    is_there = ends[row] - moments < _GAP_NS
    depth = np.sqrt(np.clip(np.abs(shares), 0.0, 1.0))[..., np.newaxis]
    ground = np.array(COLOURS["background"], dtype=np.float64)
    full = np.where((shares >= 0)[..., np.newaxis], COLOURS["positive"], COLOURS["negative"])
    colours = np.where(np.isfinite(shares)[..., np.newaxis], ground + (full - ground) * np.nan_to_num(depth), COLOURS["missing"])
    tops = ((1.0 - (places + spacing * _BAND / 2 - canvas.y.low) / (canvas.y.high - canvas.y.low)) * canvas.height).round()
    thick = max(1, round(spacing * _BAND / (canvas.y.high - canvas.y.low) * canvas.height))
    for x in np.flatnonzero(is_there):
        at = row[x]
        for top, colour in zip(tops[at], colours[at], strict=True):
            if np.isfinite(top) and top + thick > 0 and top < canvas.height:
                pixels[max(int(top), 0) : int(top) + thick, x] = colour
    return pixels


def _smile(stored: StoredTable) -> Preview | None:
    """The nearest expiration's volatilities in the last window that has some."""
    columns = ("ts_window_end", "ts_expiration", "strike", "forward", "years", "iv_bid", "iv_mid", "iv_ask", "iv_fit")
    for number in reversed(range(stored.num_row_groups)):
        rows = stored.group(number, columns)
        rows = rows.filter(pc.and_(pc.is_valid(rows["forward"]), pc.is_valid(rows["iv_fit"])))
        if rows.num_rows:
            break
    else:
        return None
    last = rows.filter(pc.equal(rows["ts_window_end"], pc.max(rows["ts_window_end"])))
    last = last.filter(pc.equal(last["ts_expiration"], pc.min(last["ts_expiration"])))
    forward, years = last["forward"][0].as_py(), max(last["years"][0].as_py() or 0.0, 1.0 / DAY_NS)
    strikes, fit = _numbers(last, "strike"), 100 * _numbers(last, "iv_fit")
    reach = _DEVIATIONS * fit[np.abs(strikes - forward).argmin()] / 100 * max(years, 1e-4) ** 0.5 * forward
    near = np.abs(strikes - forward) <= reach
    if near.sum() < 2:
        return None
    strikes, fit = strikes[near], fit[near]
    bid, mid, ask = (100 * _numbers(last, name)[near] for name in ("iv_bid", "iv_mid", "iv_ask"))
    ask = np.minimum(ask, 1.25 * float(np.nanmax([*fit, *mid])))
    day = np.datetime64(int(last["ts_expiration"][0].as_py()) // DAY_NS, "D")
    title = (
        f"Volatility by strike, % a year, expiration {day}, {window_clock(last['ts_window_end'][0].as_py(), seconds=True)} UTC"
    )
    y = nice_axis([*bid, *ask, *fit], text=lambda value: f"{value:g} %")
    canvas = Canvas(nice_axis(strikes, text="{:.0f}".format, margin=0.02, ticks=7), y, title=title)
    canvas.whiskers(strikes, bid, ask, "muted")
    canvas.line(strikes, fit, "accent", width=2)
    canvas.points(strikes, mid, "price")
    canvas.upright(forward, "put", f"forward {forward:.2f}")
    canvas.legend([("accent", "fit"), ("price", "mid"), ("muted", "bid to ask")])
    return Preview(title, canvas.png())


def _profile(stored: StoredTable) -> Preview | None:
    """The profiles of the last minute over all selected expirations, each as a share of its largest value."""
    rows = stored.group(
        stored.num_row_groups - 1, ("ts_window_end", "convention", "scope", "price", "reference_price", "net_gex")
    )
    rows = rows.filter(pc.equal(rows["scope"], "selected"))
    if not rows.num_rows:
        return None
    last = pc.max(rows["ts_window_end"])
    rows = rows.filter(pc.equal(rows["ts_window_end"], last))
    reference = rows["reference_price"][0].as_py()
    curves = {}
    for convention in sorted(set(rows["convention"].to_pylist())):
        of_it = rows.filter(pc.equal(rows["convention"], convention))
        prices, nets = _numbers(of_it, "price"), _numbers(of_it, "net_gex")
        near = np.abs(prices - reference) <= _NEAR * reference
        if near.any() and (largest := float(np.abs(nets[near]).max())) > 0.0:
            curves[convention] = prices[near], nets[near] / largest, largest
    if not curves:
        return None
    title = f"Net exposure over the price, share of each curve's largest value, {window_clock(last.as_py())} UTC"
    x = nice_axis(np.concatenate([one[0] for one in curves.values()]), text="{:.0f}".format, margin=0.0, ticks=7)
    canvas = Canvas(x, Axis(-1.08, 1.08, ((-1.0, "−100 %"), (0.0, "0"), (1.0, "100 %"))), title=title)
    colours = ("accent", "flip", "call", "put", "positive", "negative")
    for colour, (prices, shares, _) in zip(itertools.cycle(colours), curves.values(), strict=False):
        canvas.line(prices, shares, colour, width=2)
    canvas.upright(reference, "price", f"price {reference:.2f}")
    canvas.legend([(colour, name) for colour, name in zip(itertools.cycle(colours), curves, strict=False)][::-1])
    return Preview(title, canvas.png())


def _triggers(stored: StoredTable) -> Preview | None:
    """Where and when the price came near a level: the level of each trigger, and the price there."""
    rows = stored.read(("ts_window_end", "level", "level_id", "reference_price"))
    ends = rows["ts_window_end"].to_numpy()
    levels, prices, names = _numbers(rows, "level"), _numbers(rows, "reference_price"), rows["level_id"].to_pylist()
    midnight = int(ends[0]) // DAY_NS * DAY_NS
    title = f"{len(ends):,} triggers: the level that the price approached"
    canvas = Canvas(hours_axis(midnight, midnight + DAY_NS), nice_axis([*levels, *prices], text="{:.0f}".format), title=title)
    canvas.line(ends, prices, "muted", gap=10 * MINUTE_NS)
    kinds = {"call wall": "call", "put wall": "put", "flip": "flip", "strike": "accent"}
    minutes = ends // MINUTE_NS * MINUTE_NS
    for name, colour in kinds.items():
        chosen = np.array([_kind(one) == name for one in names])
        once = np.unique(np.column_stack([minutes[chosen], levels[chosen]]), axis=0)  # rows of an episode lie on each other
        canvas.points(once[:, 0], once[:, 1], colour)
    canvas.legend([(colour, name) for name, colour in kinds.items() if any(_kind(one) == name for one in names)])
    return Preview(title, canvas.png())


def _kind(level_id: str) -> str:
    return next(
        (name for part, name in (("call", "call wall"), ("put", "put wall"), ("zero", "flip")) if part in level_id), "strike"
    )


def _regimes(stored: StoredTable) -> Preview | None:
    """The price with walls and flip of `field`, and below it the regime of every convention."""
    columns = (
        *("ts_window_end", "convention", "reference_price", "call_wall", "put_wall", "zero_gamma", "regime"),
        *("net_gex", "scale", "hedge_per_sigma"),
    )
    rows = _full_minutes(stored.read(columns))
    conventions = sorted(set(rows["convention"].to_pylist()), key=lambda name: (name != "field", name))
    first = rows.filter(pc.equal(rows["convention"], conventions[0]))
    ends, prices = first["ts_window_end"].to_numpy(), _numbers(first, "reference_price")
    known = prices[np.isfinite(prices)]
    if len(known) < 2:
        return None
    room = max(float(np.ptp(known)) * 0.6, 0.002 * float(known.mean()))
    low, high = float(known.min()) - room, float(known.max()) + room
    title = f"Price, walls and flip by {conventions[0]}; below: regimes"
    height = 240 + 10 * len(conventions)
    x, y = hours_axis(int(ends[0]), int(ends[-1])), Axis(low, high, _rounded(low, high))
    canvas = Canvas(x, y, title=title, height=height, ribbon=6 + 10 * len(conventions))
    for name, colour in (("call_wall", "call"), ("put_wall", "put"), ("zero_gamma", "flip")):
        values = _numbers(first, name) if name != "zero_gamma" else _flips(first, stored.lineage.product)
        if name != "zero_gamma":  # a wall jumps from strike to strike: no risers between them
            values = np.where(np.diff(values, prepend=values[0]) != 0.0, np.nan, values)
        inside = (values > low) & (values < high)
        canvas.line(ends, np.where(inside, values, np.nan), colour, gap=_GAP_NS)
    canvas.line(ends, prices, "price", width=2, gap=_GAP_NS)
    for row, name in enumerate(conventions):
        of_it = rows.filter(pc.equal(rows["convention"], name))
        canvas.ribbon(_spans(of_it["ts_window_end"].to_numpy(), of_it["regime"].to_pylist()), row=row, text=name[:8])
    canvas.legend(
        [
            ("muted", "neutral"),
            ("negative", "negative"),
            ("positive", "positive"),
            ("flip", "flip"),
            ("put", "put wall"),
            ("call", "call wall"),
        ]
    )
    return Preview(title, canvas.png())


def _flips(rows: pa.Table, product: str) -> Float:
    """Zero gamma of a convention's scores, NaN where it is out of reach."""
    flips = _numbers(rows, "zero_gamma")
    if product not in PRODUCTS:
        return flips
    names = {"reference": "reference_price", "hedge": "hedge_per_sigma", "net": "net_gex"}
    market = {said: _numbers(rows, name) for said, name in names.items()}
    scale = rows["scale"][0].as_py()
    return in_reach(flips, sigmas_by_hedge(flips, **market, scale=scale, multiplier=PRODUCTS[product].multiplier))


def _spans(ends: NDArray[np.int64], regimes: Sequence[str | None]) -> Iterator[tuple[float, float, str]]:
    step = int(np.median(np.diff(ends))) if len(ends) > 1 else MINUTE_NS
    colours = {"positive": "positive", "negative": "negative", "neutral": "muted"}
    for regime, group in itertools.groupby(zip(ends.tolist(), regimes, strict=True), key=lambda one: one[1]):
        for first, last in _unbroken([end for end, _ in group], step):
            yield first - step, last, colours.get(regime or "", "missing")


def _unbroken(ends: Sequence[int], step: int) -> Iterator[tuple[int, int]]:
    first = before = ends[0]
    for end in ends[1:]:
        if end - before > 3 * step:
            yield first, before
            first = end
        before = end
    yield first, before


def _rounded(low: float, high: float) -> tuple[tuple[float, str], ...]:
    return tuple(tick for tick in nice_axis([low, high], text="{:.0f}".format, margin=0.0).ticks if low < tick[0] < high)


def _full_minutes(rows: pa.Table) -> pa.Table:
    """Rows at full minutes; all of a session that is shorter than that."""
    chosen = np.flatnonzero(rows["ts_window_end"].to_numpy() % MINUTE_NS == 0)
    return rows.take(chosen) if len(chosen) > 1 else rows


def _numbers(rows: pa.Table, name: str) -> Float:
    return np.asarray(rows[name].to_numpy(), dtype=np.float64)


_PICTURES: Final[dict[str, Callable[[StoredTable], Preview | None]]] = {
    "silver_gex": _strip,
    "silver_gex_chain": _smile,
    "silver_gex_profile": _profile,
    "gold_trigger_vectors": _triggers,
    "regime_scores": _regimes,
}
