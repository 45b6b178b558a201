from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gex_assets.kernels.pricing.median import NORMAL_MAD, median


@settings(deadline=None)
@given(st.lists(st.integers(0, 9) | st.floats(-1e6, 1e6), min_size=1, max_size=40), st.data())
def test_the_median_is_that_of_the_sorted_first_values(values: list[float], data: st.DataObject) -> None:
    count = data.draw(st.integers(1, len(values)))
    ordered = sorted(float(value) for value in values[:count])
    middle = ordered[count // 2] if count % 2 else 0.5 * (ordered[count // 2 - 1] + ordered[count // 2])
    given_values = np.array(values, dtype=np.float64)
    assert median(given_values, count) == middle
    assert sorted(given_values[:count].tolist()) == ordered
    assert given_values[count:].tolist() == [float(value) for value in values[count:]]


def test_a_median_deviation_of_normal_errors_is_a_standard_deviation() -> None:
    errors = np.random.default_rng(0).normal(0.0, 3.0, 200_001)
    assert NORMAL_MAD * median(np.abs(errors), errors.size) == pytest.approx(3.0, rel=0.01)
