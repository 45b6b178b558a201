"""Schema of `silver_gex_chain`: volatility, gamma, weights and exposure of every listed strike."""

from __future__ import annotations

from typing import Final

import pyarrow as pa

from gex_assets.schemas.columns import (
    MULTIPLIER,
    SESSION_DATE,
    STRIKE,
    TS_EXPIRATION,
    UNDERLYING,
    category,
    flag,
    kept_for,
    number,
    price,
    window_end,
)
from gex_assets.schemas.table import Column, Table

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
"""Their positions are the codes of `kernels.pricing.implied_volatility.IvStatus`."""

RIGHTS: Final = ("call", "put")

EXPOSURE_WEIGHTS: Final = {
    "resting": ("resting_size", "size resting on both sides of the book", pa.float64()),
    "oi": ("open_interest", "latest open interest published by then", pa.float64()),
    "flow": ("flow_inventory", "what passive parties took on since the file began, signed", pa.float64()),
    "volume": ("volume", "contracts traded since the file began", pa.float64()),
    "oi_plus_flow": ("oi_plus_flow", "open_interest + open_ratio * |flow_inventory|", pa.float64()),
}
"""Short name of an exposure -> (the weight's column, what it is, its type)."""

_VOLATILITY: Final = "1/sqrt(year)"
_ONLY_QUERIED: Final = ("volume", "oi_plus_flow")
"""Exposures that levels do not sum up: they use the weights themselves."""


def _weights() -> tuple[Column, ...]:
    return tuple(
        Column(name=f"{right}_{column}", type=kind, about=f"{right.capitalize()}s: {about}.", unit="contracts", nullable=True)
        for column, about, kind in EXPOSURE_WEIGHTS.values()
        for right in RIGHTS
    )


def _exposures() -> tuple[Column, ...]:
    columns: list[Column] = []
    for short, (column, _, _) in EXPOSURE_WEIGHTS.items():
        of_rights = tuple(
            number(
                f"{right}_gex_{short}",
                f"{right.capitalize()}s: gamma * |{column}| * multiplier * F^2 * 0.01, a magnitude; F is the forward.",
                "USD per 1 %",
                at_least=0.0,
            )
            for right in RIGHTS
        )
        columns += kept_for("queries on exposure by this weight", *of_rights) if short in _ONLY_QUERIED else of_rights
    return tuple(columns)


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
        TS_EXPIRATION,
        STRIKE,
        *kept_for("queries that group or join by session or future", SESSION_DATE, UNDERLYING),
        MULTIPLIER,
        price("forward", "The expiration's own forward; NULL where its quality is none."),
        number("years", "Time from the window's end to the expiration, in years of 365 days.", "years"),
        number("iv_bid", "Implied volatility at the out-of-the-money option's best bid.", _VOLATILITY),
        number("iv_mid", "Implied volatility at the out-of-the-money option's midpoint.", _VOLATILITY),
        number("iv_ask", "Implied volatility at the out-of-the-money option's best ask.", _VOLATILITY),
        *kept_for(
            "whoever asks why a strike has its volatility",
            category("iv_status", "OK where iv_mid is known, else why it is not.", one_of=IV_STATUSES),
        ),
        number("iv_fit", "Volatility of the robust smile through the expiration's quotes.", _VOLATILITY),
        *kept_for(
            "whoever asks why a strike has its volatility",
            flag("iv_filled", "Whether gamma uses the smile's volatility because the strike has no OK iv_mid."),
        ),
        number("total_vol", "Total volatility: the volatility that gamma uses * sqrt(years).", "1"),
        number("gamma", "Black-76 gamma, the same for call and put.", "1/point"),
        number("vanna", "Change of delta per 1.00 of volatility, the same for call and put.", "1"),
        number("call_delta", "The call's delta with respect to the forward.", "1"),
        number("put_delta", "The put's delta with respect to the forward.", "1"),
        number("call_charm", "Change of the call's delta per year of calendar time passing.", "1/year"),
        number("put_charm", "Change of the put's delta per year of calendar time passing.", "1/year"),
        *_weights(),
        *_exposures(),
        Column(
            name="quote_age_ns",
            type=pa.int64(),
            about=(
                "Age of the out-of-the-money option's best prices, of the younger where both options are used; "
                "NULL without a quote."
            ),
            unit="ns",
            nullable=True,
            at_least=0,
        ),
    ),
)
