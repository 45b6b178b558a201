from collections import Counter

import numpy as np
import pytest

from gex_assets.errors import SettingsError
from gex_assets.schemas.bronze_option_instruments import BRONZE_OPTION_INSTRUMENTS
from gex_assets.stages.expirations_in_force import (
    expirations_in_force,
    first_of_each_window,
    listed_and_unexpired,
    years_to_expiration,
)
from gex_assets.stages.ladders import ladders_of
from gex_assets_tests.stages.made_up_day import DAY, MIDNIGHT, SECOND, WINDOW, instrument, table_of

FRONT = MIDNIGHT + 10 * WINDOW
ENDS = np.array([FRONT - WINDOW, FRONT, FRONT + WINDOW])


def ladders(*expirations, listed=MIDNIGHT, beyond=()):
    rows = [
        instrument(number, strike=6000.0, right="C", ts_expiration=expiration, underlying="ESH6", ts_listed=listed)
        | ({"selection_reason": "nearest_beyond_max_dte"} if number in beyond else {})
        for number, expiration in enumerate(expirations)
    ]
    return ladders_of(table_of(BRONZE_OPTION_INSTRUMENTS, rows), tally=Counter())


def test_successor_comes_into_force_at_the_fronts_expiration():
    found = expirations_in_force(ladders(FRONT, FRONT + DAY), ends=ENDS, expirations="front")
    assert found.tolist() == [[True, False], [False, True], [False, True]]


def test_a_number_counts_the_earliest_and_all_counts_all():
    three = ladders(FRONT, FRONT + DAY, FRONT + 2 * DAY)
    assert expirations_in_force(three, ends=ENDS, expirations=2).tolist() == [
        [True, True, False],
        [False, True, True],
        [False, True, True],
    ]
    assert expirations_in_force(three, ends=ENDS, expirations="all").sum(axis=1).tolist() == [3, 2, 2]


@pytest.mark.parametrize("expirations", ["front", 2, "all"])
def test_a_successor_beyond_max_dte_waits_for_the_last_within(expirations):
    found = expirations_in_force(ladders(FRONT, FRONT + DAY, beyond=[1]), ends=ENDS, expirations=expirations)
    assert found.tolist() == [[True, False], [False, True], [False, True]]


@pytest.mark.parametrize("expirations", ["front", 2, "all"])
def test_of_those_beyond_max_dte_the_nearest_counts(expirations):
    found = expirations_in_force(ladders(FRONT, FRONT + DAY, beyond=[0, 1]), ends=ENDS, expirations=expirations)
    assert found.tolist() == [[True, False], [False, True], [False, True]]


def test_without_expirations_none_is_in_force():
    assert expirations_in_force(ladders(), ends=ENDS, expirations="all").shape == (3, 0)


def test_an_expiration_counts_once_one_of_its_options_is_listed():
    late = ladders(FRONT + DAY, listed=int(ENDS[1]))
    assert listed_and_unexpired(late, ends=ENDS)[:, 0].tolist() == [False, False, True]
    assert not listed_and_unexpired(ladders(FRONT + DAY, listed=None), ends=ENDS).any()


def test_first_of_each_window_is_minus_one_without_any():
    live = np.array([[False, True, True], [False, False, False]])
    assert first_of_each_window(live).tolist() == [1, -1]
    assert first_of_each_window(np.zeros((2, 0), dtype=bool)).tolist() == [-1, -1]


def test_years_are_counted_to_the_nanosecond_and_end_at_zero():
    year = 365 * DAY
    assert years_to_expiration(ends=np.array([0, year - 1, year, year + 1]), ts_expiration=year).tolist() == [
        1.0,
        1 / year,
        0.0,
        0.0,
    ]
    assert SECOND * 86_400 == DAY


@pytest.mark.parametrize("value", [0, -1, "back"])
def test_unusable_numbers_are_refused(value):
    with pytest.raises(SettingsError, match="Expected expirations"):
        expirations_in_force(ladders(FRONT), ends=ENDS, expirations=value)
