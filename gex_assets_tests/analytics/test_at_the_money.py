"""One day's standard deviation at the money, by hand and against a plain loop over the strikes."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gex_assets.analytics.at_the_money import distance_in_sigmas, one_day_sigma
from gex_assets.analytics.chain_levels import ChainRows

Quote = tuple[float, float | None]
"""Strike and its volatility."""
Expiration = tuple[float, float, Sequence[Quote]]
"""Forward, years, strikes."""


def rows_of(windows: Sequence[Sequence[Expiration]]) -> ChainRows:
    flat = [
        (number, forward, years, strike, np.nan if sigma is None else sigma * math.sqrt(years))
        for window in windows
        for number, (forward, years, quotes) in enumerate(window)
        for strike, sigma in quotes
    ]
    columns = zip(*flat, strict=True) if flat else [()] * 5
    expiration, forward, years, strike, total_vol = (np.array(column, dtype=np.float64) for column in columns)
    strikes, place = np.unique(strike, return_inverse=True)
    nothing = np.full(strike.size, np.nan)
    return ChainRows(
        first=np.cumsum([0, *(sum(len(quotes) for *_, quotes in window) for window in windows)]),
        strikes=strikes,
        place=place,
        expiration=expiration.astype(np.int64),
        forward=forward,
        price=forward,
        years=years,
        multiplier=nothing,
        gamma=nothing,
        total_vol=total_vol,
        total_vol_bid=nothing,
        total_vol_ask=nothing,
        vanna=nothing,
        call_delta=nothing,
        put_delta=nothing,
        call_charm=nothing,
        put_charm=nothing,
        quoted=np.ones(strike.size, dtype=np.bool_),
        weights={},
    )


def plain(window: Sequence[Expiration]) -> float:
    """The same for one window, in words."""
    for forward, _, quotes in window:
        if not quotes:
            continue
        known = [(strike, sigma) for strike, sigma in quotes if sigma is not None]
        below = [one for one in known if one[0] <= forward]
        above = [one for one in known if one[0] > forward]
        if below and below[-1][0] == forward:
            return below[-1][1] / math.sqrt(365)
        if not below or not above:
            return math.nan
        (low, at_low), (high, at_high) = below[-1], above[0]
        return (at_low + (at_high - at_low) * (forward - low) / (high - low)) / math.sqrt(365)
    return math.nan


def test_between_two_strikes_it_is_interpolated_and_a_day_is_a_365th_of_a_year() -> None:
    """0.19 a year at 6,902.5 is 0.9945 % or 68.65 points a day."""
    found = one_day_sigma(rows_of([[(6_902.5, 10 / 365, [(6_900.0, 0.20), (6_905.0, 0.18)])]]))
    assert found[0] == pytest.approx(0.19 / math.sqrt(365))
    assert found[0] * 6_902.5 == pytest.approx(68.645, abs=0.001)


def test_the_earliest_expiration_counts_and_gaps_are_bridged() -> None:
    front: Expiration = (100.0, 0.01, [(90.0, 0.3), (95.0, None), (105.0, None), (110.0, 0.1)])
    later: Expiration = (100.0, 0.5, [(100.0, 0.9)])
    assert one_day_sigma(rows_of([[front, later]]))[0] == pytest.approx(0.2 / math.sqrt(365))


@pytest.mark.parametrize(
    ("quotes", "known"),
    [
        ([(100.0, 0.2)], True),
        ([(100.0, None), (90.0, 0.2), (110.0, 0.2)], True),
        ([(90.0, 0.2), (95.0, 0.2)], False),
        ([(105.0, 0.2), (110.0, 0.2)], False),
        ([(90.0, None), (110.0, None)], False),
        ([], False),
    ],
)
def test_without_a_volatility_on_both_sides_it_is_missing(quotes: list[Quote], known: bool) -> None:
    found = one_day_sigma(rows_of([[(100.0, 0.1, sorted(quotes, key=lambda one: one[0]))]]))
    assert np.isnan(found[0]) != known


QUOTES = st.lists(
    st.tuples(st.integers(1, 40).map(float), st.none() | st.floats(0.01, 2.0)), max_size=12, unique_by=lambda one: one[0]
).map(sorted)
EXPIRATIONS = st.lists(st.tuples(st.floats(1.0, 40.0) | st.integers(1, 40).map(float), st.floats(0.001, 2.0), QUOTES), max_size=3)


@settings(max_examples=200, deadline=None)
@given(st.lists(EXPIRATIONS, min_size=1, max_size=4))
def test_it_is_that_of_a_plain_loop(windows: list[list[Expiration]]) -> None:
    np.testing.assert_allclose(one_day_sigma(rows_of(windows)), [plain(window) for window in windows], rtol=1e-9)


def test_a_distance_has_no_sign_and_is_counted_in_days() -> None:
    found = distance_in_sigmas(np.array([6_800.0, 7_000.0, np.nan]), reference=np.full(3, 6_900.0), sigma=np.full(3, 0.01))
    np.testing.assert_allclose(found, [100 / 69, 100 / 69, np.nan])
