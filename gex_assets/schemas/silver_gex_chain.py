"""Schema of `silver_gex_chain`: volatility, gamma, weights and exposure of every listed strike."""

from __future__ import annotations

from typing import Final

import pyarrow as pa

from gex_assets.schemas.book_columns import SESSION_DATE
from gex_assets.schemas.table import CATEGORY, Column, Table, moment_ns, window_end

__all__ = ["EXPOSURE_WEIGHTS", "IV_STATUSES", "RIGHTS", "SILVER_GEX_CHAIN"]

IV_STATUSES: Final = (
    "OK",
    "BELOW_INTRINSIC",
    "ABOVE_MAX",
    "EXPIRED",
    "ONE_SIDED",
    "NO_QUOTE",
    "BAD_INPUT",
)
"""Their positions are the codes of `kernels.black76.IvStatus`."""

RIGHTS: Final = ("call", "put")

EXPOSURE_WEIGHTS: Final = {
    "resting": ("resting_size", "size resting on both sides of the book", pa.float64()),
    "oi": ("open_interest", "latest open interest published by then", pa.float64()),
    "flow": ("flow_inventory", "what passive parties took on since the file began, signed", pa.float64()),
    "volume": ("volume", "contracts traded since the file began", pa.float64()),
    "oi_plus_flow": ("oi_plus_flow", "open_interest + open_ratio * |flow_inventory|", pa.float64()),
}
"""Short name of an exposure -> (the weight's column, what it is, its type)."""


def _number(name: str, about: str, unit: str) -> Column:
    return Column(name=name, type=pa.float64(), about=about, unit=unit, nullable=True)


def _weights() -> tuple[Column, ...]:
    return tuple(
        Column(name=f"{right}_{column}", type=kind, about=f"{right}s: {about}", unit="contracts", nullable=True)
        for column, about, kind in EXPOSURE_WEIGHTS.values()
        for right in RIGHTS
    )


def _exposures() -> tuple[Column, ...]:
    return tuple(
        Column(
            name=f"{right}_gex_{short}",
            type=pa.float64(),
            about=f"{right}s: gamma * |{column}| * multiplier * F^2 * 0.01, a magnitude",
            unit="USD per 1 %",
            nullable=True,
            at_least=0.0,
        )
        for short, (column, _, _) in EXPOSURE_WEIGHTS.items()
        for right in RIGHTS
    )


SILVER_GEX_CHAIN: Final = Table(
    name="silver_gex_chain",
    layer="silver",
    about="Volatility, gamma, weights and exposure of every listed strike of the expirations in force.",
    key=("ts_window_end", "ts_expiration", "strike"),
    version="3",
    settings=("rate", "open_ratio", "expirations"),
    kinds=("parquet", "numba"),
    columns=(
        window_end(),
        moment_ns("ts_expiration", "the exact moment of expiration"),
        Column(name="strike", type=pa.float64(), about="strike price", unit="index points", at_least=0.0),
        SESSION_DATE,
        Column(name="underlying", type=CATEGORY, about="the future these options are exercised into"),
        Column(name="multiplier", type=pa.float64(), about="US dollars per index point", unit="USD per point"),
        _number("forward", "the expiration's own forward; NULL where its quality is none", "index points"),
        _number("years", "window's end to expiration, by 365 days", "years"),
        _number("iv_bid", "volatility at the out-of-the-money option's best bid", "1/sqrt(year)"),
        _number("iv_mid", "volatility at its midpoint", "1/sqrt(year)"),
        _number("iv_ask", "volatility at its best ask", "1/sqrt(year)"),
        Column(name="iv_status", type=CATEGORY, about="why iv_mid is there or not", one_of=IV_STATUSES),
        _number("iv_fit", "volatility of the robust smile through the expiration's quotes", "1/sqrt(year)"),
        Column(name="iv_filled", type=pa.bool_(), about="gamma's volatility is the smile's although the strike has no ok iv_mid"),
        _number("total_vol", "volatility used for gamma * sqrt(years)", "1"),
        _number("gamma", "Black-76 gamma, the same for call and put", "1/point"),
        _number("vanna", "change of delta per 1.00 of volatility, the same for call and put", "1"),
        _number("call_delta", "call's delta with respect to the forward", "1"),
        _number("put_delta", "put's delta with respect to the forward", "1"),
        _number("call_charm", "change of the call's delta per year of calendar time passing", "1/year"),
        _number("put_charm", "change of the put's delta per year of calendar time passing", "1/year"),
        *_weights(),
        *_exposures(),
        Column(
            name="quote_age_ns",
            type=pa.int64(),
            about="age of the out-of-the-money option's best prices; of the younger where both are used; NULL without quote",
            unit="ns",
            nullable=True,
            at_least=0,
        ),
    ),
)
