import random
from collections import Counter

import numpy as np
import pytest

from gex_assets.schemas.bronze_option_statistics import BRONZE_OPTION_STATISTICS
from gex_assets.schemas.bronze_option_trades import BRONZE_OPTION_TRADES
from gex_assets.stages.silver.chain_weights import OpenInterest, TradedContracts
from gex_assets_tests.stages.made_up_day import DAY, MIDNIGHT, WINDOW, table_of, trade
from gex_assets_tests.stages.made_up_day import open_interest as interest

IDS = np.array([10, 20], dtype=np.uint32)
ENDS = np.array([MIDNIGHT + WINDOW, MIDNIGHT + 2 * WINDOW, MIDNIGHT + 3 * WINDOW])
NONE = np.nan


def statistics(rows):
    return table_of(BRONZE_OPTION_STATISTICS, rows)


def trades(rows):
    return table_of(BRONZE_OPTION_TRADES, rows)


def interest_at(rows, ends=ENDS):
    published = OpenInterest()
    published.add(statistics(rows))
    return published.at(ends, instrument_ids=IDS)


def traded(rows, ends=ENDS):
    tally = Counter()
    contracts = TradedContracts(tally=tally)
    contracts.add(trades(rows))
    return contracts.at(ends, instrument_ids=IDS), tally


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


def test_windows_may_begin_late():
    rows = [interest(10, ENDS[0], 5), interest(10, ENDS[1], 6)]
    np.testing.assert_array_equal(interest_at(rows, ENDS[2:])[:, 0], [6])
    found, _ = traded([trade(0, 10, ENDS[0], side="B", size=3)], ENDS[2:])
    assert found.volume.tolist() == [[3, 0]]
    assert interest_at([]).shape == (3, 2)


def test_outright_trades_are_volume_whoever_was_the_aggressor():
    rows = [trade(n, 10, MIDNIGHT + n, side=side, size=n + 1) for n, side in enumerate("BAN")]
    found, tally = traded(rows)
    assert found.volume[0].tolist() == [6, 0]
    assert not found.spread_net.any()
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
    assert found.volume.tolist() == [[3, 6], [4, 8], [14, 28]]
    assert found.spread_net.tolist() == [[3, -6], [2, -4], [2, -4]]
    assert tally["spread_trades_without_aggressor"] == 1


def test_a_spread_without_legs_is_only_counted():
    rows = [
        trade(0, 999, MIDNIGHT, side="B", size=3, legs=[]) | {"legs": None},
        trade(1, 999, MIDNIGHT, side="B", size=3, legs=[]),
    ]
    found, tally = traded(rows)
    assert not found.volume.any()
    assert tally["spread_trades_without_legs"] == 2


def test_a_spread_with_neither_legs_nor_aggressor_is_counted_once():
    rows = [
        trade(0, 999, MIDNIGHT, side="N", size=3, legs=[]) | {"legs": None},
        trade(1, 999, MIDNIGHT, side="N", size=3, legs=[(10, 1, "B")]),
    ]
    found, tally = traded(rows)
    assert tally == {"spread_trades_without_legs": 1, "spread_trades_without_aggressor": 1}
    assert found.volume[0].tolist() == [3, 0]
    assert not found.spread_net.any()


def test_an_outright_trade_without_an_aggressor_is_no_spread():
    _, tally = traded([trade(0, 10, MIDNIGHT, side="N", size=3)])
    assert not +tally


def test_a_spread_that_reuses_an_options_number_is_no_trade_of_the_option():
    found, _ = traded([trade(0, 10, MIDNIGHT, side="B", size=3, legs=[(20, 1, "B")])])
    assert found.volume[0].tolist() == [0, 3]


def test_time_does_not_step_back():
    """What comes in the file after a record of a later window belongs to that window too."""
    late = trade(1, 10, ENDS[0] - 1, side="B", size=2, ts_recv_behind=1)
    rows = [late, trade(0, 20, ENDS[0], side="B", size=1)]
    found, _ = traded(rows)
    assert found.volume.tolist() == [[0, 0], [2, 1], [2, 1]]


def test_no_trades():
    found, _ = traded([])
    assert found.volume.tolist() == [[0, 0]] * 3


def test_a_statistic_that_comes_after_its_window_counts_in_the_next():
    published = OpenInterest()
    published.add(statistics([interest(10, MIDNIGHT, 5)]))
    np.testing.assert_array_equal(published.at(ENDS[:1], instrument_ids=IDS), [[5, NONE]])
    published.add(statistics([interest(10, MIDNIGHT + 1, 6), interest(20, MIDNIGHT, 7)]))
    np.testing.assert_array_equal(published.at(ENDS[1:], instrument_ids=IDS), [[6, 7]] * 2)


