"""The form of a promise: columns with type, unit and range, made once and read by everybody.

From one `Table` come the Arrow schema that is stored, the pandera schema that judges it, the column table that the
Dagster UI shows and the data dictionary of TABLES.md. What a table contains is said in its own module beside this one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import pyarrow as pa

__all__ = ["CATEGORY", "LAYERS", "Column", "Layer", "Table", "moment_ns", "window_end"]

CATEGORY: Final[pa.DataType] = pa.dictionary(pa.int32(), pa.string())
"""Strings of few different values are stored dictionary-coded."""

Layer = Literal["raw", "bronze", "silver", "gold", "regime"]
LAYERS: Final[tuple[Layer, ...]] = ("raw", "bronze", "silver", "gold", "regime")


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column's promise.

    `unit` stands in the data dictionary ("index points", "USD per 1 %"); `nullable` says that NULL is a possible
    answer; `at_least`, `at_most` and `one_of` bound the values that are not NULL.
    """

    name: str
    type: pa.DataType
    about: str
    unit: str = ""
    nullable: bool = False
    at_least: float | int | None = None
    at_most: float | int | None = None
    one_of: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """What one table promises.

    Attributes
    ----------
    name : the one name it carries on every floor: asset key, folder, check, view.
    key : the columns that name a row, without product and date (these live in the path only).
    order : the columns by which the rows of one row group are strictly increasing; `key` unless said otherwise.
    ordered_across_groups : whether that order also holds from one row group to the next.
    settings : the names of the settings that its rows depend on directly (upstream tables bring their own).
    spans_days : whether a row also depends on other days: such a table has a job of its own, and no day's run makes it.
    version : changes when a formula changes; Dagster's code version and part of the lineage.
    """

    name: str
    layer: Layer
    about: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    order: tuple[str, ...] = ()
    ordered_across_groups: bool = True
    settings: tuple[str, ...] = ()
    spans_days: bool = False
    version: str = "1"
    kinds: tuple[str, ...] = ("parquet",)

    def __post_init__(self) -> None:
        names = [column.name for column in self.columns]
        doubles = sorted({name for name in names if names.count(name) > 1})
        if doubles:
            raise ValueError(f"Expected every column of {self.name} once, was twice: {doubles}")
        missing = [name for name in (*self.key, *self.order) if name not in names]
        if missing:
            raise ValueError(f"Expected the key of {self.name} among its columns, was missing: {missing}")

    @property
    def row_order(self) -> tuple[str, ...]:
        """The columns that the rows of a row group are sorted by."""
        return self.order or self.key

    @property
    def column_names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    def arrow_schema(self) -> pa.Schema:
        """The schema as stored: exactly these columns, in this order."""
        return pa.schema([pa.field(column.name, column.type, nullable=column.nullable) for column in self.columns])

    def empty(self) -> pa.Table:
        """No rows, all columns: what a day without input looks like."""
        return self.arrow_schema().empty_table()


def window_end(
    about: str = "end of the 5 s window the row describes; the window holds ts_recv in [end - 5 s, end)",
) -> Column:
    """The column by which windows are named."""
    return Column(name="ts_window_end", type=pa.int64(), about=about, unit="UNIX ns UTC", at_least=0)


def moment_ns(name: str, about: str, *, nullable: bool = False) -> Column:
    """A moment in time."""
    return Column(name=name, type=pa.int64(), about=about, unit="UNIX ns UTC", nullable=nullable)
