"""Schema of `bronze_option_statistics`: open interest and settlement prices as the venue published them."""

from __future__ import annotations

from typing import Final

import pyarrow as pa

from gex_assets.schemas.table import CATEGORY, Column, Table, moment_ns

__all__ = ["BRONZE_OPTION_STATISTICS", "STATISTICS_DAYS"]

STATISTICS_DAYS: Final = 5
"""Earlier days whose files count: a settlement or an open interest may be published on the next date."""

BRONZE_OPTION_STATISTICS: Final = Table(
    name="bronze_option_statistics",
    layer="bronze",
    about=(
        "Open interest and settlements of the day's outright options, from the statistics files of this day and of the "
        "five days before it."
    ),
    key=("instrument_id", "ts_recv", "stat_type", "ts_ref"),
    kinds=("parquet", "dbn"),
    columns=(
        Column(name="instrument_id", type=pa.uint32(), about="the venue's number of the instrument on this day"),
        moment_ns("ts_recv", "when the vendor's capture server received it"),
        Column(name="stat_type", type=pa.uint16(), about="3 settlement price, 9 open interest"),
        moment_ns("ts_ref", "the moment the statistic speaks of; 2^64-1 of the vendor becomes -1"),
        moment_ns("ts_event", "when the matching engine sent it"),
        Column(name="raw_symbol", type=CATEGORY, about="the venue's symbol, e.g. ESH6 C6000"),
        Column(name="price", type=pa.float64(), about="settlement price", unit="index points", nullable=True),
        Column(name="quantity", type=pa.int64(), about="open interest", unit="contracts", nullable=True),
        Column(name="sequence", type=pa.uint32(), about="the venue's message number"),
        Column(name="stat_flags", type=pa.uint8(), about="for settlements: 1 final, 2 actual, 4 rounded"),
        Column(name="file_date", type=pa.date32(), about="the date of the file it came in"),
    ),
)
