"""Rows of one stored day that a query wants, a row group at a time.

Row groups whose moments lie outside are not read. Of the others the columns with conditions are read first, and the rest only
where a row is wanted. A row is known by its number in the file, so that a reader can go on where it stopped.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from gex_assets.lake.ranges.row_query import RowQuery
from gex_assets.lake.stored import StoredTable

__all__ = ["Part", "scan", "schema_of"]

_LARGEST_PART: Final = 65_536
"""Rows that are handed on at a time; row groups of some tables hold millions."""


class Part(NamedTuple):
    """Some rows of a stored table-day, in file order.

    Attributes
    ----------
    rows : the columns asked for.
    numbers : (n,) each row's number in the file, from 0.
    """

    rows: pa.Table
    numbers: NDArray[np.int64]


def schema_of(query: RowQuery) -> pa.Schema:
    """The columns of an answer, as the table's schema states them; all may be NULL where an older file lacks them."""
    fields = {field.name: field for field in query.table.arrow_schema()}
    return pa.schema([fields[name].with_nullable(nullable=True) for name in query.names])


def scan(stored: StoredTable, query: RowQuery, *, first: int = 0) -> Iterator[Part]:
    """The rows of a stored table-day that a query wants.

    Parameters
    ----------
    first : number of the first row that is looked at.

    Yields
    ------
    Parts that are not empty. A column that an older file lacks is NULL.

    Raises
    ------
    LakeError
        A row group cannot be read.
    """
    start = 0
    there = set(stored.schema.names)
    for number in range(stored.num_row_groups):
        stop = start + stored.rows_of_group(number)
        if stop > first and _may_hold(stored, number, query):
            wanted = _wanted(stored, number, query, there)
            wanted = wanted[wanted + start >= first]
            if wanted.size:
                rows = _read(stored, number, query, there)
                if wanted.size < rows.num_rows:
                    rows = rows.take(wanted)
                for at in range(0, rows.num_rows, _LARGEST_PART):
                    yield Part(rows.slice(at, _LARGEST_PART), wanted[at : at + _LARGEST_PART] + start)
        start = stop


def _may_hold(stored: StoredTable, number: int, query: RowQuery) -> bool:
    bounds = (
        None if query.moment is None or query.moment not in stored.schema.names else stored.group_bounds(number, query.moment)
    )
    if bounds is None:
        return True
    low, high = bounds
    return (query.since_ns is None or high >= query.since_ns) and (query.until_ns is None or low < query.until_ns)


def _wanted(stored: StoredTable, number: int, query: RowQuery, there: set[str]) -> NDArray[np.int64]:
    """Positions within the row group."""
    tested = query.tested
    keep = np.ones(stored.rows_of_group(number), dtype=np.bool_)
    if any(name not in there for name in tested):
        return np.empty(0, dtype=np.int64)  # the column is NULL throughout: it meets no condition
    rows = stored.group(number, tested) if tested else None
    if rows is not None and query.moment in tested:
        moments = rows[query.moment].to_numpy()
        if query.since_ns is not None:
            keep &= moments >= query.since_ns
        if query.until_ns is not None:
            keep &= moments < query.until_ns
        if query.every_ns is not None:
            keep &= moments % query.every_ns == 0
    if rows is not None:
        for name, words in query.equal.items():
            found = pc.is_in(rows[name], value_set=pa.array(sorted(words), type=pa.string()))
            keep &= found.to_numpy().astype(np.bool_)
        for name, (low, high) in query.between.items():
            # NULL and NaN are within no bounds
            inside = pc.and_(
                pc.greater_equal(rows[name], _bound(low, rows[name])), pc.less_equal(rows[name], _bound(high, rows[name]))
            )
            keep &= pc.fill_null(inside, fill_value=False).to_numpy().astype(np.bool_)
    return np.flatnonzero(keep)


def _bound(value: float, column: pa.ChunkedArray) -> pa.Scalar:
    """A bound as the query has it: integers of a column of integers are compared as such."""
    if not pa.types.is_integer(column.type):
        return pa.scalar(value, pa.float64())
    return pa.scalar(value, pa.uint64() if pa.types.is_unsigned_integer(column.type) else pa.int64())


def _read(stored: StoredTable, number: int, query: RowQuery, there: set[str]) -> pa.Table:
    """A row group's columns as the schema of today has them."""
    schema = schema_of(query)
    rows = stored.group(number, [name for name in schema.names if name in there])
    columns = [
        rows[field.name].cast(field.type) if field.name in there else pa.nulls(rows.num_rows, field.type) for field in schema
    ]
    return pa.Table.from_arrays(columns, schema=schema)
