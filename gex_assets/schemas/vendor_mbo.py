"""The vendor's MBO fields, verbatim, as the bronze tables store them."""

from __future__ import annotations

from typing import Final

import pyarrow as pa

from gex_assets.kernels.mbo_record import UNDEF_PRICE
from gex_assets.schemas.columns import INSTRUMENT_ID, category, count, kept_for, moment_ns
from gex_assets.schemas.table import Column

__all__ = ["RECORD_INDEX", "TS_RECV_BEHIND", "UNDEFINED_PRICE", "vendor_mbo"]

UNDEFINED_PRICE: Final = UNDEF_PRICE
"""The vendor's sentinel for a price that does not exist; kept verbatim in bronze."""

RECORD_INDEX: Final = count(
    "record_index",
    "Position in the day's merged raw stream, refused records included; sorting by it restores the file's order.",
    "records",
    kind=pa.int64(),
)

TS_RECV_BEHIND: Final = count(
    "ts_recv_behind",
    "How far ts_recv lies behind the largest before it in the day's merged raw stream, refused records included; "
    "ts_recv + ts_recv_behind is the clock that windows follow.",
    "ns",
    kind=pa.int64(),
)

_VENDOR_MBO: Final = (
    moment_ns("ts_recv", "When the vendor's capture server received the record."),
    moment_ns("ts_event", "When the matching engine sent the record; days old on snapshot records."),
    INSTRUMENT_ID,
    Column(name="order_id", type=pa.uint64(), about="The venue's number of the order."),
    category("action", "A for add, C cancel, M modify, R clear, T trade, F fill, N none."),
    category("side", "B for bid or buyer, A for ask or seller, N for none."),
    Column(name="price", type=pa.int64(), about="The order's price; 2^63-1 where there is none.", unit="1e-9 index points"),
    Column(name="size", type=pa.uint32(), about="The order's size.", unit="contracts"),
    Column(
        name="flags",
        type=pa.uint8(),
        about="Bits: 128 last of its event, 32 snapshot, 8 bad ts_recv, 4 maybe bad book, 2 publisher-specific.",
    ),
    Column(name="sequence", type=pa.uint32(), about="The venue's message number; it repeats and steps back."),
    Column(name="channel_id", type=pa.uint8(), about="The venue's channel."),
    Column(name="ts_in_delta", type=pa.int32(), about="ts_recv less the time of sending.", unit="ns"),
)


def vendor_mbo(*, not_read: tuple[str, ...]) -> tuple[Column, ...]:
    """The vendor's fields in their order; those not read by this package say for whom they are stored."""
    whom = "whoever restores or times the vendor's records"
    return tuple(kept_for(whom, column)[0] if column.name in not_read else column for column in _VENDOR_MBO)
