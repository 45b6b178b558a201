"""The bronze assets: the vendor's records as tables. Outrights only; what is left out is counted by reason."""

from collections import Counter
from collections.abc import Generator
from contextlib import closing
from functools import partial
from typing import Final

import dagster as dg
import pyarrow as pa

from gex_assets.defs.execution.day_progress import day_progress
from gex_assets.defs.product_assets import ProductAssets
from gex_assets.defs.reading.day_claims import future_claims, option_claims
from gex_assets.defs.reading.day_names import definitions_of, option_names_of
from gex_assets.defs.reading.published_statistics import published_statistics
from gex_assets.defs.table_asset import one_pass, table_asset
from gex_assets.defs.table_day import Results, TableDay
from gex_assets.lake.tables import STRETCH_RECORDS, StoredTable
from gex_assets.schemas.checks import Verdict, something_was_selected

__all__ = ["bronze_assets"]

_IDENTITY: Final = ("instrument_id", "raw_symbol", "underlying", "right", "strike", "ts_expiration")
"""What the order tables read of `bronze_option_instruments`. A changed selection changes no record, so it is not among them."""

_OPTION_FILES: Final = ("raw_option_mbo", "raw_option_definition", "raw_option_statistics")


def bronze_assets(assets: ProductAssets) -> list[dg.AssetsDefinition]:
    """The bronze assets of one product."""
    return [
        factory(assets)
        for factory in (bronze_option_instruments, bronze_option_orders, bronze_option_statistics, bronze_future_mbo)
    ]


@table_asset("bronze_option_instruments", reads=_OPTION_FILES, checks=("something_was_selected",))
def bronze_option_instruments(day: TableDay) -> Results:
    """List the options that are named by the day's files, and say which are selected."""
    from gex_assets.lake.raw.merge import seen_instruments
    from gex_assets.stages.bronze.instruments import option_instruments

    opened = {name: day.open(name) for name in _OPTION_FILES}

    def rows() -> pa.Table:
        files = {name: stored.read() for name, stored in opened.items()}
        definitions = definitions_of(day, files["raw_option_definition"])
        names = option_names_of(day, files, definitions, tally=day.tally)
        return option_instruments(
            names=names,
            definitions=definitions,
            claims=option_claims(day, files["raw_option_mbo"], definitions=definitions, names=names).stretches(),
            seen=seen_instruments(files["raw_option_mbo"]),
            day=day.day,
            max_dte=day.settings.max_dte,
            expirations=day.settings.expirations,
            tally=day.tally,
        )

    return day.publish_rows(rows, checks=[partial(_selected, max_dte=day.settings.max_dte)])


@one_pass(
    "bronze_option_orders",
    {
        "bronze_option_mbo": [*_OPTION_FILES, "bronze_option_instruments"],
        "bronze_option_trades": [*_OPTION_FILES, "bronze_option_instruments"],
    },
)
def bronze_option_orders(orders: TableDay, trades: TableDay) -> Results:
    """Read the options' orders and their trades in one pass over the day's files."""
    from gex_assets.lake.raw.merge import merged_blocks
    from gex_assets.stages.bronze.mbo import option_orders

    if orders.is_current and trades.is_current:
        yield from orders.reuse()
        yield from trades.reuse()
        return
    files = {name: orders.open(name).read() for name in _OPTION_FILES}
    instruments = orders.read("bronze_option_instruments", columns=_IDENTITY)
    # Both tables come from one pass over the same inputs, and share what was counted on the way.
    trades.inputs, trades.partial, trades.tally = orders.inputs, orders.partial, orders.tally
    orders.facts |= {"records": sum(files["raw_option_mbo"]["records"].to_pylist())}
    definitions = definitions_of(orders, files["raw_option_definition"])
    names = option_names_of(orders, files, definitions, tally=orders.symbols)
    claimed = option_claims(orders, files["raw_option_mbo"], definitions=definitions, names=names)
    unmapped: Counter[str] = Counter()  # counted on in the thread that reads
    groups = option_orders(
        merged_blocks(
            orders.lake.fs,
            files["raw_option_mbo"],
            claims=claimed.claims,
            names_hold=claimed.names_hold,
            block_records=orders.settings.block_records,
            unmapped=unmapped,
        ),
        instruments=instruments,
        names=names,
        definitions=definitions,
        stretch_records=STRETCH_RECORDS,
        tally=orders.tally,
        prefetch=orders.prefetch,
    )
    with orders.replace() as staged_orders, trades.replace() as staged_trades:
        staged = {"bronze_option_mbo": staged_orders, "bronze_option_trades": staged_trades}
        with closing(groups), day_progress(orders.name, orders.day, rows=orders.facts["records"]) as shown:
            for name, group in groups:
                staged[name].write(group)
                if name == orders.name:
                    shown.wrote(group)
        _note_unmapped(orders, files["raw_option_mbo"], unmapped)
        yield from orders.settle(staged_orders)
        yield from trades.settle(staged_trades)


