from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from gex_assets.kernels.pricing import black76
from gex_assets.kernels.pricing.smile import LARGEST_Z, SmileFit, fit_smile
from gex_assets_tests.kernels.pricing.made_up_slices import a_slice
from gex_assets_tests.twins import market_makers
from gex_assets_tests.twins.smile import cardinal, huber_spline

RATE = 0.04


def volatilities(quotes: market_makers.Quotes) -> dict[str, Any]:
    """Arguments of `fit_smile` from the out-of-the-money side of quotes."""
    F, K = quotes.F[:, None], quotes.K[None]
    is_call = K >= F
    bid = np.where(is_call, quotes.call_bid, quotes.put_bid)
    ask = np.where(is_call, quotes.call_ask, quotes.put_ask)
    prices = {"iv_bid": bid, "iv_mid": (bid + ask) / 2, "iv_ask": np.where(np.isnan(bid), np.nan, ask)}
    return {"F": quotes.F, "K": quotes.K, "T": np.full(quotes.F.size, quotes.T)} | {
        name: black76.implied_volatility(price=price, F=F, K=K, T=quotes.T, r=RATE, is_call=is_call)[0]
        for name, price in prices.items()
    }


def gamma(quotes: market_makers.Quotes, sigma: np.ndarray) -> np.ndarray:
    total = sigma * np.sqrt(quotes.T)
    return black76.chain_greeks(F=quotes.F[:, None], K=quotes.K[None], T=quotes.T, total_vol=total, r=RATE).gamma


@pytest.mark.parametrize("days", [1, 7, 45])
@pytest.mark.parametrize("stale", [0.0, 0.05])
def test_gamma_is_better_from_the_curve_than_from_the_quotes(days: int, stale: float) -> None:
    quotes = market_makers.quotes(windows=60, days=days, stale=stale, seed=days)
    given = volatilities(quotes)
    fit = fit_smile(**given)
    assert fit.accepted.all()
    truth = gamma(quotes, quotes.smile)
    quoted = (np.abs(fit.z) < LARGEST_Z) & np.isfinite(given["iv_mid"])
    raw = np.abs(gamma(quotes, given["iv_mid"]) - truth)[quoted].sum() / truth[quoted].sum()
    fitted = np.abs(gamma(quotes, fit.iv_fit) - truth)[quoted].sum() / truth[quoted].sum()
    assert fitted < {1: 0.0025, 7: 0.001, 45: 0.0006}[days]
    assert fitted < 0.7 * raw


def test_a_spline_is_found_exactly() -> None:
    # it falls through 0.2 at the forward, so that 0.2 is the median of the five volatilities around it
    at_knots = np.array([0.26, 0.23, 0.2, 0.19, 0.175])
    z = np.linspace(-2.4, 2.4, 49)
    mid = cardinal(z) @ at_knots
    given = a_slice(0.2, n=49) | {"K": 6000.0 * np.exp(z * 0.04), "iv_mid": mid[None]}
    fit = fit_smile(**(given | {"iv_bid": mid[None] - 0.002, "iv_ask": mid[None] + 0.002}))
    np.testing.assert_allclose(fit.iv_fit[0], mid, rtol=1e-10)
    assert fit.accepted.tolist() == [True]
    np.testing.assert_allclose(fit.z[0], z, rtol=1e-10, atol=1e-12)


def as_documented(fit: SmileFit, given: dict[str, Any], window: int) -> tuple[np.ndarray, np.ndarray]:
    """Which strikes are fitted, and the twin's curve there."""
    z, mid = fit.z[window], given["iv_mid"][window]
    below, above = mid - given["iv_bid"][window], given["iv_ask"][window] - mid
    half = (np.where(np.isnan(below), above, below) + np.where(np.isnan(above), below, above)) / 2
    at = np.isfinite(mid) & np.isfinite(half) & (np.abs(z) < LARGEST_Z)
    nearest = np.argsort(np.abs(given["K"] - given["F"][window]) + np.where(np.isfinite(mid), 0.0, np.inf), kind="stable")[:5]
    return at, huber_spline(z[at], mid[at], np.maximum(half[at], 1e-4 * np.median(mid[nearest])))


