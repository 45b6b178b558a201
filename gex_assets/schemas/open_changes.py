"""Schema of `open_changes`: why exposure and levels are others than when the session before opened."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from gex_assets.schemas.bronze_option_statistics import STATISTICS_DAYS
from gex_assets.schemas.columns import (
    CALL_WALL,
    CONVENTION,
    CONVENTION_FACTS,
    EXPOSURE_UNIT,
    GROSS_GEX,
    NET_GEX,
    PUT_WALL,
    REFERENCE_PRICE,
    SCOPE,
    SESSION_DATE,
    ZERO_GAMMA,
    category,
    date_of,
    flag,
    moment_ns,
    number,
)
from gex_assets.schemas.silver_gex_levels import CHANGE_PARTS, SILVER_GEX_LEVELS
from gex_assets.schemas.table import Column, Table

__all__ = ["CHANGE_REASONS", "LEVELS_OF_BOTH", "OPEN_CHANGES", "PARTS_OF_SESSIONS"]

CHANGE_REASONS: Final = (
    "not_settled_before",
    "same_settlements",
    "no_open_interest_before",
    "no_open_interest",
    "no_exposure_before",
    "no_exposure",
)
"""Why there is no change, the first that holds."""

PARTS_OF_SESSIONS: Final = {
    **{name: about for name, about in CHANGE_PARTS.items() if name != "relabel"},
    "expired": "expirations ended between the two openings",
    "listed": "expirations got their first exposure, as newly listed ones do",
    "relabel": "strikes of other expirations got or lost an exposure, or expirations came into the scope or left it",
}
"""Parts of `net_gex_change`, which add up to it."""

_LEVELS: Final = {column.name: column for column in SILVER_GEX_LEVELS.columns}
_REASONS: Final = tuple(
    replace(_LEVELS[name], for_whom="") for name in ("call_wall_reason", "put_wall_reason", "zero_gamma_reason")
)
_OF_BOTH: Final[tuple[Column, ...]] = (REFERENCE_PRICE, NET_GEX, GROSS_GEX, CALL_WALL, PUT_WALL, ZERO_GAMMA, *_REASONS)

LEVELS_OF_BOTH: Final = tuple(column.name for column in _OF_BOTH)
"""Columns that mean what they mean in `open_levels`; with `_before`, when the session before opened."""


def _before(column: Column) -> Column:
    return replace(column, name=f"{column.name}_before", about=f"When the session before opened: {column.about}", nullable=True)


_UNDERLYING: Final = next(column for column in CONVENTION_FACTS if column.name == "underlying")

OPEN_CHANGES: Final = Table(
    name="open_changes",
    layer="silver",
    about=(
        "Levels by convention and scope when the session that follows opens and when the one before it opened, and why net "
        "exposure changed in between."
    ),
    key=("session_date", "convention", "scope"),
    settings=("conventions", "rate", "option_families", "max_dte", "expirations"),
    statistics_days=(*range(-STATISTICS_DAYS, 0), 1),
    kinds=("parquet", "numba"),
    for_whom="whoever asks what changed since the session before, and why",
    columns=(
        SESSION_DATE,
        CONVENTION,
        SCOPE,
        date_of("session_before", "The trade date of the session before."),
        *CONVENTION_FACTS,
        _before(_UNDERLYING),
        moment_ns("ts_open", "When the session opens."),
        moment_ns("ts_open_before", "When the session before opened."),
        moment_ns(
            "ts_known",
            "When the last statistic of any option was published that the table uses; NULL without any.",
            nullable=True,
        ),
        date_of("settlement_date", "Trade date of the settlement prices; NULL without any.", nullable=True),
        date_of("settlement_date_before", "The same for the session before.", nullable=True),
        date_of(
            "open_interest_date",
            "Trade date of the latest open interest. It is that of the session before until a later one is published.",
            nullable=True,
        ),
        date_of("open_interest_date_before", "The same for the session before.", nullable=True),
        flag(
            "open_interest_is_final",
            "Whether the open interest of most options was published more than once for its date; NULL without any.",
            nullable=True,
        ),
        *_OF_BOTH,
        *(_before(column) for column in _OF_BOTH),
        replace(_LEVELS["flip_rule"], for_whom=""),
        number("net_gex_change", "net_gex less net_gex_before; NULL with change_reason.", EXPOSURE_UNIT),
        *(
            number(f"net_gex_change_{part}", f"Part of net_gex_change because {about}.", EXPOSURE_UNIT)
            for part, about in PARTS_OF_SESSIONS.items()
        ),
        category(
            "change_reason",
            "Why net_gex_change is NULL, the first that holds; NULL where there is one.",
            one_of=CHANGE_REASONS,
            nullable=True,
        ),
    ),
)
"""Two openings compared: `open_changes`."""
