from collections import Counter

import numpy as np
import pyarrow as pa
import pytest

from gex_assets.schemas.bronze_option_instruments import BRONZE_OPTION_INSTRUMENTS
from gex_assets.stages.chain_grid import InStep, chain_grid
from gex_assets.stages.ladders import ladders_of
from gex_assets_tests.stages.made_up_day import DAY, MIDNIGHT, instrument, table_of

NEAR, FAR = MIDNIGHT + DAY, MIDNIGHT + 2 * DAY


def rows(*keys):
    ends, expirations, strikes = zip(*keys, strict=True) if keys else ((), (), ())
    return pa.table(
        {
            "ts_window_end": pa.array(ends, pa.int64()),
            "ts_expiration": pa.array(expirations, pa.int64()),
            "strike": pa.array(strikes, pa.float64()),
            "gamma": pa.array([None if number == 1 else float(number) for number in range(len(keys))], pa.float64()),
        }
    )


@pytest.fixture
def ladders():
    ladder = [(1, 6000.0, NEAR), (2, 6050.0, NEAR), (3, 6000.0, FAR), (4, 6025.0, FAR)]
    made = [
        instrument(number, strike=strike, right="C", ts_expiration=expiration, underlying="ESH6")
        for number, strike, expiration in ladder
    ]
    return ladders_of(table_of(BRONZE_OPTION_INSTRUMENTS, made), tally=Counter())


def test_rows_find_their_cells(ladders):
    grid = chain_grid(
        rows((10, NEAR, 6000.0), (10, NEAR, 6050.0), (15, FAR, 6025.0), (20, NEAR, 6000.0)),
        ends=np.array([10, 15]),
        ladders=ladders,
    )
    assert grid.listed(0).tolist() == [[True, True], [False, False]]
    assert grid.listed(1).tolist() == [[False, False], [False, True]]
    np.testing.assert_array_equal(grid.of("gamma", 0), [[0.0, np.nan], [np.nan, np.nan]])
    np.testing.assert_array_equal(grid.of("gamma", 1), [[np.nan, np.nan], [np.nan, 2.0]])


def test_other_expirations_and_strikes_are_left_out(ladders):
    grid = chain_grid(rows((10, MIDNIGHT, 6000.0), (10, NEAR, 6001.0), (10, NEAR, 9000.0)), ends=np.array([10]), ladders=ladders)
    assert not grid.listed(0).any()


def test_rows_of_other_windows_are_left_out_between_good_ones(ladders):
    given = rows(*((end, NEAR, 6000.0) for end in (5, 10, 12, 15, 20)))
    grid = chain_grid(given, ends=np.array([10, 15]), ladders=ladders)
    np.testing.assert_array_equal(grid.row_of[0], [[1, -1], [3, -1]])
    assert grid.last(1).listed(0).tolist() == [[True, False]]


def test_no_rows(ladders):
    for nothing in (None, rows()):
        grid = chain_grid(nothing, ends=np.array([10]), ladders=ladders)
        assert grid.listed(1).tolist() == [[False, False]]
        assert np.isnan(grid.of("gamma", 0)).all()


def windows_of(table):
    return [] if table is None else table.column("ts_window_end").to_pylist()


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_in_step_hands_out_every_row_once_whatever_the_groups(size):
    ends = [5, 5, 10, 20, 20, 25, 40]
    table = rows(*((end, NEAR, 6000.0) for end in ends))
    reader = InStep(table.slice(first, size) for first in range(0, len(ends), size))
    assert [windows_of(reader.until(end)) for end in (4, 10, 15, 24, 40, 50)] == [[], [5, 5, 10], [], [20, 20], [25, 40], []]


def test_in_step_passes_over_empty_groups():
    reader = InStep(iter([rows(), rows((5, NEAR, 6000.0)), rows(), rows((10, NEAR, 6000.0))]))
    assert windows_of(reader.until(10)) == [5, 10]
    assert reader.until(99) is None


def test_in_step_reads_no_group_after_one_that_ends_at_the_moment():
    groups = iter([rows((5, NEAR, 6000.0), (10, NEAR, 6000.0)), rows((15, NEAR, 6000.0))])
    reader = InStep(groups)
    assert windows_of(reader.until(10)) == [5, 10]
    assert windows_of(next(groups)) == [15]
