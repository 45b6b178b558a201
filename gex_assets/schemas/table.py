"""The form of a table's contract: columns with type, unit, range and description.

Four things are made from one `Table`: the Arrow schema that is stored, the pandera schema that checks it, the column table that
the Dagster UI shows, and the data dictionary of TABLES.md. Each table is described in a module of its own next to this one;
`columns` has the builders and the columns that tables share.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import pyarrow as pa

__all__ = ["CATEGORY", "LAYERS", "Column", "Layer", "Table"]

CATEGORY: Final[pa.DataType] = pa.dictionary(pa.int32(), pa.string())
"""Strings of few different values are stored dictionary-coded."""

Layer = Literal["raw", "bronze", "silver", "gold", "regime"]
LAYERS: Final[tuple[Layer, ...]] = ("raw", "bronze", "silver", "gold", "regime")


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column's contract.

    Attributes
    ----------
    about : one plain sentence that says what the column holds.
    unit : as shown in the data dictionary ("index points", "USD per 1 %").
    nullable : whether a value may be NULL.
    at_least, at_most, one_of : bounds of the values that are not NULL.
    for_whom : who needs the column, where no stage, view, check, page or documented query of this package reads it.
    """

    name: str
    type: pa.DataType
    about: str
    unit: str = ""
    nullable: bool = False
    at_least: float | int | None = None
    at_most: float | int | None = None
    one_of: tuple[str, ...] = ()
    for_whom: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One table's contract.

    Attributes
    ----------
    name : the same everywhere: asset key, folder, check, view.
    about : one sentence that says what a row is.
    key : the columns that identify a row within a product and a date; these two are stored in the path only.
    order : the columns by which the rows of a row group strictly increase; `key` by default.
    ordered_across_groups : whether that order also holds from one row group to the next.
    settings : names of the settings that its rows depend on directly; tables upstream name their own.
    statistics_days : other days, counted from its own, whose delivered statistics it reads.
    spans_days : whether a row also depends on other days. Such a table has its own job; a day's run does not make it.
    version : changes when a formula changes. It is Dagster's code version and part of the lineage.
    kinds : tags in the Dagster UI.
    for_whom : who needs an end product, whose columns nothing in this package needs to read.
    """

    name: str
    layer: Layer
    about: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    order: tuple[str, ...] = ()
    ordered_across_groups: bool = True
    settings: tuple[str, ...] = ()
    statistics_days: tuple[int, ...] = ()
    spans_days: bool = False
    version: str = "1"
    kinds: tuple[str, ...] = ("parquet",)
    for_whom: str = ""

    def __post_init__(self) -> None:
        names = [column.name for column in self.columns]
        repeated = sorted({name for name in names if names.count(name) > 1})
        if repeated:
            raise ValueError(f"Expected every column of {self.name} once, was twice: {repeated}")
        missing = [name for name in (*self.key, *self.order) if name not in names]
        if missing:
            raise ValueError(f"Expected the key of {self.name} among its columns, was missing: {missing}")

    @property
    def row_order(self) -> tuple[str, ...]:
        """The columns that the rows of a row group are sorted by."""
        return self.order or self.key

    @property
    def shows(self) -> tuple[str, ...]:
        """Tables of which it says whether they are published: none. A page does."""
        return ()

    @property
    def column_names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    def arrow_schema(self) -> pa.Schema:
        """The schema as stored: exactly these columns, in this order."""
        return pa.schema([pa.field(column.name, column.type, nullable=column.nullable) for column in self.columns])

    def empty(self) -> pa.Table:
        """No rows, all columns: what a day without input looks like."""
        return self.arrow_schema().empty_table()
