"""Checks of row order and of unique keys, over batches in file order.

`OrderJudge` is for tables ordered over all their rows, `StretchJudge` for order tables.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from gex_assets.errors import LakeError
from gex_assets.lake.stored import STRETCH_RECORDS
from gex_assets.schemas.table import Table

__all__ = ["OrderJudge", "StretchJudge", "comparable", "order_judge"]

_GROUP_COLUMNS: Final = ("underlying", "symbol")
"""A row group of an order table holds one value of the first of these columns that the table has."""


def order_judge(table: Table) -> OrderJudge | StretchJudge:
    """The judge that fits the table.

    Raises
    ------
    LakeError
        The table's schema states neither an order over all rows nor the form of an order table.
    """
    if table.ordered_across_groups and set(table.row_order) <= set(table.key):
        return OrderJudge(table)
    if table.key == ("record_index",):
        return StretchJudge(table)
    raise LakeError(f"Expected {table.name} to be ordered across row groups or keyed by record_index, was keyed by {table.key}")


class OrderJudge:
    """Checks that rows strictly increase by `Table.row_order`, also from one batch to the next. So every key is unique."""

    columns: tuple[str, ...]

    def __init__(self, table: Table) -> None:
        self.columns = table.row_order
        self._table = table
        self._last: tuple[Any, ...] | None = None
        self._backward = _Breaches()
        self._twice = _Breaches()

    def see(self, rows: pa.Table) -> None:
        """Check the next rows. A batch with NULL in an ordering column is skipped: the check of NULL reports it."""
        if rows.num_rows == 0 or any(rows.column(name).null_count for name in self.columns):
            return
        first = self._row(rows, 0)
        if self._last is not None and not self._last < first:
            (self._twice if self._last == first else self._backward).add(1, (self._last, first))
        less, equal = _compared_with_next([comparable(rows.column(name)) for name in self.columns])
        backward = ~(less | equal)
        for breaches, mask in ((self._twice, equal), (self._backward, backward)):
            if mask.any():
                at = int(np.argmax(mask))
                breaches.add(int(mask.sum()), (self._row(rows, at), self._row(rows, at + 1)))
        self._last = self._row(rows, rows.num_rows - 1)

    def forget(self) -> None:
        """Let the next batch begin anywhere."""
        self._last = None

    def failures(self) -> list[str]:
        """One message per kind of breach."""
        name, order, found = self._table.name, ", ".join(self.columns), []
        if self._twice.count:
            found.append(
                f"Expected every ({order}) of {name} once, was {self._twice.example[1]} again ({self._twice.count} rows)"
            )
        if self._backward.count:
            before, after = self._backward.example
            found.append(f"Expected rows of {name} by rising ({order}), was {after} after {before} ({self._backward.count} rows)")
        return found

    def _row(self, rows: pa.Table, number: int) -> tuple[Any, ...]:
        return tuple(rows.column(name)[number].as_py() for name in self.columns)


class StretchJudge:
    """Checks that a row group of an order table holds one underlying (or symbol) and one stretch of the merged stream.

    Stretches must follow one another, rows must be ordered within a group, and every `record_index` must be unique.
    """

    columns: tuple[str, ...]

    def __init__(self, table: Table) -> None:
        group_columns = [name for name in _GROUP_COLUMNS if name in table.column_names][:1]
        self.columns = tuple(dict.fromkeys([*table.row_order, "record_index", *group_columns]))
        self._table = table
        self._group_columns = group_columns
        self._order = OrderJudge(table)
        self._stretch = -1
        self._seen = np.zeros(STRETCH_RECORDS, dtype=np.bool_)
        self._twice = _Breaches()
        self._scattered: list[str] = []

    def see(self, rows: pa.Table) -> None:
        """Check the next row group."""
        if rows.num_rows == 0 or any(rows.column(name).null_count for name in self.columns):
            return
        self._order.forget()
        self._order.see(rows)
        for column in self._group_columns:
            found = sorted(pc.unique(rows.column(column)).to_pylist())
            if len(found) > 1:
                self._scattered.append(f"Expected one {column} per row group of {self._table.name}, was {found}")
        numbers = rows.column("record_index").to_numpy()
        first, last = int(numbers.min()), int(numbers.max())
        stretch = first // STRETCH_RECORDS
        if last // STRETCH_RECORDS != stretch or stretch < self._stretch:
            self._scattered.append(
                f"Expected row groups of {self._table.name} to hold one stretch of {STRETCH_RECORDS} records each, in order,"
                f" was record_index {first} to {last} after stretch {self._stretch}"
            )
            return
        if stretch > self._stretch:
            self._stretch = stretch
            self._seen[:] = False
        self._mark(numbers - stretch * STRETCH_RECORDS, numbers)

    def failures(self) -> list[str]:
        """One message per kind of breach."""
        found = [*self._order.failures(), *self._scattered]
        if self._twice.count:
            again = self._twice.example
            found.append(f"Expected every record_index of {self._table.name} once, was {again} again ({self._twice.count} rows)")
        return found

    def _mark(self, places: npt.NDArray[np.int64], numbers: npt.NDArray[np.int64]) -> None:
        again = self._seen[places]
        before = np.count_nonzero(self._seen)
        self._seen[places] = True
        twice = len(places) - (np.count_nonzero(self._seen) - before)
        if twice:
            values, counts = np.unique(numbers, return_counts=True)
            example = numbers[again][0] if again.any() else values[counts > 1][0]
            self._twice.add(int(twice), int(example))


class _Breaches:
    """The number of breaches, and the first of them."""

    def __init__(self) -> None:
        self.count = 0
        self.example: Any = None

    def add(self, count: int, example: Any) -> None:
        if self.count == 0:
            self.example = example
        self.count += count


def comparable(values: pa.ChunkedArray) -> npt.NDArray[Any]:
    """Return numbers that compare as the values do. Strings become their rank among the strings of the batch."""
    kind = values.type
    if pa.types.is_string(kind):
        values, kind = values.dictionary_encode(), pa.dictionary(pa.int32(), pa.string())
    if pa.types.is_dictionary(kind):
        merged = values.unify_dictionaries().combine_chunks()
        words = merged.dictionary.to_pylist()
        rank = {word: number for number, word in enumerate(sorted(set(words)))}
        ranks: npt.NDArray[np.int64] = np.array([rank[word] for word in words], dtype=np.int64)
        codes: npt.NDArray[np.int32] = merged.indices.to_numpy()
        return ranks[codes]
    if pa.types.is_date32(kind):
        values = values.cast(pa.int32())
    return np.asarray(values.to_numpy())


def _compared_with_next(columns: list[npt.NDArray[Any]]) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """For every row but the last: whether it is less than the next, whether equal. Columns decide in order, as in a tuple."""
    equal = np.ones(len(columns[0]) - 1, dtype=np.bool_)
    less = np.zeros(len(columns[0]) - 1, dtype=np.bool_)
    for values in columns:
        less |= equal & (values[:-1] < values[1:])
        equal &= values[:-1] == values[1:]
    return less, equal
