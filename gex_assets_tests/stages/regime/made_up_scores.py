"""Made-up rows of `regime_scores`, for the stages that read them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa

from gex_assets.schemas.regime_scores import REASONS, REGIME_SCORES, REGIMES

Row = dict[str, Any]

WINDOW = 5_000_000_000
DAY = date(2026, 1, 6)


def end_of(window: int, day: date = DAY) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) * 1_000_000_000 + (window + 1) * WINDOW


def score(window: int, regime: str | None = "positive", *, convention: str = "field", day: date = DAY, **given: Any) -> Row:
    """One row; without a regime its values are NULL, as with few strikes."""
    row: Row = dict.fromkeys(REGIME_SCORES.column_names)
    row |= {
        "ts_window_end": end_of(window, day),
        "convention": convention,
        "session_date": day if day.weekday() < 6 else day + timedelta(days=1),
        "convention_version": 1,
        "weight_used": "open_interest",
        "scale": "usd_per_1pct",
        "underlying": "ESH6",
        "forward_quality": "ok",
        "reference_price": 6_900.0 + window,
    }
    if regime is None:
        row |= {"reason": "few_strikes"}
    else:
        net = {"positive": 2e9, "negative": -2e9, "neutral": 1e8}[regime] + window * 1e3
        row |= {
            "regime": regime,
            "magnitude": "high" if abs(net) > 1e9 else "low",
            "net_gex": net,
            "gross_gex": 8e9,
            "hedge_per_sigma": 0.9 * abs(net),
            "zero_gamma": 6_850.0,
            "confidence": 0.7,
        }
    return row | given


def scores_table(rows: Sequence[Row]) -> pa.Table:
    ordered = sorted(rows, key=lambda row: (row["ts_window_end"], row["convention"]))
    return pa.Table.from_pylist(ordered, schema=REGIME_SCORES.arrow_schema())


def random_day(dice: np.random.Generator, day: date = DAY, *, windows: int = 60) -> list[Row]:
    """A day of two conventions whose regime changes and is unknown at times; a halt leaves windows out."""
    rows = []
    for convention in ("field", "flow"):
        regime: str | None = None
        for window in range(windows):
            if dice.random() < 0.3:
                regime = str(dice.choice(REGIMES)) if dice.random() < 0.7 else None
            if 20 <= window < 25:
                continue
            given: Row = {} if regime else {"reason": str(dice.choice(REASONS))}
            if regime:
                given["net_gex"] = float(dice.normal(0.0, 2e9))
            rows.append(score(window, regime, convention=convention, day=day, **given))
    return rows
