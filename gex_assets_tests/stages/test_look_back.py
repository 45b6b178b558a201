"""Values and counts of earlier windows do not depend on row groups, and end at a gap."""

from __future__ import annotations

import numpy as np

from gex_assets.stages.look_back import Remembered, WindowRuns, before, with_differences

WINDOW = 5_000_000_000
VALUES = np.array([1.0, 4.0, 9.0, 16.0, 30.0, 1.0])


def test_values_come_back_windows_later_whatever_the_groups():
    for groups in ([6], [1, 1, 1, 1, 1, 1], [2, 4], [4, 2]):
        remembered, found = Remembered(()), []
        for part in np.split(VALUES, np.cumsum(groups)[:-1]):
            joined = remembered.with_present(part)
            found.append(np.stack([before(joined, ago) for ago in range(4)]))
        np.testing.assert_array_equal(np.concatenate(found, axis=1)[3], [np.nan, np.nan, np.nan, 1.0, 4.0, 9.0])
        np.testing.assert_array_equal(np.concatenate(found, axis=1)[0], VALUES)


def test_values_move_to_other_places_and_new_places_are_unknown():
    remembered = Remembered((2,))
    remembered.add(np.array([[1.0, 2.0], [3.0, 4.0]]))
    remembered.move(np.array([0, 1]), np.array([2, 0]), count=3)
    np.testing.assert_array_equal(remembered.last, [[np.nan] * 3, [2.0, np.nan, 1.0], [4.0, np.nan, 3.0]])
    remembered.move(np.array([2]), np.array([0]), count=1)
    np.testing.assert_array_equal(remembered.last, [[np.nan], [1.0], [3.0]])


def test_differences_are_known_as_far_as_the_run_reaches():
    joined = Remembered(()).with_present(VALUES)
    values, first, second, third = with_differences(joined, run=np.array([0, 1, 2, 3, 0, 1]))
    np.testing.assert_array_equal(values, VALUES)
    np.testing.assert_array_equal(first, [np.nan, 3.0, 5.0, 7.0, np.nan, -29.0])
    np.testing.assert_array_equal(second, [np.nan, np.nan, 2.0, 2.0, np.nan, np.nan])
    np.testing.assert_array_equal(third, [np.nan, np.nan, np.nan, 0.0, np.nan, np.nan])


def test_windows_without_a_gap_are_counted_whatever_the_groups():
    ends = WINDOW * np.array([1, 2, 3, 4, 5, 9, 10, 12])
    for groups in ([8], [1] * 8, [5, 3], [6, 2], [2, 4, 2]):
        runs = WindowRuns()
        found = [runs.advance(part) for part in np.split(ends, np.cumsum(groups)[:-1])]
        assert np.concatenate(found).tolist() == [0, 1, 2, 3, 4, 0, 1, 0]
