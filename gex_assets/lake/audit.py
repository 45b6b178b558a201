"""The check of a stored table-day against its schema.

The file is read back as it was stored, a batch of row groups at a time. Pandera checks types, NULL, ranges and allowed words
(`schemas/contract.py`). `row_order.py` checks order and keys. Failures are messages for people. Nothing is published or
refused here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from gex_assets.lake.row_order import OrderJudge, StretchJudge, comparable, order_judge
from gex_assets.lake.stored import StoredTable
from gex_assets.schemas.table import Column, Table

__all__ = ["Judgement", "judge"]

_BATCH_BYTES: Final = 1 << 26


class Judgement(NamedTuple):
    """Whether a table-day matches its schema, its number of rows, and a message per kind of breach."""

    passed: bool
    rows: int
    failures: list[str]


def judge(stored: StoredTable, table: Table) -> Judgement:
    """Check a stored table-day against its schema.

    A column is not read where the footer proves its rules: type, no NULL, bounds of integers. Order tables are sorted by
    instrument, so most rows repeat the values of the row before. Such repeats are checked once: rules do not depend on the row.
    """
    failures = _structure(stored.schema, table) or _contents(stored, table)
    return Judgement(not failures, stored.num_rows, failures)


def _structure(was: pa.Schema, table: Table) -> list[str]:
    """Check columns, their order and exact Arrow types. Pandera knows only families of types."""
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
    failures = _breaches(stored, table, every_row=table.ordered_across_groups)
    if failures and not table.ordered_across_groups:
        failures = _breaches(stored, table, every_row=True)  # once more, to count the rows
    if not failures and not stored.schema.equals(table.arrow_schema()):
        loose = [field.name for field in stored.schema if field.nullable and not table.arrow_schema().field(field.name).nullable]
        failures.append(f"Expected {table.name} declared without NULL in {loose}, was declared with")
    return failures


def _breaches(stored: StoredTable, table: Table, *, every_row: bool) -> list[str]:
    """One message per kind of breach. Unless `every_row`, rows that repeat the checked values of the row before are skipped."""
    from gex_assets.lake.value_judge import ValueJudge  # it imports pandas, which takes half a second

    rows_in_order = order_judge(table)
    judged = [column for column in table.columns if _must_be_read(column, stored)]
    names = [column.name for column in judged]
    read = [name for name in table.column_names if name in names or name in rows_in_order.columns]
    values = ValueJudge(table, judged)
    if stored.num_rows == 0:
        values.see(table.empty().select(read))
    if table.ordered_across_groups:
        for rows in _joined(stored.groups(read)):
            values.see(rows)
            rows_in_order.see(rows)
    else:
        for rows in _joined(_in_stretches(stored.groups(read), rows_in_order, names=None if every_row else names)):
            values.see(rows)
    return [*values.failures(), *rows_in_order.failures()]


def _must_be_read(column: Column, stored: StoredTable) -> bool:
    """Whether the footer does not prove the column's rules. It can prove bounds of integers and that there is no NULL."""
    kind = column.type.value_type if pa.types.is_list(column.type) else column.type
    if pa.types.is_floating(kind) or column.one_of or not (column.nullable or stored.null_count(column.name) == 0):
        return True
    if column.at_least is None and column.at_most is None:
        return False
    bounds = stored.bounds(column.name) if pa.types.is_integer(kind) else None
    if bounds is None:
        return True
    low, high = bounds
    return (column.at_least is not None and low < column.at_least) or (column.at_most is not None and high > column.at_most)


def _in_stretches(groups: Iterable[pa.Table], order: OrderJudge | StretchJudge, *, names: list[str] | None) -> Iterator[pa.Table]:
    """Check the order of row groups and yield them. With `names`, rows equal to the one before in all of them are left out."""
    for rows in groups:
        order.see(rows)
        yield rows if names is None else rows.take(_changes(rows, names))


def _changes(rows: pa.Table, names: list[str]) -> npt.NDArray[np.int64]:
    """Numbers of the rows that differ from the one before."""
    is_new: npt.NDArray[np.bool_] = np.zeros(rows.num_rows, dtype=np.bool_)
    is_new[:1] = True
    for name in names:
        if rows.column(name).null_count or pa.types.is_nested(rows.column(name).type):
            is_new[:] = True
        else:
            values = comparable(rows.column(name))
            is_new[1:] |= values[1:] != values[:-1]
    return np.flatnonzero(is_new)


def _joined(tables: Iterable[pa.Table]) -> Iterator[pa.Table]:
    """Join small tables: a check costs the same for one row as for ten thousand."""
    waiting: list[pa.Table] = []
    waiting_bytes = 0
    for rows in tables:
        waiting.append(rows)
        waiting_bytes += rows.nbytes
        if waiting_bytes >= _BATCH_BYTES:
            yield pa.concat_tables(waiting).unify_dictionaries()
            waiting, waiting_bytes = [], 0
    if waiting:
        yield pa.concat_tables(waiting).unify_dictionaries()
