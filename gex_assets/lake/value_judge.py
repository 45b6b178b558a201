"""The check of values by pandera, counted over batches.

Pandera imports pandas, which takes half a second. So this is a module apart from `audit.py`, imported where it is needed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import pandera.pyarrow as pandera
import pyarrow as pa
import pyarrow.compute as pc
from pandera.config import ValidationDepth, config_context

from gex_assets.schemas.contract import breaches, named_for_pandera, pandera_schema
from gex_assets.schemas.table import Column, Table

__all__ = ["ValueJudge"]

_COLUMNS_AT_A_TIME: Final = 32
"""Pandera's own time grows with the square of the number of columns: 700 at once take 1.0 s, 32 at a time 0.25 s."""

_FEWEST_TO_STACK: Final = 8
"""So many columns with equal rules are checked as one long column. Pandera takes half a millisecond per column, however short,
and wide tables repeat a few rules hundreds of times."""

_NAMED_KEYS: Final = 4


class ValueJudge:
    """Runs pandera over batches and counts what it refuses."""

    def __init__(self, table: Table, columns: Sequence[Column]) -> None:
        self._table = table
        stacks, others = _stacks(columns)
        self._parts = [others[start : start + _COLUMNS_AT_A_TIME] for start in range(0, len(others), _COLUMNS_AT_A_TIME)]
        self._schemas = [pandera_schema(table, part) for part in self._parts]
        self._stacks = [(stack, pandera_schema(table, stack[:1])) for stack in stacks]
        self._rows = 0
        self._found: dict[tuple[str, str], tuple[int, str]] = {}
        self._other: list[str] = []

    def see(self, rows: pa.Table) -> None:
        """Check the next rows. Pandera's settings in the environment have no effect."""
        self._rows += rows.num_rows
        for columns, schema in zip(self._parts, self._schemas, strict=True):
            self._judge(rows.select([column.name for column in columns]), schema, columns, rows)
        for columns, schema in self._stacks:
            chunks = [chunk for column in columns for chunk in rows.column(column.name).chunks]
            field = pa.field(columns[0].name, columns[0].type, nullable=columns[0].nullable)
            stacked = pa.table([pa.chunked_array(chunks, type=field.type)], schema=pa.schema([field]))
            self._judge(stacked, schema, columns, rows)

    def _judge(self, part: pa.Table, schema: pandera.DataFrameSchema, columns: Sequence[Column], rows: pa.Table) -> None:
        try:
            with config_context(validation_enabled=True, validation_depth=ValidationDepth.SCHEMA_AND_DATA):
                schema.validate(named_for_pandera(part), lazy=True)
        except pandera.errors.SchemaErrors as error:
            self._note(columns, rows, error)

    def failures(self) -> list[str]:
        """One message per kind of breach."""
        return [
            *self._other,
            *(
                f"Expected {self._table.name}.{column} to be {expected}, was {example} ({count:,} of {self._rows:,} rows)"
                for (column, expected), (count, example) in self._found.items()
            ),
        ]

    def _note(self, columns: Sequence[Column], rows: pa.Table, error: pandera.errors.SchemaErrors) -> None:
        explained = False
        for column in columns:
            for expected, broken in breaches(column, rows.column(column.name)):
                explained = True
                before, example = self._found.get((column.name, expected), (0, ""))
                example = example or self._example(rows, column.name, pc.index(broken, value=True).as_py())
                self._found[(column.name, expected)] = (before + pc.sum(broken).as_py(), example)
        if not explained:
            self._other += [
                f"Expected {self._table.name} as its schema says, was: {_first_line(one)}" for one in error.schema_errors
            ]

    def _example(self, rows: pa.Table, column: str, number: int) -> str:
        at = [name for name in self._table.key if name in rows.column_names and name != column][:_NAMED_KEYS]
        where = ", ".join(f"{name}={rows.column(name)[number].as_py()}" for name in at)
        value = rows.column(column)[number].as_py()
        was = "NULL" if value is None else repr(value)
        return f"{was} at {where}" if where else was


def _stacks(columns: Sequence[Column]) -> tuple[list[list[Column]], list[Column]]:
    """Group columns with equal rules where there are many, and return the others apart.

    Words are never grouped: each column has a dictionary of its own.
    """
    by_rule: dict[tuple[Any, ...], list[Column]] = {}
    for column in columns:
        key = (str(column.type), column.nullable, column.at_least, column.at_most, column.one_of)
        by_rule.setdefault(key, []).append(column)
    stacks = [found for found in by_rule.values() if len(found) >= _FEWEST_TO_STACK and not pa.types.is_dictionary(found[0].type)]
    stacked = {column.name for stack in stacks for column in stack}
    return stacks, [column for column in columns if column.name not in stacked]


def _first_line(error: Any) -> str:
    return str(error).split("\n", maxsplit=1)[0][:200]
