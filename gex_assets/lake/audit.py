"""The judgement of a stored table-day: whether it keeps what its schema promises.

Read back from the file as stored, a batch of row groups at a time. Types, NULL, ranges and allowed words are pandera's
business (`schemas/promise.py`); order and keys are judged by `row_order.py`. Failures are sentences for people. Nothing
is published or refused here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import pyarrow as pa

from gex_assets.lake.row_order import order_judge
from gex_assets.lake.stored import StoredTable
from gex_assets.schemas.table import Column, Table

__all__ = ["Judgement", "judge"]

_BATCH_BYTES: Final = 1 << 26


class Judgement(NamedTuple):
    """Whether a table-day keeps its promise, how many rows it has, and every breach as a sentence."""

    passed: bool
    rows: int
    failures: list[str]


def judge(stored: StoredTable, table: Table) -> Judgement:
    """Judge a stored table-day by its schema.

    A column of which nothing but its type and the absence of NULL is promised is not read where the footer proves that
    it holds none.
    """
    failures = _structure(stored.schema, table) or _contents(stored, table)
    return Judgement(not failures, stored.num_rows, failures)


def _structure(was: pa.Schema, table: Table) -> list[str]:
    """Columns, order and exact Arrow types, which pandera knows only by their families."""
    expected = table.arrow_schema()
    if was.names != expected.names:
        missing = [name for name in expected.names if name not in was.names]
        unknown = [name for name in was.names if name not in expected.names]
        if missing or unknown:
            return [f"Expected the columns of {table.name}, was without {missing} and with {unknown}"]
        return [f"Expected the columns of {table.name} in their order, was {was.names}"]
    return [
        f"Expected {table.name}.{field.name} as {field.type}, was {was.field(field.name).type}"
        for field in expected
        if was.field(field.name).type != field.type
    ]


def _contents(stored: StoredTable, table: Table) -> list[str]:
    from gex_assets.lake.value_judge import ValueJudge  # imports pandas, which nobody else needs

    rows_in_order = order_judge(table)
    columns = [column for column in table.columns if column.name in rows_in_order.columns or _must_be_read(column, stored)]
    values = ValueJudge(table, columns)
    if stored.num_rows == 0:
        values.see(pa.Table.from_batches([], schema=table.arrow_schema()).select([column.name for column in columns]))
    for rows in _batches(stored, [column.name for column in columns], join=table.ordered_across_groups):
        values.see(rows)
        rows_in_order.see(rows)
    found = [*values.failures(), *rows_in_order.failures()]
    if not found and not stored.schema.equals(table.arrow_schema()):
        loose = [field.name for field in stored.schema if field.nullable and not table.arrow_schema().field(field.name).nullable]
        found.append(f"Expected {table.name} declared without NULL in {loose}, was declared with")
    return found


def _must_be_read(column: Column, stored: StoredTable) -> bool:
    bounded = column.at_least is not None or column.at_most is not None or bool(column.one_of)
    floats = pa.types.is_floating(column.type.value_type if pa.types.is_list(column.type) else column.type)
    return bounded or floats or (not column.nullable and stored.null_count(column.name) != 0)


def _batches(stored: StoredTable, columns: Sequence[str], *, join: bool) -> Iterator[pa.Table]:
    """Row groups, small ones together (`join`): judging costs the same for one row as for some ten thousand."""
    waiting: list[pa.Table] = []
    waiting_bytes = 0
    for rows in stored.groups(columns):
        waiting.append(rows)
        waiting_bytes += rows.nbytes
        if not join or waiting_bytes >= _BATCH_BYTES:
            yield pa.concat_tables(waiting).unify_dictionaries()
            waiting, waiting_bytes = [], 0
    if waiting:
        yield pa.concat_tables(waiting).unify_dictionaries()
