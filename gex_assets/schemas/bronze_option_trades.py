"""Schema of `bronze_option_trades`: trades of outright options and of user-defined spreads."""

from __future__ import annotations

from typing import Final

import pyarrow as pa

from gex_assets.schemas.columns import flag, kept_for, raw_symbol
from gex_assets.schemas.table import Column, Table
from gex_assets.schemas.vendor_mbo import RECORD_INDEX, TS_RECV_BEHIND, vendor_mbo

__all__ = ["BRONZE_OPTION_TRADES", "LEG"]

LEG: Final[pa.DataType] = pa.struct(
    [
        pa.field("instrument_id", pa.uint32(), nullable=False),
        pa.field("ratio", pa.int32(), nullable=False),
        pa.field("side", pa.string(), nullable=False),
    ]
)
"""One leg: contracts of the instrument per spread, and the side a buyer of the spread takes in it (B buys, A sells)."""

_NOT_READ: Final = ("ts_event", "order_id", "action", "price", "flags", "sequence", "channel_id", "ts_in_delta")

BRONZE_OPTION_TRADES: Final = Table(
    name="bronze_option_trades",
    layer="bronze",
    about="T records of the outright options of the enabled families and of user-defined spreads.",
    key=("record_index",),
    version="2",
    settings=("option_families",),
    kinds=("parquet", "dbn"),
    columns=(
        RECORD_INDEX,
        *vendor_mbo(not_read=_NOT_READ),
        TS_RECV_BEHIND,
        *kept_for("queries that pick trades by option or spread", raw_symbol(examples="ESH6 C6000 or UD:1V: GN 3067770")),
        flag("is_spread", "Whether the instrument is a user-defined spread."),
        Column(
            name="legs",
            type=pa.list_(pa.field("item", LEG, nullable=False)),
            about="The spread's legs by the definition in force at the trade; NULL for an outright or where none gives them.",
            nullable=True,
        ),
    ),
)
