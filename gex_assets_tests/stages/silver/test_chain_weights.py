import random
from collections import Counter
from datetime import datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gex_assets.schemas.bronze_option_statistics import BRONZE_OPTION_STATISTICS
from gex_assets.schemas.bronze_option_trades import BRONZE_OPTION_TRADES
from gex_assets.stages.silver.chain_weights import TradedContracts
from gex_assets.stages.silver.statistic_in_force import StatisticInForce, sessions_over
from gex_assets_tests.stages.made_up_day import DAY, MIDNIGHT, WINDOW, table_of, trade
from gex_assets_tests.stages.made_up_day import open_interest as interest
from gex_assets_tests.twins import gex_chain as twin

IDS = np.array([10, 20], dtype=np.uint32)
ENDS = np.array([MIDNIGHT + WINDOW, MIDNIGHT + 2 * WINDOW, MIDNIGHT + 3 * WINDOW])
NONE = np.nan


def statistics(rows):
    return table_of(BRONZE_OPTION_STATISTICS, rows)


def trades(rows):
    return table_of(BRONZE_OPTION_TRADES, rows)


def interest_at(rows, ends=ENDS):
    published = StatisticInForce()
    published.add(statistics(rows))
    return published.at(ends, instrument_ids=IDS).value


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


def in_force(rows, ends=ENDS):
    published = StatisticInForce()
    published.add(statistics(rows))
    found = published.at(ends, instrument_ids=IDS[:1])
    return list(zip(found.value[:, 0].tolist(), found.ts_ref[:, 0].tolist(), strict=True))


FRIDAY, MONDAY = MIDNIGHT - 4 * DAY, MIDNIGHT - DAY


def test_what_is_published_again_about_an_older_session_does_not_replace_the_newer():
    rows = [interest(10, MIDNIGHT - 5, 100, ts_ref=MONDAY), interest(10, ENDS[0], 90, ts_ref=FRIDAY)]
    assert in_force(rows) == [(100, MONDAY)] * 3
    assert in_force([*rows, interest(10, ENDS[1], 101, ts_ref=MONDAY)]) == [(100, MONDAY), (100, MONDAY), (101, MONDAY)]


def test_an_undefined_reference_is_older_than_any_other():
    rows = [interest(10, MIDNIGHT, 100, ts_ref=FRIDAY), interest(10, ENDS[0], 90, ts_ref=-1)]
    assert in_force(rows) == [(100, FRIDAY)] * 3
    alone = [interest(10, MIDNIGHT, 90, ts_ref=-1), interest(10, ENDS[0], 80, ts_ref=-1)]
    assert in_force(alone) == [(90, -1), (80, -1), (80, -1)]


def test_two_deliveries_of_one_value_are_one_value():
    rows = [interest(10, MIDNIGHT, 100, ts_ref=MONDAY), interest(10, MIDNIGHT + 3, 100, ts_ref=MONDAY)]
    withdrawn = interest(10, ENDS[0], None, ts_ref=MONDAY, is_deleted=True)
    assert in_force(rows) == [(100, MONDAY)] * 3
    assert [np.isnan(value) for value, _ in in_force([*rows, withdrawn])] == [False, True, True]


def test_a_withdrawn_value_counts_until_it_is_withdrawn_and_then_the_one_before():
    rows = [interest(10, MIDNIGHT, 80, ts_ref=FRIDAY), interest(10, MIDNIGHT + 1, 100, ts_ref=MONDAY)]
    withdrawn = interest(10, ENDS[0], 100, ts_ref=MONDAY, is_deleted=True)
    assert in_force([*rows, withdrawn]) == [(100, MONDAY), (80, FRIDAY), (80, FRIDAY)]
    again = interest(10, ENDS[1], 99, ts_ref=MONDAY)
    assert in_force([*rows, withdrawn, again]) == [(100, MONDAY), (80, FRIDAY), (99, MONDAY)]


def test_a_withdrawal_of_a_value_that_is_not_in_force_changes_nothing():
    rows = [interest(10, MIDNIGHT, 80, ts_ref=FRIDAY), interest(10, MIDNIGHT + 1, 100, ts_ref=MONDAY)]
    older = interest(10, ENDS[0], None, ts_ref=FRIDAY, is_deleted=True)
    unknown = interest(10, ENDS[0], None, ts_ref=MONDAY - 7 * DAY, is_deleted=True)
    assert in_force([*rows, older, unknown]) == [(100, MONDAY)] * 3
    settlement = interest(10, ENDS[0], None, ts_ref=MONDAY, is_deleted=True, stat_type=3)
    assert in_force([*rows, settlement]) == [(100, MONDAY)] * 3


