"""What the quote tables promise: `silver_option_quotes` and `silver_future_quotes`, the book every five seconds."""

from __future__ import annotations

from typing import Final

import pyarrow as pa

from gex_assets.schemas.book_columns import BOOK_AND_FLOW, SESSION_DATE
from gex_assets.schemas.table import CATEGORY, Column, Table, window_end

__all__ = ["SILVER_FUTURE_QUOTES", "SILVER_OPTION_QUOTES"]

SILVER_OPTION_QUOTES: Final = Table(
    name="silver_option_quotes",
    layer="silver",
    about="Book at each window's end and flow within the window of every selected option.",
    key=("ts_window_end", "instrument_id"),
    kinds=("parquet", "numba"),
    columns=(
        window_end(),
        Column(name="instrument_id", type=pa.uint32(), about="the venue's number of the instrument on this day"),
        SESSION_DATE,
        *BOOK_AND_FLOW,
    ),
)

SILVER_FUTURE_QUOTES: Final = Table(
    name="silver_future_quotes",
    layer="silver",
    about="Book at each window's end and flow within the window of every outright future.",
    key=("ts_window_end", "instrument_id"),
    kinds=("parquet", "numba"),
    columns=(
        window_end(),
        Column(name="instrument_id", type=pa.uint32(), about="the venue's number of the instrument on this day"),
        SESSION_DATE,
        Column(name="symbol", type=CATEGORY, about="the future, e.g. ESH6"),
        *BOOK_AND_FLOW,
        Column(
            name="vwap",
            type=pa.float64(),
            about="volume-weighted price of the window's trades; NULL without trades",
            unit="index points",
            nullable=True,
        ),
    ),
)