@table_asset("bronze_option_statistics", reads=("raw_option_statistics", "bronze_option_instruments"))
def bronze_option_statistics(day: TableDay) -> Results:
    """Read what the venue published about the options: open interest, settlements, volumes."""
    from gex_assets.stages.bronze.statistics import option_statistics

    if day.is_current:
        yield from day.reuse()
        return
    instruments = day.read("bronze_option_instruments", columns=("instrument_id", "raw_symbol"))
    yield from day.publish([option_statistics(published_statistics(day), instruments=instruments, tally=day.tally)])


@table_asset("bronze_future_mbo", reads=("raw_future_mbo",))
def bronze_future_mbo(day: TableDay) -> Results:
    """Read the futures' orders."""
    from gex_assets.lake.raw.merge import merged_blocks
    from gex_assets.lake.raw.reference_data import mapped_symbols
    from gex_assets.stages.bronze.instrument_names import future_names
    from gex_assets.stages.bronze.mbo import future_orders

    registered = day.open("raw_future_mbo")

    def groups() -> Generator[pa.Table]:
        files = registered.read()
        day.facts |= {"records": sum(files["records"].to_pylist())}
        mapped = [mapped_symbols(day.lake.fs, files, day=day.day)]
        names = future_names(mapped=mapped, product=day.product, day=day.day, tally=day.symbols)
        if contradictions := day.symbols.pop("conflicting_mapping", 0):
            day.tally["conflicting_mapping"] += contradictions  # a check reads it, so it is stored
        claims = future_claims(day, files).claims
        unmapped: Counter[str] = Counter()  # counted on in the thread that reads
        orders = future_orders(
            merged_blocks(day.lake.fs, files, claims=claims, block_records=day.settings.block_records, unmapped=unmapped),
            names=names,
            stretch_records=STRETCH_RECORDS,
            tally=day.tally,
            prefetch=day.prefetch,
        )
        with closing(orders):
            yield from orders
        _note_unmapped(day, files, unmapped)

    return day.publish(groups(), gather=False)


def _note_unmapped(day: TableDay, files: pa.Table, unmapped: Counter[str]) -> None:
    """Count the file with the largest share of records without a name, which a check reads, and show all such files."""
    found = [(unmapped[row["path"]], row["records"], row["path"]) for row in files.select(["path", "records"]).to_pylist()]
    found = [one for one in found if one[0]]
    if found:
        worst, records, _ = max(found, key=lambda one: one[0] / one[1])
        day.tally.update({"worst_file_unmapped": worst, "worst_file_records": records})
        day.facts["unmapped_by_file"] = {path: f"{count:,} of {total:,} records" for count, total, path in found}


def _selected(stored: StoredTable, *, max_dte: int) -> Verdict:
    columns = ["family", "selected", "selection_reason", "dte"]
    return something_was_selected(stored.read(columns), max_dte=max_dte, tally=stored.tally)
