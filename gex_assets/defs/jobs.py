"""The named jobs of the UI: what the list of runs calls a run, and what people start.

A job covers all products. With several products there is one more for each, of those that people and the sensor start a product
at a time. A day's pages are drawn with its last tables.
"""

from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import dagster as dg

from gex_assets.defs.execution.run_tags import PRODUCT, lake_tags
from gex_assets.defs.product_assets import product_of, products_of
from gex_assets.schemas.pages import BRIEF_PAGE, PAGES
from gex_assets.schemas.registry import DAY_TABLES, PREMARKET, TABLES
from gex_assets.schemas.table import Layer

__all__ = ["BEFORE_THE_SESSION", "CHECK_DAY", "HISTORY_JOB", "ONE_DAY", "REFRESH", "job_of", "jobs"]

ONE_DAY: Final = "one_day"
BEFORE_THE_SESSION: Final = "before_the_session"
REFRESH: Final = "refresh"
HISTORY_JOB: Final = "regime_history"
CHECK_DAY: Final = "check_day"
"""The job that evaluates the checks of a day; it is no job over assets (`upkeep.check_day`)."""


def _in_layers(*layers: Layer) -> Callable[[str], bool]:
    return lambda name: (name in DAY_TABLES and TABLES[name].layer in layers) or (name in PAGES and "regime" in layers)


_WHOLE_DAY: Final = _in_layers("raw", "bronze", "silver", "gold", "regime")


class _Job(NamedTuple):
    name: str
    has: Callable[[str], bool]
    about: str
    by_product: bool = False


_JOBS: Final = (
    _Job(
        ONE_DAY,
        _WHOLE_DAY,
        "A day, from its delivered files to its pages: quotes, exposure, levels, regimes. What is up to date is reused.",
        by_product=True,
    ),
    _Job(
        "raw_to_bronze",
        _in_layers("raw", "bronze"),
        "The first half of one_day: verify the delivered files, and read their records into tables.",
    ),
    _Job(
        BEFORE_THE_SESSION,
        lambda name: name in (*PREMARKET, BRIEF_PAGE.name),
        "Levels for the session that follows, and the page of its brief, from definitions and statistics: no orders are needed.",
        by_product=True,
    ),
    _Job(
        "silver_to_regime",
        _in_layers("silver", "gold", "regime"),
        "The second half of one_day: from the bronze tables to the pages. Of the delivered files it reads the statistics only.",
    ),
    _Job(
        REFRESH,
        _WHOLE_DAY,
        "Make again what is stale or missing of a day, and reuse the rest: `gex refresh --dry-run` says what.",
        by_product=True,
    ),
    _Job(
        HISTORY_JOB,
        lambda name: name in TABLES and name not in DAY_TABLES,
        "Update the history over all published days: dates are recomputed from the earliest changed one on.",
    ),
)


def job_of(name: str, *, product: str, products: Collection[str]) -> str:
    """The job over one product's assets."""
    return name if len(products) == 1 else f"{product}__{name}"


def jobs(
    keys: Sequence[dg.AssetKey],
    *,
    products: Sequence[str],
    lake: Path,
    without: Sequence[dg.AssetChecksDefinition] = (),
) -> list[Any]:
    """All jobs.

    Parameters
    ----------
    keys : all assets.
    products : the default product first; its assets carry no prefix.
    lake : which lake their runs write.
    without : checks that have no day: no job evaluates them once for each day of a backfill.
    """

    def named(name: str, keys: Sequence[dg.AssetKey], about: str) -> Any:
        # Tags of the definition: a run of a sensor or of the launchpad has them, and one of a backfill, which has no `run_tags`.
        tags = {PRODUCT: ", ".join(products_of(keys, products=products)), **lake_tags(lake)}
        selection: dg.AssetSelection = dg.AssetSelection.assets(*keys)
        own = [check for check in without if any(one.asset_key in keys for one in check.check_keys)]
        selection = selection - dg.AssetSelection.checks(*own) if own else selection
        return dg.define_asset_job(name, selection, description=about, tags=tags)

    found = [named(job.name, [key for key in keys if job.has(key.path[-1])], job.about) for job in _JOBS]
    if len(products) > 1:
        for product in products:
            own = [key for key in keys if product_of(key, default=products[0]) == product]
            for job in (job for job in _JOBS if job.by_product):
                name = job_of(job.name, product=product, products=products)
                found.append(named(name, [key for key in own if job.has(key.path[-1])], f"{product} alone. {job.about}"))
    return found
