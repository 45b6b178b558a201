"""The asset that needs no orders: levels for the session that follows, from definitions and statistics."""

import dagster as dg
import pyarrow as pa

from gex_assets.conventions import conventions
from gex_assets.defs.product_assets import ProductAssets
from gex_assets.defs.reading.day_names import definitions_of, option_names_of
from gex_assets.defs.reading.published_statistics import published_statistics
from gex_assets.defs.table_asset import table_asset
from gex_assets.defs.table_day import Results, TableDay
from gex_assets.market.products import product
from gex_assets.market.sessions import session_after
from gex_assets.schemas.vendor_shapes import CLAIMED, SEEN_INSTRUMENTS

__all__ = ["premarket_assets"]

_FILES = ("raw_option_definition", "raw_option_statistics")


def premarket_assets(assets: ProductAssets) -> list[dg.AssetsDefinition]:
    """The assets of one product that are made before a session."""
    return [open_levels(assets)]


@table_asset("open_levels", reads=_FILES)
def open_levels(day: TableDay) -> Results:
    """Make the levels for the session that follows.

    The options are those of the date's definitions and statistics, not of `bronze_option_instruments`: that table waits for
    orders. Terms and selection are as of the session's date, so that the scope `selected` is what its first window will have.
    """
    from gex_assets.stages.bronze.instruments import option_instruments
    from gex_assets.stages.bronze.statistics import option_statistics
    from gex_assets.stages.premarket.open_levels import open_levels as levels

    opened = {name: day.open(name) for name in _FILES}
    statistics = published_statistics(day)
    session = session_after(product=day.product, day=day.day)

    def rows() -> pa.Table:
        files = {name: stored.read() for name, stored in opened.items()}
        definitions = definitions_of(day, files["raw_option_definition"])
        instruments = option_instruments(
            names=option_names_of(day, files, definitions, tally=day.symbols),
            definitions=definitions,
            seen=SEEN_INSTRUMENTS.empty_table(),
            claims=CLAIMED.empty_table(),
            day=session.session_date,
            max_dte=day.settings.max_dte,
            expirations=day.settings.expirations,
            tally=day.tally,
        )
        of_product = product(day.product)
        return levels(
            option_statistics(statistics, instruments=instruments, tally=day.tally),
            instruments=instruments,
            session=session,
            conventions=conventions(day.settings.conventions),
            expirations=day.settings.expirations,
            rate=day.settings.rate,
            tick=of_product.option_tick,
            sure_se=of_product.sure_forward_se,
            tally=day.tally,
        )

    return day.publish_rows(rows)
