"""Rows of real tables of which only some columns are said."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from gex_assets.schemas.table import Table
from gex_assets_tests.lake.made_up_tables import DAY


def rows_of(table: Table, *rows: dict[str, Any]) -> pa.Table:
    """Rows of which only some columns are said: the others are NULL, 0 or a word."""
    usual: dict[str, Any] = {}
    for column in table.columns:
        if not column.nullable:
            usual[column.name] = "ok" if pa.types.is_dictionary(column.type) else DAY if pa.types.is_date(column.type) else 0
        else:
            usual[column.name] = None
        if pa.types.is_boolean(column.type):
            usual[column.name] = False
    return pa.Table.from_pylist([usual | row for row in rows], schema=table.arrow_schema())


def level(end: int, *, scale: str = "usd_per_1pct", price: float = 6_900.0, **given: Any) -> dict[str, Any]:
    return {
        "ts_window_end": end,
        "convention": "field",
        "scope": "selected",
        "scale": scale,
        "underlying": "ESH6",
        "reference_price": price,
        **given,
    }
