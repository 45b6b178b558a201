from collections import Counter

import numpy as np

from gex_assets.schemas.bronze_option_instruments import BRONZE_OPTION_INSTRUMENTS
from gex_assets.stages.ladders import NEVER, ladders_of
from gex_assets_tests.stages.made_up_day import DAY, MIDNIGHT, instrument, table_of

NEAR, FAR = MIDNIGHT + DAY, MIDNIGHT + 30 * DAY


def arranged(rows):
    tally = Counter()
    return ladders_of(table_of(BRONZE_OPTION_INSTRUMENTS, rows), tally=tally), tally


def option(number, strike, right, **changes):
    return instrument(number, **({"ts_expiration": NEAR, "underlying": "ESH6"} | changes), strike=strike, right=right)


def test_calls_and_puts_stand_side_by_side():
    rows = [
        option(9, 6000.0, "P", ts_listed=7),
        option(4, 6000.0, "C"),
        option(5, 5900.0, "P", ts_listed=None),
        option(6, 6000.0, "C", ts_expiration=FAR, underlying="ESM6"),
        option(7, 5950.0, "C", selected=False),
    ]
    ladders, tally = arranged(rows)
    near, far = ladders.by_expiration
    assert ladders.instrument_ids.tolist() == [4, 5, 6, 9]
    assert (near.ts_expiration, near.underlying, far.underlying) == (NEAR, "ESH6", "ESM6")
    assert near.strikes.tolist() == [5900.0, 6000.0]
    assert (near.call.tolist(), near.put.tolist()) == ([-1, 0], [1, 3])
    assert near.call_listed.tolist() == [NEVER, MIDNIGHT]
    assert near.put_listed.tolist() == [NEVER, 7]
    assert near.ts_listed == 7
    assert ladders.underlyings == ("ESH6", "ESM6")
    assert not +tally


def test_listed_means_strictly_before_the_windows_end():
    ladders, _ = arranged([option(1, 6000.0, "C", ts_listed=10), option(2, 6000.0, "P", ts_listed=9)])
    calls, puts = ladders.by_expiration[0].listed(np.array([10, 11]))
    assert (calls[:, 0].tolist(), puts[:, 0].tolist()) == ([False, True], [True, True])


def test_of_two_that_say_the_same_the_lower_instrument_is_used():
    ladders, tally = arranged([option(8, 6000.0, "C"), option(3, 6000.0, "C"), option(5, 6000.0, "P", underlying="ESM6")])
    ladder = ladders.by_expiration[0]
    assert ladders.instrument_ids[ladder.call].tolist() == [3]
    assert (ladder.underlying, ladder.put.tolist()) == ("ESH6", [-1])
    assert tally == {"option_listed_twice": 1, "expiration_with_two_underlyings": 1}


def test_an_instrument_listed_later_takes_no_place_away_whatever_its_number():
    early = [option(8, 6000.0, "C", ts_listed=5), option(9, 6000.0, "P", ts_listed=5, multiplier=20.0)]
    late = [
        option(3, 6000.0, "C", ts_listed=6, multiplier=10.0),
        option(2, 6010.0, "C", ts_listed=6, underlying="ESM6"),
        option(1, 5990.0, "P", ts_listed=None),
    ]
    before, after = arranged(early)[0], arranged([*early, *late])[0]
    (known,), (grown,) = before.by_expiration, after.by_expiration
    assert (grown.underlying, grown.strikes.tolist()) == ("ESH6", [5990.0, 6000.0])
    for name in ("call", "put"):
        (old,), (_, new) = getattr(known, name), getattr(grown, name)
        assert before.instrument_ids[old] == after.instrument_ids[new]
    assert (known.multiplier[0], grown.multiplier[1]) == (50.0, 50.0)


def test_the_multiplier_is_that_of_the_right_listed_first():
    put = option(9, 6000.0, "P", ts_listed=5, multiplier=20.0)
    for ts_listed, expected in ((4, 50.0), (5, 50.0), (6, 20.0), (None, 20.0)):
        ladders, _ = arranged([put, option(8, 6000.0, "C", ts_listed=ts_listed)])
        assert ladders.by_expiration[0].multiplier.tolist() == [expected]


def test_nothing_selected_gives_no_ladders():
    for rows in ([], [option(1, 6000.0, "C", selected=False)]):
        ladders, _ = arranged(rows)
        assert (ladders.by_expiration, ladders.underlyings, ladders.instrument_ids.size) == ((), (), 0)
