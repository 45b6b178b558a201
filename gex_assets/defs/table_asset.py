"""The decorator that turns a function for one table's day into an asset of every product.

The function takes a `TableDay`: it opens inputs, calls a stage and publishes the rows. Asset key, partitions, checks and
description come from the table's schema and from the arguments of the decorator. To add a table: write its schema module,
its stage and one such function.
"""

from collections.abc import Callable, Mapping, Sequence

import dagster as dg

from gex_assets.defs.product_assets import ProductAssets
from gex_assets.defs.resources import HeldDay, LakeResource
from gex_assets.defs.table_day import Results, TableDay

__all__ = ["AssetFactory", "one_pass", "table_asset"]

AssetFactory = Callable[[ProductAssets], dg.AssetsDefinition]
"""Makes the asset of one product."""


def table_asset(
    name: str, *, reads: Sequence[str] = (), checks: Sequence[str] = ()
) -> Callable[[Callable[[TableDay], Results]], AssetFactory]:
    """Make an asset of a function that publishes one table.

    Parameters
    ----------
    name : the table, as its schema calls it.
    reads : the tables that the function opens, all of the same product and day.
    checks : blocking checks that the function gives to `TableDay.publish`; every table has `matches_schema` without being told.
    """
    return one_pass(name, {name: reads}, checks=checks)


def one_pass(
    name: str, tables: Mapping[str, Sequence[str]], *, checks: Sequence[str] = ()
) -> Callable[[Callable[..., Results]], AssetFactory]:
    """Make an asset of a function that publishes several tables in one pass over their inputs.

    Parameters
    ----------
    name : what the step is called.
    tables : the tables that each table reads. The function takes one `TableDay` for each, in this order.
    checks : blocking checks of each of the tables.
    """

    def factory_of(publish: Callable[..., Results]) -> AssetFactory:
        def factory(assets: ProductAssets) -> dg.AssetsDefinition:
            @dg.multi_asset(**assets.arguments(tables, name=name, checks=checks))
            def compute(context: dg.AssetExecutionContext, lake: LakeResource, held_day: HeldDay) -> Results:
                yield from publish(*(TableDay.of(context, assets, table, lake.lake()) for table in tables))

            return compute

        return factory

    return factory_of
