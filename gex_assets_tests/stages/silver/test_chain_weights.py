from collections import Counter

import numpy as np

from gex_assets.schemas.bronze_option_statistics import BRONZE_OPTION_STATISTICS
from gex_assets.schemas.bronze_option_trades import BRONZE_OPTION_TRADES
from gex_assets.stages.silver.chain_weights import open_interest, traded_contracts
from gex_assets_tests.stages.made_up_day import DAY, MIDNIGHT, WINDOW, table_of, trade
from gex_assets_tests.stages.made_up_day import open_interest as interest

IDS = np.array([10, 20], dtype=np.uint32)
ENDS = np.array([MIDNIGHT + WINDOW, MIDNIGHT + 2 * WINDOW, MIDNIGHT + 3 * WINDOW])
NONE = np.nan


def interest_at(rows, ends=ENDS):
    return open_interest(table_of(BRONZE_OPTION_STATISTICS, rows), instrument_ids=IDS).latest_before(ends)


def traded(rows):
    tally = Counter()
    return traded_contracts(table_of(BRONZE_OPTION_TRADES, rows), instrument_ids=IDS, tally=tally), tally


def test_open_interest_counts_from_the_window_after_it_came():
    rows = [interest(10, ENDS[0] - 1, 5), interest(20, ENDS[0], 6), interest(20, ENDS[1] + 1, 7), interest(99, MIDNIGHT, 8)]
    np.testing.assert_array_equal(interest_at(rows), [[5, NONE], [5, 6], [5, 7]])


def test_open_interest_of_earlier_days_is_replaced_by_a_later_one():
    rows = [interest(10, MIDNIGHT + WINDOW, 9), interest(10, MIDNIGHT - 3 * DAY, 3), interest(10, MIDNIGHT - DAY, 4)]
    np.testing.assert_array_equal(interest_at(rows)[:, 0], [4, 9, 9])


def test_undefined_quantities_and_other_statistics_say_nothing():
    rows = [interest(10, MIDNIGHT, 4), interest(10, MIDNIGHT + 1, None), interest(20, MIDNIGHT, 5, stat_type=3)]
    np.testing.assert_array_equal(interest_at(rows), [[4, NONE]] * 3)


def test_of_two_that_came_at_once_the_later_reference_counts():
    rows = [interest(10, MIDNIGHT, 1, ts_ref=20), interest(10, MIDNIGHT, 2, ts_ref=10)]
    np.testing.assert_array_equal(interest_at(rows)[:, 0], [1, 1, 1])


def test_any_windows_may_be_asked_for():
    rows = [interest(10, ENDS[0], 5), interest(10, ENDS[1], 6)]
    np.testing.assert_array_equal(interest_at(rows, ENDS[2:])[:, 0], [6])
    assert interest_at(rows, ENDS[:0]).shape == (0, 2)
    found, _ = traded([trade(0, 10, ENDS[0], side="B", size=3)])
    assert found.volume.sum_before(ENDS[2:]).tolist() == [[3, 0]]
    assert found.volume.sum_before(ENDS[:0]).shape == (0, 2)
    assert interest_at([]).shape == (3, 2)


def test_outright_trades_are_volume_whoever_was_the_aggressor():
    rows = [trade(n, 10, MIDNIGHT + n, side=side, size=n + 1) for n, side in enumerate("BAN")]
    found, tally = traded(rows)
    assert found.volume.sum_before(ENDS)[0].tolist() == [6, 0]
    assert not found.spread_net.sum_before(ENDS).any()
    assert not +tally


def test_a_spread_trades_its_legs_by_ratio_and_side():
    """Its buyer buys one of 10 and sells two of 20; its seller does the reverse."""
    legs = [(10, 1, "B"), (20, 2, "A"), (77, 5, "B")]
    rows = [
        trade(0, 999, MIDNIGHT, side="B", size=3, legs=legs),
        trade(1, 999, ENDS[0], side="A", size=1, legs=legs),
        trade(2, 999, ENDS[1], side="N", size=10, legs=legs),
    ]
    found, tally = traded(rows)
    assert found.volume.sum_before(ENDS).tolist() == [[3, 6], [4, 8], [14, 28]]
    assert found.spread_net.sum_before(ENDS).tolist() == [[3, -6], [2, -4], [2, -4]]
    assert tally["spread_trades_without_aggressor"] == 1


def test_a_spread_without_legs_is_only_counted():
    rows = [
        trade(0, 999, MIDNIGHT, side="B", size=3, legs=[]) | {"legs": None},
        trade(1, 999, MIDNIGHT, side="B", size=3, legs=[]),
    ]
    found, tally = traded(rows)
    assert not found.volume.sum_before(ENDS).any()
    assert tally["spread_trades_without_legs"] == 2


def test_a_spread_with_neither_legs_nor_aggressor_is_counted_once():
    rows = [
        trade(0, 999, MIDNIGHT, side="N", size=3, legs=[]) | {"legs": None},
        trade(1, 999, MIDNIGHT, side="N", size=3, legs=[(10, 1, "B")]),
    ]
    found, tally = traded(rows)
    assert tally == {"spread_trades_without_legs": 1, "spread_trades_without_aggressor": 1}
    assert found.volume.sum_before(ENDS)[0].tolist() == [3, 0]
    assert not found.spread_net.sum_before(ENDS).any()


def test_an_outright_trade_without_an_aggressor_is_no_spread():
    _, tally = traded([trade(0, 10, MIDNIGHT, side="N", size=3)])
    assert not +tally


def test_a_spread_that_reuses_an_options_number_is_no_trade_of_the_option():
    found, _ = traded([trade(0, 10, MIDNIGHT, side="B", size=3, legs=[(20, 1, "B")])])
    assert found.volume.sum_before(ENDS)[0].tolist() == [0, 3]


def test_time_does_not_step_back():
    """What comes in the file after a record of a later window belongs to that window too."""
    late = trade(1, 10, ENDS[0] - 1, side="B", size=2, ts_recv_behind=1)
    rows = [late, trade(0, 20, ENDS[0], side="B", size=1)]
    found, _ = traded(rows)
    assert found.volume.sum_before(ENDS).tolist() == [[0, 0], [2, 1], [2, 1]]


def test_no_trades():
    found, _ = traded([])
    assert found.volume.sum_before(ENDS).tolist() == [[0, 0]] * 3
