"""Compares a stage's table with rows made another way: every column, NULL only where NULL is expected."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from typing import Any

import pyarrow as pa

from gex_assets.schemas.table import Table

Row = dict[str, Any]


def assert_rows_agree(
    actual: pa.Table, expected: Sequence[Row], table: Table, *, relative: float = 1e-10, without: Collection[str] = ()
) -> None:
    """Floats may differ by `relative` of themselves or of 1e-3 of the column's largest."""
    assert actual.schema == table.arrow_schema()
    assert actual.num_rows == len(expected)
    for column in table.columns:
        if column.name in without:
            continue
        ours = actual.column(column.name).to_pylist()
        largest = max((abs(value) for value in ours if isinstance(value, float)), default=0.0)
        for number, (value, row) in enumerate(zip(ours, expected, strict=True)):
            wanted = row[column.name]
            where = f"{table.name}.{column.name}, row {number} {[row[key] for key in table.key]}: {value} for {wanted}"
            if value is None or wanted is None:
                assert value is None and wanted is None, where  # noqa: PT018
            elif isinstance(value, float):
                assert math.isclose(value, wanted, rel_tol=relative, abs_tol=relative * 1e-3 * largest), where
            else:
                assert value == wanted, where
