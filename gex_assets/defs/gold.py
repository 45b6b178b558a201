"""The gold floor: vectors at moments when the price approaches a level, what their elements are called, and what happened then.

Outcomes look ahead, so that they are a table of their own, below the vectors: no feature can read them.
"""

from collections.abc import Generator

import dagster as dg
import pyarrow as pa

from gex_assets.defs.product_assets import ProductAssets
from gex_assets.defs.resources import LakeResource
from gex_assets.defs.table_day import Results, TableDay
from gex_assets.market.products import product

__all__ = ["gold_assets"]


def gold_assets(assets: ProductAssets) -> list[dg.AssetsDefinition]:
    """The gold assets of one product."""
    return [_vectors(assets), _dictionary(assets), _outcomes(assets)]


def _vectors(assets: ProductAssets) -> dg.AssetsDefinition:
    @dg.multi_asset(
        **assets.one(
            "gold_trigger_vectors",
            deps=["silver_future_quotes", "silver_gex", "silver_gex_levels", "silver_vacuum"],
        )
    )
    def gold_trigger_vectors(context: dg.AssetExecutionContext, lake: LakeResource) -> Results:
        from gex_assets.stages.gold.trigger_vectors import GEX_COLUMNS, VACUUM_COLUMNS, trigger_vectors
        from gex_assets.stages.gold.triggers import (
            FUTURE_COLUMNS,
            GEX_KEYS,
            LEVELS_COLUMNS,
            VACUUM_KEYS,
            find_triggers,
            selected_levels,
            trigger_windows,
        )

        day = TableDay.of(context, assets, "gold_trigger_vectors", lake.lake())
        facts = product(assets.product)
        gex, vacuum = day.open("silver_gex"), day.open("silver_vacuum")
        levels, quotes = day.open("silver_gex_levels"), day.open("silver_future_quotes")

        def groups() -> Generator[pa.Table]:
            selected = selected_levels(levels.groups(LEVELS_COLUMNS))
            windows = trigger_windows(
                levels=selected,
                gex=gex.groups(GEX_KEYS),
                vacuum=vacuum.groups(VACUUM_KEYS),
                future_quotes=quotes.groups(FUTURE_COLUMNS),
                strike_grid=facts.strike_grid,
                tally=day.tally,
            )
            yield from trigger_vectors(
                windows,
                find_triggers(windows, levels=selected, tick=facts.future_tick, tally=day.tally),
                gex=gex.groups(GEX_COLUMNS),
                vacuum=vacuum.groups(VACUUM_COLUMNS),
                multiplier=facts.multiplier,
                tick=facts.future_tick,
                tally=day.tally,
            )

        yield from day.publish(day.prefetch(groups()), gather=False)

    return gold_trigger_vectors


def _dictionary(assets: ProductAssets) -> dg.AssetsDefinition:
    @dg.multi_asset(**assets.one("gold_vector_dictionary"))
    def gold_vector_dictionary(context: dg.AssetExecutionContext, lake: LakeResource) -> Results:
        from gex_assets.stages.gold.vector_dictionary import vector_dictionary

        day = TableDay.of(context, assets, "gold_vector_dictionary", lake.lake())
        yield from day.publish([vector_dictionary()])

    return gold_vector_dictionary


def _outcomes(assets: ProductAssets) -> dg.AssetsDefinition:
    @dg.multi_asset(
        **assets.one(
            "gold_trigger_outcomes", deps=["bronze_future_mbo", "silver_future_quotes", "silver_gex", "gold_trigger_vectors"]
        )
    )
    def gold_trigger_outcomes(context: dg.AssetExecutionContext, lake: LakeResource) -> Results:
        from gex_assets.stages.gold.trigger_outcomes import (
            REFERENCE_COLUMNS,
            TRADE_COLUMNS,
            TRIGGER_COLUMNS,
            WINDOW_COLUMNS,
            trigger_outcomes,
        )

        day = TableDay.of(context, assets, "gold_trigger_outcomes", lake.lake())
        orders, vectors = day.open("bronze_future_mbo"), day.open("gold_trigger_vectors")
        windows, reference = day.open("silver_future_quotes"), day.open("silver_gex")

        def groups() -> Generator[pa.Table]:
            triggers = vectors.read(TRIGGER_COLUMNS)
            yield trigger_outcomes(
                triggers,
                trades=orders.stretches(TRADE_COLUMNS, only={"symbol": triggers["underlying"].unique().to_pylist()}),
                future_windows=windows.read(WINDOW_COLUMNS),
                reference=reference.read(REFERENCE_COLUMNS),
                tick=product(assets.product).future_tick,
                tally=day.tally,
            )

        yield from day.publish(groups())

    return gold_trigger_outcomes
