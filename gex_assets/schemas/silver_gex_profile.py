"""Schema of `silver_gex_profile`: net exposure of the whole chain re-priced over a grid of prices, once a minute."""

from __future__ import annotations

from typing import Final

import pyarrow as pa

from gex_assets.schemas.book_columns import SESSION_DATE
from gex_assets.schemas.table import CATEGORY, Column, Table, window_end

__all__ = ["PROFILE_STEP", "SILVER_GEX_PROFILE"]

PROFILE_STEP: Final = 10.0
"""Prices are its multiples, so that they line up from minute to minute. [index points]"""

SILVER_GEX_PROFILE: Final = Table(
    name="silver_gex_profile",
    layer="silver",
    about="Net exposure re-priced over a grid of prices, once a minute, by convention and scope.",
    key=("ts_window_end", "convention", "scope", "price"),
    settings=("conventions", "rate"),
    kinds=("parquet", "numba"),
    columns=(
        window_end("end of the window that the chain is of, a full minute"),
        Column(name="convention", type=CATEGORY, about="the named set of choices"),
        Column(name="scope", type=CATEGORY, about="selected, 0dte, or exp:YYYY-MM-DD"),
        Column(
            name="price",
            type=pa.float64(),
            about="what the reference price is moved to, every other forward by the same percentage: multiples of 10 within 20 %",
            unit="index points",
            at_least=0.0,
        ),
        SESSION_DATE,
        Column(name="convention_version", type=pa.int32(), about="version of that set", at_least=1),
        Column(name="weight_used", type=CATEGORY, about="the weight chosen for this day"),
        Column(name="scale", type=CATEGORY, about="the unit of net_gex in this row"),
        Column(name="underlying", type=CATEGORY, about="the future these options are exercised into"),
        Column(
            name="reference_price",
            type=pa.float64(),
            about="the front selected expiration's reference price, where the profile is the levels' net_gex",
            unit="index points",
            at_least=0.0,
        ),
        Column(
            name="net_gex",
            type=pa.float64(),
            about="signed exposure of all strikes at that price, volatilities staying at their strikes",
            unit="the convention's scale",
        ),
    ),
)
