"""The bronze assets: the vendor's records as tables. Outrights only; what is left out is counted by reason."""

from collections import Counter
from collections.abc import Generator, Iterator
from contextlib import closing
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

import dagster as dg
import pyarrow as pa

from gex_assets.defs.day_claims import future_claims, option_claims
from gex_assets.defs.execution.day_progress import day_progress
from gex_assets.defs.product_assets import ProductAssets
from gex_assets.defs.table_asset import one_pass, table_asset
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
        definitions = _definitions(day, files["raw_option_definition"])
        names = _option_names(day, files, definitions, tally=day.tally)
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
    trades.inputs, trades.tally = orders.inputs, orders.tally
    orders.facts |= {"records": sum(files["raw_option_mbo"]["records"].to_pylist())}
    definitions = _definitions(orders, files["raw_option_definition"])
    names = _option_names(orders, files, definitions, tally=orders.symbols)
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
    from gex_assets.lake.freshness import delivered_inputs, delivered_sha256, sidecars_digest
    from gex_assets.lake.lineage import sidecars_key
    from gex_assets.stages.bronze.statistics import option_statistics

    if day.is_current:
        yield from day.reuse()
        return
    instruments = day.read("bronze_option_instruments", columns=("instrument_id", "raw_symbol"))
    # An earlier file that is refused below is an input too: delivered again, it may be taken.
    for key in delivered_inputs(day.lake, day.name, day.product, day.day):
        day.inputs |= {key: delivered_sha256(day.lake, key) or "", sidecars_key(key): sidecars_digest(day.lake, key)}
    yield from day.publish([option_statistics(_statistics_until(day), instruments=instruments, tally=day.tally)])


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


def _option_names(
    day: TableDay, files: dict[str, pa.Table], definitions: pa.Table, *, tally: Counter[str]
) -> "InstrumentNames[OptionSymbol]":
    from gex_assets.lake.raw.reference_data import mapped_symbols
    from gex_assets.stages.bronze.instrument_names import option_names

    return option_names(
        mapped=[mapped_symbols(day.lake.fs, files[name], day=day.day) for name in _OPTION_FILES],
        definitions=definitions,
        product=day.product,
        day=day.day,
        families=day.settings.option_families,
        tally=tally,
    )


def _definitions(day: TableDay, files: pa.Table) -> pa.Table:
    from gex_assets.lake.raw.reference_data import definitions

    return definitions(day.lake.fs, files, block_records=day.settings.block_records)


def _statistics_until(day: TableDay) -> Iterator[pa.Table]:
    """Statistics of the days before and of the day itself, oldest first.

    An earlier file that is refused is left out, with a warning and a count.
    """
    from gex_assets.lake.raw.reference_data import statistics
    from gex_assets.lake.raw.verify import verify_day

    block_records = day.settings.block_records
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
                day.log.warning(f"left out of the statistics before {day.day}: {error}")
                day.tally["refused_earlier_file"] += 1
                continue
        yield from statistics(day.lake.fs, files, file_date=file_date, block_records=block_records)


def _selected(stored: StoredTable, *, max_dte: int) -> Verdict:
    columns = ["family", "selected", "selection_reason", "dte"]
    return something_was_selected(stored.read(columns), max_dte=max_dte, tally=stored.tally)
