"""`gold_vector_dictionary`: the frozen order of a trigger vector's elements as rows."""

from __future__ import annotations

import pyarrow as pa

from gex_assets.schemas.gold_vector_dictionary import GOLD_VECTOR_DICTIONARY
from gex_assets.schemas.vector_layout import VECTOR_VERSION, elements

__all__ = ["vector_dictionary"]


def vector_dictionary() -> pa.Table:
    """One row per element, in order."""
    rows = [{"vector_version": VECTOR_VERSION, "index": index, **one._asdict()} for index, one in enumerate(elements())]
    return pa.Table.from_pylist(rows, schema=GOLD_VECTOR_DICTIONARY.arrow_schema())
