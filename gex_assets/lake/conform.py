"""The check of a table's form before it is written: columns, their order, their types.

A table becomes exactly what its schema states, or is refused with the name of the column. Values are checked by `audit.py`.
"""

from __future__ import annotations

import pyarrow as pa

from gex_assets.errors import ContractError
from gex_assets.lake.encodings import canonical_category
from gex_assets.schemas.table import CATEGORY, Column, Table

__all__ = ["conform"]


def conform(table: Table, rows: pa.Table) -> pa.Table:
    """Return `rows` in one chunk per column, with the types of the schema and with canonical dictionaries.

    Strings become CATEGORY where the schema says so. Any other type must be the schema's already. The fields of the result
    are nullable: the audit checks NULL later, so that a rejected table can still be stored as evidence.

    Raises
    ------
    ContractError
        A column is missing, unknown, out of order or of another type.
    """
    if tuple(rows.column_names) != table.column_names:
        raise ContractError(_columns_differ(table, rows.column_names))
    columns = [_conformed(table, column, rows.column(column.name)) for column in table.columns]
    return pa.Table.from_arrays(columns, names=list(table.column_names))


def _columns_differ(table: Table, was: list[str]) -> str:
    missing = [name for name in table.column_names if name not in was]
    unknown = [name for name in was if name not in table.column_names]
    if missing or unknown:
        return f"Expected the columns of {table.name}, was without {missing} and with {unknown}"
    return f"Expected the columns of {table.name} in their order {list(table.column_names)}, was {was}"


def _conformed(table: Table, column: Column, values: pa.ChunkedArray) -> pa.Array:
    if column.type == CATEGORY and _is_text(values.type):
        return canonical_category(_one_chunk(values))
    if values.type == column.type:
        return _one_chunk(values)
    if pa.types.is_null(values.type) or (pa.types.is_nested(column.type) and pa.types.is_nested(values.type)):
        try:
            return _one_chunk(values.cast(column.type))
        except pa.ArrowException as error:
            raise ContractError(f"Expected {table.name}.{column.name} as {column.type}, was: {error}") from error
    raise ContractError(f"Expected {table.name}.{column.name} as {column.type}, was {values.type}")


def _is_text(kind: pa.DataType) -> bool:
    value = kind.value_type if pa.types.is_dictionary(kind) else kind
    return bool(pa.types.is_string(value) or pa.types.is_large_string(value))


def _one_chunk(values: pa.ChunkedArray) -> pa.Array:
    if pa.types.is_dictionary(values.type):
        values = values.unify_dictionaries()
    return values.combine_chunks()
