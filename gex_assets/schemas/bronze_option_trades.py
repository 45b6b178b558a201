"""Schema of `bronze_option_trades`: trades of outright options and of user-defined spreads."""

from __future__ import annotations

from typing import Final

import pyarrow as pa

from gex_assets.schemas.table import CATEGORY, Column, Table
from gex_assets.schemas.vendor_mbo import RECORD_INDEX, TS_RECV_BEHIND, VENDOR_MBO

__all__ = ["BRONZE_OPTION_TRADES", "LEG"]

LEG: Final[pa.DataType] = pa.struct(
    [
        pa.field("instrument_id", pa.uint32(), nullable=False),
        pa.field("ratio", pa.int32(), nullable=False),
        pa.field("side", pa.string(), nullable=False),
    ]
)
"""One leg: contracts of the instrument per spread, and the side a buyer of the spread takes in it (B buys, A sells)."""

BRONZE_OPTION_TRADES: Final = Table(
    name="bronze_option_trades",
    layer="bronze",
    about="T records of the outright options of the enabled families and of user-defined spreads.",
    key=("record_index",),
    settings=("option_families",),
    kinds=("parquet", "dbn"),
    columns=(
        RECORD_INDEX,
        *VENDOR_MBO,
        TS_RECV_BEHIND,
        Column(name="raw_symbol", type=CATEGORY, about="the venue's symbol, e.g. ESH6 C6000 or UD:1V: GN 3067770"),
        Column(name="is_spread", type=pa.bool_(), about="whether the instrument is a user-defined spread"),
        Column(
            name="legs",
            type=pa.list_(pa.field("item", LEG, nullable=False)),
            about="the spread's legs from its definition; NULL for an outright or where no definition gives them",
            nullable=True,
        ),
    ),
)
