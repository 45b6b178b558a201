"""The silver assets: books every five seconds, forwards, the option chain, strike slots, levels, profile and vacuum."""

import dagster as dg
import pyarrow.compute as pc

from gex_assets.conventions import conventions
from gex_assets.defs.product_assets import ProductAssets
from gex_assets.defs.reading.day_claims import future_claims
from gex_assets.defs.session_windows import future_rows, has_windows, instrument_rows, same_windows_as, session_windows
from gex_assets.defs.table_asset import table_asset
from gex_assets.defs.table_day import Results, TableDay
from gex_assets.market.products import product
from gex_assets.time_units import WINDOW_NS

__all__ = ["silver_assets"]

_WINDOWS = ("windows_cover_the_session",)


def silver_assets(assets: ProductAssets) -> list[dg.AssetsDefinition]:
    """The silver assets of one product."""
    return [
        factory(assets)
        for factory in (
            silver_option_quotes,
            silver_future_quotes,
            silver_future_bbo,
            silver_forward,
            silver_gex_chain,
            silver_gex,
            silver_gex_levels,
            silver_gex_profile,
            silver_vacuum,
        )
    ]


@table_asset("silver_option_quotes", reads=("raw_option_mbo", "bronze_option_instruments", "bronze_option_mbo"), checks=_WINDOWS)
def silver_option_quotes(day: TableDay) -> Results:
    """Run the order books of the selected options."""
    from gex_assets.stages.instrument_claims import instrument_claims
    from gex_assets.stages.silver.quotes import ORDER_COLUMNS, option_quotes

    instruments = day.open("bronze_option_instruments").read()
    orders = day.open("bronze_option_mbo")
    windows = session_windows(day, "raw_option_mbo")
    selected = instruments.filter(instruments["selected"])
    day.facts |= {"records": orders.num_rows, "instruments": selected.num_rows}
    stretches = orders.stretches(ORDER_COLUMNS, only={"underlying": pc.unique(selected["underlying"]).to_pylist()})
    groups = option_quotes(stretches, instruments=instruments, windows=windows, tally=day.tally)
    listed = selected.filter(pc.is_valid(selected["ts_listed"]))
    moments = dict(zip(*(listed[name].to_pylist() for name in ("instrument_id", "ts_listed")), strict=True))
    rows = instrument_rows(moments, instrument_claims(listed))
    return day.publish(groups, checks=[has_windows(windows.ends, rows=rows)])


@table_asset("silver_future_quotes", reads=("raw_future_mbo", "bronze_future_mbo"), checks=_WINDOWS)
def silver_future_quotes(day: TableDay) -> Results:
    """Run the order books of the futures."""
    from gex_assets.stages.silver.quotes import ORDER_COLUMNS, future_quotes

    orders = day.open("bronze_future_mbo")
    windows = session_windows(day, "raw_future_mbo")
    day.facts |= {"records": orders.num_rows}
    claims = future_claims(day, day.open("raw_future_mbo").read()).stretches()
    groups = future_quotes(orders.stretches((*ORDER_COLUMNS, "symbol")), windows=windows, claims=claims, tally=day.tally)
    return day.publish(groups, checks=[has_windows(windows.ends, rows=future_rows(day, orders, claims))])


@table_asset("silver_future_bbo", reads=("raw_future_mbo", "bronze_future_mbo"))
def silver_future_bbo(day: TableDay) -> Results:
    """Tell the changes of the futures' best prices."""
    from gex_assets.stages.silver.future_bbo import RECORD_COLUMNS, future_bbo

    orders = day.open("bronze_future_mbo")
    windows = session_windows(day, "raw_future_mbo")
    day.facts |= {"records": orders.num_rows}
    until = int(windows.ends[-1]) if len(windows) else None
    claims = future_claims(day, day.open("raw_future_mbo").read()).stretches()
    return day.publish(future_bbo(orders.stretches(RECORD_COLUMNS), until=until, claims=claims, tally=day.tally))


@table_asset(
    "silver_forward", reads=("bronze_option_instruments", "silver_option_quotes", "silver_future_quotes"), checks=_WINDOWS
)
def silver_forward(day: TableDay) -> Results:
    """Fit a forward to each expiration's quotes."""
    from gex_assets.stages.silver.forward import FUTURE_COLUMNS, QUOTE_COLUMNS, forward

    quotes = day.open("silver_option_quotes")
    groups = forward(
        quotes.groups(QUOTE_COLUMNS),
        instruments=day.open("bronze_option_instruments").read(),
        future_quotes=day.open("silver_future_quotes").groups(FUTURE_COLUMNS),
        rate=day.settings.rate,
        reference_price=day.settings.reference_price,
        expirations=day.settings.expirations,
        sure_se=product(day.product).sure_forward_se,
        tally=day.tally,
    )
    return day.publish(groups, checks=[same_windows_as(quotes)])


