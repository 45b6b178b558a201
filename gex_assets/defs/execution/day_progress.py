"""How far a table-day is: rows written, and the share of the day that they reach. For the live line of `gex run`."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Final

import pyarrow as pa

from gex_assets.process.progress import Task, task

__all__ = ["DayProgress", "day_progress"]

_CLOCKS: Final = ("ts_window_end", "ts_recv")
"""Columns by which row groups are in order."""


class DayProgress:
    """Follows the row groups of one table-day."""

    def __init__(self, shown: Task, day: date) -> None:
        self._shown = shown
        end = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1)
        self._end = int(end.timestamp()) * 1_000_000_000
        self._first: int | None = None

    def wrote(self, rows: pa.Table) -> None:
        """Count a row group. What is left of the day goes by its last moment: the hours of a day are not equally busy."""
        self._shown.done += rows.num_rows
        clock = next((name for name in _CLOCKS if name in rows.column_names), None)
        if clock is None or rows.num_rows == 0:
            return
        if self._first is None:
            self._first = rows[clock][0].as_py()
        reached = rows[clock][rows.num_rows - 1].as_py()
        if self._first is not None and reached is not None and self._first < self._end:
            self._shown.share = min(max(reached - self._first, 0) / (self._end - self._first), 1.0)


@contextmanager
def day_progress(name: str, day: date, *, rows: int | None = None) -> Iterator[DayProgress]:
    """Show a table-day while it is written.

    Parameters
    ----------
    rows : how many there will be, where that is known.
    """
    with task(name, unit="rows", total=rows) as shown:
        yield DayProgress(shown, day)
