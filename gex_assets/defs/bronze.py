"""The bronze floor: the vendor's records as tables, outrights only, with everything that was left out counted by reason."""

from collections import Counter
from collections.abc import Generator, Iterator
from contextlib import closing
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

import dagster as dg
import pyarrow as pa

from gex_assets.defs.product_assets import ProductAssets
from gex_assets.defs.resources import LakeResource
from gex_assets.defs.table_day import Results, TableDay
from gex_assets.errors import BadFileError
from gex_assets.lake.tables import STRETCH_RECORDS, StoredTable
from gex_assets.schemas.bronze_option_statistics import STATISTICS_DAYS
from gex_assets.schemas.checks import Verdict, something_was_selected

if TYPE_CHECKING:
    from gex_assets.market.symbols import OptionSymbol
    from gex_assets.stages.bronze.instrument_names import InstrumentNames

__all__ = ["bronze_assets"]

_IDENTITY: Final = ("instrument_id", "raw_symbol", "underlying", "right", "strike", "ts_expiration")
"""What the order tables take from `bronze_option_instruments`: which of the instruments are selected changes no record."""

_OPTION_FILES: Final = ("raw_option_mbo", "raw_option_definition", "raw_option_statistics")


def bronze_assets(assets: ProductAssets) -> list[dg.AssetsDefinition]:
    """The bronze assets of one product."""
    return [_instruments(assets), _option_orders(assets), _statistics(assets), _future_orders(assets)]


def _instruments(assets: ProductAssets) -> dg.AssetsDefinition:
    settings = assets.settings

    @dg.multi_asset(**assets.one("bronze_option_instruments", deps=_OPTION_FILES))
    def bronze_option_instruments(context: dg.AssetExecutionContext, lake: LakeResource) -> Results:
        from gex_assets.lake.raw.merge import seen_instruments
        from gex_assets.stages.bronze.instruments import option_instruments

        day = TableDay.of(context, assets, "bronze_option_instruments", lake.lake())
        checks = [partial(_selected, max_dte=settings.max_dte)]
        if day.is_current:
            yield from day.keep(checks=checks)
            return
        files = {name: day.open(name).read() for name in _OPTION_FILES}
        instruments = option_instruments(
            names=_option_names(day, files, tally=day.tally),
            definitions=_definitions(day, files["raw_option_definition"]),
            seen=seen_instruments(files["raw_option_mbo"]),
            day=day.day,
            max_dte=settings.max_dte,
            expirations=settings.expirations,
            tally=day.tally,
        )
        yield from day.publish([instruments], checks=checks)

    return bronze_option_instruments


def _option_orders(assets: ProductAssets) -> dg.AssetsDefinition:
    @dg.multi_asset(
        **assets.several(
            {
                "bronze_option_mbo": [*_OPTION_FILES, "bronze_option_instruments"],
                "bronze_option_trades": [*_OPTION_FILES, "bronze_option_instruments"],
            },
            name="bronze_option_orders",
        )
    )
    def bronze_option_orders(context: dg.AssetExecutionContext, lake: LakeResource) -> Results:
        from gex_assets.lake.raw.merge import merged_blocks
        from gex_assets.stages.bronze.mbo import option_orders

        orders = TableDay.of(context, assets, "bronze_option_mbo", lake.lake())
        trades = TableDay.of(context, assets, "bronze_option_trades", lake.lake())
        if orders.is_current and trades.is_current:
            yield from orders.keep()
            yield from trades.keep()
            return
        files = {name: orders.open(name).read() for name in _OPTION_FILES}
        instruments = orders.read("bronze_option_instruments", columns=_IDENTITY)
        # Both tables come from one pass over the same inputs, and share what was counted on the way.
        trades.inputs, trades.tally = orders.inputs, orders.tally
        orders.facts |= {"records": sum(files["raw_option_mbo"]["records"].to_pylist())}
        merged: Counter[str] = Counter()  # counted on in the thread that reads
        blocks = merged_blocks(orders.lake.fs, files["raw_option_mbo"], block_records=assets.settings.block_records, tally=merged)
        made = option_orders(
            blocks,
            instruments=instruments,
            names=_option_names(orders, files, tally=orders.symbols),
            definitions=_definitions(orders, files["raw_option_definition"]),
            stretch_records=STRETCH_RECORDS,
            tally=orders.tally,
            prefetch=orders.prefetch,
        )
        with orders.replace() as staged_orders, trades.replace() as staged_trades:
            staged = {"bronze_option_mbo": staged_orders, "bronze_option_trades": staged_trades}
            with closing(made) as groups:
                for name, group in groups:
                    staged[name].write(group)
            orders.tally.update(merged)
            yield from orders.settle(staged_orders)
            yield from trades.settle(staged_trades)

    return bronze_option_orders


