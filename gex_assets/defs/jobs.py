"""The named jobs of the UI, each over the assets of all products. A day's pages are drawn with its last tables."""

from collections.abc import Sequence
from typing import Any

import dagster as dg

from gex_assets.schemas.pages import BRIEF_PAGE, PAGES
from gex_assets.schemas.registry import DAY_TABLES, PREMARKET, TABLES
from gex_assets.schemas.table import Layer

__all__ = ["jobs"]


def jobs(keys: Sequence[dg.AssetKey]) -> list[Any]:
    """One job for a whole day, one for each half of it, and one over all days."""

    def of(*layers: Layer) -> dg.AssetSelection:
        tables = (key for key in keys if key.path[-1] in DAY_TABLES and _layer(key) in layers)
        pages = (key for key in keys if key.path[-1] in PAGES and "regime" in layers)
        return dg.AssetSelection.assets(*tables, *pages)

    return [
        dg.define_asset_job(
            "one_day",
            of("raw", "bronze", "silver", "gold", "regime"),
            description="A delivered day becomes exposure and regimes.",
        ),
        dg.define_asset_job("raw_to_bronze", of("raw", "bronze"), description="Verify a day's files and read them into tables."),
        dg.define_asset_job(
            "before_the_session",
            dg.AssetSelection.assets(*(key for key in keys if key.path[-1] in (*PREMARKET, BRIEF_PAGE.name))),
            description=(
                "Levels for the session that follows, and the page of its brief, from definitions and statistics: no orders are "
                "needed."
            ),
        ),
        dg.define_asset_job(
            "silver_to_regime", of("silver", "gold", "regime"), description="Recompute a day from its bronze tables."
        ),
        dg.define_asset_job(
            "refresh",
            of("raw", "bronze", "silver", "gold", "regime"),
            description="Make again what is stale or missing of a day, and reuse the rest: `gex refresh --dry-run` says what.",
        ),
        dg.define_asset_job(
            "regime_history",
            dg.AssetSelection.assets(*(key for key in keys if key.path[-1] in TABLES and key.path[-1] not in DAY_TABLES)),
            description="Update the history over all published days: dates are recomputed from the earliest changed one on.",
        ),
    ]


def _layer(key: dg.AssetKey) -> Layer:
    return TABLES[key.path[-1]].layer
