"""The words of notices about levels and regimes: level, distance, error, exposure, convention, and since when it was known.

Words say where a price is, not what anybody shall do. Signs of exposures are the convention's, and the convention is named.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any, Final, Literal

from gex_assets.analytics.reach import larger_error, price_with_error
from gex_assets.conventions import SCALE_UNITS
from gex_assets.notices.level_watch import LevelEvent
from gex_assets.notices.notice import CHICAGO, Notice
from gex_assets.notices.regime_watch import RegimeChange
from gex_assets.time_units import SECOND_NS
from gex_assets.wording import amount_text

__all__ = ["LEVELS", "LevelName", "level_error", "level_notice", "regime_notice"]

Row = Mapping[str, Any]
LevelName = Literal["call_wall", "put_wall", "zero_gamma"]

LEVELS: Final[dict[LevelName, str]] = {"call_wall": "call wall", "put_wall": "put wall", "zero_gamma": "flip"}
"""Column of `silver_gex_levels` -> what people call it."""

_SIDES: Final = {1: "above", -1: "below", 0: "at"}


def level_error(row: Row, column: LevelName) -> float | None:
    """The error of a level, one standard error or half of its band, the larger [index points]; None where it has none."""
    if column != "zero_gamma":
        return None
    return larger_error(row["zero_gamma_se"], low=row["zero_gamma_low"], high=row["zero_gamma_high"], rule=row["flip_rule"])


def level_notice(event: LevelEvent, row: Row, column: LevelName, *, product: str, day: date) -> Notice:
    """The notice of an event.

    Parameters
    ----------
    row : of `silver_gex_levels`, the event's window, convention and scope.
    day : the partition of the row.
    """
    seen, name = event.seen, LEVELS[column]
    price, level, sigma = (float(one or math.nan) for one in (seen.price, seen.level, seen.sigma))
    away, side = price - level, _SIDES[event.side]
    title = {
        "near": f"{product} is near its {name}",
        "crossed": f"{product} crossed its {name}, now {side} it",
        "moved": f"{product}: the {name} moved, the price is {side} it",
    }[event.what]
    lines = [f"{name} {_level_text(event, column)}"]
    if event.before is not None:
        lines.append(f"it was at {event.before:,.2f}")
    lines.append(f"price {price:,.2f}: {abs(away):,.2f} points {side}, {abs(away) / sigma:.2f} of a day's σ")
    if column == "zero_gamma" and seen.error is None:
        lines.append("this flip has no known error")
    lines += _facts(row)
    return Notice(
        kind=event.what,
        identity=(product, str(day), row["convention"], row["scope"], column, str(seen.ts), str(event.side)),
        title=title,
        lines=tuple(lines),
        ts_known=seen.ts,
        fields={
            "product": product,
            "session_date": str(row["session_date"]),
            "convention": row["convention"],
            "scope": row["scope"],
            "weight_used": row["weight_used"],
            "scale": row["scale"],
            "level": column,
            "level_price": level,
            "level_error": seen.error,
            "level_kept": seen.kept,
            "level_before": event.before,
            "reference_price": price,
            "side": side,
            "distance_points": away,
            "distance_sigmas": away / sigma,
            "net_gex": row["net_gex"],
            "net_gex_se": row["net_gex_se"],
        },
    )


def regime_notice(change: RegimeChange, row: Row, *, product: str, day: date) -> Notice:
    """The notice of a regime that stayed.

    Parameters
    ----------
    row : of `regime_scores`, the window and convention of the change.
    day : its partition.
    """
    since = datetime.fromtimestamp(change.since // SECOND_NS, tz=CHICAGO)
    confidence = "no confidence is known" if row["confidence"] is None else f"confidence {row['confidence']:.0%}"
    price = "no price is known" if row["reference_price"] is None else f"price {row['reference_price']:,.2f}"
    lines = [f"so since {since:%H:%M:%S} Chicago", f"{row['magnitude']} by size, {confidence}", price, *_facts(row)]
    if change.changes > 1:
        lines.insert(1, f"it changed {change.changes} times before it stayed")
    return Notice(
        kind="regime",
        identity=(product, str(day), row["convention"], str(change.since), change.before, change.now),
        title=f"{product} gamma regime: {change.now}, was {change.before}",
        lines=tuple(lines),
        ts_known=change.ts,
        fields={
            "product": product,
            "session_date": str(row["session_date"]),
            "convention": row["convention"],
            "weight_used": row["weight_used"],
            "scale": row["scale"],
            "regime_from": change.before,
            "regime_to": change.now,
            "ts_since": change.since,
            "changes": change.changes,
            "magnitude": row["magnitude"],
            "confidence": row["confidence"],
            "reference_price": row["reference_price"],
            "net_gex": row["net_gex"],
            "net_gex_se": row["net_gex_se"],
        },
    )


def _level_text(event: LevelEvent, column: LevelName) -> str:
    level, kept = float(event.seen.level or math.nan), event.seen.kept
    if column == "zero_gamma":
        return price_with_error(level, event.seen.error, thousands=True)
    return f"{level:,.2f}" + ("" if kept is None else f", kept by {kept:.0%} of draws")


def _facts(row: Row) -> Iterator[str]:
    """Exposure and convention, as every notice of a market says them."""
    error = row.get("net_gex_se")
    net = amount_text(row["net_gex"], signed=True) + ("" if error is None else f" ± {amount_text(error)}")
    yield f"net {net} {SCALE_UNITS[row['scale']]}"
    scope = f", {row['scope']}" if "scope" in row else ""
    yield f"convention {row['convention']}{scope}, by {row['weight_used'] or 'no weight'}"
