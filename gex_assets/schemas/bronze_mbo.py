"""Schema of the bronze order tables: `bronze_option_mbo` and `bronze_future_mbo`, one shape, two kinds of instrument."""

from __future__ import annotations

from typing import Final

import pyarrow as pa

from gex_assets.schemas.table import CATEGORY, Column, Table, moment_ns
from gex_assets.schemas.vendor_mbo import RECORD_INDEX, TS_RECV_BEHIND, VENDOR_MBO

__all__ = ["BRONZE_FUTURE_MBO", "BRONZE_OPTION_MBO"]

BRONZE_OPTION_MBO: Final = Table(
    name="bronze_option_mbo",
    layer="bronze",
    about=(
        "Every order record of the outright options of the enabled families. A row group holds one underlying and a "
        "stretch of time, sorted by instrument and, inside, as the file has them."
    ),
    key=("record_index",),
    order=("instrument_id", "record_index"),
    ordered_across_groups=False,
    settings=("option_families",),
    kinds=("parquet", "dbn"),
    columns=(
        RECORD_INDEX,
        *VENDOR_MBO,
        TS_RECV_BEHIND,
        Column(name="underlying", type=CATEGORY, about="the future it is exercised into, e.g. ESH6"),
        Column(name="raw_symbol", type=CATEGORY, about="the venue's symbol, e.g. ESH6 C6000"),
        Column(name="right", type=CATEGORY, about="C call, P put", one_of=("C", "P")),
        Column(name="strike", type=pa.float64(), about="strike price", unit="index points", at_least=0.0),
        moment_ns("ts_expiration", "the exact moment of expiration"),
    ),
)

BRONZE_FUTURE_MBO: Final = Table(
    name="bronze_future_mbo",
    layer="bronze",
    about=(
        "Every order record of the outright futures. A row group holds one future and a stretch of time, as the file has them."
    ),
    key=("record_index",),
    order=("instrument_id", "record_index"),
    ordered_across_groups=False,
    kinds=("parquet", "dbn"),
    columns=(RECORD_INDEX, *VENDOR_MBO, TS_RECV_BEHIND, Column(name="symbol", type=CATEGORY, about="the future, e.g. ESH6")),
)
