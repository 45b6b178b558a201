"""The vendor's MBO fields, verbatim, as the bronze tables store them."""

from __future__ import annotations

from typing import Final

import pyarrow as pa

from gex_assets.kernels.mbo_record import UNDEF_PRICE
from gex_assets.schemas.table import CATEGORY, Column, moment_ns

__all__ = ["RECORD_INDEX", "TS_RECV_BEHIND", "UNDEFINED_PRICE", "VENDOR_MBO"]

UNDEFINED_PRICE: Final = UNDEF_PRICE
"""The vendor's sentinel for a price that does not exist; kept verbatim in bronze."""

RECORD_INDEX: Final = Column(
    name="record_index",
    type=pa.int64(),
    about="position in the day's merged raw stream, refused records included; sorting by it restores the file's order",
    unit="records",
    at_least=0,
)

TS_RECV_BEHIND: Final = Column(
    name="ts_recv_behind",
    type=pa.int64(),
    about=(
        "how far ts_recv lies behind the largest before it in the day's merged raw stream, refused records included; "
        "ts_recv + ts_recv_behind is the clock that windows go by"
    ),
    unit="ns",
    at_least=0,
)

VENDOR_MBO: Final = (
    moment_ns("ts_recv", "when the vendor's capture server received it"),
    moment_ns("ts_event", "when the matching engine sent it; days old on snapshot records"),
    Column(name="instrument_id", type=pa.uint32(), about="the venue's number of the instrument on this day"),
    Column(name="order_id", type=pa.uint64(), about="the venue's number of the order"),
    Column(
        name="action",
        type=CATEGORY,
        about="A add, C cancel, M modify, R clear, T trade, F fill, N none",
    ),
    Column(name="side", type=CATEGORY, about="B bid or buyer, A ask or seller, N none"),
    Column(name="price", type=pa.int64(), about="order's price; 2^63-1 where there is none", unit="1e-9 index points"),
    Column(name="size", type=pa.uint32(), about="order's size", unit="contracts"),
    Column(
        name="flags",
        type=pa.uint8(),
        about="bits: 128 last of its event, 32 snapshot, 8 bad ts_recv, 4 maybe bad book, 2 publisher-specific",
    ),
    Column(name="sequence", type=pa.uint32(), about="the venue's message number; repeats and steps back"),
    Column(name="channel_id", type=pa.uint8(), about="the venue's channel"),
    Column(name="ts_in_delta", type=pa.int32(), about="ts_recv less the time of sending", unit="ns"),
)
