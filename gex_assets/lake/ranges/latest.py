"""What is the latest: the last day that has rows, and the last window of a stored day in which something is known."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from gex_assets.errors import LakeError
from gex_assets.lake.stored import StoredTable
from gex_assets.lake.tables import Lake

__all__ = ["has_rows", "last_known_window", "last_with_rows", "latest_day", "rows_at"]

Day = TypeVar("Day")


def last_with_rows(days: Sequence[Day], has_rows: Callable[[Day], bool]) -> Day | None:
    """The latest day: the last one that has rows; a run without delivered files publishes tables without any.

    Parameters
    ----------
    days : in order.

    Returns
    -------
    The last of all where none has rows; None without a day.

    Examples
    --------
    >>> last_with_rows([3, 5, 0], bool), last_with_rows([0, 0], bool), last_with_rows([], bool)
    (5, 0, None)
    """
    return next((day for day in reversed(days) if has_rows(day)), days[-1] if days else None)


def has_rows(lake: Lake, key: str) -> bool:
    """Whether a published table-day has rows, by its footer. One that cannot be read counts: who reads it says why."""
    try:
        return StoredTable(lake.fs, key).num_rows > 0
    except LakeError:
        return True


def latest_day(lake: Lake, name: str, product: str) -> date | None:
    """The latest published day of a table; see `last_with_rows`."""
    return last_with_rows(lake.days(name, product), lambda day: has_rows(lake, lake.key(name, product=product, day=day)))


def last_known_window(stored: StoredTable, known: str, *, until: int | None = None) -> int | None:
    """End of the last window in which a column has a value in any row, in UNIX ns.

    Row groups are read from the last one, two columns of them.

    Parameters
    ----------
    until : a moment by which the window ends, in UNIX ns; None for any.
    """
    for number in reversed(range(stored.num_row_groups)):
        bounds = None if until is None else stored.group_bounds(number, "ts_window_end")
        if bounds is not None and until is not None and bounds[0] > until:
            continue
        rows = stored.group(number, ["ts_window_end", known])
        ends = rows.filter(pc.is_valid(rows[known]))["ts_window_end"]
        ends = ends if until is None else ends.filter(pc.less_equal(ends, until))
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