@pytest.mark.parametrize(
    ("days", "stale", "spread"), [(1, 0.0, 1.0), (3, 0.1, 1.0), (45, 0.2, 2.0)], ids=["fresh", "stale", "wide and stale"]
)
def test_the_curve_is_the_documented_one_to_a_billionth(days: int, stale: float, spread: float) -> None:
    quotes = market_makers.quotes(windows=25, days=days, stale=stale, spread=spread, seed=4)
    given = volatilities(quotes)
    fit = fit_smile(**given)
    assert fit.accepted.all()
    counts = set()
    for window in range(25):
        at, curve = as_documented(fit, given, window)
        counts.add(np.count_nonzero(at) % 2)
        np.testing.assert_allclose(fit.iv_fit[window, at], curve, rtol=0, atol=1e-9)
    assert counts == {0, 1}, "even and odd numbers of quotes are both tried"


def test_quotes_narrower_than_the_floor_count_as_wide_as_the_floor() -> None:
    dice = np.random.default_rng(3)
    given = a_slice(lambda z: 0.2 - 0.02 * z + dice.normal(0.0, 2e-5, z.size), n=40, half=1e-9)
    fit = fit_smile(**given)
    at, curve = as_documented(fit, given, 0)
    np.testing.assert_allclose(fit.iv_fit[0, at], curve, rtol=0, atol=1e-9)


def test_third_differences_of_the_curve_are_constant_between_its_knots() -> None:
    dice = np.random.default_rng(1)
    given = a_slice(lambda z: 0.2 - 0.02 * z + 0.006 * np.sqrt(z * z + 1.0) + dice.normal(0.0, 4e-4, z.size), n=42)
    coarse = fit_smile(**given)
    at, curve = as_documented(coarse, given, 0)
    assert coarse.accepted.all()
    z, step = coarse.z[0, at], 0.05
    # finely spaced strikes without quotes are filled from the curve
    finely = np.arange(-1.9, 1.901, step)
    scale = np.log(np.asarray(given["K"])[at][-1] / 6000.0) / z[-1]
    many = {"K": np.concatenate([given["K"], 6000.0 * np.exp(finely * scale)])}
    for name in ("iv_bid", "iv_mid", "iv_ask"):
        many[name] = np.concatenate([given[name], np.full((1, finely.size), np.nan)], axis=1)
    found = fit_smile(**(given | many)).iv_fit[0, -finely.size :]
    knots = np.linalg.lstsq(cardinal(z), curve, rcond=None)[0]
    expected = np.diff(cardinal(finely) @ knots, n=3) / step**3
    np.testing.assert_allclose(np.diff(found, n=3) / step**3, expected, rtol=0, atol=1e-7)
    inside = [np.diff(found[(finely > low) & (finely < low + 1)], n=3) / step**3 for low in (-2.0, -1.0, 0.0, 1.0)]
    assert all(np.ptp(each) < 1e-7 for each in inside)
    assert np.ptp([each[0] for each in inside]) > 1e-4


def test_strikes_without_quotes_are_filled_and_wild_ones_ignored() -> None:
    given = a_slice(lambda z: 0.2 - 0.02 * z)
    truth = given["iv_mid"].copy()
    for name in ("iv_bid", "iv_mid", "iv_ask"):
        given[name][0, [3, 17, 18, 30]] = np.nan
        given[name][0, [8, 25, 36]] *= 1.5
    fit = fit_smile(**given)
    np.testing.assert_allclose(fit.iv_fit, truth, rtol=5e-4)


def test_one_side_of_a_spread_is_enough() -> None:
    given = a_slice(0.2)
    given["iv_bid"][0, :10] = np.nan
    given["iv_ask"][0, -10:] = np.nan
    assert fit_smile(**given).accepted.all()
    given["iv_bid"][:], given["iv_ask"][:] = np.nan, np.nan
    assert not fit_smile(**given).accepted.any()


def test_the_curve_ends_at_two_and_a_half_deviations_and_goes_on_level_before() -> None:
    z = np.linspace(-4.0, 4.0, 81)
    given = a_slice(lambda inner: 0.2 - 0.02 * inner, n=81)
    given["K"] = 6000.0 * np.exp(z * 0.04)
    mid = 0.2 - 0.02 * z
    mid[np.abs(z) > 1.55] = np.nan
    given |= {"iv_mid": mid[None], "iv_bid": mid[None] - 0.002, "iv_ask": mid[None] + 0.002}
    fit = fit_smile(**given)
    inside = np.abs(fit.z[0]) <= LARGEST_Z
    assert np.array_equal(np.isfinite(fit.iv_fit[0]), inside)
    np.testing.assert_allclose(fit.iv_fit[0, inside], 0.2 - 0.02 * np.clip(z[inside], -1.5, 1.5), rtol=1e-9)


