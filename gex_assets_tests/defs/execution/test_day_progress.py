"""What is left of a table-day goes by the last moment that was written."""

from __future__ import annotations

from datetime import date

import pyarrow as pa
import pytest

from gex_assets.defs.execution.day_progress import day_progress
from gex_assets.process import progress
from gex_assets_tests.lake.made_up_files import MIDNIGHT, SECOND

DAY = date(2026, 1, 6)
HOUR = 3_600 * SECOND


def at(*hours: float, column: str = "ts_window_end") -> pa.Table:
    return pa.table({column: pa.array([MIDNIGHT + round(hour * HOUR) for hour in hours], pa.int64())})


@pytest.mark.parametrize("column", ["ts_window_end", "ts_recv"])
def test_the_share_is_that_of_the_day_from_the_first_row_on(column: str) -> None:
    with day_progress("silver_gex", DAY) as shown:
        (one,) = progress._tasks
        shown.wrote(at(14, 15, column=column))
        assert (one.done, one.share) == (2, pytest.approx(0.1))
        shown.wrote(at(19, column=column))
        assert (one.done, one.share) == (3, pytest.approx(0.5))
        shown.wrote(at(30, column=column))
        assert one.share == 1.0
    assert not progress._tasks


def test_rows_without_a_moment_are_counted() -> None:
    with day_progress("raw_option_mbo", DAY, rows=10) as shown:
        shown.wrote(pa.table({"path": ["a"]}))
        shown.wrote(at())
        (one,) = progress._tasks
        assert (one.done, one.total, one.share) == (1, 10, None)


def test_a_moment_before_the_first_one_is_no_share_below_zero() -> None:
    with day_progress("bronze_option_mbo", DAY) as shown:
        shown.wrote(at(14))
        shown.wrote(at(13))
        assert progress._tasks[0].share == 0.0
