"""What a change reaches: tables by what they are made of, and what another value of a setting makes stale."""

from __future__ import annotations

import os
from pathlib import Path

from gex_assets.lake.local_filesystem import LocalFileSystem
from gex_assets.lake.raw.layout import RawKind, find_files
from gex_assets.schemas.registry import OPEN_TABLES
from gex_assets_tests.conftest import DAY

__all__ = ["CHAIN", "FORWARD", "GOLD", "OPEN", "REACH", "delivered_file", "newer"]

SCORES = {"regime_scores", "regime_events"}
GOLD = {"gold_trigger_vectors", "gold_trigger_outcomes"}
TAIL = {"silver_gex_levels", "silver_gex_profile", *GOLD, *SCORES}
CHAIN = {"silver_gex_chain", "silver_gex", *TAIL}
FORWARD = {"silver_forward", *CHAIN}
QUOTES = {"silver_option_quotes", *FORWARD}

OPEN = set(OPEN_TABLES)
BY_CONVENTION = OPEN - {"open_chain"}
BY_SCOPE = {"open_levels", "open_changes", "open_hedges"}
"""Of the tables for the next session those that have the scope `selected`."""
NAMED = {"bronze_option_instruments", "bronze_option_mbo", "bronze_option_trades"}

REACH = {
    "base_scores": ({"Butterfly": 1.1}, SCORES),
    "min_strikes_required": (12, SCORES),
    "conventions": (({"name": "mine", "version": 1, "neutral_share": 0.1},), {*BY_CONVENTION, *TAIL}),
    "open_ratio": (0.25, CHAIN),
    "rate": (0.05, {*OPEN, *FORWARD}),
    "reference_price": ("future_mid", FORWARD),
    "max_dte": (80, {"bronze_option_instruments", *BY_SCOPE, *QUOTES}),
    "expirations": ("all", {"bronze_option_instruments", *BY_SCOPE, *QUOTES}),
    "option_families": (("quarterly", "eom"), {*NAMED, *OPEN, *QUOTES}),
    "block_records": (1_009, set()),
    "sensor_settle_seconds": (5, set()),
}
"""What another value of a setting reaches."""


def delivered_file(lake: Path, kind: RawKind) -> Path:
    (found,) = find_files(LocalFileSystem(lake), kind=kind, product="ES", day=DAY)
    return lake / found.key


def newer(path: Path) -> None:
    later = path.stat().st_mtime_ns + 3_600_000_000_000
    os.utime(path, ns=(later, later))
