import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from gex_assets.kernels.features.strike_slots import (
    at_slots,
    differences,
    imbalance,
    intensity,
    nearest_strikes,
    pull_add_log,
    rank_weighted_mean,
    sum_of_known,
)


def slots_of(strikes, listed, reference):
    found = nearest_strikes(
        strikes=np.array(strikes, dtype=float), listed=np.array([listed], dtype=bool), reference=np.array([reference])
    )[0]
    return [strikes[position] if position >= 0 else None for position in found]


def test_slots_are_the_nearest_by_rank():
    strikes = [float(k) for k in range(5900, 6101, 25)]
    assert slots_of(strikes, [True] * 9, 6000.0) == [6025, 6050, 6075, 6100, None, 6000, 5975, 5950, 5925, 5900]
    assert slots_of(strikes, [True] * 9, 5999.9) == [6000, 6025, 6050, 6075, 6100, 5975, 5950, 5925, 5900, None]


def test_slots_pass_over_strikes_not_listed():
    assert slots_of([1.0, 2.0, 3.0, 4.0], [True, False, True, True], 2.5)[:2] == [3.0, 4.0]
    assert slots_of([1.0, 2.0, 3.0, 4.0], [True, False, True, True], 2.5)[5:7] == [1.0, None]


def test_slots_are_empty_without_a_reference():
    assert slots_of([1.0, 2.0], [True, True], math.nan) == [None] * 10


@given(
    st.lists(st.integers(0, 40), min_size=1, max_size=30, unique=True),
    st.integers(0, 2**30),
    st.floats(-5, 45, allow_nan=False),
)
def test_slots_agree_with_sorting(strikes, pattern, reference):
    strikes = sorted(float(k) for k in strikes)
    listed = [bool(pattern >> place & 1) for place in range(len(strikes))]
    there = [k for k, seen in zip(strikes, listed, strict=True) if seen]
    above = [k for k in there if k > reference][:5]
    below = [k for k in reversed(there) if k <= reference][:5]
    expected = above + [None] * (5 - len(above)) + below + [None] * (5 - len(below))
    assert slots_of(strikes, listed, reference) == expected


def test_empty_slots_have_no_values():
    values = np.arange(12.0).reshape(2, 3, 2)
    picked = at_slots(values=values, slots=np.array([[2, -1], [0, 1]]))
    np.testing.assert_array_equal(picked[0], [[4.0, 5.0], [math.nan, math.nan]])
    np.testing.assert_array_equal(picked[1], [[6.0, 7.0], [8.0, 9.0]])


def test_differences_of_a_cubic_are_its_derivatives():
    x = np.arange(4.0)[:, None] ** 3
    joined = np.concatenate([np.full((3, 1), math.nan), x])
    before = tuple(joined[3 - ago : 7 - ago] for ago in (1, 2, 3))
    d1, d2, d3 = differences(present=x, before=before, run=np.array([0, 1, 2, 3]))
    np.testing.assert_array_equal(d1[:, 0], [math.nan, 1, 7, 19])
    np.testing.assert_array_equal(d2[:, 0], [math.nan, math.nan, 6, 12])
    np.testing.assert_array_equal(d3[:, 0], [math.nan, math.nan, math.nan, 6])


def test_differences_stop_at_a_gap():
    values = tuple(np.array([float(v)]) for v in (8, 4, 2, 1))
    d1, d2, d3 = differences(present=values[0], before=values[1:], run=np.array([1]))
    assert (d1[0], math.isnan(d2[0]), math.isnan(d3[0])) == (4.0, True, True)


def test_sums_skip_what_is_unknown():
    values = np.array([[1.0, math.nan, 2.0], [math.nan] * 3])
    np.testing.assert_array_equal(sum_of_known(values), [3.0, math.nan])
    np.testing.assert_array_equal(sum_of_known(np.empty((2, 0))), [math.nan] * 2)


def test_near_imbalance_weighs_by_rank():
    values = np.array([[1.0, 0, 0, 0, 0, -1.0, 0, 0, 0, 0.5], [math.nan] * 9 + [0.25], [math.nan] * 10])
    found = rank_weighted_mean(values)
    assert math.isclose(found[0], 0.1 / (2 * (1 + 1 / 2 + 1 / 3 + 1 / 4 + 1 / 5)))
    assert math.isclose(found[1], 0.25)
    assert math.isnan(found[2])


def test_ratios():
    assert math.isclose(intensity(flow=np.array(6.0), depth_at_start=np.array(2.0)), 2.0)
    assert imbalance(one=np.array(0.0), other=np.array(0.0)) == 0.0
    assert math.isclose(imbalance(one=np.array(3.0), other=np.array(1.0)), 0.5, rel_tol=1e-8)
    assert math.isclose(pull_add_log(pulled=np.array(math.e), added=np.array(1.0)), 1.0, rel_tol=1e-8)