def _statistics(assets: ProductAssets) -> dg.AssetsDefinition:
    @dg.multi_asset(**assets.one("bronze_option_statistics", deps=["raw_option_statistics", "bronze_option_instruments"]))
    def bronze_option_statistics(context: dg.AssetExecutionContext, lake: LakeResource) -> Results:
        from gex_assets.stages.bronze.statistics import option_statistics

        day = TableDay.of(context, assets, "bronze_option_statistics", lake.lake())
        if day.is_current:
            yield from day.keep()
            return
        instruments = day.read("bronze_option_instruments", columns=("instrument_id", "raw_symbol"))
        rows = option_statistics(_statistics_until(day, context), instruments=instruments, tally=day.tally)
        yield from day.publish([rows])

    return bronze_option_statistics


def _future_orders(assets: ProductAssets) -> dg.AssetsDefinition:
    @dg.multi_asset(**assets.one("bronze_future_mbo", deps=["raw_future_mbo"]))
    def bronze_future_mbo(context: dg.AssetExecutionContext, lake: LakeResource) -> Results:
        from gex_assets.lake.raw.merge import merged_blocks
        from gex_assets.lake.raw.reference_data import mapped_symbols
        from gex_assets.stages.bronze.instrument_names import future_names
        from gex_assets.stages.bronze.mbo import future_orders

        day = TableDay.of(context, assets, "bronze_future_mbo", lake.lake())
        if day.is_current:
            yield from day.keep()
            return
        files = day.open("raw_future_mbo").read()
        day.facts |= {"records": sum(files["records"].to_pylist())}
        mapped = mapped_symbols(day.lake.fs, files, day=day.day)
        names = future_names(mapped=[mapped], product=assets.product, day=day.day, tally=day.symbols)
        merged: Counter[str] = Counter()  # counted on in the thread that reads
        blocks = merged_blocks(day.lake.fs, files, block_records=assets.settings.block_records, tally=merged)
        orders = future_orders(blocks, names=names, stretch_records=STRETCH_RECORDS, tally=day.tally, prefetch=day.prefetch)
        yield from day.publish(_counting(orders, merged, day.tally), gather=False)

    return bronze_future_mbo


def _counting(groups: Generator[pa.Table, None, None], counted: Counter[str], tally: Counter[str]) -> Iterator[pa.Table]:
    """The groups; at their end, what was counted in another thread is counted here too."""
    with closing(groups):
        yield from groups
    tally.update(counted)


def _option_names(day: TableDay, files: dict[str, pa.Table], *, tally: Counter[str]) -> "InstrumentNames[OptionSymbol]":
    from gex_assets.lake.raw.reference_data import mapped_symbols
    from gex_assets.stages.bronze.instrument_names import option_names

    return option_names(
        mapped=[mapped_symbols(day.lake.fs, files[name], day=day.day) for name in _OPTION_FILES],
        definitions=_definitions(day, files["raw_option_definition"]),
        product=day.product,
        day=day.day,
        families=day.assets.settings.option_families,
        tally=tally,
    )


def _definitions(day: TableDay, files: pa.Table) -> pa.Table:
    from gex_assets.lake.raw.reference_data import definitions

    return definitions(day.lake.fs, files, block_records=day.assets.settings.block_records)


def _statistics_until(day: TableDay, context: dg.AssetExecutionContext) -> Iterator[pa.Table]:
    """Statistics of the days before and of the day itself, oldest first; an earlier file that is refused is left out, loudly."""
    from gex_assets.lake.freshness import delivered_inputs, delivered_sha256
    from gex_assets.lake.raw.reference_data import statistics
    from gex_assets.lake.raw.verify import verify_day

    # A file that is refused below belongs to them too: delivered anew it may be taken.
    for key in delivered_inputs(day.lake, day.name, day.product, day.day):
        day.inputs[key] = delivered_sha256(day.lake, key) or ""
    block_records = day.assets.settings.block_records
    for back in range(STATISTICS_DAYS, -1, -1):
        file_date = day.day - timedelta(days=back)
        if back == 0:
            files = day.open("raw_option_statistics").read()
        else:
            try:
                files = verify_day(
                    day.lake.fs, kind="option_statistics", product=day.product, day=file_date, block_records=block_records
                ).table
            except BadFileError as error:
                context.log.warning(f"left out of the statistics before {day.day}: {error}")
                day.tally["refused_earlier_file"] += 1
                continue
        yield from statistics(day.lake.fs, files, file_date=file_date, block_records=block_records)


def _selected(stored: StoredTable, *, max_dte: int) -> Verdict:
    return something_was_selected(stored.read(["selected", "selection_reason", "dte"]), max_dte=max_dte)
