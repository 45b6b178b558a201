"""The asset `brief_page`: the brief of the session that follows a day, published next to its tables."""

import time
from datetime import date

import dagster as dg

from gex_assets.defs.execution.run_tags import FORCE, RUNNING
from gex_assets.defs.execution.shown import REUSED, check_result
from gex_assets.defs.pages.drawing import Drawn
from gex_assets.defs.pages.page_asset import page_metadata, page_specs
from gex_assets.defs.partitions import day_of
from gex_assets.defs.product_assets import ProductAssets
from gex_assets.defs.resources import HeldDay, LakeResource
from gex_assets.defs.table_day import LOCK_SECONDS, Results
from gex_assets.lake.filesystem import NO_WAITING, Waiting
from gex_assets.lake.freshness import Freshness
from gex_assets.lake.pages.stored import find_page, publish_page
from gex_assets.lake.tables import Lake
from gex_assets.pages.bundle import brief_page_contract
from gex_assets.process.interruption import stop_if_asked
from gex_assets.process.machine import restart_peak
from gex_assets.schemas.checks import Verdict
from gex_assets.schemas.pages import BRIEF_PAGE, PAGE_CHECKS
from gex_assets.schemas.registry import TABLES

__all__ = ["brief_page_asset", "drawn_brief"]


def brief_page_asset(assets: ProductAssets) -> dg.AssetsDefinition:
    """The asset of one product."""
    key = assets.key(BRIEF_PAGE.name)

    @dg.multi_asset(**page_specs(assets, BRIEF_PAGE, version=brief_page_contract().version))
    def compute(context: dg.AssetExecutionContext, lake: LakeResource, held_day: HeldDay) -> Results:
        stop_if_asked()
        restart_peak()
        began = time.perf_counter()
        waiting = Waiting(LOCK_SECONDS, context.log.info)
        day = day_of(context.partition_key)
        tags = context.run.tags
        done = drawn_brief(assets, lake.lake(), day, force=FORCE in tags, waiting=waiting, is_running=RUNNING in tags)
        results = [check_result(verdict, asset_key=key) for verdict in done.verdicts]
        if done.page is None:
            yield from results
            return
        page = done.page
        yield dg.MaterializeResult(
            asset_key=key,
            metadata={
                **(REUSED if done.reused else {}),
                **page_metadata(page, seconds=time.perf_counter() - began),
            },
            check_results=results,
            data_version=dg.DataVersion(page.sha256()),
        )

    return compute


def drawn_brief(
    assets: ProductAssets,
    lake: Lake,
    day: date,
    *,
    force: bool = False,
    waiting: Waiting = NO_WAITING,
    is_running: bool = False,
) -> Drawn:
    """Draw the page of the session that follows a day, judge it and publish it, unless the published one is up to date.

    Parameters
    ----------
    force : whether it is drawn although it is up to date.
    waiting : how long to wait while another process replaces the same page.
    is_running : as of `drawing.drawn`.
    """
    from gex_assets.pages.brief.published import published_brief
    from gex_assets.pages.day_tables import DayTables
    from gex_assets.pages.picture.judging import page_is_small_enough
    from gex_assets.pages.picture.page import LARGEST_FILE
    from gex_assets.pages.picture.reading import data_elements

    digest = assets.settings.digest(BRIEF_PAGE.settings)
    stored = find_page(lake, BRIEF_PAGE.name, product=assets.product, day=day)
    if stored is not None and not force and stored.is_as_published:
        freshness = Freshness(lake, TABLES, lambda _: digest, running=day if is_running else None)
        if not freshness.why_recompute(stored, brief_page_contract(), assets.product, day):
            unchanged = "unchanged since it was published and judged"
            return Drawn(stored, tuple(Verdict(name=name, passed=True, text=unchanged) for name in PAGE_CHECKS), reused=True)
    page, lineage = published_brief(DayTables(lake, product=assets.product, day=day), settings_hash=digest)
    is_whole = "gex-lineage" in data_elements(page)
    text = "the page says what it was drawn from" if is_whole else "Expected the page's lineage in it, was none"
    verdicts = Verdict(name="page_is_whole", passed=is_whole, text=text), page_is_small_enough(page, most=LARGEST_FILE)
    if not all(verdict.passed for verdict in verdicts):
        return Drawn(None, verdicts)
    return Drawn(publish_page(lake, page, lineage=lineage, waiting=waiting), verdicts)
