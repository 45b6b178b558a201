"""What all assets of one product have in common: keys, partitions, and the form that a table's promise gives to its asset."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import dagster as dg

from gex_assets.schemas.dictionary import type_name
from gex_assets.schemas.registry import TABLES
from gex_assets.schemas.table import Table
from gex_assets.settings import Settings

__all__ = ["BLOCKING_CHECKS", "ProductAssets", "column_schema"]

BLOCKING_CHECKS: Final[dict[str, tuple[str, ...]]] = {
    "bronze_option_instruments": ("something_was_selected",),
    "silver_option_quotes": ("windows_cover_the_session",),
    "silver_future_quotes": ("windows_cover_the_session",),
    "silver_forward": ("windows_cover_the_session",),
    "silver_gex": ("windows_cover_the_session",),
    "silver_gex_levels": ("windows_cover_the_session",),
    "silver_vacuum": ("windows_cover_the_session",),
    "regime_scores": ("windows_cover_the_session",),
}
"""Beside `matches_schema`, which every table has: what else must be true before a day is published."""


def column_schema(table: Table) -> dg.TableSchema:
    """The column table that the UI shows, from the table's schema."""
    return dg.TableSchema(
        columns=[
            dg.TableColumn(
                name=column.name,
                type=type_name(column.type),
                description=f"{column.about} [{column.unit}]" if column.unit else column.about,
                constraints=dg.TableColumnConstraints(nullable=column.nullable, unique=table.key == (column.name,)),
            )
            for column in table.columns
        ]
    )


@dataclass(frozen=True, kw_only=True)
class ProductAssets:
    """One product's floor of assets: what a factory needs to make them."""

    product: str
    settings: Settings
    partitions: dg.DailyPartitionsDefinition

    def key(self, name: str) -> dg.AssetKey:
        """The table's asset key: its name, behind the product's where that is not the default one."""
        return dg.AssetKey([name] if self.product == self.settings.default_product else [self.product, name])

    def version(self, name: str) -> str:
        """What Dagster compares to find an asset stale: the code's version and the values of just the settings it depends on."""
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
            metadata={"dagster/column_schema": column_schema(table), "key": ", ".join(("product", "date", *table.key))},
            owners=["team:gex_assets"],
            skippable=True,
        )

    def check_specs(self, name: str) -> list[dg.AssetCheckSpec]:
        """The blocking checks that the asset itself answers before it publishes."""
        return [
            dg.AssetCheckSpec(
                name=check, asset=self.key(name), blocking=True, partitions_def=self.partitions, description=_ABOUT[check]
            )
            for check in ("matches_schema", *BLOCKING_CHECKS.get(name, ()))
        ]

    def one(self, name: str, *, deps: Sequence[str] = ()) -> dict[str, Any]:
        """Arguments of `dagster.multi_asset` for one table."""
        return self.several({name: deps}, name=name)

    def several(self, tables: dict[str, Sequence[str]], *, name: str) -> dict[str, Any]:
        """Arguments of `dagster.multi_asset` for tables that one pass over the input makes together."""
        prefix = "" if self.product == self.settings.default_product else f"{self.product}__"
        return {
            "name": prefix + name,
            "specs": [self.spec(table, deps=deps) for table, deps in tables.items()],
            "check_specs": [spec for table in tables for spec in self.check_specs(table)],
            "partitions_def": self.partitions,
        }


_ABOUT: Final = {
    "matches_schema": "Every column has the type, range and order that the schema states.",
    "something_was_selected": "Where outrights were delivered, some of them are used.",
    "windows_cover_the_session": "There are rows for every window of the Globex session and for no other.",
}
