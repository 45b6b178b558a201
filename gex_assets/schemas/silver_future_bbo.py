"""Schema of `silver_future_bbo`: the best prices of the futures, one row per change."""

from __future__ import annotations

from typing import Final

from gex_assets.schemas.columns import FUTURE_SYMBOL, kept_for, moment_ns, price
from gex_assets.schemas.table import Table

__all__ = ["SILVER_FUTURE_BBO"]

SILVER_FUTURE_BBO: Final = Table(
    name="silver_future_bbo",
    layer="silver",
    about=(
        "Best prices of every outright future at the end of each event that changed one of them; of several changes at one "
        "ts_recv the last state."
    ),
    key=("ts_recv", "symbol"),
    kinds=("parquet", "numba"),
    columns=(
        moment_ns(
            "ts_recv",
            "When the record that ended the event was received: the clock that windows follow, the largest ts_recv so far.",
        ),
        *kept_for(
            "whoever times changes by the venue's clock",
            moment_ns(
                "ts_event",
                "When the matching engine sent that record; days old where a snapshot ended, ts_recv where a hole begins.",
            ),
        ),
        FUTURE_SYMBOL,
        price("bid_price", "Highest bid; NULL where there is none, while the book is suspect, and in a hole between deliveries."),
        price("ask_price", "Lowest ask, at or below the bid where the book is crossed; NULL as for the bid."),
    ),
)
