"""Gaps among volatilities, filled as numpy's interpolation does it, group by group."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gex_assets.kernels.pricing.filled_gaps import neighbours


@given(
    sizes=st.lists(st.integers(0, 9), min_size=1, max_size=6),
    seed=st.integers(0, 2**32 - 1),
    share=st.floats(0.0, 1.0),
)
def test_groups_are_interpolated_each_for_itself(sizes: list[int], seed: int, share: float) -> None:
    random = np.random.default_rng(seed)
    first = np.concatenate([[0], np.cumsum(sizes)])
    strike = np.concatenate([np.cumsum(random.integers(1, 50, size)) for size in sizes]).astype(np.float64)
    known = random.random(strike.size) < share
    values = np.where(known, random.random(strike.size), np.nan)
    found = neighbours(first=first, strike=strike, known=known).fill(values)
    for start, stop in pairwise(first):
        here = known[start:stop]
        expected = (
            np.interp(strike[start:stop], strike[start:stop][here], values[start:stop][here])
            if here.any()
            else np.full(stop - start, np.nan)
        )
        assert found[start:stop] == pytest.approx(expected, rel=1e-14, nan_ok=True)
    assert np.array_equal(found[known], values[known])


def test_a_gap_knows_between_whom_it_lies() -> None:
    found = neighbours(
        first=np.array([0, 5, 7]),
        strike=np.array([10.0, 20.0, 30.0, 50.0, 60.0, 10.0, 20.0]),
        known=np.array([False, True, False, True, False, False, False]),
    )
    assert found.before.tolist() == [1, 1, 1, 3, 3, -1, -1]
    assert found.after.tolist() == [1, 1, 3, 3, 3, -1, -1]
    assert found.part.tolist() == [0.0, 0.0, pytest.approx(1 / 3), 0.0, 0.0, 0.0, 0.0]
    assert np.isnan(found.fill(np.arange(7.0))[5:]).all()
