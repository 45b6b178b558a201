"""The raw assets: each kind of delivered file is verified from its first byte to its last, and registered."""

from typing import Final

import dagster as dg

from gex_assets.defs.product_assets import ProductAssets
from gex_assets.defs.table_asset import AssetFactory, table_asset
from gex_assets.defs.table_day import Results, TableDay
from gex_assets.lake.raw.layout import RawKind

__all__ = ["raw_assets"]

_KINDS: Final[tuple[RawKind, ...]] = ("option_mbo", "future_mbo", "option_definition", "option_statistics")


def raw_assets(assets: ProductAssets) -> list[dg.AssetsDefinition]:
    """The raw assets of one product."""
    return [_raw(kind)(assets) for kind in _KINDS]


def _raw(kind: RawKind) -> AssetFactory:
    @table_asset(f"raw_{kind}")
    def raw(day: TableDay) -> Results:
        from gex_assets.lake.raw.verify import verify_day

        if day.is_current:
            yield from day.reuse()
            return
        block_records = day.settings.block_records
        verified = verify_day(day.lake.fs, kind=kind, product=day.product, day=day.day, block_records=block_records)
        for warning in verified.warnings:
            day.log.warning(warning)
        day.inputs |= verified.inputs
        day.facts |= {"records": sum(verified.table["records"].to_pylist()), "warnings": list(verified.warnings)}
        yield from day.publish([verified.table])

    return raw
