"""The regime floor: what the levels say about the market and about strategies."""

import dagster as dg

from gex_assets.conventions import conventions
from gex_assets.defs.product_assets import ProductAssets
from gex_assets.defs.resources import LakeResource
from gex_assets.defs.silver import windows_of_table
from gex_assets.defs.table_day import Results, TableDay
from gex_assets.schemas.checks import windows_cover_the_session

__all__ = ["regime_assets"]


def regime_assets(assets: ProductAssets) -> list[dg.AssetsDefinition]:
    """The regime assets of one product."""
    settings = assets.settings

    @dg.multi_asset(**assets.one("regime_scores", deps=["silver_gex_levels"]))
    def regime_scores(context: dg.AssetExecutionContext, lake: LakeResource) -> Results:
        from gex_assets.stages.regime.scores import LEVELS_COLUMNS
        from gex_assets.stages.regime.scores import regime_scores as score

        day = TableDay.of(context, assets, "regime_scores", lake.lake())
        levels = day.open("silver_gex_levels")
        groups = score(
            levels.groups(LEVELS_COLUMNS),
            conventions=conventions(settings.conventions),
            min_strikes_required=settings.min_strikes_required,
            base_scores=settings.base_scores,
            tally=day.tally,
        )
        expected = windows_of_table(levels)
        yield from day.publish(
            groups, checks=[lambda stored: windows_cover_the_session(found=windows_of_table(stored), expected=expected)]
        )

    @dg.multi_asset(**assets.one("regime_events", deps=["regime_scores"]))
    def regime_events(context: dg.AssetExecutionContext, lake: LakeResource) -> Results:
        from gex_assets.stages.regime.events import SCORES_COLUMNS
        from gex_assets.stages.regime.events import regime_events as changes

        day = TableDay.of(context, assets, "regime_events", lake.lake())
        if day.is_current:
            yield from day.reuse()
            return
        scores = day.open("regime_scores").read(SCORES_COLUMNS)
        yield from day.publish([changes(scores, tally=day.tally)])

    return [regime_scores, regime_events]
