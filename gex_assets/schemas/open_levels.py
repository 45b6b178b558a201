"""Schema of `open_levels`: levels for the session that follows, known before it begins and without any order."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from gex_assets.schemas.bronze_option_statistics import STATISTICS_DAYS
from gex_assets.schemas.columns import (
    CONVENTION,
    CONVENTION_FACTS,
    SCOPE,
    SESSION_DATE,
    count,
    date_of,
    flag,
    moment_ns,
    number,
    price,
    share,
)
from gex_assets.schemas.silver_gex_levels import SILVER_GEX_LEVELS
from gex_assets.schemas.table import Table

__all__ = ["LEVEL_COLUMNS", "OPEN_LEVELS", "OPEN_SCOPES"]

OPEN_SCOPES: Final = ("all", "selected", "0dte")
"""Scopes that every day has; each expiration has one of its own, `exp:YYYY-MM-DD`."""

_LEVELS: Final = {column.name: column for column in SILVER_GEX_LEVELS.columns}

LEVEL_COLUMNS: Final = (
    "forward_quality",
    "one_day_sigma",
    "strikes",
    "net_gex",
    "total_call_gex",
    "total_put_gex",
    "net_gex_se",
    "net_gex_se_quotes",
    "net_gex_se_forward",
    "net_gex_se_shape",
    "gross_gex",
    "coverage",
    "call_wall",
    "call_wall_strike",
    "call_wall_underlying",
    "call_wall_gex",
    "call_wall_share",
    "call_wall_kept",
    "secondary_call_wall",
    "call_wall_reason",
    "put_wall",
    "put_wall_strike",
    "put_wall_underlying",
    "put_wall_gex",
    "put_wall_share",
    "put_wall_kept",
    "secondary_put_wall",
    "put_wall_reason",
    "zero_gamma",
    "flip_rule",
    "zero_gamma_se",
    "zero_gamma_sigmas",
    "zero_gamma_roots",
    "zero_gamma_low",
    "zero_gamma_high",
    "zero_gamma_reason",
    "abs_gamma_strike",
    "high_gamma_strikes",
    "dex",
    "vanna_exposure",
    "charm_exposure",
)
"""Columns that mean what they mean in `silver_gex_levels`, at the moment the session opens."""


OPEN_LEVELS: Final = Table(
    name="open_levels",
    version="3",
    layer="silver",
    about=(
        "Levels for the session that follows the date, by convention and scope, from definitions, open interest and settlement "
        "prices alone."
    ),
    key=("session_date", "convention", "scope"),
    settings=("conventions", "rate", "option_families", "max_dte", "expirations"),
    statistics_days=(*range(-STATISTICS_DAYS, 0), 1),
    kinds=("parquet", "numba"),
    for_whom="whoever wants levels before the first order of a session",
    columns=(
        SESSION_DATE,
        CONVENTION,
        SCOPE,
        *CONVENTION_FACTS,
        moment_ns("ts_open", "When the session opens: exposures are of this moment, with volatilities of the settlement."),
        moment_ns(
            "ts_known", "When the last statistic that is used was published: before it nobody knew the row.", nullable=True
        ),
        date_of("settlement_date", "Trade date of the settlement prices; NULL without any.", nullable=True),
        flag(
            "settlement_is_final",
            "Whether the venue called the settlement of every option final; NULL without any.",
            nullable=True,
        ),
        date_of("open_interest_date", "Trade date of the latest open interest in the scope; NULL without any.", nullable=True),
        flag(
            "open_interest_is_final",
            "Whether the open interest of most options was published more than once for its date: first early, then final.",
            nullable=True,
        ),
        count("options_settled", "Options in the scope with a settlement price.", "options"),
        share(
            "worthless_share",
            "Share of open interest at strikes where an option settled at nothing: no volatility, and hardly any gamma.",
        ),
        share(
            "repriced_share",
            "Share of them within two standard deviations that gamma's volatility prices within a tick; in the money, with room "
            "for the venue's rounding, its rate and early exercise.",
        ),
        price("reference_price", "The earliest forward that put-call parity of the settlement prices gives."),
        price("forward_se", "Twice the standard error of reference_price."),
        *(replace(_LEVELS[name], for_whom="") for name in LEVEL_COLUMNS),
        number("call_wall_sigmas", "Distance of call_wall from reference_price in one day's standard deviations.", at_least=0.0),
        number("put_wall_sigmas", "Distance of put_wall from reference_price in one day's standard deviations.", at_least=0.0),
        moment_ns("ts_first_expiration", "The scope's earliest expiration; NULL without one.", nullable=True),
        replace(
            price(
                "expected_move",
                "Mean distance of the price from its forward at ts_first_expiration: the straddle there, not discounted.",
            ),
            at_least=0.0,
        ),
    ),
)
