"""Schema of `silver_forward`: the price each expiration's options imply, how sure, and the future beside it."""

from __future__ import annotations

from typing import Final

import pyarrow as pa

from gex_assets.schemas.book_columns import SESSION_DATE
from gex_assets.schemas.table import CATEGORY, Column, Table, moment_ns, window_end

__all__ = ["FORWARD_QUALITIES", "SILVER_FORWARD"]

FORWARD_QUALITIES: Final = ("none", "weak", "ok")


def _price(name: str, about: str) -> Column:
    return Column(name=name, type=pa.float64(), about=about, unit="index points", nullable=True)


SILVER_FORWARD: Final = Table(
    name="silver_forward",
    layer="silver",
    about="Put-call-parity forward of each selected expiration with its quality, and the future's prices beside it.",
    key=("ts_window_end", "ts_expiration"),
    settings=("rate", "reference_price", "expirations"),
    version="2",
    kinds=("parquet", "numba"),
    columns=(
        window_end(),
        moment_ns("ts_expiration", "the exact moment of expiration"),
        SESSION_DATE,
        Column(name="underlying", type=CATEGORY, about="the future these options are exercised into"),
        Column(
            name="is_front",
            type=pa.bool_(),
            about="whether this is the earliest selected expiration after the window's end",
        ),
        _price("forward", "biweight mean of the pairs' K + e^(rT)(C - P); NULL where quality is none"),
        _price("forward_se", "twice the standard error of the biweight mean"),
        _price("forward_lower", "largest K + e^(rT)(C_bid - P_ask) of the pairs used: a bound, not an estimate"),
        _price("forward_upper", "smallest K + e^(rT)(C_ask - P_bid) of the pairs used: a bound, not an estimate"),
        Column(name="n_pairs", type=pa.int32(), about="strikes with two ok books", unit="pairs", at_least=0),
        Column(name="n_used", type=pa.int32(), about="pairs with a weight in the mean", unit="pairs", at_least=0),
        Column(name="method", type=CATEGORY, about="how the forward was found", one_of=("parity_biweight", "none")),
        Column(
            name="quality",
            type=CATEGORY,
            about="none: fewer than 5 pairs used; weak: fewer than 15, or forward_se > 0.15; else ok",
            one_of=FORWARD_QUALITIES,
        ),
        Column(name="discount_factor", type=pa.float64(), about="e^(-rate * years)", unit="1", at_least=0.0),
        Column(
            name="years",
            type=pa.float64(),
            about="window's end to expiration, by 365 days; 0 once expired",
            unit="years",
            at_least=0.0,
        ),
        _price("future_mid", "midpoint of the underlying future's best prices; NULL without futures"),
        _price("future_vwap", "volume-weighted price of the future's trades in the window"),
        _price("future_last", "the future's latest trade"),
        _price(
            "reference_price",
            "the underlying's reference price by the setting: with parity the front selected expiration's forward",
        ),
    ),
)
