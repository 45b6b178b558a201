"""Schema of the bronze order tables: `bronze_option_mbo` and `bronze_future_mbo`, one shape, two kinds of instrument."""

from __future__ import annotations

from typing import Final

from gex_assets.schemas.columns import FUTURE_SYMBOL, RIGHT, STRIKE, TS_EXPIRATION, UNDERLYING, kept_for, raw_symbol
from gex_assets.schemas.table import Table
from gex_assets.schemas.vendor_mbo import RECORD_INDEX, TS_RECV_BEHIND, vendor_mbo

__all__ = ["BRONZE_FUTURE_MBO", "BRONZE_OPTION_MBO"]

_NOT_READ: Final = ("ts_event", "sequence", "channel_id", "ts_in_delta")

BRONZE_OPTION_MBO: Final = Table(
    name="bronze_option_mbo",
    layer="bronze",
    about=(
        "Every order record of the outright options of the enabled families. A row group holds one underlying and a "
        "stretch of time, sorted by instrument and, for each instrument, in the file's order."
    ),
    key=("record_index",),
    order=("instrument_id", "record_index"),
    ordered_across_groups=False,
    settings=("option_families",),
    kinds=("parquet", "dbn"),
    columns=(
        RECORD_INDEX,
        *vendor_mbo(not_read=_NOT_READ),
        TS_RECV_BEHIND,
        UNDERLYING,
        *kept_for("queries that pick orders by option", raw_symbol(), RIGHT, STRIKE, TS_EXPIRATION),
    ),
)

BRONZE_FUTURE_MBO: Final = Table(
    name="bronze_future_mbo",
    layer="bronze",
    about=(
        "Every order record of the outright futures. A row group holds one future and a stretch of time, in the file's order."
    ),
    key=("record_index",),
    order=("instrument_id", "record_index"),
    ordered_across_groups=False,
    kinds=("parquet", "dbn"),
    columns=(RECORD_INDEX, *vendor_mbo(not_read=_NOT_READ[1:]), TS_RECV_BEHIND, FUTURE_SYMBOL),
)
