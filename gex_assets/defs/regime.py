"""The regime floor: what the levels say about the market and about strategies."""

import dagster as dg

from gex_assets.defs.house import House
from gex_assets.defs.resources import LakeResource
from gex_assets.defs.silver import windows_of_table
from gex_assets.defs.table_day import Results, TableDay
from gex_assets.market.conventions import conventions
from gex_assets.schemas.sentences import windows_cover_the_session

__all__ = ["regime_assets"]


def regime_assets(house: House) -> list[dg.AssetsDefinition]:
    """The regime assets of one product."""
    settings = house.settings

    @dg.multi_asset(**house.one("regime_scores", deps=["silver_gex_levels"]))
    def regime_scores(context: dg.AssetExecutionContext, lake: LakeResource) -> Results:
        from gex_assets.stages.regime import LEVELS_COLUMNS
        from gex_assets.stages.regime import regime_scores as score

        day = TableDay.of(context, house, "regime_scores", lake.lake())
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
            groups, sentences=[lambda stored: windows_cover_the_session(found=windows_of_table(stored), expected=expected)]
        )

    @dg.multi_asset(**house.one("regime_events", deps=["regime_scores"]))
    def regime_events(context: dg.AssetExecutionContext, lake: LakeResource) -> Results:
        from gex_assets.stages.regime_events import SCORES_COLUMNS
        from gex_assets.stages.regime_events import regime_events as changes

        day = TableDay.of(context, house, "regime_events", lake.lake())
        if day.is_current:
            yield from day.keep()
            return
        scores = day.open("regime_scores").read(SCORES_COLUMNS)
        yield from day.publish([changes(scores, tally=day.tally)])

    return [regime_scores, regime_events]
