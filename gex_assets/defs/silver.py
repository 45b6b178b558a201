"""The silver floor: books every five seconds, forwards, the chain, strike slots and levels. Each asset is one table."""

from collections.abc import Sequence
from typing import Any

import dagster as dg
import numpy as np
import pyarrow.compute as pc

from gex_assets.conventions import conventions
from gex_assets.defs.product_assets import ProductAssets
from gex_assets.defs.resources import LakeResource
from gex_assets.defs.table_day import PublishCheck, Results, TableDay
from gex_assets.lake.tables import StoredTable
from gex_assets.market.products import product
from gex_assets.market.sessions import Session, sessions
from gex_assets.schemas.checks import windows_cover_the_session
from gex_assets.time_units import WINDOW_NS

__all__ = ["silver_assets", "windows_of_table"]


def silver_assets(assets: ProductAssets) -> list[dg.AssetsDefinition]:
    """The silver assets of one product."""
    settings = assets.settings

    @dg.multi_asset(
        **assets.one("silver_option_quotes", deps=["raw_option_mbo", "bronze_option_instruments", "bronze_option_mbo"])
    )
    def silver_option_quotes(context: dg.AssetExecutionContext, lake: LakeResource) -> Results:
        from gex_assets.stages.silver.quotes import ORDER_COLUMNS, option_quotes
        from gex_assets.stages.windows import windows_of

        day = TableDay.of(context, assets, "silver_option_quotes", lake.lake())
        instruments = day.open("bronze_option_instruments").read()
        orders = day.open("bronze_option_mbo")
        windows = windows_of(_sessions(day, "raw_option_mbo"))
        selected = instruments.filter(instruments["selected"])
        day.facts |= {"records": orders.num_rows, "instruments": selected.num_rows}
        stretches = orders.stretches(ORDER_COLUMNS, only={"underlying": pc.unique(selected["underlying"]).to_pylist()})
        groups = option_quotes(stretches, instruments=instruments, windows=windows, tally=day.tally)
        first = pc.min(selected["ts_listed"]).as_py()
        yield from day.publish(groups, checks=[_covers(windows.ends, from_ns=first)])

    @dg.multi_asset(**assets.one("silver_future_quotes", deps=["raw_future_mbo", "bronze_future_mbo"]))
    def silver_future_quotes(context: dg.AssetExecutionContext, lake: LakeResource) -> Results:
        from gex_assets.stages.silver.quotes import ORDER_COLUMNS, future_quotes
        from gex_assets.stages.windows import windows_of

        day = TableDay.of(context, assets, "silver_future_quotes", lake.lake())
        orders = day.open("bronze_future_mbo")
        windows = windows_of(_sessions(day, "raw_future_mbo"))
        day.facts |= {"records": orders.num_rows}
        groups = future_quotes(orders.stretches((*ORDER_COLUMNS, "symbol")), windows=windows, tally=day.tally)
        first = _first_moment(orders)
        yield from day.publish(groups, checks=[_covers(windows.ends, from_ns=first)])

    @dg.multi_asset(
        **assets.one("silver_forward", deps=["bronze_option_instruments", "silver_option_quotes", "silver_future_quotes"])
    )
    def silver_forward(context: dg.AssetExecutionContext, lake: LakeResource) -> Results:
        from gex_assets.stages.silver.forward import QUOTE_COLUMNS, forward

        day = TableDay.of(context, assets, "silver_forward", lake.lake())
        quotes = day.open("silver_option_quotes")
        groups = forward(
            quotes.groups(QUOTE_COLUMNS),
            instruments=day.open("bronze_option_instruments").read(),
            future_quotes=day.open("silver_future_quotes").read(),
            rate=settings.rate,
            reference_price=settings.reference_price,
            expirations=settings.expirations,
            sure_se=product(assets.product).sure_forward_se,
            tally=day.tally,
        )
        yield from day.publish(groups, checks=[_same_windows_as(quotes)])

    @dg.multi_asset(
        **assets.one(
            "silver_gex_chain",
            deps=[
                "bronze_option_instruments",
                "bronze_option_trades",
                "bronze_option_statistics",
                "silver_option_quotes",
                "silver_forward",
            ],
        )
    )
    def silver_gex_chain(context: dg.AssetExecutionContext, lake: LakeResource) -> Results:
        from gex_assets.stages.silver.gex_chain import QUOTE_COLUMNS, gex_chain

        day = TableDay.of(context, assets, "silver_gex_chain", lake.lake())
        groups = gex_chain(
            day.open("silver_option_quotes").groups(QUOTE_COLUMNS),
            instruments=day.open("bronze_option_instruments").read(),
            forward=day.open("silver_forward").read(),
            statistics=day.open("bronze_option_statistics").read(),
            trades=day.open("bronze_option_trades").read(),
            rate=settings.rate,
            open_ratio=settings.open_ratio,
            expirations=settings.expirations,
            tally=day.tally,
        )
        yield from day.publish(groups)

    @dg.multi_asset(
        **assets.one(
            "silver_gex", deps=["bronze_option_instruments", "silver_option_quotes", "silver_forward", "silver_gex_chain"]
        )
    )
    def silver_gex(context: dg.AssetExecutionContext, lake: LakeResource) -> Results:
        from gex_assets.stages.silver.gex import CHAIN_COLUMNS, QUOTE_COLUMNS, gamma_exposure

        day = TableDay.of(context, assets, "silver_gex", lake.lake())
        forward = day.open("silver_forward")
        groups = gamma_exposure(
            day.open("silver_gex_chain").groups(CHAIN_COLUMNS),
            day.open("silver_option_quotes").groups(QUOTE_COLUMNS),
            instruments=day.open("bronze_option_instruments").read(),
            forward=forward.read(),
            tally=day.tally,
        )
        yield from day.publish(groups, checks=[_same_windows_as(forward)])

    @dg.multi_asset(**assets.one("silver_gex_levels", deps=["bronze_option_statistics", "silver_forward", "silver_gex_chain"]))
    def silver_gex_levels(context: dg.AssetExecutionContext, lake: LakeResource) -> Results:
        from gex_assets.stages.silver.gex_levels import CHAIN_COLUMNS, gex_levels

        day = TableDay.of(context, assets, "silver_gex_levels", lake.lake())
        forward = day.open("silver_forward")
        first_end = forward.minimum("ts_window_end")
        groups = gex_levels(
            day.open("silver_gex_chain").groups(CHAIN_COLUMNS),
            forward=forward.read(),
            statistics=day.open("bronze_option_statistics").read(),
            conventions=conventions(settings.conventions),
            first_window_start_ns=(first_end or 0) - WINDOW_NS,
            rate=settings.rate,
            tally=day.tally,
        )
        yield from day.publish(groups, checks=[_same_windows_as(forward)])

    @dg.multi_asset(**assets.one("silver_gex_profile", deps=["bronze_option_statistics", "silver_forward", "silver_gex_chain"]))
    def silver_gex_profile(context: dg.AssetExecutionContext, lake: LakeResource) -> Results:
        from gex_assets.stages.silver.gex_profile import CHAIN_COLUMNS, gex_profile

        day = TableDay.of(context, assets, "silver_gex_profile", lake.lake())
        forward = day.open("silver_forward")
        groups = gex_profile(
            day.open("silver_gex_chain").groups(CHAIN_COLUMNS),
            forward=forward.read(),
            statistics=day.open("bronze_option_statistics").read(),
            conventions=conventions(settings.conventions),
            first_window_start_ns=(forward.minimum("ts_window_end") or 0) - WINDOW_NS,
            rate=settings.rate,
            tally=day.tally,
        )
        yield from day.publish(groups)

    return [
        silver_option_quotes,
        silver_future_quotes,
        silver_forward,
        silver_gex_chain,
        silver_gex,
        silver_gex_levels,
        silver_gex_profile,
        _vacuum(assets),
    ]


