"""Rows in another market's units have the same exposures, and rows of both are one chain in order."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gex_assets.analytics.chain_levels import ChainRows, further_exposures, signed
from gex_assets.chain.two_markets.future_side import FutureSide, with_filled_volatilities
from gex_assets.chain.two_markets.joined import MarketRows, in_future_units, joined, on_axis
from gex_assets.conventions import BUILT_IN, SCALES
from gex_assets_tests.chain.two_markets.made_up_index import REFERENCE, made_up_side


def index_rows(ratio: float, *, seed: int = 5) -> ChainRows:
    """An index at REFERENCE / ratio with the same surface, 100 USD a point."""
    rows = made_up_side(seed=seed).rows
    return replace(
        rows,
        strikes=rows.strikes / ratio,
        forward=rows.forward / ratio,
        price=rows.price / ratio,
        gamma=rows.gamma * ratio,
        multiplier=np.full(rows.place.size, 100.0),
    )


@given(ratio=st.floats(0.5, 110.0), multiplier=st.sampled_from([5.0, 20.0, 50.0]), scale=st.sampled_from(sorted(SCALES)))
def test_exposures_are_the_same_amounts_in_the_futures_units(ratio: float, multiplier: float, scale: str) -> None:
    """Dollars of delta per 1 % of the index, by hand; per point of the future they are a `ratio`-th, futures by their value."""
    own = index_rows(ratio)
    convention = replace(BUILT_IN["field"], scale=scale)
    found = signed(in_future_units(own, ratio=ratio, multiplier=multiplier), convention=convention, weight="open_interest")
    per_percent = own.gamma * own.weights["open_interest"][0] * 100.0 * own.price**2 * 0.01
    future = own.price * ratio
    expected = {
        "usd_per_1pct": per_percent,
        "usd_per_point": per_percent / (0.01 * future),
        "delta_per_point": per_percent / (0.01 * future * future),
        "contracts_per_1pct": per_percent / (future * multiplier),
    }
    assert found.call_magnitude == pytest.approx(expected[scale], rel=1e-12)


def test_other_greeks_are_the_same_dollars() -> None:
    own = index_rows(10.0)
    convention = BUILT_IN["field"]
    before = further_exposures(signed(own, convention=convention, weight="open_interest"))
    after = further_exposures(
        signed(in_future_units(own, ratio=10.0, multiplier=50.0), convention=convention, weight="open_interest")
    )
    for name in ("dex", "vanna_exposure", "charm_exposure", "coverage"):
        assert after[name] == pytest.approx(before[name], rel=1e-12)


def market(side: FutureSide, *, number: int, axis_forward: float) -> MarketRows:
    return MarketRows(
        rows=side.rows,
        ts_expiration=side.ts_expiration,
        strike=side.rows.strikes[side.rows.place],
        underlying=np.full(side.rows.place.size, number),
        axis_forward=np.full(side.rows.place.size, axis_forward),
        names=("ESH6", "ESM6", "SPX"),
        front=0,
        front_forward=REFERENCE,
    )


def test_both_are_in_order_with_expirations_of_their_own() -> None:
    one, other = (
        market(made_up_side(), number=0, axis_forward=REFERENCE),
        market(made_up_side(seed=2), number=2, axis_forward=REFERENCE),
    )
    both = joined(one, other)
    assert both.rows.place.size == 2 * one.rows.place.size
    assert both.ts_expiration.tolist() == sorted(both.ts_expiration.tolist())
    assert np.unique(both.rows.expiration).tolist() == [0, 1, 2, 3]
    assert [int(both.underlying[start]) for start in both.rows.expiration_starts[:-1]] == [0, 2, 0, 2]
    for rows in np.split(both.rows.strikes[both.rows.place], both.rows.expiration_starts[1:-1]):
        assert (np.diff(rows) > 0.0).all()
    for right in (0, 1):
        parts = (each.rows.weights["open_interest"][right].sum() for each in (one, other))
        assert both.rows.weights["open_interest"][right].sum() == sum(parts)


def test_strikes_of_a_later_future_stand_on_the_fronts_axis_too() -> None:
    """The June future 1 % above March, the index 1 % below: a strike of each stands where the front then is."""
    one = market(made_up_side(), number=0, axis_forward=REFERENCE)
    later = market(made_up_side(), number=1, axis_forward=1.01 * REFERENCE)
    index = market(made_up_side(), number=2, axis_forward=0.99 * REFERENCE)
    axis = on_axis(joined(joined(one, later), index)).rows.axis
    assert axis is not None
    for number, times in ((0, 1.0), (1, 1.0 / 1.01), (2, 1.0 / 0.99)):
        own = axis.future == number
        assert axis.price[own] == pytest.approx(axis.strike[own] * times)
    assert {int(one) for one in axis.future} == {0, 1, 2}


def test_weights_of_one_market_alone_are_left_out() -> None:
    one, other = (market(made_up_side(), number=number, axis_forward=REFERENCE) for number in (0, 2))
    weights = {**one.rows.weights, "resting_size": one.rows.weights["open_interest"]}
    assert set(joined(one._replace(rows=replace(one.rows, weights=weights)), other).rows.weights) == {"open_interest"}


def test_gaps_of_volatility_are_filled_from_neighbours_and_gammas_stay() -> None:
    rows = made_up_side().rows
    vol, gamma = rows.total_vol.copy(), rows.gamma.copy()
    vol[3] = gamma[3] = np.nan
    filled = with_filled_volatilities(replace(rows, total_vol=vol, gamma=gamma, total_vol_bid=np.full(vol.size, np.nan)))
    assert filled.total_vol[3] == pytest.approx((vol[2] + vol[4]) / 2.0)
    assert filled.total_vol_bid[3] == filled.total_vol[3]
    assert np.isnan(filled.gamma[3])
    others = np.arange(vol.size) != 3
    assert (filled.total_vol[others] == vol[others]).all()
