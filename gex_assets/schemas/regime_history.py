"""Schema of `regime_history`: each date's last regime among the sessions before it."""

from __future__ import annotations

from typing import Final

import pyarrow as pa

from gex_assets.schemas.book_columns import SESSION_DATE
from gex_assets.schemas.regime_scores import MAGNITUDES, REGIMES
from gex_assets.schemas.table import CATEGORY, Column, Table, window_end

__all__ = ["REGIME_HISTORY", "TRAILING_SESSIONS"]

TRAILING_SESSIONS: Final = 20
"""How many earlier sessions a date is compared with, at most."""

_SCALE: Final = "the convention's scale"


def _number(name: str, about: str, unit: str = "1", *, at_least: float | None = None, at_most: float | None = None) -> Column:
    return Column(name=name, type=pa.float64(), about=about, unit=unit, nullable=True, at_least=at_least, at_most=at_most)


def _count(name: str, about: str, unit: str, *, at_most: int | None = None) -> Column:
    return Column(name=name, type=pa.int32(), about=about, unit=unit, at_least=0, at_most=at_most)


REGIME_HISTORY: Final = Table(
    name="regime_history",
    layer="regime",
    about="Each date's last window with a regime, among the sessions before it; made by its own job over published days.",
    key=("convention",),
    spans_days=True,
    columns=(
        Column(name="convention", type=CATEGORY, about="the named set of choices"),
        window_end("end of the date's last window with a regime"),
        SESSION_DATE,
        Column(name="convention_version", type=pa.int32(), about="version of that set", at_least=1),
        Column(name="weight_used", type=CATEGORY, about="the weight chosen for this day; NULL where none exists", nullable=True),
        Column(name="scale", type=CATEGORY, about="the unit of every exposure in this row"),
        Column(name="underlying", type=CATEGORY, about="the future these options are exercised into"),
        Column(name="regime", type=CATEGORY, about="positive, negative or neutral", one_of=REGIMES),
        Column(name="magnitude", type=CATEGORY, about="of |net_gex|, by fixed thresholds", one_of=MAGNITUDES),
        _number("reference_price", "the front selected expiration's reference price", "index points"),
        _number("net_gex", "net exposure of all selected expirations", _SCALE),
        _number("gross_gex", "sum of the magnitudes behind it", _SCALE, at_least=0.0),
        _number("net_share", "|net_gex| / gross_gex; NULL where gross is 0", at_least=0.0),
        _number("zero_gamma", "the flip nearest the reference price", "index points"),
        _number("distance_to_flip", "reference_price - zero_gamma", "index points"),
        _number("distance_to_flip_pct", "that, of the reference price", "%"),
        _count(
            "sessions_seen",
            f"earlier sessions it is compared with, the last {TRAILING_SESSIONS} of equal convention version, weight and scale",
            "sessions",
            at_most=TRAILING_SESSIONS,
        ),
        _count("sessions_missing", "sessions of the calendar since the oldest of them that are none of them", "sessions"),
        _number(
            "net_gex_percentile",
            "share of the sessions seen whose net_gex is at most this one's; NULL below 5",
            at_least=0.0,
            at_most=1.0,
        ),
        _number(
            "net_share_percentile",
            "share of the sessions seen whose net_share is at most this one's; NULL below 5",
            at_least=0.0,
            at_most=1.0,
        ),
        _number(
            "net_gex_deviation",
            "standard deviation (n - 1) of net_gex over the sessions seen; NULL below 5",
            _SCALE,
            at_least=0.0,
        ),
        _number("magnitude_adjusted", "|net_gex| / net_gex_deviation; NULL where that is 0 or NULL", at_least=0.0),
        _number("net_gex_change_1", "net_gex less that of the session seen last; NULL without one", _SCALE),
        _number("net_gex_change_5", "net_gex less that of the fifth session seen, counted back; NULL with fewer", _SCALE),
        _count("sessions_in_regime", "earlier sessions in a row, counted back, that ended in this regime", "sessions"),
        Column(
            name="regime_start_seen",
            type=pa.bool_(),
            about="whether the session before these ended in another regime; where none is known, there may have been more",
        ),
        Column(
            name="seconds_in_regime",
            type=pa.int64(),
            about="within the date: from the first window of the last unbroken stretch of this regime to ts_window_end",
            unit="s",
            at_least=0,
        ),
        _count("changes_in_day", "changes of regime within the date, as in regime_events", "changes"),
        Column(
            name="inputs",
            type=pa.list_(pa.field("item", pa.string(), nullable=False)),
            about="date and sha256 of the regime_scores of every session seen, oldest first, and of the date's own, last",
        ),
    ),
)