def _vacuum(assets: ProductAssets) -> dg.AssetsDefinition:
    @dg.multi_asset(**assets.one("silver_vacuum", deps=["raw_future_mbo", "bronze_future_mbo", "silver_gex"]))
    def silver_vacuum(context: dg.AssetExecutionContext, lake: LakeResource) -> Results:
        from gex_assets.stages.silver.quotes import ORDER_COLUMNS
        from gex_assets.stages.silver.vacuum import UNDERLYING_COLUMNS, vacuum
        from gex_assets.stages.windows import windows_of

        day = TableDay.of(context, assets, "silver_vacuum", lake.lake())
        orders = day.open("bronze_future_mbo")
        windows = windows_of(_sessions(day, "raw_future_mbo"))
        day.facts |= {"records": orders.num_rows}
        groups = vacuum(
            orders.stretches((*ORDER_COLUMNS, "symbol")),
            underlyings=day.read("silver_gex", columns=UNDERLYING_COLUMNS),
            windows=windows,
            tick=product(assets.product).future_tick,
            product=assets.product,
            day=day.day,
            tally=day.tally,
        )
        yield from day.publish(groups, checks=[_covers(windows.ends, from_ns=_first_moment(orders))])

    return silver_vacuum


def windows_of_table(stored: StoredTable) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Distinct window ends [ns] of a table, ascending."""
    found = [np.unique(group["ts_window_end"].to_numpy()) for group in stored.groups(columns=["ts_window_end"])]
    return np.unique(np.concatenate(found)) if found else np.empty(0, np.int64)


def _sessions(day: TableDay, raw: str) -> Sequence[Session]:
    """The session's stretches within what was requested from the vendor; none where no file was delivered."""
    files = day.open(raw).read(["request_start", "request_end"])
    if not files.num_rows:
        return ()
    return sessions(
        product=day.product,
        day=day.day,
        start_ns=pc.min(files["request_start"]).as_py(),
        end_ns=pc.max(files["request_end"]).as_py(),
    )


def _covers(ends: np.ndarray[Any, np.dtype[np.int64]], *, from_ns: int | None) -> PublishCheck:
    """Rows are expected from the first listed instrument on, and none where nothing was ever listed."""
    expected = ends[ends > from_ns] if from_ns is not None else ends[:0]
    return lambda stored: windows_cover_the_session(found=windows_of_table(stored), expected=expected)


def _first_moment(orders: StoredTable) -> int | None:
    """The clock at the first record; None without records."""
    first = next(orders.stretches(["ts_recv", "ts_recv_behind"]), None)
    return None if first is None else int(first["ts_recv"][0].as_py() + first["ts_recv_behind"][0].as_py())


def _same_windows_as(upstream: StoredTable) -> PublishCheck:
    return lambda stored: windows_cover_the_session(found=windows_of_table(stored), expected=windows_of_table(upstream))
