"""Schema of `gold_vector_dictionary`: the name of every element of a trigger vector, the same on every day of a version."""

from __future__ import annotations

from typing import Final

import pyarrow as pa

from gex_assets.schemas.columns import category
from gex_assets.schemas.gold_trigger_vectors import VECTOR_VERSION_COLUMN
from gex_assets.schemas.table import Column, Table
from gex_assets.schemas.vector_layout import BLOCKS, SOURCES, VECTOR_VERSION

__all__ = ["GOLD_VECTOR_DICTIONARY"]

GOLD_VECTOR_DICTIONARY: Final = Table(
    name="gold_vector_dictionary",
    layer="gold",
    about="One element of the trigger vector: its place, its feature, its look-back and the table that it comes from.",
    for_whom="models and queries that pick elements of a vector by name",
    key=("vector_version", "index"),
    version=f"1.{VECTOR_VERSION}",
    columns=(
        VECTOR_VERSION_COLUMN,
        Column(name="index", type=pa.int32(), about="Place in the vector, from 0; lists in SQL begin with 1.", at_least=0),
        Column(name="name", type=pa.string(), about="The element's name: feature_block."),
        category(
            "block",
            "The value now, its mean over n windows, or its mean step (x_t - x_{t-n+1})/(n-1) over n windows.",
            one_of=BLOCKS,
        ),
        category("source", "The feature's table; cross for features of level, options and future together.", one_of=SOURCES),
        Column(name="feature", type=pa.string(), about="The feature's name in its table."),
    ),
)
