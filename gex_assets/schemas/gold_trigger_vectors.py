"""Schema of `gold_trigger_vectors`: one row per window and near level that the price approaches, with a vector of features.

The columns of `trigger_key` identify a trigger; its outcome is in another table, `gold_trigger_outcomes`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import pyarrow as pa

from gex_assets.schemas.columns import (
    CONVENTION_VERSION,
    SESSION_DATE,
    WEIGHT_USED,
    category,
    flag,
    moment_ns,
    window_end,
)
from gex_assets.schemas.table import Column, Table
from gex_assets.schemas.vector_layout import VECTOR_LENGTH

__all__ = [
    "GOLD_TRIGGER_VECTORS",
    "LEVEL_IDS",
    "NO_CONVENTION",
    "REACH_TICKS",
    "STRIKE_LEVELS",
    "VECTOR",
    "VECTOR_VERSION_COLUMN",
    "trigger_key",
]

STRIKE_LEVELS: Final = ("strike_above", "strike_below")
"""Levels that are the same for every convention; their rows carry `NO_CONVENTION`."""

LEVEL_IDS: Final = (*STRIKE_LEVELS, "call_wall", "put_wall", "zero_gamma", "secondary_call_wall", "secondary_put_wall")

NO_CONVENTION: Final = "none"

REACH_TICKS: Final = 20
"""Greatest distance of a level from the price. [ticks]"""

VECTOR_VERSION_COLUMN: Final = Column(
    name="vector_version", type=pa.int32(), about="Version of the elements' names and order.", at_least=1
)

VECTOR: Final = pa.list_(pa.field("item", pa.float32(), nullable=True), VECTOR_LENGTH)


def trigger_key() -> tuple[Column, ...]:
    """The columns that identify a trigger, in both tables."""
    return (
        window_end("End of the window in which the price approaches the level."),
        category("convention", "The convention that the level belongs to; none for strike levels, which no convention changes."),
        category("level_id", "Which level is approached.", one_of=LEVEL_IDS),
        SESSION_DATE,
        category("underlying", "The future whose price approaches the level, e.g. ESH6."),
        Column(name="level", type=pa.float64(), about="Price of the level.", unit="index points"),
        Column(
            name="approach_dir",
            type=pa.int8(),
            about="1 where the price rises towards a level above, -1 where it falls towards one below.",
            unit="1",
            at_least=-1,
            at_most=1,
        ),
        category(
            "episode_id",
            "Convention, level and first window of an episode: triggers of one level in consecutive windows.",
        ),
    )


GOLD_TRIGGER_VECTORS: Final = Table(
    name="gold_trigger_vectors",
    layer="gold",
    about=(
        "Windows in which the price is within 20 ticks of a level and moves towards it; "
        "each has a vector of features of options and futures known by then."
    ),
    key=("ts_window_end", "convention", "level_id"),
    version="2",
    for_whom="models that learn from triggers",
    columns=(
        *trigger_key(),
        moment_ns("ts_episode_start", "End of the window of the episode's first trigger."),
        replace(CONVENTION_VERSION, about="Version of the convention; NULL for strike levels.", nullable=True),
        replace(
            WEIGHT_USED,
            about="The weight that the convention chose for this day; NULL where there is none and for strike levels.",
        ),
        Column(
            name="reference_price",
            type=pa.float64(),
            about="The price that approaches: the front selected expiration's reference price; without options the future's mid.",
            unit="index points",
        ),
        Column(
            name="distance_ticks",
            type=pa.float64(),
            about="Level less reference_price.",
            unit="ticks",
            at_least=-REACH_TICKS,
            at_most=REACH_TICKS,
        ),
        flag("has_option", "Whether silver_gex has a row of this future with a reference price in this window."),
        flag("has_future", "Whether silver_vacuum has a row of this future with a reference price in this window."),
        VECTOR_VERSION_COLUMN,
        Column(
            name="vector",
            type=VECTOR,
            about="The elements that gold_vector_dictionary names, in its order; a missing element is NULL, never 0.",
        ),
    ),
)
