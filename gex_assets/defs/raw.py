"""The raw floor: each kind of delivered file is verified from its first byte to its last, and registered."""

from typing import Final

import dagster as dg

from gex_assets.defs.product_assets import ProductAssets
from gex_assets.defs.resources import LakeResource
from gex_assets.defs.table_day import Results, TableDay
from gex_assets.lake.raw.layout import RawKind

__all__ = ["raw_assets"]

_KINDS: Final[tuple[RawKind, ...]] = ("option_mbo", "future_mbo", "option_definition", "option_statistics")


def raw_assets(assets: ProductAssets) -> list[dg.AssetsDefinition]:
    """The raw assets of one product."""
    return [_raw(assets, kind) for kind in _KINDS]


def _raw(assets: ProductAssets, kind: RawKind) -> dg.AssetsDefinition:
    name = f"raw_{kind}"

    @dg.multi_asset(**assets.one(name))
    def raw(context: dg.AssetExecutionContext, lake: LakeResource) -> Results:
        from gex_assets.lake.raw.verify import verify_day

        day = TableDay.of(context, assets, name, lake.lake())
        if day.is_current:
            yield from day.keep()
            return
        verified = verify_day(
            day.lake.fs, kind=kind, product=assets.product, day=day.day, block_records=assets.settings.block_records
        )
        for warning in verified.warnings:
            context.log.warning(warning)
        files = verified.table.to_pylist()
        day.inputs |= verified.inputs
        day.facts |= {"records": sum(row["records"] for row in files), "warnings": list(verified.warnings)}
        yield from day.publish([verified.table])

    return raw
