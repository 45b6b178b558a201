"""Schema of `regime_history`: each date's last regime before 15:00 in Chicago compared with the sessions before it."""

from __future__ import annotations

from typing import Final

import pyarrow as pa

from gex_assets.schemas.columns import (
    CONVENTION,
    CONVENTION_FACTS,
    EXPOSURE_UNIT,
    GROSS_GEX,
    NET_GEX,
    REFERENCE_PRICE,
    SESSION_DATE,
    ZERO_GAMMA,
    category,
    count,
    flag,
    number,
    price,
    share,
    window_end,
)
from gex_assets.schemas.regime_scores import HEDGE_PER_SIGMA, MAGNITUDES, REGIMES
from gex_assets.schemas.table import Column, Table

__all__ = ["REGIME_HISTORY", "TRAILING_SESSIONS"]

TRAILING_SESSIONS: Final = 20
"""How many earlier sessions a date is compared with, at most."""

REGIME_HISTORY: Final = Table(
    name="regime_history",
    layer="regime",
    about=(
        "Each date's last window with a regime before 15:00 in Chicago, compared with earlier sessions; a job of its own makes "
        "it from published days."
    ),
    version="2",
    key=("convention",),
    spans_days=True,
    for_whom="people and queries that ask how usual a day is",
    columns=(
        CONVENTION,
        window_end("End of the date's last window with a regime before 15:00 in Chicago."),
        SESSION_DATE,
        *CONVENTION_FACTS,
        category("regime", "Regime by net exposure.", one_of=REGIMES),
        category("magnitude", "Size of |net_gex| by the convention's thresholds.", one_of=MAGNITUDES),
        REFERENCE_PRICE,
        NET_GEX,
        GROSS_GEX,
        HEDGE_PER_SIGMA,
        number("net_share", "|net_gex| / gross_gex; NULL where gross_gex is 0.", at_least=0.0),
        ZERO_GAMMA,
        price("distance_to_flip", "reference_price - zero_gamma."),
        number("distance_to_flip_pct", "100 * distance_to_flip / reference_price.", "%"),
        count(
            "sessions_seen",
            f"Earlier sessions compared with: the last {TRAILING_SESSIONS} of equal convention, its version, weight and scale.",
            "sessions",
            at_most=TRAILING_SESSIONS,
        ),
        count("sessions_missing", "Sessions of the calendar since the oldest session seen that are not among them.", "sessions"),
        share("net_gex_percentile", "Share of the sessions seen whose net_gex is at most this one's; NULL below 5 sessions."),
        share("net_share_percentile", "Share of the sessions seen whose net_share is at most this one's; NULL below 5 sessions."),
        number(
            "net_gex_deviation",
            "Standard deviation (n - 1) of net_gex over the sessions seen; NULL below 5 sessions.",
            EXPOSURE_UNIT,
            at_least=0.0,
        ),
        number("magnitude_adjusted", "|net_gex| / net_gex_deviation; NULL where that is 0 or NULL.", at_least=0.0),
        number("net_gex_change_1", "net_gex less that of the last session seen; NULL without one.", EXPOSURE_UNIT),
        number("net_gex_change_5", "net_gex less that of the fifth session seen, counted back; NULL below 5.", EXPOSURE_UNIT),
        count("sessions_in_regime", "Earlier sessions in a row, counted back, that ended in this regime.", "sessions"),
        flag(
            "regime_start_seen",
            "Whether the session before these is known and ended in another regime; if not, there may have been more.",
        ),
        Column(
            name="seconds_in_regime",
            type=pa.int64(),
            about="Time within the date from the first window of the last unbroken stretch of this regime to ts_window_end.",
            unit="s",
            at_least=0,
        ),
        count("changes_in_day", "Changes of regime within the date up to ts_window_end, as in regime_events.", "changes"),
        Column(
            name="inputs",
            type=pa.list_(pa.field("item", pa.string(), nullable=False)),
            about="Date and sha256 of the regime_scores of every session seen, oldest first, and last those of the date itself.",
        ),
    ),
)
