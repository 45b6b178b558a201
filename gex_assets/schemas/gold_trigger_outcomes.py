"""Schema of `gold_trigger_outcomes`: what the price did at a level after it was touched. It looks ahead; no feature may."""

from __future__ import annotations

from typing import Final

import pyarrow as pa

from gex_assets.schemas.gold_trigger_vectors import trigger_key
from gex_assets.schemas.table import CATEGORY, Column, Table, moment_ns

__all__ = [
    "BARS",
    "BAR_NS",
    "GOLD_TRIGGER_OUTCOMES",
    "HIT_SIDES",
    "HIT_TICKS",
    "OUTCOMES",
    "PRICE_SOURCES",
    "TOUCH_TICKS",
    "WAIT_NS",
]

OUTCOMES: Final = ("NO_TOUCH", "CHOP", "BREAK", "REJECT", "WHIPSAW")
"""Their positions are the codes that the kernel writes."""

HIT_SIDES: Final = ("beyond", "back")
PRICE_SOURCES: Final = ("future_trades", "reference_price")

BARS: Final = 6
BAR_NS: Final = 120_000_000_000
"""A bar lasts two minutes."""

WAIT_NS: Final = 720_000_000_000
"""A touch is waited for twelve minutes."""

TOUCH_TICKS: Final = 1
HIT_TICKS: Final = 8


def _outcomes() -> tuple[Column, ...]:
    return tuple(
        Column(
            name=f"outcome_{bar}",
            type=CATEGORY,
            about=(
                f"within {2 * bar} minutes of the touch: BREAK only {HIT_TICKS} ticks beyond the level was hit, REJECT only "
                f"{HIT_TICKS} ticks back, WHIPSAW both, CHOP neither; NO_TOUCH; NULL where the observation ended before"
            ),
            nullable=True,
            one_of=OUTCOMES,
        )
        for bar in range(1, BARS + 1)
    )


GOLD_TRIGGER_OUTCOMES: Final = Table(
    name="gold_trigger_outcomes",
    layer="gold",
    about="What happened after each trigger: whether the level was touched, and where the price went from there.",
    key=("ts_window_end", "convention", "level_id"),
    kinds=("parquet", "numba"),
    columns=(
        *trigger_key(),
        Column(
            name="price_source",
            type=CATEGORY,
            about="what the outcome was seen in: trades of the underlying future, else the reference price, once a window",
            one_of=PRICE_SOURCES,
        ),
        moment_ns(
            "ts_touch", "first price within 1 tick of the level, or across it, within 12 minutes; NULL without", nullable=True
        ),
        *_outcomes(),
        Column(
            name="censored",
            type=pa.bool_(),
            about="the session or the file ended before the touch was waited for or before the sixth bar was over",
        ),
        Column(
            name="bars_observed",
            type=pa.int8(),
            about="bars after the touch that were over before the observation ended; NULL without a touch",
            unit="bars",
            nullable=True,
            at_least=0,
            at_most=BARS,
        ),
        moment_ns("ts_first_hit", f"first price {HIT_TICKS} ticks from the level after the touch, within 6 bars", nullable=True),
        Column(name="first_hit", type=CATEGORY, about="on which side of the level", nullable=True, one_of=HIT_SIDES),
        moment_ns("ts_second_hit", f"first price {HIT_TICKS} ticks from it on the other side, within 6 bars", nullable=True),
        Column(
            name="mfe_ticks",
            type=pa.float64(),
            about="farthest beyond the level from the touch on, within 6 bars; 0 where never beyond, NULL without a touch",
            unit="ticks",
            nullable=True,
            at_least=0.0,
        ),
        Column(
            name="mae_ticks",
            type=pa.float64(),
            about="farthest back from the level from the touch on, within 6 bars; 0 where never back, NULL without a touch",
            unit="ticks",
            nullable=True,
            at_least=0.0,
        ),
    ),
)
