"""The header of a picture: everything that the page has to know besides the blobs, as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Any, Final

import numpy as np

from gex_assets.conventions import SCALE_UNITS, Convention
from gex_assets.lake.lineage import while_running
from gex_assets.market.expirations import chicago_date, chicago_ns
from gex_assets.market.sessions import Session, sessions
from gex_assets.pages.day_tables import DayTables
from gex_assets.pages.picture.axes import Axes
from gex_assets.pages.picture.blobs import Blob
from gex_assets.pages.picture.columns import CODES
from gex_assets.schemas.pages import DAY_PAGE
from gex_assets.time_units import SECOND_NS, WINDOW_NS

__all__ = ["FORMAT", "Shown", "day_notes", "header", "shown"]

FORMAT: Final = 2
_REGULAR: Final = (time(8, 30), time(15, 0))
"""Regular hours of US stocks, in Chicago."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A convention of the day's tables.

    Attributes
    ----------
    convention : its choices.
    weight : the weight that it uses all day; None where it has none.
    """

    convention: Convention
    weight: str | None


def shown(tables: DayTables, conventions: Sequence[Convention]) -> tuple[Shown, ...]:
    """Conventions of the day's levels, in the order of the installation; `field` is the first.

    What the tables know and the installation does not any more is left out.
    """
    rows = tables.read("silver_gex_levels", ("convention", "weight_used"))
    pairs = rows.group_by(["convention", "weight_used"]).aggregate([]).to_pylist() if rows.num_rows else []
    weights = {one["convention"]: one["weight_used"] for one in pairs}
    return tuple(Shown(one, weights[one.name]) for one in conventions if one.name in weights)


def header(tables: DayTables, axes: Axes, blobs: Sequence[Blob], *, conventions: Sequence[Shown]) -> dict[str, Any]:
    """The header as JSON's own types, but for its lineage, which is known when the whole page is.

    Parameters
    ----------
    conventions : as from `shown`.
    """
    stretches = sessions(product=tables.product, day=tables.day)
    return {
        "format": FORMAT,
        "product": tables.product,
        "date": tables.day.isoformat(),
        "title": f"{tables.product} · {tables.day.isoformat()}",
        "step_s": WINDOW_NS // SECOND_NS,
        "stride": axes.stride,
        "midnight_ns": str(axes.midnight_ns),
        "windows": axes.windows,
        "sessions": [_session(one, axes) for one in stretches],
        "regular_hours": _regular_hours(stretches, axes),
        "expirations": _expirations(tables, axes, stretches),
        "lines": [
            {"expiration": int(expiration), "strike": _short_number(strike)}
            for expiration, strike in zip(axes.line_expiration, axes.line_strike, strict=True)
        ],
        "conventions": [_convention(one) for one in conventions],
        "levels": [{"convention": name, "scope": scope} for name, scope in axes.levels],
        "codes": {name: list(words) for name, words in CODES.items()},
        "profile": {"prices": [_short_number(price) for price in axes.prices]} if axes.profiles else None,
        "profiles": [{"convention": name, "scope": scope} for name, scope in axes.profiles],
        "notes": _notes(tables, axes, stretches, conventions),
        "lineage": {},
        "live": None,
        "columns": [column for blob in blobs for column in blob.columns],
        "blobs": [blob.name for blob in blobs],
    }


def _short_number(value: float) -> int | float:
    """A whole number without its decimal point: a day has hundreds of them."""
    return int(value) if float(value).is_integer() else float(value)


def _number(ns: int, axes: Axes) -> int:
    return (ns - axes.midnight_ns) // WINDOW_NS


def _session(one: Session, axes: Axes) -> dict[str, Any]:
    first, last = _number(one.open_ns, axes), _number(one.close_ns, axes) - 1
    return {
        "start_k": first,
        "end_k": last,
        "session_date": one.session_date.isoformat(),
        "label": f"session of {one.session_date:%a} {_short(one.session_date)}",
    }


def _regular_hours(stretches: Sequence[Session], axes: Axes) -> list[list[int]]:
    found = []
    for one in stretches:
        opens, closes = (chicago_ns(one.session_date, at) for at in _REGULAR)
        first, last = max(opens, one.open_ns), min(closes, one.close_ns)
        if first < last:
            found.append([_number(first, axes), _number(last, axes) - 1])
    return found


def _expirations(tables: DayTables, axes: Axes, stretches: Sequence[Session]) -> list[dict[str, Any]]:
    rows = tables.read_inputs("bronze_option_instruments", ("ts_expiration", "family"))
    families = {
        one["ts_expiration"]: one["family"] for one in rows.group_by(["ts_expiration", "family"]).aggregate([]).to_pylist()
    }
    dates = {one.session_date for one in stretches}
    found = []
    for ts, (underlying, multiplier) in zip(axes.expirations.tolist(), axes.contracts, strict=True):
        day = chicago_date(ts)
        found.append(
            {
                "ts_ns": str(ts),
                "date": day.isoformat(),
                "label": f"{families.get(ts, 'options')} {_short(day)}",
                "underlying": underlying,
                "multiplier": multiplier,
                "is_0dte": day in dates,
                "selected": True,
            }
        )
    return found


def _short(day: date) -> str:
    return f"{day:%b} {day.day}"


def _convention(one: Shown) -> dict[str, Any]:
    choices = one.convention
    return {
        "name": choices.name,
        "version": choices.version,
        "weight": one.weight,
        "scale": choices.scale,
        "unit": SCALE_UNITS[choices.scale],
        "sign_model": choices.sign_model,
        "wall_rule": choices.wall_rule,
        "flip_rule": choices.flip_rule,
        "neutral_share": choices.neutral_share,
        "neutral_errors": choices.neutral_errors,
    }


def day_notes(tables: DayTables) -> list[str]:
    """What of the day is missing or was rejected, in plain sentences."""
    until = tables.partial_until_ns
    notes = [] if until is None else [f"Partial day: {while_running(until)}. Later windows are not there yet."]
    missing = [name for name in DAY_PAGE.draws if tables.stored(name) is None]
    if missing:
        notes.append(f"Not published for this day: {', '.join(missing)}.")
    statistics, futures = tables.stored("bronze_option_statistics"), tables.stored("silver_vacuum")
    if statistics is not None and not statistics.num_rows:
        notes.append("No statistics were delivered: no open interest is known.")
    if futures is not None and not futures.num_rows:
        notes.append("No futures were delivered: the price is the forward that the options imply, and there is no vacuum.")
    return notes + [f"The latest delivery of {name} was rejected: {why.reason}" for name, why in tables.rejections]


def _notes(tables: DayTables, axes: Axes, stretches: Sequence[Session], conventions: Sequence[Shown]) -> list[str]:
    notes = day_notes(tables)
    without = [f"{one.convention.name} uses {one.weight}" for one in conventions if _is_second_choice(one)]
    if without:
        notes.append(f"Without the preferred weight: {'; '.join(without)}.")
    notes += [f"No weight is known for {one.convention.name}." for one in conventions if one.weight is None]
    if axes.stride > 1:
        seconds = axes.stride * WINDOW_NS // SECOND_NS
        notes.append(f"Every {seconds} s are shown and not every 5 s: the whole day would be too large for one file.")
    return notes + _holes(axes, stretches)


def _is_second_choice(one: Shown) -> bool:
    return one.weight is not None and one.weight != one.convention.weights[0]


def _holes(axes: Axes, stretches: Sequence[Session]) -> list[str]:
    """Stretches between the first and the last window, inside of sessions, without any."""
    found = []
    for one in stretches:
        inside = axes.k[(axes.k >= _number(one.open_ns, axes)) & (axes.k < _number(one.close_ns, axes))]
        places = np.flatnonzero(np.diff(inside) > axes.stride)
        found += [f"No windows from {_clock(inside[place] + 1)} to {_clock(inside[place + 1])} UTC." for place in places.tolist()]
    if axes.windows and len(found) > _MOST_HOLES:
        return [*found[:_MOST_HOLES], f"{len(found) - _MOST_HOLES} further stretches without windows."]
    return found


_MOST_HOLES: Final = 5


def _clock(k: int) -> str:
    return str(timedelta(seconds=int(k) * WINDOW_NS // SECOND_NS)).rjust(8, "0")
