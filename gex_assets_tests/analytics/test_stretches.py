"""Ranges and flows against Python's own sums."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from gex_assets.analytics.stretches import aggressor_flow, price_range

PRICES = st.lists(st.floats(1.0, 1e4) | st.just(math.nan))
SIZES = st.lists(st.tuples(*(st.integers(0, 10**6) for _ in range(3))))


@given(PRICES)
def test_a_range_is_that_of_the_known_prices(prices: list[float]) -> None:
    known = [price for price in prices if not math.isnan(price)]
    found = price_range(prices)
    if not known:
        assert found is None
    else:
        assert found is not None
        assert (found.low, found.high, found.last) == (min(known), max(known), known[-1])


@given(SIZES)
def test_a_flow_is_a_sum(sizes: list[tuple[int, int, int]]) -> None:
    bought, sold, unsigned = (np.array([one[at] for one in sizes], dtype=np.uint32) for at in range(3))
    found = aggressor_flow(bought, sold, unsigned)
    assert found.net == sum(one[0] - one[1] for one in sizes)
    assert found.traded == sum(map(sum, sizes))
