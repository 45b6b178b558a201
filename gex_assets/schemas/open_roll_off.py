"""Schema of `open_roll_off`: what is left of exposure and levels after each of the next expirations."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from gex_assets.schemas.bronze_option_statistics import STATISTICS_DAYS
from gex_assets.schemas.columns import (
    CONVENTION,
    CONVENTION_FACTS,
    EXPOSURE_UNIT,
    SESSION_DATE,
    TS_EXPIRATION,
    count,
    moment_ns,
    number,
    price,
    share,
)
from gex_assets.schemas.silver_gex_levels import SILVER_GEX_LEVELS
from gex_assets.schemas.table import Column, Table

__all__ = ["EXPIRATIONS_SHOWN", "OPEN_ROLL_OFF", "REMAINING_COLUMNS"]

EXPIRATIONS_SHOWN: Final = 10
"""The next expirations that have a row."""

REMAINING_COLUMNS: Final = (
    "strikes",
    "net_gex",
    "net_gex_se",
    "gross_gex",
    "coverage",
    "call_wall",
    "call_wall_strike",
    "call_wall_underlying",
    "call_wall_share",
    "secondary_call_wall",
    "call_wall_reason",
    "put_wall",
    "put_wall_strike",
    "put_wall_underlying",
    "put_wall_share",
    "secondary_put_wall",
    "put_wall_reason",
    "zero_gamma",
    "flip_rule",
    "zero_gamma_se",
    "zero_gamma_reason",
)
"""Columns that mean what they mean in `open_levels`, over the expirations that come later."""

_LEVELS: Final = {column.name: column for column in SILVER_GEX_LEVELS.columns}


def _remaining(name: str) -> Column:
    return replace(_LEVELS[name], about=f"Of the later expirations: {_LEVELS[name].about}", for_whom="")


OPEN_ROLL_OFF: Final = Table(
    name="open_roll_off",
    layer="silver",
    about=(
        "What each of the next ten expirations takes away, and what is left after it, at the price and moment at which the "
        "session opens."
    ),
    key=("session_date", "convention", "ts_expiration"),
    settings=("conventions", "rate", "option_families"),
    statistics_days=(*range(-STATISTICS_DAYS, 0), 1),
    kinds=("parquet", "numba"),
    for_whom="whoever asks how much of an exposure ends with an expiration, and which levels outlive it",
    columns=(
        SESSION_DATE,
        CONVENTION,
        TS_EXPIRATION,
        *CONVENTION_FACTS,
        moment_ns("ts_open", "When the session opens: every exposure of the row is of this moment."),
        moment_ns(
            "ts_known",
            "When the last statistic of any option was published that the table uses; NULL without any.",
            nullable=True,
        ),
        count("expiration_number", "Which of the next expirations ends, 1 for the nearest.", "expirations"),
        price("reference_price", "The earliest forward that put-call parity of the settlement prices gives."),
        number("expiring_net_gex", "Sum of the signed exposures that end with the expiration.", EXPOSURE_UNIT),
        number(
            "expiring_gross_gex",
            "Sum of the magnitudes of the exposures that end with the expiration; NULL where no strike has one.",
            EXPOSURE_UNIT,
            at_least=0.0,
        ),
        share("expiring_share", "Share of expiring_gross_gex in that of all expirations; NULL where either is not known."),
        *(_remaining(name) for name in REMAINING_COLUMNS),
    ),
)
"""The next expirations with what they leave: `open_roll_off`."""
