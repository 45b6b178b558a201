"""Schema of `gold_trigger_vectors`: one row per moment at which the price approaches a level that is near, with its vector.

Beside the key stand the columns by which a trigger is recognized; its outcome is another table's (`gold_trigger_outcomes`).
"""

from __future__ import annotations

from typing import Final

import pyarrow as pa

from gex_assets.schemas.book_columns import SESSION_DATE
from gex_assets.schemas.table import CATEGORY, Column, Table, moment_ns, window_end
from gex_assets.schemas.vector_layout import VECTOR_LENGTH

__all__ = ["GOLD_TRIGGER_VECTORS", "LEVEL_IDS", "NO_CONVENTION", "REACH_TICKS", "STRIKE_LEVELS", "VECTOR", "trigger_key"]

STRIKE_LEVELS: Final = ("strike_above", "strike_below")
"""Levels that every convention sees alike; their rows carry `NO_CONVENTION`."""

LEVEL_IDS: Final = (*STRIKE_LEVELS, "call_wall", "put_wall", "zero_gamma", "secondary_call_wall", "secondary_put_wall")

NO_CONVENTION: Final = "none"

REACH_TICKS: Final = 20
"""How near a level must be."""

VECTOR: Final = pa.list_(pa.field("item", pa.float32(), nullable=True), VECTOR_LENGTH)


def trigger_key() -> tuple[Column, ...]:
    """The columns that name a trigger, in both tables."""
    return (
        window_end("end of the window in which the level is approached"),
        Column(
            name="convention", type=CATEGORY, about="whose level it is; none for strike levels, which belong to no convention"
        ),
        Column(name="level_id", type=CATEGORY, about="which level is approached", one_of=LEVEL_IDS),
        SESSION_DATE,
        Column(name="underlying", type=CATEGORY, about="the future whose price approaches, e.g. ESH6"),
        Column(name="level", type=pa.float64(), about="the level", unit="index points"),
        Column(
            name="approach_dir",
            type=pa.int8(),
            about="1 where the price rises towards a level above, -1 where it falls towards one below",
            unit="1",
            at_least=-1,
            at_most=1,
        ),
        Column(
            name="episode_id", type=CATEGORY, about="convention, level and first window of the triggers that follow one another"
        ),
    )


GOLD_TRIGGER_VECTORS: Final = Table(
    name="gold_trigger_vectors",
    layer="gold",
    about=(
        "Windows in which the reference price is within 20 ticks of a level and moves towards it, each with a vector of what "
        "options and futures say by then."
    ),
    key=("ts_window_end", "convention", "level_id"),
    columns=(
        *trigger_key(),
        moment_ns("ts_episode_start", "end of the window of the episode's first trigger"),
        Column(
            name="convention_version",
            type=pa.int32(),
            about="version of the convention; NULL for strike levels",
            nullable=True,
            at_least=1,
        ),
        Column(
            name="weight_used",
            type=CATEGORY,
            about="the weight its levels were made with this day; NULL for strike levels",
            nullable=True,
        ),
        Column(
            name="reference_price",
            type=pa.float64(),
            about="the price that approaches: that of silver_gex; without options the future's mid",
            unit="index points",
        ),
        Column(
            name="distance_ticks",
            type=pa.float64(),
            about="level less reference price",
            unit="ticks",
            at_least=-REACH_TICKS,
            at_most=REACH_TICKS,
        ),
        Column(name="has_option", type=pa.bool_(), about="silver_gex has a row with a reference price in this window"),
        Column(name="has_future", type=pa.bool_(), about="silver_vacuum has a row with a reference price in this window"),
        Column(name="vector_version", type=pa.int32(), about="which order the elements have", at_least=1),
        Column(
            name="vector",
            type=VECTOR,
            about="the elements that gold_vector_dictionary names, in its order; NULL where missing, never 0",
        ),
    ),
)
