"""Ratios of depths, distances and flow: their values, what is empty, what is missing."""

from __future__ import annotations

import math

import numpy as np

from gex_assets.kernels.features.vacuum import away_share, log_ratio, mean_distance, per_one_more, relative_log

NAN = math.nan


def test_the_mean_distance_is_weighted_by_size_twenty_when_empty_and_missing_when_unknown():
    found = mean_distance(
        size_ticks=np.array([40.0, 0.0, 0.0, NAN, 3.0]), size=np.array([16.0, 5.0, 0.0, 0.0, NAN]), empty_ticks=20.0
    )
    np.testing.assert_array_equal(found, [2.5, 0.0, 20.0, NAN, NAN])


def test_logs_and_shares_add_one_so_that_nothing_is_a_number():
    none, some, unknown = np.array([0.0, 3.0, NAN]), np.array([0.0, 1.0, 1.0]), np.array([NAN] * 3)
    np.testing.assert_allclose(log_ratio(none, some), [0.0, math.log(2), NAN], rtol=1e-15)
    np.testing.assert_allclose(per_one_more(none, some), [0.0, 1.5, NAN], rtol=1e-15)
    np.testing.assert_allclose(relative_log(none, some), [0.0, math.log(2.5), NAN], rtol=1e-15)
    for ratio in (log_ratio, per_one_more, relative_log):
        assert np.isnan(ratio(np.ones(3), unknown)).all()


def test_the_share_re_priced_away_is_half_of_nothing():
    found = away_share(away=np.array([0.0, 4.0, 0.0, NAN, 1.0]), toward=np.array([0.0, 5.0, 2.0, 0.0, NAN]))
    np.testing.assert_allclose(found, [0.5, 0.4, 0.0, NAN, NAN])
