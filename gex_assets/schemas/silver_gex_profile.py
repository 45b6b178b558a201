"""Schema of `silver_gex_profile`: net exposure of the whole chain re-priced over a grid of prices, once a minute."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import pyarrow as pa

from gex_assets.schemas.columns import (
    CONVENTION,
    CONVENTION_VERSION,
    EXPOSURE_UNIT,
    REFERENCE_PRICE,
    SCALE,
    SCOPE,
    SESSION_DATE,
    UNDERLYING,
    WEIGHT_USED,
    window_end,
)
from gex_assets.schemas.table import Column, Table

__all__ = ["PROFILE_STEP", "SILVER_GEX_PROFILE"]

PROFILE_STEP: Final = 10.0
"""Prices are multiples of it, so that they are the same from minute to minute. [index points]"""

SILVER_GEX_PROFILE: Final = Table(
    name="silver_gex_profile",
    layer="silver",
    about="Net exposure re-priced over a grid of prices, once a minute, by convention and scope.",
    key=("ts_window_end", "convention", "scope", "price"),
    settings=("conventions", "rate"),
    kinds=("parquet", "numba"),
    for_whom="people: the curve of net exposure over price",
    columns=(
        window_end("End of the window whose chain is re-priced, a full minute."),
        CONVENTION,
        SCOPE,
        Column(
            name="price",
            type=pa.float64(),
            about=(
                "The price that the reference price is moved to, a multiple of 10 within 20 % of it; "
                "every other forward moves by the same percentage."
            ),
            unit="index points",
            at_least=0.0,
        ),
        SESSION_DATE,
        CONVENTION_VERSION,
        replace(WEIGHT_USED, about="The weight that the convention chose for this day.", nullable=False),
        SCALE,
        UNDERLYING,
        replace(
            REFERENCE_PRICE,
            about="The front selected expiration's reference price; there the profile equals net_gex of the levels.",
            nullable=False,
            at_least=0.0,
        ),
        Column(
            name="net_gex",
            type=pa.float64(),
            about="Sum of the signed exposures at that price, with volatilities staying at their strikes.",
            unit=EXPOSURE_UNIT,
        ),
    ),
)