def test_a_statistic_that_comes_late_replaces_none_that_was_published_after_it():
    published = OpenInterest()
    published.add(statistics([interest(10, MIDNIGHT + 5, 5, ts_ref=20), interest(20, MIDNIGHT + 5, 6)]))
    published.at(ENDS[:1], instrument_ids=IDS)
    published.add(statistics([interest(10, MIDNIGHT + 5, 8, ts_ref=10), interest(20, MIDNIGHT + 4, 9)]))
    np.testing.assert_array_equal(published.at(ENDS[1:2], instrument_ids=IDS), [[5, 6]])
    published.add(statistics([interest(10, MIDNIGHT + 5, 8, ts_ref=30)]))
    np.testing.assert_array_equal(published.at(ENDS[2:], instrument_ids=IDS), [[8, 6]])


def test_a_trade_that_comes_after_its_window_counts_in_the_next():
    contracts = TradedContracts(tally=Counter())
    assert contracts.at(ENDS[:1], instrument_ids=IDS).volume.tolist() == [[0, 0]]
    contracts.add(trades([trade(0, 10, MIDNIGHT, side="B", size=2)]))
    assert contracts.at(ENDS[1:2], instrument_ids=IDS).volume.tolist() == [[2, 0]]
    contracts.add(trades([trade(1, 999, ENDS[1], side="A", size=1, legs=[(10, 3, "B")])]))
    found = contracts.at(ENDS[2:], instrument_ids=IDS)
    assert (found.volume.tolist(), found.spread_net.tolist()) == ([[5, 0]], [[-3, 0]])


def test_an_option_that_is_listed_later_has_what_came_before():
    published, contracts = OpenInterest(), TradedContracts(tally=Counter())
    published.add(statistics([interest(10, MIDNIGHT, 5), interest(15, MIDNIGHT, 6), interest(20, MIDNIGHT, 7)]))
    contracts.add(trades([trade(n, number, MIDNIGHT, side="B", size=number) for n, number in enumerate((10, 15, 20))]))
    more = np.array([10, 15, 20], dtype=np.uint32)
    assert published.at(ENDS[:1], instrument_ids=IDS).tolist() == [[5, 7]]
    assert contracts.at(ENDS[:1], instrument_ids=IDS).volume.tolist() == [[10, 20]]
    assert published.at(ENDS[1:2], instrument_ids=more).tolist() == [[5, 6, 7]]
    assert contracts.at(ENDS[1:2], instrument_ids=more).volume.tolist() == [[10, 15, 20]]


def test_windows_out_of_order_are_refused():
    published, contracts = OpenInterest(), TradedContracts(tally=Counter())
    for counted in (published, contracts):
        counted.at(ENDS[:2], instrument_ids=IDS)
        with pytest.raises(ValueError, match="Expected windows that end after"):
            counted.at(ENDS[1:], instrument_ids=IDS)


@pytest.mark.parametrize("seed", range(5))
def test_it_does_not_matter_when_and_in_which_order_events_are_added(seed):
    """Each event is added at random before the first window that counts it; the windows come in blocks of random size."""
    dice = random.Random(seed)
    ends = np.array([MIDNIGHT + n * WINDOW for n in range(1, 31)])
    moments = [dice.choice([int(dice.choice(ends)), dice.randrange(MIDNIGHT, int(ends[-1]))]) for _ in range(60)]
    said = [interest(dice.choice([10, 20, 30]), ts, n, ts_ref=n) for n, ts in enumerate(moments)]
    done = [trade(n, dice.choice([10, 20, 30]), ts, side="B", size=n) for n, ts in enumerate(moments)]
    published, contracts = OpenInterest(), TradedContracts(tally=Counter())
    waiting = [(dice.randrange(MIDNIGHT - DAY, row["ts_recv"] + 1), kind, row) for kind in (said, done) for row in kind]
    dice.shuffle(waiting)
    interests, volumes, first = [], [], 0
    while first < ends.size:
        block = ends[first : first + dice.randrange(1, 8)]
        first += block.size
        for added_at, kind, row in [one for one in waiting if one[0] < block[-1]]:
            (published.add if kind is said else contracts.add)((statistics if kind is said else trades)([row]))
            waiting.remove((added_at, kind, row))
        interests.append(published.at(block, instrument_ids=IDS))
        volumes.append(contracts.at(block, instrument_ids=IDS).volume)
    np.testing.assert_array_equal(np.concatenate(interests), interest_at(said, ends))
    np.testing.assert_array_equal(np.concatenate(volumes), traded(done, ends)[0].volume)
