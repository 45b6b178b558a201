from __future__ import annotations

import numpy as np
import pytest

from gex_assets.kernels.features.triggers import NO_TRIGGER, approach_direction, approached, episode_starts, grid_around

NAN = np.nan


def test_a_direction_needs_three_windows_before_and_a_quarter_point():
    price = np.array([100.0, 100.0, 100.0, 100.25, 100.24, 99.0, NAN, 99.0])
    before = np.concatenate([[NAN, NAN, NAN], price[:-3]])
    found = approach_direction(price=price, price_before=before, run=np.array([0, 1, 2, 3, 4, 5, 6, 2]))
    np.testing.assert_array_equal(found, [NAN, NAN, NAN, 1.0, 0.0, -1.0, NAN, NAN])


def test_the_lines_of_a_grid_lie_above_and_at_or_below():
    above, below = grid_around(price=np.array([6000.0, 6004.75, NAN]), step=5.0)
    np.testing.assert_array_equal(above, [6005.0, 6005.0, NAN])
    np.testing.assert_array_equal(below, [6000.0, 6000.0, NAN])


@pytest.mark.parametrize(
    ("price", "level", "direction", "expected"),
    [
        (5995.0, 6000.0, 1.0, True),  # exactly 20 ticks
        (5994.99, 6000.0, 1.0, False),
        (5995.0, 6000.0, -1.0, False),
        (6001.0, 6000.0, -1.0, True),
        (6001.0, 6000.0, 0.0, False),
        (6000.0, 6000.0, 0.0, False),
        (6000.0, 6000.0, 1.0, False),  # it has arrived
        (NAN, 6000.0, 1.0, False),
        (5999.0, NAN, 1.0, False),
        (5999.0, 6000.0, NAN, False),
    ],
)
def test_a_level_is_approached_within_reach_and_in_its_direction(price, level, direction, expected):
    found = approached(price=np.array([price]), level=np.array([level]), direction=np.array([direction]), reach=5.0)
    assert found.tolist() == [expected]


def test_twenty_ticks_of_a_tenth_are_within_twenty_ticks():
    assert approached(price=np.array([2000.3]), level=np.array([2002.3]), direction=np.array([1.0]), reach=20 * 0.1).all()


def test_an_episode_lasts_while_windows_follow_one_another_and_the_level_stays():
    ends = np.array([5, 10, 15, 25, 30, 35, 40])
    level = np.array([6000.0, 6000.0, 6001.5, 6001.5, 6005.0, 6000.0, 5995.01])
    before = {"end_before": np.append(NO_TRIGGER, ends[:-1]), "level_before": np.append(NAN, level[:-1])}
    found = episode_starts(ends=ends, level=level, **before, window_ns=5, reach=5.0)
    assert found.tolist() == [True, False, False, True, False, True, False]
    none = {"end_before": ends[:0], "level_before": level[:0]}
    assert episode_starts(ends=ends[:0], level=level[:0], **none, window_ns=5, reach=5.0).size == 0
