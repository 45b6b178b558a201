"""Days of a product made up for pages: states, rows of the history, courses of days."""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import Any

from gex_assets.pages.many_days import DayState, Path
from gex_assets.schemas.registry import DAY_TABLES


def trading_days(first: date, last: date) -> list[date]:
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    return [day for day in days if day.weekday() != 5]


def history_row(day: date, *, convention: str = "field", **instead: Any) -> dict[str, Any]:
    row: dict[str, Any] = {
        "date": day,
        "convention": convention,
        "ts_window_end": 0,
        "convention_version": 2,
        "weight_used": "open_interest",
        "scale": "usd_per_1pct",
        "regime": "negative",
        "magnitude": "high",
        "reference_price": 6900.25,
        "net_gex": -1.5e9,
        "gross_gex": 8e9,
        "net_share": 0.1875,
        "hedge_per_sigma": 1.5e9,
        "zero_gamma": 6950.0,
        "distance_to_flip": -49.75,
        "distance_to_flip_pct": -0.72,
        "sessions_seen": 20,
        "net_gex_percentile": 0.35,
        "net_share_percentile": 0.4,
        "sessions_in_regime": 3,
        "regime_start_seen": True,
        "changes_in_day": 2,
    }
    return row | instead


def state(day: date, **instead: Any) -> DayState:
    return DayState(**({"day": day, "published": len(DAY_TABLES)} | instead))


def course(*, seed: int = 1) -> Path:
    """A day with a break between 22:00 and 23:00."""
    chance = random.Random(seed)
    minutes = [float(minute) for minute in (*range(10, 1321, 10), *range(1390, 1441, 10))]
    prices = [6900.0 + chance.gauss(0, 5) for _ in minutes]
    signs = [1 if minute < 600 else 0 if minute < 700 else -1 for minute in minutes]
    return Path(minutes=minutes, prices=prices, signs=signs, call_wall=max(prices), put_wall=None)
