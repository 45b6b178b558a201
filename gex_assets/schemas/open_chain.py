"""Schema of `open_chain`: every strike as its settlements leave it for two sessions, the one that follows and the one before."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from gex_assets.schemas.bronze_option_statistics import STATISTICS_DAYS
from gex_assets.schemas.columns import (
    MULTIPLIER,
    SESSION_DATE,
    STRIKE,
    TS_EXPIRATION,
    UNDERLYING,
    date_of,
    flag,
    moment_ns,
    number,
    price,
)
from gex_assets.schemas.table import Column, Table

__all__ = ["BEFORE", "OPEN_CHAIN", "SIDES"]

BEFORE: Final = "_before"
"""Ends the name of a column about the session before, whose other half is the same column without it."""

_RIGHTS: Final = ("call", "put")


def _of_one_session(suffix: str, when: str) -> tuple[Column, ...]:
    """What is said of a strike for one session."""
    return (
        price(f"forward{suffix}", f"The expiration's forward by put-call parity of the settlements in force {when}."),
        replace(number(f"years{suffix}", f"Time to expiration {when}, in years of 365 days.", "years"), at_least=0.0),
        number(f"iv{suffix}", f"Volatility that gamma uses {when}: of the settlement, else of the smile.", "1/sqrt(year)"),
        replace(number(f"gamma{suffix}", f"Black-76 gamma {when}, the same for call and put.", "1/point"), at_least=0.0),
        replace(
            number(
                f"contract_gex{suffix}",
                f"Exposure of one contract {when}: gamma * multiplier * F^2 * 0.01, without a sign; F is the forward.",
                "USD per 1 %",
            ),
            at_least=0.0,
        ),
        *(
            price(
                f"{right}_settlement{suffix}",
                f"{right.capitalize()}s: settlement price in force {when}, 0 where nothing was left; NULL if of an earlier date.",
            )
            for right in _RIGHTS
        ),
        flag(
            f"settlement_is_final{suffix}",
            f"Whether the venue called the prices of call and put final that are in force {when}; NULL without any.",
            nullable=True,
        ),
        *(
            number(f"{right}_open_interest{suffix}", f"{right.capitalize()}s: open interest in force {when}.", "contracts")
            for right in _RIGHTS
        ),
        date_of(
            f"open_interest_date{suffix}",
            f"Trade date of the later open interest of call and put in force {when}; NULL without any.",
            nullable=True,
        ),
        flag(
            f"open_interest_is_final{suffix}",
            f"Whether open interest of call and put in force {when} was published more than once for its date; NULL without any.",
            nullable=True,
        ),
    )


_NOW: Final = _of_one_session("", "when the session opens")

SIDES: Final = tuple(column.name for column in _NOW)
"""Columns that are there twice: as they are, and with `BEFORE`."""

OPEN_CHAIN: Final = Table(
    name="open_chain",
    layer="silver",
    about=(
        "Every strike for the session that follows the date, and for the session before that one, from definitions, open "
        "interest and settlement prices alone."
    ),
    key=("session_date", "ts_expiration", "strike"),
    settings=("rate", "option_families"),
    statistics_days=(*range(-STATISTICS_DAYS, 0), 1),
    kinds=("parquet", "numba"),
    for_whom="whoever asks at which strikes open interest, volatility or exposure changed since the session before",
    columns=(
        SESSION_DATE,
        date_of("session_before", "The trade date of the session before."),
        TS_EXPIRATION,
        STRIKE,
        UNDERLYING,
        MULTIPLIER,
        moment_ns("ts_known", "When the last statistic that the row uses was published; NULL where it uses none.", nullable=True),
        *_NOW,
        *_of_one_session(BEFORE, "when the session before opened"),
    ),
)
"""Strikes at two openings: `open_chain`. An expiration that ended in between has NULL for the session that follows."""