@pytest.mark.parametrize(
    ("why", "change"),
    [
        ("no forward", {"F": [np.nan]}),
        ("no time", {"T": 0.0}),
        ("no time known", {"T": np.nan}),
        ("negative forward", {"F": [-6000.0]}),
    ],
)
def test_no_curve_without(why: str, change: dict[str, Any]) -> None:
    fit = fit_smile(**(a_slice(0.2) | change))
    assert not fit.accepted.any(), why
    assert np.isnan(fit.iv_fit).all()
    assert np.isnan(fit.z).all()


@pytest.mark.parametrize(
    ("why", "kept"),
    [
        ("too few", np.arange(17, 24)),
        ("calls only", np.arange(21, 41)),
        ("puts only", np.arange(0, 20)),
        ("none", np.arange(0)),
    ],
)
def test_no_curve_of_too_little(why: str, kept: np.ndarray) -> None:
    given = a_slice(0.2)
    missing = np.setdiff1d(np.arange(41), kept)
    for name in ("iv_bid", "iv_mid", "iv_ask"):
        given[name][0, missing] = np.nan
    fit = fit_smile(**given)
    assert not fit.accepted.any(), why
    assert np.isnan(fit.iv_fit).all()


def test_no_curve_through_chaos() -> None:
    rng = np.random.default_rng(0)
    given = a_slice(lambda z: rng.uniform(0.1, 0.4, z.size), half=0.001)
    assert not fit_smile(**given).accepted.any()


def test_eight_points_at_five_places_do_not_divide_by_zero() -> None:
    given = a_slice(0.2)
    for name in ("iv_bid", "iv_mid", "iv_ask"):
        given[name] = given[name][:, :8]
    given["K"] = np.array([5900.0, 5900.0, 5900.0, 5900.0, 6100.0, 6100.0, 6100.0, 6100.0])
    fit = fit_smile(**given)
    assert np.isnan(fit.iv_fit).all()


def test_windows_and_orders_do_not_matter() -> None:
    quotes = market_makers.quotes(windows=5, days=7, stale=0.05, seed=9)
    given = volatilities(quotes)
    fit = fit_smile(**given)
    order = np.random.default_rng(1).permutation(quotes.K.size)
    for window in range(5):
        one = {name: value[window : window + 1] for name, value in given.items() if name != "K"}
        shuffled = {name: value[:, order] if value.ndim == 2 else value for name, value in one.items()}
        alone = fit_smile(**shuffled, K=given["K"][order])
        np.testing.assert_array_equal(alone.iv_fit[0], fit.iv_fit[window, order])
        np.testing.assert_array_equal(alone.z[0], fit.z[window, order])


def test_a_strike_that_is_none_stands_aside() -> None:
    given = a_slice(0.2)
    given["K"] = np.concatenate([given["K"], [np.nan, -100.0, 0.0, np.inf]])
    for name in ("iv_bid", "iv_mid", "iv_ask"):
        given[name] = np.concatenate([given[name], np.full((1, 4), 0.2)], axis=1)
    fit = fit_smile(**given)
    assert fit.accepted.all()
    assert np.isnan(fit.z[0, 41:]).all()
    assert np.isnan(fit.iv_fit[0, 41:]).all()
    np.testing.assert_allclose(fit.iv_fit[0, :41], 0.2)


def test_shapes_that_disagree_are_said() -> None:
    given = a_slice(0.2)
    with pytest.raises(ValueError, match="Expected volatilities of shape"):
        fit_smile(**(given | {"iv_mid": given["iv_mid"][0]}))
    nothing = fit_smile(F=[], K=[], T=1.0, iv_bid=np.empty((0, 0)), iv_mid=np.empty((0, 0)), iv_ask=np.empty((0, 0)))
    assert nothing.iv_fit.shape == (0, 0)
    no_strikes = fit_smile(F=[6000.0], K=[], T=1.0, iv_bid=np.empty((1, 0)), iv_mid=np.empty((1, 0)), iv_ask=np.empty((1, 0)))
    assert no_strikes.accepted.tolist() == [False]
