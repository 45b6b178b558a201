"""Schema of `open_hedges`: futures that holders of a convention's positions trade over moves from the session's opening on."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import pyarrow as pa

from gex_assets.schemas.bronze_option_statistics import STATISTICS_DAYS
from gex_assets.schemas.columns import (
    CONVENTION,
    CONVENTION_FACTS,
    EXPOSURE_UNIT,
    SCOPE,
    SESSION_DATE,
    category,
    number,
    price,
)
from gex_assets.schemas.open_levels import OPEN_LEVELS, OPEN_SCOPES
from gex_assets.schemas.regime_scores import HEDGE_PER_SIGMA
from gex_assets.schemas.table import Column, Table

__all__ = ["HEDGE_CAUSES", "HEDGE_REASONS", "OPEN_HEDGES"]

HEDGE_CAUSES: Final = ("price", "time", "volatility")
HEDGE_REASONS: Final = ("no_options", "no_open_interest", "no_volatility")
"""Why there is no hedge, the first that holds."""

_LEVELS: Final = {column.name: column for column in OPEN_LEVELS.columns}


def _around(kind: str, side: str, where: str) -> Column:
    return number(
        f"{kind}_gex_{side}",
        f"{'Net exposure' if kind == 'net' else 'Magnitudes of exposure'} at the five listed strikes {where}; NULL for moves of "
        "time and volatility.",
        EXPOSURE_UNIT,
        at_least=None if kind == "net" else 0.0,
    )


OPEN_HEDGES: Final = Table(
    name="open_hedges",
    layer="silver",
    about=(
        "Futures that keep a convention's positions delta-neutral over moves of price, time and volatility, for the session that "
        "follows the date. Every option is re-priced."
    ),
    key=("session_date", "convention", "scope", "cause", "move"),
    settings=OPEN_LEVELS.settings,
    statistics_days=(*range(-STATISTICS_DAYS, 0), 1),
    kinds=("parquet", "numba"),
    for_whom="whoever asks what hedges may add to the flow of a session",
    columns=(
        SESSION_DATE,
        CONVENTION,
        replace(SCOPE, one_of=OPEN_SCOPES),
        category("cause", "What moves, and nothing else with it: price, time or volatility.", one_of=HEDGE_CAUSES),
        Column(
            name="move",
            type=pa.float64(),
            about="By how much: the price in %, time in hours from ts_open to the stock exchanges' close, volatility in points.",
            unit="%, hours or vol points",
        ),
        *CONVENTION_FACTS,
        _LEVELS["ts_open"],
        _LEVELS["ts_known"],
        _LEVELS["reference_price"],
        price("price_at", "The reference price after a move of the price; NULL for moves of time and volatility."),
        number(
            "contracts",
            "Futures to buy, negative to sell, of the months that the options are exercised into: minus the change of delta of "
            "what is held.",
            "futures",
        ),
        number(
            "contracts_se",
            "Standard error of contracts by the settlements' tick and the forwards' errors; NULL where it is unknown.",
            "futures",
            at_least=0.0,
        ),
        number("usd", "The same at the options' own forwards before the move.", "USD"),
        _around("net", "ahead", "nearest the reference price on the side that the price moves to"),
        _around("net", "behind", "nearest the reference price on the other side"),
        _around("gross", "ahead", "nearest the reference price on the side that the price moves to"),
        _around("gross", "behind", "nearest the reference price on the other side"),
        replace(
            HEDGE_PER_SIGMA,
            about=(
                "What hedges of net_gex trade in a move of one day's standard deviation at constant gamma: |net_gex| in USD "
                "per 1 % * 100 * one_day_sigma of open_levels."
            ),
        ),
        category("reason", "Why contracts is NULL, the first that holds.", one_of=HEDGE_REASONS, nullable=True),
    ),
)
