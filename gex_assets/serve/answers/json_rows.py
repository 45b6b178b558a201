"""Rows of an Arrow table as JSON text, column by column and compiled.

NaN and infinities are no JSON: they are null, as what is missing. Moments are strings, because integers of 19 digits lose their
last three in JavaScript: ISO 8601 in UTC, or their nanoseconds.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any, Final, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["MOMENT_UNIT", "Times", "iso_moments", "json_rows", "plain_json"]

Times = Literal["iso", "ns"]
MOMENT_UNIT: Final = "UNIX ns UTC"
_NULL: Final = "null"
_SHORT_FRACTION: Final = ".000000000Z"


def json_rows(rows: pa.Table, *, units: Mapping[str, str], times: Times) -> str:
    """The rows as a JSON array of objects.

    Parameters
    ----------
    units : column -> its unit, by which moments are known.
    times : form of moments.
    """
    if not rows.num_rows:
        return "[]"
    parts: list[Any] = []
    for place, name in enumerate(rows.column_names):
        parts += [
            pa.scalar(("{" if place == 0 else ",") + json.dumps(name) + ":"),
            _texts(rows[name], units.get(name, ""), times),
        ]
    lines = pc.binary_join_element_wise(*parts, pa.scalar("}"), "", null_handling="replace", null_replacement=_NULL)
    return "[" + ",\n".join(lines.to_pylist()) + "]"


def plain_json(value: Any) -> str:
    """A plain value as JSON: null for NaN and infinities, wherever they stand."""
    return json.dumps(_finite(value), ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def iso_moments(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """Moments in ISO 8601, in UTC, with a fraction only where there is one.

    Parameters
    ----------
    values : int64. [UNIX ns UTC]
    """
    texts = pc.strftime(values.cast(pa.timestamp("ns")), format="%Y-%m-%dT%H:%M:%SZ")
    # strftime writes nine decimals of the seconds
    return pc.replace_substring(texts, pattern=_SHORT_FRACTION, replacement="Z")


def _texts(values: pa.ChunkedArray, unit: str, times: Times) -> pa.ChunkedArray:
    """A column as JSON texts; NULL stays NULL."""
    kind = values.type
    if pa.types.is_int64(kind) and unit == MOMENT_UNIT:
        return _quoted(iso_moments(values) if times == "iso" else values.cast(pa.string()))
    if pa.types.is_floating(kind):
        finite = pc.if_else(pc.is_finite(values), values, pa.scalar(None, kind))
        return finite.cast(pa.string())
    if pa.types.is_integer(kind):
        return values.cast(pa.string())
    if pa.types.is_boolean(kind):
        return pc.if_else(values, "true", "false")
    if pa.types.is_date(kind):
        return _quoted(values.cast(pa.string()))
    if pa.types.is_dictionary(kind):
        return _words(values)
    return pa.chunked_array([[None if value is None else plain_json(_plain(value)) for value in values.to_pylist()]], pa.string())


def _quoted(texts: pa.ChunkedArray) -> pa.ChunkedArray:
    """Texts that need no escapes, in quotes; NULL stays NULL."""
    quote = pa.scalar('"')
    return pc.binary_join_element_wise(quote, texts, quote, "", null_handling="emit_null")


def _words(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """Dictionary-coded words: each is escaped once."""
    chunks = []
    for chunk in values.chunks:
        words = pa.array([None if word is None else json.dumps(word) for word in chunk.dictionary.to_pylist()], pa.string())
        chunks.append(words.take(chunk.indices))
    return pa.chunked_array(chunks, pa.string())


def _plain(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value


def _finite(value: Any) -> Any:
    if isinstance(value, float | np.floating):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): _finite(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(one) for one in value]
    return value
