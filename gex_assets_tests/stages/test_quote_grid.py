import numpy as np
import pyarrow as pa
import pytest

from gex_assets.schemas.book_columns import BOOK_STATES
from gex_assets.schemas.silver_quotes import SILVER_OPTION_QUOTES
from gex_assets.stages.quote_grid import STATE, last_end, quote_grid, quote_grids, whole_groups
from gex_assets_tests.stages.made_up_day import DAY, MIDNIGHT, WINDOW, quote, table_of

COLUMNS = ("book_state", "bid_price", "bid_depth", "quote_age_ns")
ENDS = [MIDNIGHT + WINDOW, MIDNIGHT + 2 * WINDOW]


def grid_of(rows, ids):
    table = table_of(SILVER_OPTION_QUOTES, rows)
    return quote_grid(table, instrument_ids=np.array(ids, dtype=np.uint32), columns=COLUMNS)


def rows_for(*numbers):
    return [
        quote(number, end, bid=number + end / DAY, ask=1.0, bid_depth=number, quote_age_ns=number * 2**40 + 1)
        for end in ENDS
        for number in numbers
    ]


def test_complete_and_incomplete_groups_give_the_same_cells():
    whole = grid_of(rows_for(3, 5, 9), [3, 5, 9])
    ragged = grid_of(
        [row for row in rows_for(3, 4, 5, 9) if (row["instrument_id"], row["ts_window_end"]) != (5, ENDS[0])], [3, 5, 9]
    )
    assert whole.ends.tolist() == ENDS
    assert whole.present.all()
    assert ragged.present.tolist() == [[True, False, True], [True, True, True]]
    for name in COLUMNS:
        np.testing.assert_array_equal(whole.columns[name][ragged.present], ragged.columns[name][ragged.present])


def test_cells_without_a_row_are_unknown():
    grid = grid_of(rows_for(3), [3, 5])
    assert np.isnan(grid.columns["bid_price"][0, 1])
    assert grid.columns["bid_depth"][0, 1] == 0
    assert grid.columns["quote_age_ns"][0].tolist() == [3 * 2**40 + 1, -1]
    assert grid.columns["book_state"][0].tolist() == [STATE["ok"], STATE["unseen"]]


def test_positions_pick_instruments_and_minus_one_is_nobody():
    grid = grid_of(rows_for(3, 5), [3, 5])
    positions = np.array([1, -1, 0])
    assert grid.at("bid_depth", positions)[0].tolist() == [5, 0, 3]
    assert grid.at("book_state", positions)[0].tolist() == [STATE["ok"], STATE["unseen"], STATE["ok"]]


def test_states_survive_any_dictionary():
    rows = [quote(number, ENDS[0], state=state) for number, state in enumerate(BOOK_STATES)]
    first, second = (table_of(SILVER_OPTION_QUOTES, part) for part in (rows[:3], rows[3:]))
    joined = pa.concat_tables([first, second])
    assert joined.column("book_state").num_chunks == 2
    grid = quote_grid(joined, instrument_ids=np.arange(7, dtype=np.uint32), columns=("book_state",))
    assert grid.columns["book_state"][0].tolist() == list(range(7))


def test_a_group_without_rows_is_a_grid_without_windows():
    grid = grid_of([], [3])
    assert grid.ends.size == 0
    assert grid.at("bid_depth", np.array([0, -1])).shape == (0, 2)


def test_a_block_ends_with_its_last_window():
    assert last_end(table_of(SILVER_OPTION_QUOTES, rows_for(3, 5))) == ENDS[-1]
    assert last_end(SILVER_OPTION_QUOTES.empty()) == -1


def test_each_row_group_is_a_grid():
    table = table_of(SILVER_OPTION_QUOTES, rows_for(3, 5))
    grids = list(quote_grids([table.slice(0, 2), table.slice(2)], instrument_ids=np.array([3, 5], np.uint32), columns=COLUMNS))
    assert [grid.ends.tolist() for grid in grids] == [ENDS[:1], ENDS[1:]]


def test_no_instruments():
    grid = grid_of(rows_for(3), [])
    assert grid.present.shape == (2, 0)
    assert grid.at("bid_depth", np.array([-1])).tolist() == [[0], [0]]


@pytest.mark.parametrize(("cells", "sizes"), [(1, [1, 1]), (3, [1, 1]), (4, [2]), (99, [2])])
def test_parts_are_stretches_of_windows(cells, sizes):
    grid = grid_of(rows_for(3, 5), [3, 5])
    parts = list(grid.parts(cells=cells))
    assert [part.ends.size for part in parts] == sizes
    for name in COLUMNS:
        np.testing.assert_array_equal(np.concatenate([part.columns[name] for part in parts]), grid.columns[name])
    assert [part.ends.size for part in grid_of([], [3]).parts(cells=5)] == [0]


def test_windows_asked_for_and_the_last_ones():
    grid = grid_of(rows_for(3, 5), [3, 5])
    positions = np.array([1, -1])
    for windows in ([0], [1], [0, 1], []):
        chosen = np.array(windows, dtype=np.int64)
        np.testing.assert_array_equal(grid.at("bid_price", positions, windows=chosen), grid.at("bid_price", positions)[chosen])
    assert grid.last(1).ends.tolist() == ENDS[1:]
    assert grid.last(1).at("bid_price", np.array([0])).tolist() == grid.at("bid_price", np.array([0]))[1:].tolist()
    assert grid.last(0).ends.size == 0


def test_small_groups_are_put_together_to_whole_ones():
    ends = np.repeat(np.arange(1, 601), 2)
    table = pa.table({"ts_window_end": pa.array(ends), "number": np.arange(ends.size)})
    groups = [table.slice(first, 100) for first in range(0, table.num_rows, 100)]
    found = list(whole_groups(groups))
    assert [group.num_rows for group in found] == [500, 500, 200]
    assert pa.concat_tables(found).equals(table)
    assert [group.num_rows for group in whole_groups([table])] == [1200]
    assert list(whole_groups([])) == []
