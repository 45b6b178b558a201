"""Schema of `bronze_option_statistics`: open interest, settlements and volumes as the venue published and withdrew them."""

from __future__ import annotations

from typing import Final

import pyarrow as pa

from gex_assets.schemas.columns import INSTRUMENT_ID, flag, kept_for, moment_ns, raw_symbol
from gex_assets.schemas.table import Column, Table

__all__ = ["BRONZE_OPTION_STATISTICS", "STATISTICS_DAYS"]

STATISTICS_DAYS: Final = 5
"""Earlier days whose files count: a settlement or an open interest may be published on the next date."""

BRONZE_OPTION_STATISTICS: Final = Table(
    name="bronze_option_statistics",
    layer="bronze",
    about=(
        "Open interest, settlements and volumes of the day's outright options, from the statistics files of this day and of the "
        "five days before it."
    ),
    version="2",
    statistics_days=tuple(range(-STATISTICS_DAYS, 0)),
    key=("instrument_id", "ts_recv", "stat_type", "ts_ref"),
    kinds=("parquet", "dbn"),
    columns=(
        INSTRUMENT_ID,
        moment_ns("ts_recv", "When the vendor's capture server received the record."),
        Column(
            name="ts_recv_behind",
            type=pa.int64(),
            about="How far `ts_recv` lies behind the largest before it in the file; the record counts from their sum on.",
            unit="ns",
            at_least=0,
        ),
        Column(
            name="stat_type",
            type=pa.uint16(),
            about="3 for a settlement price, 6 for cleared volume, 9 for open interest, 19 for block volume.",
        ),
        moment_ns("ts_ref", "The moment that the statistic is about; the vendor's 2^64-1 (none) becomes -1."),
        *kept_for(
            "whoever traces a statistic to the vendor's records",
            moment_ns("ts_event", "When the matching engine sent the record."),
            raw_symbol(),
        ),
        Column(name="price", type=pa.float64(), about="Settlement price.", unit="index points", nullable=True),
        Column(name="quantity", type=pa.int64(), about="Open interest or volume.", unit="contracts", nullable=True),
        flag("is_deleted", "Whether the record withdraws the value of its `ts_ref`, from its own `ts_recv` on."),
        Column(name="sequence", type=pa.uint32(), about="The venue's message number."),
        Column(name="stat_flags", type=pa.uint8(), about="Bits of a settlement: 1 final, 2 actual, 4 rounded."),
        *kept_for(
            "whoever traces a statistic to the vendor's records",
            Column(name="file_date", type=pa.date32(), about="Date of the file that the record came in."),
        ),
    ),
)
