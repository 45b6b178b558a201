"""Schema of `regime_events`: the windows of a day at which a convention's regime changed."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import pyarrow as pa

from gex_assets.schemas.columns import (
    CONVENTION,
    CONVENTION_FACTS,
    NET_GEX,
    REFERENCE_PRICE,
    SESSION_DATE,
    ZERO_GAMMA,
    category,
    count,
    window_end,
)
from gex_assets.schemas.regime_scores import CONFIDENCE, MAGNITUDES, REASONS, REGIMES
from gex_assets.schemas.table import Column, Table

__all__ = ["REGIME_EVENTS"]


def _seconds(name: str, about: str) -> Column:
    return count(name, about, "s", kind=pa.int64())


REGIME_EVENTS: Final = Table(
    name="regime_events",
    layer="regime",
    about="Changes of regime within the UTC date, from one known regime to another; an unknown regime is no change.",
    key=("ts_window_end", "convention"),
    for_whom="people and queries that ask when and why a regime changed",
    columns=(
        window_end("End of the first window that has the new regime."),
        CONVENTION,
        SESSION_DATE,
        *CONVENTION_FACTS,
        Column(
            name="change_number",
            type=pa.int32(),
            about="Changes of the convention's regime on this day so far, this one included.",
            at_least=1,
        ),
        category("regime_from", "The last known regime before.", one_of=REGIMES),
        category("regime_to", "The regime from this window on.", one_of=REGIMES),
        category("magnitude", "Size of |net_gex| by the convention's thresholds.", one_of=MAGNITUDES),
        NET_GEX,
        replace(NET_GEX, name="net_gex_before", about="net_gex in the last window of the regime before."),
        REFERENCE_PRICE,
        replace(REFERENCE_PRICE, name="reference_price_before", about="reference_price in the last window of the regime before."),
        ZERO_GAMMA,
        CONFIDENCE,
        _seconds("seconds_since_change", "Time since the change before, or since the day's first window with a regime."),
        _seconds("seconds_unknown", "Time covered by windows without a regime since the last window of the regime before."),
        category(
            "unknown_reason",
            "Why the regime was unknown in the last of these windows; NULL where there are none.",
            one_of=REASONS,
            nullable=True,
        ),
    ),
)