def test_a_statistic_that_steps_back_counts_when_it_came_in_its_file():
    rows = [interest(10, ENDS[0] - 5, 7, ts_ref=MONDAY, ts_recv_behind=5), interest(10, ENDS[1] - 1, 8, ts_ref=MONDAY)]
    assert [None if np.isnan(value) else value for value, _ in in_force(rows)] == [None, 8, 8]


def test_a_withdrawal_that_came_first_withdraws_nothing_later():
    rows = [interest(10, MIDNIGHT, None, ts_ref=MONDAY, is_deleted=True), interest(10, ENDS[0], 7, ts_ref=MONDAY)]
    assert [value == 7 for value, _ in in_force(rows)] == [False, True, True]


@given(
    st.lists(
        st.tuples(
            st.integers(-3, 40), st.integers(-1, 3), st.one_of(st.none(), st.integers(0, 99)), st.booleans(), st.sampled_from(IDS)
        ),
        max_size=25,
        unique_by=lambda said: (said[0], said[1], said[4]),
    ),
    st.sets(st.integers(1, 9), max_size=4),
)
def test_what_is_in_force_is_what_a_plain_search_finds_however_the_day_is_cut(said, cuts):
    rows = [
        interest(int(option), MIDNIGHT + at * WINDOW // 4, quantity, ts_ref=ref, is_deleted=gone)
        for at, ref, quantity, gone, option in said
    ]
    ends = np.array([MIDNIGHT + n * WINDOW for n in range(1, 11)])
    published = StatisticInForce()
    published.add(statistics(rows))
    found = [published.at(block, instrument_ids=IDS) for block in np.split(ends, sorted(cuts))]
    values, refs = (np.concatenate([getattr(one, name) for one in found]) for name in ("value", "ts_ref"))
    for w, end in enumerate(ends.tolist()):
        for i, option in enumerate(IDS.tolist()):
            value, ref = twin.open_interest_in_force(option, rows, end)
            assert refs[w, i] == ref
            np.testing.assert_equal(values[w, i], np.nan if value is None else float(value))


def test_what_was_traded_before_a_moment_is_told_apart_however_the_day_is_cut():
    legs = [(10, 2, "A")]
    rows = [
        trade(0, 10, MIDNIGHT, side="B", size=3),
        trade(1, 999, MIDNIGHT + 1, side="B", size=1, legs=legs),
        trade(2, 20, ENDS[0], side="A", size=5),
        trade(3, 10, ENDS[1] + 2, side="A", size=4),
    ]
    for cuts in ([], [1], [1, 2], [2]):
        contracts = TradedContracts(tally=Counter())
        contracts.add(trades(rows))
        net, early, late = [], [], []
        for block in np.split(ENDS, cuts):
            net.append(contracts.at(block, instrument_ids=IDS).net)
            shape = (block.size, IDS.size)
            early.append(contracts.before(np.full(shape, MIDNIGHT + 1), instrument_ids=IDS).net)
            late.append(contracts.before(np.tile([MIDNIGHT + 2, ENDS[0]], (block.size, 1)), instrument_ids=IDS))
        assert np.concatenate(net).tolist() == [[1, 0], [1, -5], [-3, -5]]
        assert np.concatenate(early).tolist() == [[3, 0]] * 3
        assert np.concatenate([one.net for one in late]).tolist() == [[1, 0]] * 3
        assert np.concatenate([one.spread_net for one in late]).tolist() == [[-2, 0]] * 3
        assert np.concatenate([one.volume for one in late]).tolist() == [[5, 0]] * 3


def test_a_trade_of_undefined_size_is_left_out_and_counted():
    rows = [
        trade(0, 10, MIDNIGHT, side="B", size=2**32 - 1),
        trade(1, 999, MIDNIGHT, side="B", size=2**32 - 1, legs=[(20, 1, "B")]),
        trade(2, 10, MIDNIGHT, side="B", size=2**32 - 2),
    ]
    found, tally = traded(rows)
    assert found.volume[0].tolist() == [2**32 - 2, 0]
    assert tally["trades_without_size"] == 2


@pytest.mark.parametrize(
    ("day", "over"),
    [
        ("2026-01-05", "2026-01-05T22:00"),  # a Monday
        ("2026-01-04", "2026-01-02T22:00"),  # a Sunday
        ("2026-01-19", "2026-01-16T22:00"),  # Martin Luther King Jr. Day belongs to Tuesday's session
        ("2026-07-06", "2026-07-06T21:00"),  # summer time
    ],
)
def test_a_session_is_over_when_its_trade_date_ends(day, over):
    moments = np.array([[to_ns(day + "T00:00"), to_ns(day + "T13:30")], [-1, -1]])
    assert sessions_over(moments, product="ES").tolist() == [[to_ns(over)] * 2, [np.iinfo(np.int64).min] * 2]


def to_ns(moment):
    return int(datetime.fromisoformat(moment + "+00:00").timestamp()) * 10**9


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
    assert +tally == {"spread_trades_without_legs": 1, "spread_trades_without_aggressor": 1}
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
    published = StatisticInForce()
    published.add(statistics([interest(10, MIDNIGHT, 5)]))
    np.testing.assert_array_equal(published.at(ENDS[:1], instrument_ids=IDS).value, [[5, NONE]])
    published.add(statistics([interest(10, MIDNIGHT + 1, 6), interest(20, MIDNIGHT, 7)]))
    np.testing.assert_array_equal(published.at(ENDS[1:], instrument_ids=IDS).value, [[6, 7]] * 2)


def test_a_statistic_that_comes_late_replaces_none_of_its_reference_that_was_published_after_it():
    published = StatisticInForce()
    published.add(statistics([interest(10, MIDNIGHT + 5, 5, ts_ref=20), interest(20, MIDNIGHT + 5, 6)]))
    published.at(ENDS[:1], instrument_ids=IDS)
    published.add(statistics([interest(10, MIDNIGHT + 5, 8, ts_ref=10), interest(20, MIDNIGHT + 4, 9)]))
    np.testing.assert_array_equal(published.at(ENDS[1:2], instrument_ids=IDS).value, [[5, 6]])
    published.add(statistics([interest(10, MIDNIGHT + 4, 8, ts_ref=30)]))
    np.testing.assert_array_equal(published.at(ENDS[2:], instrument_ids=IDS).value, [[8, 6]])


def test_a_trade_that_comes_after_its_window_counts_in_the_next():
    contracts = TradedContracts(tally=Counter())
    assert contracts.at(ENDS[:1], instrument_ids=IDS).volume.tolist() == [[0, 0]]
    contracts.add(trades([trade(0, 10, MIDNIGHT, side="B", size=2)]))
    assert contracts.at(ENDS[1:2], instrument_ids=IDS).volume.tolist() == [[2, 0]]
    contracts.add(trades([trade(1, 999, ENDS[1], side="A", size=1, legs=[(10, 3, "B")])]))
    found = contracts.at(ENDS[2:], instrument_ids=IDS)
    assert (found.volume.tolist(), found.spread_net.tolist()) == ([[5, 0]], [[-3, 0]])


def test_an_option_that_is_listed_later_has_what_came_before():
    published, contracts = StatisticInForce(), TradedContracts(tally=Counter())
    published.add(statistics([interest(10, MIDNIGHT, 5), interest(15, MIDNIGHT, 6), interest(20, MIDNIGHT, 7)]))
    contracts.add(trades([trade(n, number, MIDNIGHT, side="B", size=number) for n, number in enumerate((10, 15, 20))]))
    more = np.array([10, 15, 20], dtype=np.uint32)
    assert published.at(ENDS[:1], instrument_ids=IDS).value.tolist() == [[5, 7]]
    assert contracts.at(ENDS[:1], instrument_ids=IDS).volume.tolist() == [[10, 20]]
    assert published.at(ENDS[1:2], instrument_ids=more).value.tolist() == [[5, 6, 7]]
    assert contracts.at(ENDS[1:2], instrument_ids=more).volume.tolist() == [[10, 15, 20]]


def test_windows_out_of_order_are_refused():
    published, contracts = StatisticInForce(), TradedContracts(tally=Counter())
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
    published, contracts = StatisticInForce(), TradedContracts(tally=Counter())
    waiting = [(dice.randrange(MIDNIGHT - DAY, row["ts_recv"] + 1), kind, row) for kind in (said, done) for row in kind]
    dice.shuffle(waiting)
    interests, volumes, first = [], [], 0
    while first < ends.size:
        block = ends[first : first + dice.randrange(1, 8)]
        first += block.size
        for added_at, kind, row in [one for one in waiting if one[0] < block[-1]]:
            (published.add if kind is said else contracts.add)((statistics if kind is said else trades)([row]))
            waiting.remove((added_at, kind, row))
        interests.append(published.at(block, instrument_ids=IDS).value)
        volumes.append(contracts.at(block, instrument_ids=IDS).volume)
    np.testing.assert_array_equal(np.concatenate(interests), interest_at(said, ends))
    np.testing.assert_array_equal(np.concatenate(volumes), traded(done, ends)[0].volume)
