"""Schema of `silver_gex_chain`: volatility, gamma, weights and exposure of every listed strike."""

from __future__ import annotations

from typing import Final

import pyarrow as pa

from gex_assets.schemas.columns import (
    BY_SESSION,
    MULTIPLIER,
    SESSION_DATE,
    STRIKE,
    TS_EXPIRATION,
    UNDERLYING,
    category,
    flag,
    kept_for,
    moment_ns,
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
    "resting": ("resting_size", "size resting on both sides of the book; NULL where the book is not complete", pa.float64()),
    "oi": ("open_interest", "open interest in force: of what was published by then, that of the latest session", pa.float64()),
    "flow": ("flow_inventory", "what passive parties took on since the option's claims began, signed", pa.float64()),
    "volume": ("volume", "contracts traded so far", pa.float64()),
    "oi_plus_flow": (
        "oi_plus_flow",
        "open_interest + open_ratio * |flow since the session of open_interest_ts_ref, or since the claims began|",
        pa.float64(),
    ),
}
"""Short name of an exposure -> (the weight's column, what it is, its type)."""

TS_REFS: Final = tuple(f"{right}_open_interest_ts_ref" for right in RIGHTS)

_VOLATILITY: Final = "1/sqrt(year)"
_ONLY_QUERIED: Final = ("volume", "oi_plus_flow")
"""Exposures that levels do not sum up: they use the weights themselves."""


def _weights() -> tuple[Column, ...]:
    return tuple(
        Column(name=f"{right}_{column}", type=kind, about=f"{right.capitalize()}s: {about}.", unit="contracts", nullable=True)
        for column, about, kind in EXPOSURE_WEIGHTS.values()
        for right in RIGHTS
    )


def _references() -> tuple[Column, ...]:
    return tuple(
        moment_ns(
            name,
            f"{right.capitalize()}s: the moment that open interest is about; NULL without one, or where the venue does not say.",
            nullable=True,
        )
        for right, name in zip(RIGHTS, TS_REFS, strict=True)
    )


def _of_traders() -> tuple[Column, ...]:
    columns: list[Column] = []
    for right in RIGHTS:
        columns += [
            number(
                f"{right}_volume_over_oi",
                f"{right}_volume / {right}_open_interest; NULL without open interest and where it is 0.",
                at_least=0.0,
            ),
            number(
                f"{right}_premium",
                f"Price of one {right} in dollars: the midpoint of its best prices * multiplier; NULL unless its book is ok.",
                "USD",
            ),
        ]
    return kept_for("whoever asks what is newly traded, and what an option costs", *columns)


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
    version="4",
    settings=("rate", "open_ratio", "expirations"),
    kinds=("parquet", "numba"),
    columns=(
        window_end(),
        TS_EXPIRATION,
        STRIKE,
        *kept_for(BY_SESSION, SESSION_DATE),
        UNDERLYING,
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
        *kept_for(
            "people who ask how sure a strike's exposure is",
            number("gamma_se", "Standard error of gamma, from quotes, forward and the smile's shape.", "1/point", at_least=0.0),
        ),
        number("vanna", "Change of delta per 1.00 of volatility, the same for call and put.", "1"),
        number("call_delta", "The call's delta with respect to the forward.", "1"),
        number("put_delta", "The put's delta with respect to the forward.", "1"),
        number("call_charm", "Change of the call's delta per year of calendar time passing.", "1/year"),
        number("put_charm", "Change of the put's delta per year of calendar time passing.", "1/year"),
        *_weights(),
        *kept_for("whoever asks how old an open interest is", *_references()),
        *_exposures(),
        *_of_traders(),
        *kept_for(
            "people who ask how sure a strike's exposure is",
            number(
                "net_gex_se",
                "Standard error of call - put by the weight that field uses: gamma_se * |call - put| * multiplier * F^2 * 0.01.",
                "USD per 1 %",
                at_least=0.0,
            ),
        ),
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
