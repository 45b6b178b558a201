"""The pandera schema of a table: it checks column types, NULL, ranges and allowed words.

It is made from the same `Table` as the stored schema and the descriptions. Order and keys need more than one row at a time;
`lake/audit.py` checks them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

import numpy as np
import pandera.pyarrow as pandera
import pyarrow as pa
import pyarrow.compute as pc

from gex_assets.schemas.table import Column, Table

__all__ = ["FINITE", "breaches", "named_for_pandera", "pandera_schema"]

FINITE: Final = "finite"
"""Name of the check that floats are finite: a missing value is NULL, never NaN, and no value is infinite."""


_TAKEN: Final = {"index": "index_in_table"}
"""Column name -> its name for pandera. A failing pandera check adds columns of these names and would then raise another error."""


def named_for_pandera(rows: pa.Table) -> pa.Table:
    """The same rows, with columns renamed as `pandera_schema` names them."""
    return rows.rename_columns([_TAKEN.get(name, name) for name in rows.column_names])


def pandera_schema(table: Table, columns: Iterable[Column] | None = None) -> pandera.DataFrameSchema:
    """The pandera schema for Arrow tables renamed by `named_for_pandera`: exactly these columns, in this order.

    Parameters
    ----------
    columns : some of the table's columns; all by default. Wide tables are checked faster a few columns at a time.
    """
    chosen = tuple(table.columns if columns is None else columns)
    floats = tuple(_TAKEN.get(column.name, column.name) for column in chosen if _value_type_is_float(column.type))
    return pandera.DataFrameSchema(
        {_TAKEN.get(column.name, column.name): _column(column) for column in chosen},
        checks=[pandera.Check(_finite(floats), name=FINITE, error=FINITE)] if floats else None,
        strict=True,
        ordered=True,
        name=table.name,
        description=table.about,
    )


def _column(column: Column) -> pandera.Column:
    checks = []
    if column.at_least is not None:
        checks.append(pandera.Check.ge(column.at_least))
    if column.at_most is not None:
        checks.append(pandera.Check.le(column.at_most))
    if column.one_of:
        checks.append(pandera.Check.isin(list(column.one_of)))
    # Pandera has no type for lists of fixed size; the audit compares exact types.
    kind = None if pa.types.is_fixed_size_list(column.type) else column.type
    return pandera.Column(kind, checks, nullable=column.nullable, description=column.about)


def _value_type_is_float(kind: pa.DataType) -> bool:
    return bool(pa.types.is_floating(kind.value_type if _is_list(kind) else kind))


def _is_list(kind: pa.DataType) -> bool:
    return bool(pa.types.is_list(kind) or pa.types.is_fixed_size_list(kind))


def _finite(names: tuple[str, ...]) -> Any:
    def every_float_is_a_number(data: pandera.PyArrowData) -> pa.BooleanScalar:
        return pa.scalar(all(pc.all(pc.is_finite(_values(data.table.column(name)))).as_py() is not False for name in names))

    return every_float_is_a_number


def _values(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.list_flatten(column) if _is_list(column.type) else column


def breaches(column: Column, values: pa.ChunkedArray) -> Iterator[tuple[str, pa.ChunkedArray]]:
    """Where a column that pandera refused breaks its contract, for the error message.

    Yields
    ------
    What was expected ("at least 0"), and (n,) booleans, true in the rows that break it; only where some do.
    """
    expectations: list[tuple[str, pa.ChunkedArray]] = []
    if not column.nullable:
        expectations.append(("no NULL", pc.is_null(values)))
    if column.at_least is not None:
        expectations.append((f"at least {column.at_least}", pc.less(values, column.at_least)))
    if column.at_most is not None:
        expectations.append((f"at most {column.at_most}", pc.greater(values, column.at_most)))
    if column.one_of:
        known = pc.is_in(values, pa.array(column.one_of, type=pa.string()))
        expectations.append((f"one of {', '.join(column.one_of)}", pc.and_(pc.is_valid(values), pc.invert(known))))
    if pa.types.is_floating(column.type):
        expectations.append(("a finite number or NULL", pc.invert(pc.is_finite(values))))
    elif _value_type_is_float(column.type):
        rows = pc.list_parent_indices(values).filter(pc.invert(pc.is_finite(pc.list_flatten(values))))
        expectations.append(("finite numbers", pc.is_in(pa.array(np.arange(len(values))), rows.combine_chunks())))
    for expected, broken in expectations:
        if pc.any(broken).as_py():
            yield expected, pc.fill_null(broken, fill_value=False)
