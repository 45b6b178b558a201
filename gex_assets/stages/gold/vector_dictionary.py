"""`gold_vector_dictionary`: the elements of a trigger vector as rows, in their fixed order."""

from __future__ import annotations

import pyarrow as pa

from gex_assets.schemas.gold_vector_dictionary import GOLD_VECTOR_DICTIONARY
from gex_assets.schemas.vector_layout import VECTOR_VERSION, Element, elements

__all__ = ["vector_dictionary"]


def vector_dictionary() -> pa.Table:
    """One row per element, in order."""
    columns = dict(zip(Element._fields, zip(*elements(), strict=True), strict=True))
    length = len(elements())
    numbers = {"vector_version": [VECTOR_VERSION] * length, "index": range(length)}
    return pa.table(numbers | columns, schema=GOLD_VECTOR_DICTIONARY.arrow_schema())
