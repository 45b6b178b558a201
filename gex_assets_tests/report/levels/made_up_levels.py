"""Rows of levels made up by hand: one before a session, one within a day."""

from __future__ import annotations

from datetime import date
from typing import Any

from gex_assets.report.levels.named import LevelSet, level_set

Row = dict[str, Any]

KNOWN = 1_769_126_400 * 1_000_000_000
"""2026-01-23 00:00 UTC."""


def row(**changes: Any) -> Row:
    return {
        "session_date": date(2026, 1, 23),
        "convention": "field",
        "scope": "all",
        "weight_used": "open_interest",
        "scale": "usd_per_1pct",
        "net_gex": 1_423_651_181.8,
        "net_gex_se": 5_212_003.0,
        "gross_gex": 19_846_964_415.7,
        "reference_price": 6974.5523,
        "forward_se": 0.0026,
        "call_wall": 7000.0,
        "call_wall_kept": 1.0,
        "secondary_call_wall": 7050.0,
        "put_wall": 6950.0,
        "put_wall_kept": 0.874,
        "secondary_put_wall": None,
        "zero_gamma": 6963.9697,
        "zero_gamma_se": 1.25,
        "zero_gamma_low": 6961.0,
        "zero_gamma_high": 6966.4,
        "zero_gamma_sigmas": 0.21,
        "zero_gamma_reason": None,
        "flip_rule": "profile_nearest",
        "expected_move": 30.913,
        **changes,
    }


def before(**changes: Any) -> LevelSet:
    return level_set(row(**changes), product="ES", about="before the session", ts_known=KNOWN)


def within(**changes: Any) -> LevelSet:
    """A row of `silver_gex_levels` has neither an expected move nor the reference price's error."""
    own = row(scope="0dte", **changes)
    for name in ("expected_move", "forward_se"):
        del own[name]
    return level_set(own, product="ES", about="20:55:00 UTC", ts_known=None)
