"""Which rows and columns of a table are wanted, checked against the table's schema."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches
from typing import Any

import numpy as np
import pyarrow as pa

from gex_assets.errors import LakeError
from gex_assets.schemas.table import Table
from gex_assets.time_units import DAY_NS, midnight_ns

__all__ = ["RowQuery"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RowQuery:
    """What is wanted of a table.

    Attributes
    ----------
    columns : names in the order wanted; all of the schema by default.
    moment : the column that `since`, `until` and `every_ns` look at; None for a table without one.
    since_ns, until_ns : moments wanted: since <= moment < until. [UNIX ns UTC]
    every_ns : only moments that are whole multiples of it. [ns]
    equal : column -> the words wanted.
    between : column -> the least and the largest number wanted, both included; those of an integer column become integers.

    Raises
    ------
    LakeError
        A column is not one of the table's, or a condition does not suit the column's type.
    """

    table: Table
    columns: tuple[str, ...] = ()
    moment: str | None = None
    since_ns: int | None = None
    until_ns: int | None = None
    every_ns: int | None = None
    equal: Mapping[str, frozenset[str]] = field(default_factory=dict)
    between: Mapping[str, tuple[float, float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _refuse_unknown(self.table, [*self.columns, *self.equal, *self.between, *([] if self.moment is None else [self.moment])])
        if self.moment is None and (self.since_ns, self.until_ns, self.every_ns) != (None, None, None):
            raise LakeError(f"Expected no range of moments for {self.table.name}, which has no moments, was one")
        if len(set(self.columns)) != len(self.columns):
            raise LakeError(f"Expected each column once, was {list(self.columns)}")
        types = {column.name: column.type for column in self.table.columns}
        for name in self.equal:
            if not (pa.types.is_dictionary(types[name]) or pa.types.is_string(types[name])):
                raise LakeError(f"Expected words to compare with in {self.table.name}.{name}, was a column of {types[name]}")
        for name in self.between:
            if not (pa.types.is_floating(types[name]) or pa.types.is_integer(types[name])):
                raise LakeError(f"Expected numbers to compare with in {self.table.name}.{name}, was a column of {types[name]}")
        bounds = {name: _bounds(name, pair, types[name]) for name, pair in self.between.items()}
        object.__setattr__(self, "between", bounds)

    def may_hold(self, day: date) -> bool:
        """Whether a UTC date may hold moments that are wanted; the last window of a date ends at the next midnight."""
        start = midnight_ns(day)
        if self.since_ns is not None and start + DAY_NS < self.since_ns:
            return False
        return self.until_ns is None or start < self.until_ns

    @property
    def names(self) -> tuple[str, ...]:
        """Columns of the answer."""
        return self.columns or self.table.column_names

    @property
    def tested(self) -> tuple[str, ...]:
        """Columns that conditions look at."""
        of_moment = self.moment is not None and (self.since_ns, self.until_ns, self.every_ns) != (None, None, None)
        return tuple(dict.fromkeys([*([self.moment] if of_moment and self.moment else []), *self.equal, *self.between]))


def _bounds(name: str, pair: tuple[Any, Any], kind: pa.DataType) -> tuple[float, float]:
    """Both bounds in the column's type: 19 digits are no floating-point number, and no integer lies below 2.5 and above 2."""
    for bound in pair:
        if not isinstance(bound, (int, float, np.integer, np.floating)) or isinstance(bound, bool) or bound != bound:  # noqa: PLR0124 (NaN)
            raise LakeError(f"{name}: Expected a pair of numbers (least, largest), was {pair!r}")
    low, high = (one.item() if isinstance(one, np.generic) else one for one in pair)
    if low > high:
        raise LakeError(f"{name}: Expected the least number before the largest, was {low} before {high}: exchange them")
    if not pa.types.is_integer(kind):
        return float(low), float(high)
    signed = pa.types.is_signed_integer(kind)
    least, most = (-(2 ** (kind.bit_width - 1)), 2 ** (kind.bit_width - 1) - 1) if signed else (0, 2**kind.bit_width - 1)
    if low > most or high < least:
        return most, least  # which no value meets
    return least if low < least else math.ceil(low), most if high > most else math.floor(high)


def _refuse_unknown(table: Table, names: Sequence[str]) -> None:
    for name in names:
        if name not in table.column_names:
            near = get_close_matches(name, table.column_names, n=3)
            hint = f": did you mean {' or '.join(near)}?" if near else ""
            raise LakeError(f"Expected columns of {table.name}, was {name!r}{hint}")
