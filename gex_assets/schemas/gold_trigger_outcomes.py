"""Schema of `gold_trigger_outcomes`: what the price did at a level after touching it. It looks ahead; no feature may read it."""

from __future__ import annotations

from typing import Final

import pyarrow as pa

from gex_assets.schemas.columns import category, flag, moment_ns, number
from gex_assets.schemas.gold_trigger_vectors import trigger_key
from gex_assets.schemas.table import Column, Table

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
"""A touch counts within twelve minutes of the trigger."""

TOUCH_TICKS: Final = 1
HIT_TICKS: Final = 8


def _outcomes() -> tuple[Column, ...]:
    return tuple(
        category(
            f"outcome_{bar}",
            f"Outcome {2 * bar} minutes after the touch: BREAK if only {HIT_TICKS} ticks beyond the level were hit, "
            f"REJECT if only {HIT_TICKS} ticks back, WHIPSAW if both, CHOP if neither, NO_TOUCH without a touch; "
            "NULL if the observation ended before.",
            one_of=OUTCOMES,
            nullable=True,
        )
        for bar in range(1, BARS + 1)
    )


def _turned_back() -> tuple[Column, ...]:
    return tuple(
        number(
            f"turned_back_{bar}",
            f"(touch_offset_ticks - the distance ahead at the first hit, or {2 * bar} minutes after the touch if that is earlier)"
            f" / {2 * HIT_TICKS}, of mids: above 0 the price turned back; mean 0 without drift. NULL as touch_offset_ticks, from "
            f"{HIT_TICKS} ticks beyond at the touch on, without a two-sided book then, or if the observation ended before.",
        )
        for bar in range(1, BARS + 1)
    )


GOLD_TRIGGER_OUTCOMES: Final = Table(
    name="gold_trigger_outcomes",
    layer="gold",
    about="What happened after each trigger: whether the price touched the level, and where it went from there.",
    for_whom="models and queries that predict or count outcomes",
    key=("ts_window_end", "convention", "level_id"),
    version="2",
    kinds=("parquet", "numba"),
    columns=(
        *trigger_key(),
        category(
            "price_source",
            "The prices observed: trades of the underlying future, else the reference price once a window.",
            one_of=PRICE_SOURCES,
        ),
        moment_ns(
            "ts_touch",
            "Moment of the touch: the first price within 1 tick of the level, or across it, within 12 minutes; NULL without.",
            nullable=True,
        ),
        number(
            "touch_offset_ticks",
            "Distance of the future's mid ahead of the level at the touch, negative before it; NULL without a touch, without a "
            "two-sided book then, and where the reference price was observed.",
            "ticks",
        ),
        *_outcomes(),
        *_turned_back(),
        flag("censored", "Whether the session or the file ended before the 12 minutes for a touch, or the sixth bar, were over."),
        Column(
            name="bars_observed",
            type=pa.int8(),
            about="Bars of 2 minutes after the touch that ended before the observation did; NULL without a touch.",
            unit="bars",
            nullable=True,
            at_least=0,
            at_most=BARS,
        ),
        moment_ns(
            "ts_first_hit",
            f"Moment of the first price {HIT_TICKS} ticks from the level, within 6 bars of the touch; NULL without.",
            nullable=True,
        ),
        category("first_hit", "Side of the level of the first hit; NULL without a hit.", one_of=HIT_SIDES, nullable=True),
        moment_ns(
            "ts_second_hit",
            f"Moment of the first price {HIT_TICKS} ticks from the level on the other side, within 6 bars of the touch.",
            nullable=True,
        ),
        number(
            "mfe_ticks",
            "Greatest distance beyond the level within 6 bars of the touch; 0 where never beyond, NULL without a touch.",
            "ticks",
            at_least=0.0,
        ),
        number(
            "mae_ticks",
            "Greatest distance back from the level within 6 bars of the touch; 0 where never back, NULL without a touch.",
            "ticks",
            at_least=0.0,
        ),
    ),
)
