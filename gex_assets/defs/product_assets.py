"""What all assets of one product have in common: keys, partitions, and what Dagster is told about a table."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import dagster as dg

from gex_assets.schemas.check_guide import CHECK_GUIDE
from gex_assets.schemas.column_sources import column_sources, sources_in_words
from gex_assets.schemas.dictionary import type_name
from gex_assets.schemas.registry import TABLES
from gex_assets.schemas.table import Column, Table
from gex_assets.settings import Settings

__all__ = ["ProductAssets", "column_schema", "product_of", "products_of"]


def column_schema(table: Table) -> dg.TableSchema:
    """The column table that the UI shows, from the table's schema."""
    return dg.TableSchema(
        columns=[
            dg.TableColumn(
                name=column.name,
                type=type_name(column.type),
                description=_about(table, column),
                constraints=dg.TableColumnConstraints(nullable=column.nullable, unique=table.key == (column.name,)),
            )
            for column in table.columns
        ]
    )


def product_of(key: dg.AssetKey, *, default: str) -> str:
    """The product whose asset it is: the default product's carry no prefix."""
    return key.path[0] if len(key.path) > 1 else default


def products_of(keys: Iterable[dg.AssetKey], *, products: Sequence[str]) -> list[str]:
    """The products whose assets these are, in the order of `products`, of which the first is the default one."""
    found = {product_of(key, default=products[0]) for key in keys}
    return [name for name in products if name in found]


def _about(table: Table, column: Column) -> str:
    """What the UI says of a column. It draws no lineage of columns, so the words have it."""
    about = f"{column.about} [{column.unit}]" if column.unit else column.about
    made_of = sources_in_words(table.name, column.name)
    return f"{about} Made of {made_of}." if made_of else about


@dataclass(frozen=True, kw_only=True)
class ProductAssets:
    """What an asset factory needs to make the assets of one product."""

    product: str
    settings: Settings
    partitions: dg.DailyPartitionsDefinition

    def key(self, name: str) -> dg.AssetKey:
        """The table's asset key: its name, after the product's where the product is not the default one."""
        return dg.AssetKey([name] if self.product == self.settings.default_product else [self.product, name])

    def settings_of(self, name: str) -> Settings:
        """The settings that a table declares, for its asset and checks. Reading another is an error, unless it changes no row."""
        return self.settings.only(TABLES[name].settings)

    def version(self, name: str) -> str:
        """What Dagster compares to find an asset stale: the code's version and the digest of the declared settings."""
        table = TABLES[name]
        return f"{table.version}-{self.settings.digest(table.settings)[:8]}" if table.settings else table.version

    def spec(self, name: str, *, deps: Sequence[str] = ()) -> dg.AssetSpec:
        """The asset of a table as Dagster describes it."""
        table = TABLES[name]
        return dg.AssetSpec(
            key=self.key(name),
            deps=[self.key(dep) for dep in deps],
            description=table.about,
            group_name=table.layer,
            kinds=set(table.kinds),
            code_version=self.version(name),
            metadata={
                "dagster/column_schema": column_schema(table),
                **self._column_lineage(name),
                "key": ", ".join(("product", "date", *table.key)),
            },
            owners=["team:gex_assets"],
            skippable=True,
        )

    def _column_lineage(self, name: str) -> dict[str, dg.TableColumnLineage]:
        """Which columns each column is made of, where that is known, for whatever draws it."""
        deps = {
            column: [dg.TableColumnDep(asset_key=self.key(table), column_name=source) for table, source in sources]
            for column, sources in column_sources(name).items()
        }
        return {"dagster/column_lineage": dg.TableColumnLineage(deps_by_column=deps)} if deps else {}

    def check_specs(self, name: str, checks: Sequence[str] = ()) -> list[dg.AssetCheckSpec]:
        """The blocking checks that an asset answers before it publishes: `matches_schema` and those given."""
        return [
            dg.AssetCheckSpec(
                name=check,
                asset=self.key(name),
                blocking=True,
                partitions_def=self.partitions,
                description=CHECK_GUIDE[check].description,
            )
            for check in ("matches_schema", *checks)
        ]

    def arguments(self, tables: Mapping[str, Sequence[str]], *, name: str, checks: Sequence[str] = ()) -> dict[str, Any]:
        """Arguments of `dagster.multi_asset`.

        Parameters
        ----------
        tables : the tables that one pass makes, each with the tables that it reads.
        name : what the step is called, without the product.
        checks : blocking checks of each table besides `matches_schema`.
        """
        prefix = "" if self.product == self.settings.default_product else f"{self.product}__"
        return {
            "name": prefix + name,
            "specs": [self.spec(table, deps=reads) for table, reads in tables.items()],
            "check_specs": [spec for table in tables for spec in self.check_specs(table, checks)],
            "partitions_def": self.partitions,
        }