@table_asset(
    "silver_gex_chain",
    reads=(
        "bronze_option_instruments",
        "bronze_option_trades",
        "bronze_option_statistics",
        "silver_option_quotes",
        "silver_forward",
    ),
)
def silver_gex_chain(day: TableDay) -> Results:
    """Compute volatility, gamma and weights of each strike and expiration."""
    from gex_assets.stages.silver.gex_chain import FORWARD_COLUMNS, QUOTE_COLUMNS, gex_chain

    groups = gex_chain(
        day.open("silver_option_quotes").groups(QUOTE_COLUMNS),
        instruments=day.open("bronze_option_instruments").read(),
        forward=day.open("silver_forward").groups(FORWARD_COLUMNS),
        statistics=day.open("bronze_option_statistics").read(),
        trades=day.open("bronze_option_trades").read(),
        product=day.product,
        rate=day.settings.rate,
        open_ratio=day.settings.open_ratio,
        expirations=day.settings.expirations,
        tally=day.tally,
    )
    return day.publish(groups)


@table_asset(
    "silver_gex",
    reads=("bronze_option_instruments", "silver_option_quotes", "silver_forward", "silver_gex_chain"),
    checks=_WINDOWS,
)
def silver_gex(day: TableDay) -> Results:
    """Compute exposure and its changes at the strikes around the reference price."""
    from gex_assets.stages.silver.gex import CHAIN_COLUMNS, QUOTE_COLUMNS, gamma_exposure

    forward = day.open("silver_forward")
    groups = gamma_exposure(
        day.open("silver_gex_chain").groups(CHAIN_COLUMNS),
        day.open("silver_option_quotes").groups(QUOTE_COLUMNS),
        instruments=day.open("bronze_option_instruments").read(),
        forward=forward.read(),
        tally=day.tally,
    )
    return day.publish(groups, checks=[same_windows_as(forward)])


@table_asset("silver_gex_levels", reads=("bronze_option_statistics", "silver_forward", "silver_gex_chain"), checks=_WINDOWS)
def silver_gex_levels(day: TableDay) -> Results:
    """Compute net exposure, walls and zero gamma by convention and scope."""
    from gex_assets.stages.silver.gex_levels import CHAIN_COLUMNS, gex_levels

    forward = day.open("silver_forward")
    groups = gex_levels(
        day.open("silver_gex_chain").groups(CHAIN_COLUMNS),
        forward=forward.read(),
        statistics=day.open("bronze_option_statistics").read(),
        conventions=conventions(day.settings.conventions),
        first_window_start_ns=(forward.minimum("ts_window_end") or 0) - WINDOW_NS,
        rate=day.settings.rate,
        tally=day.tally,
    )
    return day.publish(groups, checks=[same_windows_as(forward)])


@table_asset("silver_gex_profile", reads=("bronze_option_statistics", "silver_forward", "silver_gex_chain"))
def silver_gex_profile(day: TableDay) -> Results:
    """Compute net exposure at a grid of prices, once a minute."""
    from gex_assets.stages.silver.gex_profile import CHAIN_COLUMNS, gex_profile

    forward = day.open("silver_forward")
    groups = gex_profile(
        day.open("silver_gex_chain").groups(CHAIN_COLUMNS),
        forward=forward.read(),
        statistics=day.open("bronze_option_statistics").read(),
        conventions=conventions(day.settings.conventions),
        first_window_start_ns=(forward.minimum("ts_window_end") or 0) - WINDOW_NS,
        rate=day.settings.rate,
        tally=day.tally,
    )
    return day.publish(groups)


@table_asset("silver_vacuum", reads=("raw_future_mbo", "bronze_future_mbo", "silver_gex"), checks=_WINDOWS)
def silver_vacuum(day: TableDay) -> Results:
    """Measure the future's order book by zones around the mid."""
    from gex_assets.stages.silver.quotes import ORDER_COLUMNS
    from gex_assets.stages.silver.vacuum import UNDERLYING_COLUMNS, vacuum

    orders = day.open("bronze_future_mbo")
    windows = session_windows(day, "raw_future_mbo")
    day.facts |= {"records": orders.num_rows}
    claims = future_claims(day, day.open("raw_future_mbo").read()).stretches()
    groups = vacuum(
        orders.stretches((*ORDER_COLUMNS, "symbol")),
        underlyings=day.read("silver_gex", columns=UNDERLYING_COLUMNS),
        windows=windows,
        tick=product(day.product).future_tick,
        product=day.product,
        day=day.day,
        claims=claims,
        tally=day.tally,
    )
    return day.publish(groups, checks=[has_windows(windows.ends, rows=future_rows(day, orders, claims))])
