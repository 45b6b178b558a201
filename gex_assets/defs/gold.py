"""The gold assets: vectors at moments when the price approaches a level, the names of their elements, and outcomes.

Outcomes look ahead. They are a table of their own, made from the vectors, so that no feature can read them.
"""

from collections.abc import Generator

import dagster as dg
import pyarrow as pa

from gex_assets.defs.product_assets import ProductAssets
from gex_assets.defs.table_asset import table_asset
from gex_assets.defs.table_day import Results, TableDay
from gex_assets.market.products import product

__all__ = ["gold_assets"]


def gold_assets(assets: ProductAssets) -> list[dg.AssetsDefinition]:
    """The gold assets of one product."""
    return [factory(assets) for factory in (gold_trigger_vectors, gold_vector_dictionary, gold_trigger_outcomes)]


@table_asset("gold_trigger_vectors", reads=("silver_future_quotes", "silver_gex", "silver_gex_levels", "silver_vacuum"))
def gold_trigger_vectors(day: TableDay) -> Results:
    """Find the triggers of the day and describe each by a vector."""
    from gex_assets.stages.gold.trigger_vectors import (
        FUTURE_COLUMNS,
        GEX_COLUMNS,
        LEVELS_COLUMNS,
        VACUUM_COLUMNS,
        trigger_vectors,
    )

    facts = product(day.product)
    gex, vacuum = day.open("silver_gex"), day.open("silver_vacuum")
    levels, quotes = day.open("silver_gex_levels"), day.open("silver_future_quotes")

    def groups() -> Generator[pa.Table]:
        yield from trigger_vectors(
            levels=levels.groups(LEVELS_COLUMNS),
            gex=gex.groups(GEX_COLUMNS),
            vacuum=vacuum.groups(VACUUM_COLUMNS),
            future_quotes=quotes.groups(FUTURE_COLUMNS),
            strike_grid=facts.strike_grid,
            multiplier=facts.multiplier,
            tick=facts.future_tick,
            tally=day.tally,
        )

    return day.publish(day.prefetch(groups()), gather=False)


@table_asset("gold_vector_dictionary")
def gold_vector_dictionary(day: TableDay) -> Results:
    """Name the elements of the vectors."""
    from gex_assets.stages.gold.vector_dictionary import vector_dictionary

    return day.publish([vector_dictionary()])


@table_asset(
    "gold_trigger_outcomes",
    reads=("bronze_future_mbo", "silver_future_quotes", "silver_future_bbo", "silver_gex", "gold_trigger_vectors"),
)
def gold_trigger_outcomes(day: TableDay) -> Results:
    """Say what the price did after each trigger."""
    from gex_assets.stages.gold.mids_at_moments import BEST_PRICE_COLUMNS
    from gex_assets.stages.gold.trigger_outcomes import (
        REFERENCE_COLUMNS,
        TRADE_COLUMNS,
        TRIGGER_COLUMNS,
        WINDOW_COLUMNS,
        trigger_outcomes,
    )

    orders, vectors = day.open("bronze_future_mbo"), day.open("gold_trigger_vectors")
    windows, reference = day.open("silver_future_quotes"), day.open("silver_gex")
    best_prices = day.open("silver_future_bbo")

    def rows() -> pa.Table:
        triggers = vectors.read(TRIGGER_COLUMNS)
        return trigger_outcomes(
            triggers,
            trades=orders.stretches(TRADE_COLUMNS, only={"symbol": triggers["underlying"].unique().to_pylist()}),
            best_prices=best_prices.groups(BEST_PRICE_COLUMNS),
            future_windows=windows.read(WINDOW_COLUMNS),
            reference=reference.read(REFERENCE_COLUMNS),
            tick=product(day.product).future_tick,
            tally=day.tally,
        )

    return day.publish_rows(rows)
