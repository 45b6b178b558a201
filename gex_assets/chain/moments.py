"""Moments as callers give them: dates, timestamps with or without a zone, ISO 8601 texts, UNIX nanoseconds."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from gex_assets.errors import ChainError
from gex_assets.market.expirations import expiration_ns
from gex_assets.time_units import MICROSECOND_NS

__all__ = ["moment_ns", "moments_ns"]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def moments_ns(column: pa.Array) -> NDArray[np.int64]:
    """UNIX ns UTC of every value of a column of expirations.

    A date, and a midnight without a zone, is the close of that day: 15:00 in Chicago, 12:00 where the exchanges close early.
    Other moments without a zone are UTC. Whole numbers are UNIX ns.

    Raises
    ------
    ChainError
        A value is missing or is no moment.
    """
    if pc.is_null(column).to_pylist().count(True):
        raise ChainError("Expected a moment in every row of column expiration, was NULL")
    if pa.types.is_integer(column.type):
        return np.asarray(column.to_pylist(), dtype=np.int64)
    if pa.types.is_timestamp(column.type):
        zone = column.type.tz
        column = pc.cast(column, pa.timestamp("us", tz=zone), safe=False)
    each = column.unique().to_pylist()
    known = {value: _close_or_moment(value) for value in each}
    return np.array([known[value] for value in column.to_pylist()], dtype=np.int64)


def moment_ns(value: datetime | int | str) -> int:
    """UNIX ns UTC of one moment; without a zone it is UTC.

    Raises
    ------
    ChainError
        The value is no moment, or a date without a time of day.
    """
    if isinstance(value, bool) or (isinstance(value, date) and not isinstance(value, datetime)):
        raise ChainError(f"Expected a moment with a time of day, was {value!r}")
    if isinstance(value, int | np.integer):
        return int(value)
    if isinstance(value, str):
        value = _parsed(value)
    if not isinstance(value, datetime):
        raise ChainError(f"Expected a moment (datetime, ISO string or UNIX ns), was {type(value).__name__}")
    moment = value if value.tzinfo is not None else value.replace(tzinfo=UTC)
    since = moment - _EPOCH
    return ((since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds) * MICROSECOND_NS


def _close_or_moment(value: object) -> int:
    if isinstance(value, str):
        value = _parsed(value)
    if isinstance(value, datetime):
        if value.tzinfo is not None or value.time() != time(0):
            return moment_ns(value)
        value = value.date()
    if isinstance(value, date):
        return expiration_ns(value, "pm")
    raise ChainError(f"Expected dates or moments in column expiration, was {value!r}")


def _parsed(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise ChainError(f"Expected a moment in ISO 8601, was {text!r}") from error
