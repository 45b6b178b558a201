"""The assets that need no orders: tables for the session that follows, from definitions and statistics."""

from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import Final

import dagster as dg
import pyarrow as pa

from gex_assets.conventions import conventions
from gex_assets.defs.product_assets import ProductAssets
from gex_assets.defs.reading.day_names import definitions_of, option_names_of
from gex_assets.defs.reading.published_statistics import published_statistics
from gex_assets.defs.table_asset import one_pass
from gex_assets.defs.table_day import Results, TableDay
from gex_assets.market.products import product
from gex_assets.market.sessions import session_after, session_before
from gex_assets.schemas.registry import OPEN_TABLES
from gex_assets.schemas.vendor_shapes import CLAIMED, SEEN_INSTRUMENTS

__all__ = ["premarket_assets"]

_FILES: Final = ("raw_option_definition", "raw_option_statistics")


def premarket_assets(assets: ProductAssets) -> list[dg.AssetsDefinition]:
    """The assets of one product that are made before a session."""
    return [before_the_next_session(assets)]


@one_pass("before_the_next_session", dict.fromkeys(OPEN_TABLES, _FILES))
def before_the_next_session(levels: TableDay, *others: TableDay) -> Results:
    """Make the tables for the session that follows in one pass over its date's files.

    The options are those of the date's definitions and statistics, not of `bronze_option_instruments`: that table waits for
    orders. Terms and selection are as of the session's date, so that the scope `selected` is what its first window will have.
    """
    tables = (levels, *others)
    if all(table.is_current for table in tables):
        for table in tables:
            yield from table.reuse()
        return
    opened = {name: levels.open(name) for name in _FILES}
    statistics = published_statistics(levels)
    for table in others:
        # All come from one pass over the same inputs, and share what was counted on the way.
        table.inputs, table.partial, table.tally, table.symbols = levels.inputs, levels.partial, levels.tally, levels.symbols

    @cache
    def made() -> dict[str, pa.Table]:
        from gex_assets.stages.bronze.instruments import option_instruments
        from gex_assets.stages.premarket.tables import Choices, premarket_tables, two_openings

        files = {name: stored.read() for name, stored in opened.items()}
        definitions = definitions_of(levels, files["raw_option_definition"])
        session = session_after(product=levels.product, day=levels.day)
        instruments = option_instruments(
            names=option_names_of(levels, files, definitions, tally=levels.symbols),
            definitions=definitions,
            seen=SEEN_INSTRUMENTS.empty_table(),
            claims=CLAIMED.empty_table(),
            day=session.session_date,
            max_dte=levels.settings.max_dte,
            expirations=levels.settings.expirations,
            tally=levels.tally,
        )
        of_product = product(levels.product)
        choices = Choices(
            conventions=conventions(levels.settings.conventions),
            families=levels.settings.option_families,
            max_dte=levels.settings.max_dte,
            expirations=levels.settings.expirations,
            rate=levels.settings.rate,
            tick=of_product.option_tick,
            sure_se=of_product.sure_forward_se,
            multiplier=of_product.multiplier,
        )
        opening, before = two_openings(
            list(statistics),
            instruments=instruments,
            product=levels.product,
            session=session,
            before=session_before(product=levels.product, session_date=session.session_date),
            choices=choices,
            tally=levels.tally,
        )
        return premarket_tables(opening, before=before, choices=choices, tally=levels.tally)

    # What is reused comes last: it takes over the counts of its own file.
    for table in sorted(tables, key=lambda one: one.is_current):
        yield from table.publish_rows(partial(_rows_of, made, table.name))


def _rows_of(made: Callable[[], Mapping[str, pa.Table]], name: str) -> pa.Table:
    return made()[name]
