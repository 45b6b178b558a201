"""The list of all tables, in the order data flows through them."""

from __future__ import annotations

from typing import Final

from gex_assets.schemas.bronze_mbo import BRONZE_FUTURE_MBO, BRONZE_OPTION_MBO
from gex_assets.schemas.bronze_option_instruments import BRONZE_OPTION_INSTRUMENTS
from gex_assets.schemas.bronze_option_statistics import BRONZE_OPTION_STATISTICS
from gex_assets.schemas.bronze_option_trades import BRONZE_OPTION_TRADES
from gex_assets.schemas.gold_trigger_outcomes import GOLD_TRIGGER_OUTCOMES
from gex_assets.schemas.gold_trigger_vectors import GOLD_TRIGGER_VECTORS
from gex_assets.schemas.gold_vector_dictionary import GOLD_VECTOR_DICTIONARY
from gex_assets.schemas.open_chain import OPEN_CHAIN
from gex_assets.schemas.open_changes import OPEN_CHANGES
from gex_assets.schemas.open_hedges import OPEN_HEDGES
from gex_assets.schemas.open_levels import OPEN_LEVELS
from gex_assets.schemas.open_roll_off import OPEN_ROLL_OFF
from gex_assets.schemas.raw_files import RAW_FUTURE_MBO, RAW_OPTION_DEFINITION, RAW_OPTION_MBO, RAW_OPTION_STATISTICS
from gex_assets.schemas.regime_events import REGIME_EVENTS
from gex_assets.schemas.regime_history import REGIME_HISTORY
from gex_assets.schemas.regime_scores import REGIME_SCORES
from gex_assets.schemas.silver_forward import SILVER_FORWARD
from gex_assets.schemas.silver_future_bbo import SILVER_FUTURE_BBO
from gex_assets.schemas.silver_gex import SILVER_GEX
from gex_assets.schemas.silver_gex_chain import SILVER_GEX_CHAIN
from gex_assets.schemas.silver_gex_levels import SILVER_GEX_LEVELS
from gex_assets.schemas.silver_gex_profile import SILVER_GEX_PROFILE
from gex_assets.schemas.silver_quotes import SILVER_FUTURE_QUOTES, SILVER_OPTION_QUOTES
from gex_assets.schemas.silver_vacuum import SILVER_VACUUM
from gex_assets.schemas.table import Table

__all__ = ["DAY_TABLES", "OPEN_TABLES", "PREMARKET", "TABLES"]

TABLES: Final[dict[str, Table]] = {
    table.name: table
    for table in (
        RAW_OPTION_MBO,
        RAW_FUTURE_MBO,
        RAW_OPTION_DEFINITION,
        RAW_OPTION_STATISTICS,
        BRONZE_OPTION_INSTRUMENTS,
        BRONZE_OPTION_MBO,
        BRONZE_OPTION_TRADES,
        BRONZE_OPTION_STATISTICS,
        BRONZE_FUTURE_MBO,
        OPEN_LEVELS,
        OPEN_CHAIN,
        OPEN_ROLL_OFF,
        OPEN_CHANGES,
        OPEN_HEDGES,
        SILVER_OPTION_QUOTES,
        SILVER_FUTURE_QUOTES,
        SILVER_FUTURE_BBO,
        SILVER_FORWARD,
        SILVER_GEX_CHAIN,
        SILVER_GEX,
        SILVER_GEX_LEVELS,
        SILVER_GEX_PROFILE,
        SILVER_VACUUM,
        GOLD_TRIGGER_VECTORS,
        GOLD_VECTOR_DICTIONARY,
        GOLD_TRIGGER_OUTCOMES,
        REGIME_SCORES,
        REGIME_EVENTS,
        REGIME_HISTORY,
    )
}

DAY_TABLES: Final[dict[str, Table]] = {name: table for name, table in TABLES.items() if not table.spans_days}
"""The tables that a day's run makes, from that day alone."""

OPEN_TABLES: Final = tuple(name for name in TABLES if name.startswith("open_"))
"""Tables for the session that follows, which one pass makes of statistics and definitions, without any order."""

PREMARKET: Final = ("raw_option_definition", "raw_option_statistics", *OPEN_TABLES)
"""What statistics alone make, before any order has come: the tables for the next session, and what they are made from."""
