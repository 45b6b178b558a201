"""Schema of `silver_forward`: the price that each expiration's options imply, its quality, and the future's prices next to it."""

from __future__ import annotations

from typing import Final

import pyarrow as pa

from gex_assets.schemas.columns import SESSION_DATE, TS_EXPIRATION, UNDERLYING, category, count, flag, kept_for, price, window_end
from gex_assets.schemas.table import Column, Table

__all__ = ["FORWARD_QUALITIES", "FRONT_FORWARD_QUALITY", "SILVER_FORWARD"]

FORWARD_QUALITIES: Final = ("none", "weak", "ok")

FRONT_FORWARD_QUALITY: Final = category(
    "forward_quality", "Quality of the front selected expiration's forward.", one_of=FORWARD_QUALITIES
)
"""The column of later tables that repeats the quality."""

SILVER_FORWARD: Final = Table(
    name="silver_forward",
    layer="silver",
    about="Put-call-parity forward of each selected expiration with its quality, and the future's prices next to it.",
    key=("ts_window_end", "ts_expiration"),
    settings=("rate", "reference_price", "expirations"),
    version="3",
    kinds=("parquet", "numba"),
    columns=(
        window_end(),
        TS_EXPIRATION,
        SESSION_DATE,
        UNDERLYING,
        flag("is_front", "Whether this is the earliest selected expiration after the window's end."),
        price("forward", "Biweight mean of the pairs' K + e^(rT)(C - P); NULL where quality is none."),
        price("forward_se", "Twice the standard error of the biweight mean."),
        price("forward_lower", "Largest K + e^(rT)(C_bid - P_ask) of the pairs used: a bound, not an estimate."),
        price("forward_upper", "Smallest K + e^(rT)(C_ask - P_bid) of the pairs used: a bound, not an estimate."),
        *kept_for(
            "whoever asks why the forward has its quality",
            count("n_pairs", "Strikes where both books are ok.", "pairs"),
            count("n_used", "Pairs with a weight in the mean.", "pairs"),
            count("n_incomplete", "Of the pairs used, those with a book that is not complete.", "pairs"),
            category("method", "How the forward was found.", one_of=("parity_biweight", "none")),
        ),
        category(
            "quality",
            "none: fewer than 5 pairs used; weak: fewer than 15, forward_se > 0.15, or one that is incomplete; else ok.",
            one_of=FORWARD_QUALITIES,
        ),
        *kept_for(
            "whoever turns a forward value into a price of today with the rate that was used",
            Column(
                name="discount_factor",
                type=pa.float64(),
                about="Discount factor to the expiration: e^(-rate * years).",
                unit="1",
                at_least=0.0,
            ),
        ),
        Column(
            name="years",
            type=pa.float64(),
            about="Time from the window's end to the expiration, in years of 365 days; 0 once expired.",
            unit="years",
            at_least=0.0,
        ),
        *kept_for(
            "whoever compares the forward with the future",
            price("future_mid", "Midpoint of the underlying future's best prices; NULL unless its book is ok."),
            price("future_vwap", "Volume-weighted price of the underlying future's trades in the window; NULL without trades."),
            price("future_last", "Price of the underlying future's latest trade since its claims began; NULL before the first."),
        ),
        price(
            "reference_price",
            "The underlying's reference price by the setting; with parity it is the front selected expiration's forward.",
        ),
    ),
)
