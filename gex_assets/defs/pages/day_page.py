"""The asset `day_page`: one HTML object a day, published, judged and kept fresh like a table."""

import time
from importlib.metadata import version
from typing import Any

import dagster as dg

from gex_assets.defs.checks import verdict_shares
from gex_assets.defs.execution.kept import kept_metadata
from gex_assets.defs.execution.run_notes import run_notes
from gex_assets.defs.execution.run_tags import FORCE, RUNNING
from gex_assets.defs.execution.shown import REUSED, check_result
from gex_assets.defs.pages.drawing import Drawn, drawn
from gex_assets.defs.pages.page_asset import page_lineage, page_metadata, page_specs
from gex_assets.defs.partitions import day_of
from gex_assets.defs.product_assets import ProductAssets
from gex_assets.defs.resources import HeldDay, LakeResource
from gex_assets.defs.table_day import LOCK_SECONDS, Results
from gex_assets.lake.filesystem import Waiting
from gex_assets.lake.pages.stored import StoredPage
from gex_assets.lake.tables import Lake
from gex_assets.pages.bundle import day_page_contract
from gex_assets.pages.day_links import content_sha256
from gex_assets.process.interruption import stop_if_asked
from gex_assets.process.machine import restart_peak
from gex_assets.schemas.pages import DAY_PAGE

__all__ = ["day_page_asset"]


def day_page_asset(assets: ProductAssets) -> dg.AssetsDefinition:
    """The asset of one product."""
    key = assets.key(DAY_PAGE.name)

    @dg.multi_asset(**page_specs(assets, DAY_PAGE, version=day_page_contract().version))
    def compute(context: dg.AssetExecutionContext, lake: LakeResource, held_day: HeldDay) -> Results:
        stop_if_asked()
        restart_peak()
        began = time.perf_counter()
        day = day_of(context.partition_key)
        done = drawn(
            assets,
            lake.lake(),
            day,
            force=FORCE in context.run.tags,
            waiting=Waiting(LOCK_SECONDS, context.log.info),
            run=lambda: run_notes(context.instance, assets, day),
            log=context.log,
            is_running=RUNNING in context.run.tags,
        )
        results = [check_result(verdict, asset_key=key) for verdict in done.verdicts]
        if done.page is None:
            yield from results
            return
        seconds = time.perf_counter() - began
        yield dg.MaterializeResult(
            asset_key=key,
            metadata={
                **(REUSED if done.reused else {}),
                **_metadata(done.page, seconds=seconds),
                **_shares(context.instance, assets, lake.lake(), done),
            },
            check_results=results,
            data_version=dg.DataVersion(content_sha256(done.page.read())),  # links to other days are no change of this one
        )

    return compute


def _shares(instance: dg.DagsterInstance, assets: ProductAssets, lake: Lake, done: Drawn) -> dict[str, Any]:
    """`verdict_shares` of the day. Those of a page that is up to date are known: tables and judges are the same."""
    judged_by = {"judged_by": f"gex_assets {version('gex-assets')}"}
    if done.page is None:
        return {}
    day, lineage = done.page.lineage.day, page_lineage(done.page)
    if done.reused:
        kept = kept_metadata(instance, assets.key(DAY_PAGE.name), day, lineage=lineage)
        if {name: kept[name].value for name in judged_by if name in kept} == judged_by:
            return {name: kept[name] for name in ("warn_share", "failed_share", *judged_by) if name in kept}
    return {**verdict_shares(assets, lake, day), **judged_by}


def _metadata(page: StoredPage, *, seconds: float) -> dict[str, Any]:
    lineage = page.lineage
    look = f", or `gex heatmap --date {lineage.day} --product {lineage.product} --open`"
    return page_metadata(page, seconds=seconds, look=look)
