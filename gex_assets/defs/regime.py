"""The regime assets: what the levels say about the market and about strategies."""

import dagster as dg

from gex_assets.conventions import conventions
from gex_assets.defs.product_assets import ProductAssets
from gex_assets.defs.session_windows import same_windows_as
from gex_assets.defs.table_asset import table_asset
from gex_assets.defs.table_day import Results, TableDay
from gex_assets.market.products import product

__all__ = ["regime_assets"]


def regime_assets(assets: ProductAssets) -> list[dg.AssetsDefinition]:
    """The regime assets of one product."""
    return [factory(assets) for factory in (regime_scores, regime_events)]


@table_asset("regime_scores", reads=("silver_gex_levels",), checks=("windows_cover_the_session",))
def regime_scores(day: TableDay) -> Results:
    """Score regimes and strategies from the levels of each window."""
    from gex_assets.stages.regime.scores import LEVELS_COLUMNS
    from gex_assets.stages.regime.scores import regime_scores as score

    levels = day.open("silver_gex_levels")
    groups = score(
        levels.groups(LEVELS_COLUMNS),
        conventions=conventions(day.settings.conventions),
        min_strikes_required=day.settings.min_strikes_required,
        base_scores=day.settings.base_scores,
        multiplier=product(day.product).multiplier,
        tally=day.tally,
    )
    return day.publish(groups, checks=[same_windows_as(levels)])


@table_asset("regime_events", reads=("regime_scores",))
def regime_events(day: TableDay) -> Results:
    """List the changes of regime within the day."""
    from gex_assets.stages.regime.events import SCORES_COLUMNS
    from gex_assets.stages.regime.events import regime_events as changes

    scores = day.open("regime_scores")
    return day.publish_rows(lambda: changes(scores.groups(SCORES_COLUMNS), tally=day.tally))
