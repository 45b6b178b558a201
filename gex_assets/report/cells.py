"""Values of a query's answer as cells for people: moments in UTC, numbers to the digits that they have, nothing that steers.

A column with a standard error next to it (`net_gex` and `net_gex_se`) is shown to two digits of that error. Other numbers have
six digits, and whole ones all of theirs.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final

import pyarrow as pa

from gex_assets.escaping import visible

__all__ = ["cells_of", "moment", "number", "plain", "rounded"]

_NANOSECONDS: Final = {"s": 10**9, "ms": 10**6, "us": 1_000, "ns": 1}
_MOMENT_NAME: Final = re.compile(r"(?:^|\W)ts_\w+|\w_ts\b")
_EARLIEST_NS, _LATEST_NS = 946_684_800 * 10**9, 4_102_444_800 * 10**9
"""Years 2000 and 2100: integers between them may be moments."""

_DIGITS: Final = 6
_MOST_LETTERS: Final = 10_000
"""Of a longer text only the beginning is shown."""


def cells_of(answer: pa.Table) -> list[list[str]]:
    """The cells of every column, as text in one line each; NULL where there is no value."""
    values = {name: answer.column(at) for at, name in enumerate(answer.column_names)}
    return [_column(answer, at, _errors(answer, at, values)) for at in range(answer.num_columns)]


def _column(answer: pa.Table, at: int, errors: Sequence[Any] | None) -> list[str]:
    name, column = answer.column_names[at], answer.column(at)
    if pa.types.is_timestamp(column.type):
        scale, zone = _NANOSECONDS[column.type.unit], "" if column.type.tz is None else "Z"
        return [_known(value, lambda one: moment(one * scale) + zone) for value in _integers(column)]
    if pa.types.is_int64(column.type) and _are_moments(name, column):
        return [_known(value, lambda one: moment(one) + "Z") for value in column.to_pylist()]
    if errors is not None:
        return [
            _known(value, lambda one, error=error: rounded(one, error))
            for value, error in zip(column.to_pylist(), errors, strict=True)
        ]
    return [_known(value, _text) for value in _pylist(column)]


def _are_moments(name: str, column: pa.ChunkedArray) -> bool:
    """Whether integers are moments [UNIX ns]: by name, or, under another name, because all fit a microsecond."""
    known = [value for value in column.to_pylist() if value is not None]
    if not known or not all(_EARLIEST_NS <= value <= _LATEST_NS for value in known):
        return False
    return bool(_MOMENT_NAME.search(name)) or all(value % 1_000 == 0 for value in known)


def _errors(answer: pa.Table, at: int, values: dict[str, pa.ChunkedArray]) -> list[float | None] | None:
    """The standard errors of a column of floats, by name; those of the error itself and of a band are the same."""
    name = answer.column_names[at]
    if not pa.types.is_floating(answer.schema.field(at).type) or answer.column_names.count(name) > 1:
        return None
    base = re.sub(r"_(?:se|error|low|high)$", "", name)
    error = values.get(f"{base}_se", values.get(f"{base}_error"))
    if error is None or not pa.types.is_floating(error.type):
        return None
    known: list[float | None] = error.to_pylist()
    low, high = values.get(f"{base}_low"), values.get(f"{base}_high")
    if low is None or high is None:
        return known
    halves = [None if a is None or b is None else (b - a) / 2.0 for a, b in zip(low.to_pylist(), high.to_pylist(), strict=True)]
    return [max((one for one in pair if one is not None), default=None) for pair in zip(known, halves, strict=True)]


def _known(value: Any, text: Any) -> str:
    return "NULL" if value is None else str(text(value))


def _integers(column: pa.ChunkedArray) -> list[int | None]:
    """Moments as integers of their own unit: Python's have no nanoseconds."""
    return [value for chunk in column.chunks for value in chunk.view(pa.int64()).to_pylist()]


def _pylist(column: pa.ChunkedArray) -> list[Any]:
    try:
        values: list[Any] = column.to_pylist()
    except (ValueError, OverflowError, pa.ArrowException):  # moments inside lists, which Python cannot hold
        values = [str(value) if value.is_valid else None for chunk in column.chunks for value in chunk]
    return values


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return number(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{visible(str(name))}: {_inner(one)}" for name, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_inner(one) for one in value) + "]"
    return visible(str(plain(value))[:_MOST_LETTERS])


def _inner(value: Any) -> str:
    return _known(value, _text)


def moment(ns: int) -> str:
    """A moment in UTC, to the fraction of a second that it has.

    Examples
    --------
    >>> moment(1_767_709_800_000_000_000), moment(1_767_709_800_250_000_000)
    ('2026-01-06 14:30:00', '2026-01-06 14:30:00.25')
    """
    seconds, rest = divmod(ns, 10**9)
    try:
        whole = (datetime(1970, 1, 1) + timedelta(seconds=seconds)).isoformat(sep=" ")  # noqa: DTZ001 (UTC is written behind it)
    except OverflowError:
        return f"{seconds} s"
    return f"{whole}.{rest:09d}".rstrip("0") if rest else whole


def number(value: float) -> str:
    """A number of six digits, or of all its whole ones.

    Examples
    --------
    >>> number(6012.25), number(0.0123456789), number(-252403112.4), number(0.0), number(2.5e-9)
    ('6,012.25', '0.0123457', '-252,403,112', '0', '2.5e-09')
    """
    if not math.isfinite(value):
        return str(value)
    size = abs(value)
    if size == 0.0:
        return "0"
    if size >= 1e15 or size < 1e-5:
        return f"{value:.{_DIGITS}g}"
    decimals = max(_DIGITS - 1 - math.floor(math.log10(size)), 0)
    text = f"{value:,.{decimals}f}"
    return text.rstrip("0").rstrip(".") if decimals else text


def rounded(value: float, error: float | None) -> str:
    """A number to two digits of its error, and to no more than `number` shows; without an error, as `number`.

    Examples
    --------
    >>> rounded(252_403_112.4, 1_234_567.0), rounded(6153.4812, 0.61), rounded(0.2, None)
    ('252,400,000', '6,153.48', '0.2')
    """
    if error is None or not math.isfinite(value) or not math.isfinite(error) or error <= 0.0:
        return number(value)
    decimals = 1 - math.floor(math.log10(error))
    if value:
        decimals = min(decimals, max(_DIGITS - 1 - math.floor(math.log10(abs(value))), 0))
    return f"{round(value, decimals):,.{max(decimals, 0)}f}"


def plain(value: Any) -> Any:
    """A value as JSON and CSV can hold it: moments in ISO 8601, bytes in hexadecimal digits, no NaN."""
    if isinstance(value, date | datetime | time):
        return value.isoformat()
    if isinstance(value, float):
        return float(f"{value:.10g}") if math.isfinite(value) else None
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {str(name): plain(item) for name, item in value.items()}
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value if value is None or isinstance(value, str | int) else str(value)
