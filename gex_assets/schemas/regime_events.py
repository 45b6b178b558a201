"""Schema of `regime_events`: the moments of a day at which a convention's regime became another."""

from __future__ import annotations

from typing import Final

import pyarrow as pa

from gex_assets.schemas.book_columns import SESSION_DATE
from gex_assets.schemas.regime_scores import MAGNITUDES, REASONS, REGIMES
from gex_assets.schemas.table import CATEGORY, Column, Table, window_end

__all__ = ["REGIME_EVENTS"]


def _number(name: str, about: str, unit: str) -> Column:
    return Column(name=name, type=pa.float64(), about=about, unit=unit, nullable=True)


def _seconds(name: str, about: str) -> Column:
    return Column(name=name, type=pa.int64(), about=about, unit="s", at_least=0)


REGIME_EVENTS: Final = Table(
    name="regime_events",
    layer="regime",
    about="Changes of regime within the UTC date, from one known regime to another; not knowing is no regime and no change.",
    key=("ts_window_end", "convention"),
    columns=(
        window_end("end of the first window that has the new regime"),
        Column(name="convention", type=CATEGORY, about="the named set of choices"),
        SESSION_DATE,
        Column(name="convention_version", type=pa.int32(), about="version of that set", at_least=1),
        Column(name="weight_used", type=CATEGORY, about="the weight chosen for this day; NULL where none exists", nullable=True),
        Column(name="scale", type=CATEGORY, about="the unit of every exposure in this row"),
        Column(name="underlying", type=CATEGORY, about="the future these options are exercised into"),
        Column(
            name="change_number",
            type=pa.int32(),
            about="the convention's changes of this day so far, this one included",
            at_least=1,
        ),
        Column(name="regime_from", type=CATEGORY, about="the last known regime before", one_of=REGIMES),
        Column(name="regime_to", type=CATEGORY, about="the regime from this window on", one_of=REGIMES),
        Column(name="magnitude", type=CATEGORY, about="of |net_gex|", one_of=MAGNITUDES),
        _number("net_gex", "net exposure in this window", "the convention's scale"),
        _number("net_gex_before", "net exposure in the last window of the regime before", "the convention's scale"),
        _number("reference_price", "the front selected expiration's reference price in this window", "index points"),
        _number("reference_price_before", "that price in the last window of the regime before", "index points"),
        _number("zero_gamma", "the flip nearest the reference price", "index points"),
        Column(
            name="confidence",
            type=pa.float64(),
            about="that of regime_scores in this window",
            unit="1",
            nullable=True,
            at_least=0.0,
            at_most=1.0,
        ),
        _seconds("seconds_since_change", "since the change before, or since the day's first window with a regime"),
        _seconds(
            "seconds_unknown", "how much of the time since the last window of the regime before had windows without a regime"
        ),
        Column(
            name="unknown_reason",
            type=CATEGORY,
            about="why the regime was last unknown between the two; NULL where it was not",
            nullable=True,
            one_of=REASONS,
        ),
    ),
)
