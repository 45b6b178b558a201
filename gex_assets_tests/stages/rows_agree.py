"""Compares a stage's table with rows of a twin: every column, NULL only where NULL is expected."""

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


def differences(found: Sequence[Row], expected: Sequence[Row]) -> list[str]:
    """Values that differ in rows of `silver_vacuum`, one line per value; floats may differ by 1e-9 of themselves."""
    if len(found) != len(expected):
        return [f"{len(found)} rows, expected {len(expected)}"]
    return [
        f"{row['ts_window_end']} {row['symbol']} {name}: {row[name]}, expected {value}"
        for row, other in zip(found, expected, strict=True)
        for name, value in other.items()
        if not _same(row[name], value)
    ]


def _same(found: Any, expected: Any) -> bool:
    if isinstance(found, float) and expected is not None:
        return math.isclose(found, expected, rel_tol=1e-9, abs_tol=1e-12)
    return bool(found == expected)
