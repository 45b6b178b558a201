"""The last window of a stored day in which something is known."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from gex_assets.lake.stored import StoredTable

__all__ = ["last_known_window", "rows_at"]


def last_known_window(stored: StoredTable, known: str) -> int | None:
    """End of the last window in which a column has a value in any row, in UNIX ns.

    Row groups are read from the last one, two columns of them.
    """
    for number in reversed(range(stored.num_row_groups)):
        rows = stored.group(number, ["ts_window_end", known])
        ends = rows.filter(pc.is_valid(rows[known]))["ts_window_end"]
        if len(ends):
            return int(pc.max(ends).as_py())
    return None


def rows_at(stored: StoredTable, ts_window_end: int, columns: Sequence[str] | None = None) -> pa.Table:
    """The rows of the window that ends at a moment, in UNIX ns."""
    names = stored.schema.names if columns is None else list(columns)
    parts = []
    for number in range(stored.num_row_groups):
        bounds = stored.group_bounds(number, "ts_window_end")
        if bounds is None or bounds[0] <= ts_window_end <= bounds[1]:
            rows = stored.group(number, list(dict.fromkeys(["ts_window_end", *names])))
            parts.append(rows.filter(pc.equal(rows["ts_window_end"], ts_window_end)).select(names))
    if not parts:
        return stored.schema.empty_table().select(names)
    return pa.concat_tables(parts).unify_dictionaries().combine_chunks()
