"""Schema of `gold_vector_dictionary`: the name of every element of a trigger vector, the same on every day of a version."""

from __future__ import annotations

from typing import Final

import pyarrow as pa

from gex_assets.schemas.table import CATEGORY, Column, Table
from gex_assets.schemas.vector_layout import BLOCKS, SOURCES, VECTOR_VERSION

__all__ = ["GOLD_VECTOR_DICTIONARY"]

GOLD_VECTOR_DICTIONARY: Final = Table(
    name="gold_vector_dictionary",
    layer="gold",
    about="Which feature, over which look-back and from which table, stands at each place of a trigger vector.",
    key=("vector_version", "index"),
    version=f"1.{VECTOR_VERSION}",
    columns=(
        Column(name="vector_version", type=pa.int32(), about="which order the elements have", at_least=1),
        Column(name="index", type=pa.int32(), about="place in the vector, from 0; SQL's lists begin with 1", at_least=0),
        Column(name="name", type=pa.string(), about="the element's name: its feature and its block"),
        Column(
            name="block",
            type=CATEGORY,
            about="now, mean over n windows, or mean step (x_t - x_{t-n+1})/(n-1) over n windows",
            one_of=BLOCKS,
        ),
        Column(
            name="source", type=CATEGORY, about="the feature's table; cross where options, future and level meet", one_of=SOURCES
        ),
        Column(name="feature", type=pa.string(), about="the feature's name in its table"),
    ),
)
