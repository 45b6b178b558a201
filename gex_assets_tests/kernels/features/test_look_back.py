from __future__ import annotations

import numpy as np

from gex_assets.kernels.features.look_back import look_back_blocks

NAN = np.nan
LOOK_BACKS = (3, 9, 24)


def blocks_of(values, run, look_backs=(2, 3)):
    before = max(look_backs) - 1
    padded = np.concatenate([np.full((before, *values.shape[1:]), NAN), values])
    return look_back_blocks(values=padded, run=run, look_backs=look_backs)


def test_means_and_steps_by_hand():
    now, mean_2, mean_3, step_2, step_3 = blocks_of(np.array([1.0, 2.0, 6.0, 10.0])[:, None], np.arange(4))[:, :, 0]
    np.testing.assert_array_equal(now, [1, 2, 6, 10])
    np.testing.assert_array_equal(mean_2, [NAN, 1.5, 4, 8])
    np.testing.assert_array_equal(mean_3, [NAN, NAN, 3, 6])
    np.testing.assert_array_equal(step_2, [NAN, 1, 4, 4])
    np.testing.assert_array_equal(step_3, [NAN, NAN, 2.5, 4])


def test_a_missing_value_leaves_no_mean_and_no_step_from_or_to_it():
    _, mean_2, mean_3, step_2, step_3 = blocks_of(np.array([1.0, NAN, 6.0, 10.0])[:, None], np.arange(4))[:, :, 0]
    np.testing.assert_array_equal(mean_2, [NAN, NAN, NAN, 8])
    assert np.isnan(mean_3).all()
    np.testing.assert_array_equal(step_2, [NAN, NAN, NAN, 4])
    np.testing.assert_array_equal(step_3, [NAN, NAN, 2.5, NAN])


def test_nothing_is_looked_back_on_over_a_gap_and_a_window_without_a_row_has_nothing():
    now, mean_2, mean_3, step_2, step_3 = blocks_of(np.arange(5.0)[:, None], np.array([0, 1, 0, 1, -1]))[:, :, 0]
    np.testing.assert_array_equal(now, [0, 1, 2, 3, NAN])
    np.testing.assert_array_equal(mean_2, [NAN, 0.5, NAN, 2.5, NAN])
    np.testing.assert_array_equal(step_2, [NAN, 1, NAN, 1, NAN])
    assert np.isnan([mean_3, step_3]).all()


def test_it_is_the_same_however_many_windows_are_computed_together():
    random = np.random.default_rng(3)
    values = np.where(random.random((90, 7)) < 0.02, NAN, random.normal(scale=1e9, size=(90, 7)))
    run = np.concatenate([np.arange(50), np.arange(40)])
    whole = look_back_blocks(values=np.concatenate([np.full((23, 7), NAN), values]), run=run, look_backs=LOOK_BACKS)
    assert np.isfinite(whole).any(axis=(1, 2)).all()
    padded = np.concatenate([np.full((23, 7), NAN), values])
    for step in (1, 13):
        parts = [
            look_back_blocks(values=padded[a : min(a + step, 90) + 23], run=run[a : a + step], look_backs=LOOK_BACKS)
            for a in range(0, 90, step)
        ]
        assert np.concatenate(parts, axis=1).tobytes() == whole.tobytes()
