"""Rows of a table as a DuckDB relation over the published files: lazy, read-only, and without a word of a caller in its SQL.

Conditions are built as expressions, of values and of names that the schemas have.
"""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Sequence
from datetime import date
from typing import Any

import duckdb
import pyarrow as pa

from gex_assets.errors import LakeError
from gex_assets.lake.keys import table_day_key
from gex_assets.lake.queries import restricted_connection
from gex_assets.lake.ranges.row_query import RowQuery
from gex_assets.lake.tables import Lake
from gex_assets.lake.views import duckdb_path, sql_type
from gex_assets.time_units import MICROSECOND_NS

__all__ = ["Relations"]

_MOMENT_UNIT = "UNIX ns UTC"


class Relations:
    """A DuckDB in memory that can open files of one lake, and relations of it.

    Parameters
    ----------
    memory_limit : memory of a query before it spills to the system's folder for temporary files, e.g. "1GB".
    """

    def __init__(self, lake: Lake, *, memory_limit: str = "1GB", threads: int = 2) -> None:
        self._lake = lake
        self._spill = tempfile.TemporaryDirectory(prefix="gex-relation-", ignore_cleanup_errors=True)
        self._connection = restricted_connection(lake, self._spill.name, memory_limit=memory_limit, threads=threads)
        self._lock = threading.Lock()

    def close(self) -> None:
        """Close it; its relations cannot be read any more."""
        self._connection.close()
        self._spill.cleanup()

    def of(self, query: RowQuery, *, product: str, days: Sequence[date], timestamps: bool) -> duckdb.DuckDBPyRelation:
        """The rows that a query wants, of some published days; `date` is the first column.

        Parameters
        ----------
        timestamps : whether moments are TIMESTAMPTZ, to the microsecond that this type has, or integers.

        Raises
        ------
        LakeError
            A file cannot be read.
        """
        kinds = {column.name: sql_type(column.type) for column in query.table.columns}
        try:
            with self._lock:
                if not days:
                    columns = ", ".join(f'NULL::{kinds[name]} AS "{name}"' for name in query.table.column_names)
                    found = self._connection.sql(f"SELECT NULL::DATE AS date, {columns} WHERE false")
                else:
                    paths = [duckdb_path(self._lake, table_day_key(query.table.name, product=product, day=day)) for day in days]
                    found = self._connection.read_parquet(paths, hive_partitioning=True, union_by_name=True)
                for condition in _conditions(query):
                    found = found.filter(condition)
                return found.select(*_selected(query, set(found.columns), kinds, timestamps=timestamps))
        except duckdb.Error as error:
            raise LakeError(f"Expected readable files of {query.table.name}, was: {str(error).splitlines()[0]}") from error


def _conditions(query: RowQuery) -> list[duckdb.Expression]:
    column, value = duckdb.ColumnExpression, duckdb.ConstantExpression
    found = []
    if query.moment is not None:
        moment = column(query.moment)
        if query.since_ns is not None:
            found.append(moment >= value(query.since_ns))
        if query.until_ns is not None:
            found.append(moment < value(query.until_ns))
        if query.every_ns is not None:
            found.append(moment % value(query.every_ns) == value(0))
    for name, words in query.equal.items():
        found.append(column(name).isin(*(value(word) for word in sorted(words))))
    for name, (low, high) in query.between.items():
        found.append((column(name) >= value(low)) & (column(name) <= value(high)))
    return found


def _selected(query: RowQuery, there: set[str], kinds: dict[str, str], *, timestamps: bool) -> list[Any]:
    units = {column.name: (column.unit, column.type) for column in query.table.columns}
    found: list[Any] = [duckdb.ColumnExpression("date").cast("DATE").alias("date")]
    for name in query.names:
        unit, kind = units[name]
        one = duckdb.ColumnExpression(name) if name in there else duckdb.ConstantExpression(None).cast(kinds[name])
        if timestamps and unit == _MOMENT_UNIT and pa.types.is_int64(kind):
            microseconds = duckdb.FunctionExpression("divide", one, duckdb.ConstantExpression(MICROSECOND_NS))
            one = duckdb.FunctionExpression("make_timestamptz", microseconds.cast("BIGINT"))
        else:
            one = one.cast(kinds[name])
        found.append(one.alias(name))
    return found
