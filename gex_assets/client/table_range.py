"""Rows of one table over a range of days and moments: nothing is read before a form of them is asked for."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING, Any, Final, Literal

import pyarrow as pa

from gex_assets.errors import GexError
from gex_assets.lake.ranges.row_query import RowQuery
from gex_assets.lake.ranges.scan import scan, schema_of
from gex_assets.lake.tables import Lake
from gex_assets.wording import counted

if TYPE_CHECKING:
    import duckdb
    import pandas as pd  # type: ignore[import-untyped]
    import polars as pl

    from gex_assets.lake.ranges.relations import Relations

__all__ = ["TableRange", "Times"]

Times = Literal["timestamp", "ns"]
"""Form of moments: Arrow timestamps of nanoseconds in UTC, or the integers that are stored."""

_MOMENT_UNIT: Final = "UNIX ns UTC"


@dataclass(frozen=True, kw_only=True)
class TableRange:
    """Rows of a table of one product.

    Each call reads the files as they are then. `arrow`, `pandas` and `polars` (collected) hold all rows, the others a part.

    Attributes
    ----------
    product : whose rows they are.
    days : published days that may hold rows, in order.
    query : rows and columns wanted.
    times : form of moments.
    """

    product: str
    days: Sequence[date]
    query: RowQuery
    times: Times
    _lake: Lake = field(repr=False)
    _relations: Callable[[], Relations] = field(repr=False)

    def __repr__(self) -> str:
        days = counted(len(self.days), "day") + (f", {self.days[0]} to {self.days[-1]}" if self.days else "")
        return f"TableRange({self.product} {self.query.table.name}: {days})"

    @property
    def schema(self) -> pa.Schema:
        """Columns of the rows; units and descriptions are their metadata."""
        facts = {column.name: column for column in self.query.table.columns}
        fields = [pa.field("date", pa.date32(), metadata={"about": "The UTC date, by which tables are stored.", "unit": ""})]
        for one in schema_of(self.query):
            column = facts[one.name]
            unit = column.unit if not self._is_moment(one.name) else "UTC"
            fields.append(pa.field(one.name, self._type(one), metadata={"about": column.about, "unit": unit}))
        return pa.schema(fields)

    def batches(self, rows: int = 65_536) -> Iterator[pa.RecordBatch]:
        """Rows in batches, one row group in memory at a time.

        Parameters
        ----------
        rows : of a batch, at most.

        Raises
        ------
        LakeError
            A file is gone or cannot be read.
        """
        schema = self.schema
        for day in self.days:
            stored = self._lake.open(self.query.table.name, product=self.product, day=day)
            for part in scan(stored, self.query):
                columns = [pa.chunked_array([pa.repeat(pa.scalar(day, pa.date32()), part.rows.num_rows)])]
                columns += [one.cast(kind) for one, kind in zip(part.rows.columns, schema.types[1:], strict=True)]
                yield from pa.Table.from_arrays(columns, schema=schema).to_batches(max_chunksize=rows)

    def reader(self, rows: int = 65_536) -> pa.RecordBatchReader:
        """The batches as a stream that other programs of Arrow read."""
        return pa.RecordBatchReader.from_batches(self.schema, self.batches(rows))

    def arrow(self) -> pa.Table:
        """All rows as an Arrow table."""
        return pa.Table.from_batches(self.batches(), schema=self.schema).unify_dictionaries().combine_chunks()

    def pandas(self) -> pd.DataFrame:
        """All rows as a pandas frame; words are categories, missing numbers NaN.

        Integers of 64 bits with missing ones are of pandas' type Int64: as floating-point numbers they would lose digits.

        Raises
        ------
        GexError
            pandas is not installed.
        """
        pandas, rows = _installed("pandas"), self.arrow()
        nullable = {pa.int64(): pandas.Int64Dtype(), pa.uint64(): pandas.UInt64Dtype()}
        frame = rows.to_pandas()
        for name in rows.column_names:
            if rows[name].null_count and rows[name].type in nullable:
                frame[name] = rows[name].to_pandas(types_mapper=nullable.get)
        return frame

    def polars(self) -> pl.LazyFrame:
        """The rows as a lazy polars frame, which reads only the columns that its query needs.

        Raises
        ------
        GexError
            polars is not installed.
        """
        polars = _installed("polars")
        plugins = importlib.import_module("polars.io.plugins")

        def read(columns: list[str] | None, predicate: Any, most: int | None, batch_size: int | None) -> Iterator[pl.DataFrame]:
            wanted = self if columns is None else self._only([name for name in columns if name != "date"])
            left = most
            for batch in wanted.batches(batch_size or 65_536):
                frame = polars.from_arrow(pa.Table.from_batches([batch]))
                frame = frame if columns is None else frame.select(columns)
                if left is not None:
                    frame = frame.head(left)
                    left -= frame.height
                yield frame if predicate is None else frame.filter(predicate)
                if left == 0:
                    return

        schema = polars.from_arrow(self.schema.empty_table()).schema
        frame: pl.LazyFrame = plugins.register_io_source(read, schema=schema)
        return frame

    def relation(self) -> duckdb.DuckDBPyRelation:
        """The rows as a DuckDB relation: SQL over files, computed when it is asked for.

        With `times="timestamp"`, moments are TIMESTAMPTZ, to the microsecond that this type has.
        """
        return self._relations().of(self.query, product=self.product, days=self.days, timestamps=self.times == "timestamp")

    def count(self) -> int:
        """Number of rows, without holding them."""
        name = self.query.table.key[0]
        return sum(batch.num_rows for batch in self._only([name]).batches())

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        return self.batches()

    def _only(self, columns: Sequence[str]) -> TableRange:
        """The same rows with fewer columns; at least one, so that rows can be counted."""
        return replace(self, query=replace(self.query, columns=tuple(columns) or (self.query.names[0],)))

    def _is_moment(self, name: str) -> bool:
        column = next(one for one in self.query.table.columns if one.name == name)
        return self.times == "timestamp" and column.unit == _MOMENT_UNIT and pa.types.is_int64(column.type)

    def _type(self, one: pa.Field) -> pa.DataType:
        return pa.timestamp("ns", tz="UTC") if self._is_moment(one.name) else one.type


def _installed(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise GexError(
            f"Expected {name} to be installed, was not: install it with `pip install {name}`, or use arrow()"
        ) from error
