"""The check `is_up_to_date`: whether a table-day or page is what would be made now, and what became stale if not.

Dagster's own staleness ignores partitions. This check compares the lineage of one day with the inputs, the code and the settings
of now, as `gex status` does. It reads footers and no rows of large tables, so it can be run again alone, at any time.
One step answers for all tables of a product, because each step of a run costs some ten events.
"""

from collections.abc import Callable, Iterator
from datetime import date
from typing import Final

import dagster as dg

from gex_assets.defs.execution.shown import check_result
from gex_assets.defs.partitions import day_of
from gex_assets.defs.product_assets import ProductAssets
from gex_assets.defs.resources import LakeResource
from gex_assets.escaping import visible
from gex_assets.lake.status import TableState, status
from gex_assets.lake.tables import Lake
from gex_assets.schemas.check_guide import CHECK_GUIDE
from gex_assets.schemas.checks import Verdict
from gex_assets.schemas.pages import PAGES
from gex_assets.schemas.registry import DAY_TABLES, TABLES

__all__ = ["IS_UP_TO_DATE", "up_to_date_check", "up_to_date_verdict", "up_to_date_verdicts"]

IS_UP_TO_DATE: Final = "is_up_to_date"


def up_to_date_check(assets: ProductAssets) -> dg.AssetChecksDefinition:
    """The check of all tables and pages of one product."""
    keys = [assets.key(name) for name in (*DAY_TABLES, *PAGES)]
    prefix = "" if assets.product == assets.settings.default_product else f"{assets.product}__"

    @dg.multi_asset_check(
        name=f"{prefix}{IS_UP_TO_DATE}",
        specs=[
            dg.AssetCheckSpec(
                IS_UP_TO_DATE, asset=key, partitions_def=assets.partitions, description=CHECK_GUIDE[IS_UP_TO_DATE].description
            )
            for key in keys
        ],
        can_subset=True,
    )
    def compute(context: dg.AssetCheckExecutionContext, lake: LakeResource) -> Iterator[dg.AssetCheckResult]:
        asked = {key.asset_key for key in context.selected_asset_check_keys}
        for key, verdict in up_to_date_verdicts(assets, lake.lake(), day_of(context.partition_key), say=context.log.info):
            if key in asked:
                yield check_result(verdict, asset_key=key)

    return compute


def up_to_date_verdicts(
    assets: ProductAssets, lake: Lake, day: date, *, say: Callable[[str], None] | None = None
) -> Iterator[tuple[dg.AssetKey, Verdict]]:
    """Judge all tables of a day and its pages.

    Parameters
    ----------
    say : called with what takes long, before it is done.

    Raises
    ------
    LakeError
        The lake cannot be listed.
    """
    from gex_assets.pages.bundle import brief_page_contract, day_page_contract

    for state in status(
        lake,
        tables=TABLES,
        products=[assets.product],
        digest=lambda table: assets.settings.digest(table.settings),
        day=day,
        pages=[day_page_contract(), brief_page_contract()],
        say=say,
    ):
        if state.table in DAY_TABLES or state.table in PAGES:
            yield assets.key(state.table), up_to_date_verdict(state)


def up_to_date_verdict(state: TableState) -> Verdict:
    """Whether a table-day or page is up to date, why not, and what to do."""
    passed = state.state == "published"
    said = {
        "published": "made from the inputs, the code and the settings of now",
        "stale": "Expected what would be made now, was stale",
        "missing": "Expected a published state, was none",
        "rejected": "Expected the latest delivery to be published, was rejected",
    }[state.state]
    why = visible("; ".join(state.why))
    todo = f"`gex refresh --date {state.day}`, or the job `refresh`."
    if state.state == "rejected":
        todo = f"See the reason, then `gex run --date {state.day}`."
    return Verdict(
        name=IS_UP_TO_DATE,
        passed=passed,
        text=said + (f": {why}" if why else ""),
        severity="warn",
        todo=todo,
        facts={"state": state.state, "reasons": list(state.why)},
    )
