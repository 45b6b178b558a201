"""How volatilities respond to their quotes and forwards: against the fit itself, and against a slow twin and draws."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from gex_assets.kernels.exposure.smile_errors import SmileErrors, clipped_moments, redrawn_median, smile_errors
from gex_assets.kernels.pricing.black76 import chain_greeks, implied_volatility, price
from gex_assets.kernels.pricing.smile import LARGEST_Z, fit_smile
from gex_assets_tests.twins import smile_errors as twin

Float = NDArray[np.float64]

F, T, RATE = 6_900.0, 0.1, 0.04
STRIKES = np.arange(6_300.0, 7_501.0, 50.0)


def quoted() -> dict[str, Float]:
    z = np.log(STRIKES / F) / (0.15 * np.sqrt(T))
    mid = 0.15 - 0.02 * z
    half = 0.001 + 0.0005 * np.abs(z)
    return {"iv_bid": mid - half, "iv_mid": mid, "iv_ask": mid + half}


def fitted(iv: dict[str, Float]) -> Float:
    found, z, accepted = fit_smile(F=F, K=STRIKES, T=T, **{name: values[None, :] for name, values in iv.items()})
    assert accepted.all()
    return np.where(np.abs(z) <= LARGEST_Z, found, np.nan)[0]


def errors_of(iv: dict[str, Float], iv_fit: Float, *, used: Float | None = None) -> SmileErrors:
    """Greeks are those at gamma's volatility, unless another is given."""
    used = np.where(np.isnan(iv_fit), iv["iv_mid"], iv_fit) if used is None else np.where(np.isnan(used), iv["iv_mid"], used)
    greeks = chain_greeks(F=F, K=STRIKES, T=T, total_vol=used * np.sqrt(T), r=RATE)
    same = np.ones(STRIKES.size)
    return smile_errors(
        first=np.array([0, STRIKES.size]),
        strike=STRIKES,
        F=F * same,
        T=T * same,
        total_vol=used * np.sqrt(T),
        gamma=greeks.gamma,
        call_delta=greeks.call_delta,
        put_delta=greeks.put_delta,
        iv_fit=iv_fit,
        **iv,
    )


def test_the_covariances_are_those_of_the_twin() -> None:
    dice = np.random.default_rng(5)
    iv = quoted()
    half = (iv["iv_ask"] - iv["iv_bid"]) / 2
    for spread in (0.1, 0.6, 1.5):
        noise = dice.normal(0.0, spread, STRIKES.size) * half
        seen = {name: values + noise for name, values in iv.items()}
        curve = fitted(seen)
        inside = ~np.isnan(curve)
        found = errors_of(seen, curve)
        z = np.log(STRIKES / F) / (twin.at_the_money(F, STRIKES, seen["iv_mid"]) * np.sqrt(T))
        tilt = errors_of(seen, np.full(STRIKES.size, np.nan), used=curve).tilt
        expected = twin.of_curve(z[inside], ((seen["iv_mid"] - curve) / half)[inside], half[inside], tilt[inside])
        for ours, theirs in (
            (found.curve[inside] @ found.curve[inside].T, expected.covariance),
            (found.shape[inside], expected.shift),
            (found.tilt[inside], expected.tilt),
        ):
            np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-8 * np.abs(theirs).max())


def tilt_of_quotes() -> Float:
    return errors_of(quoted(), np.full(STRIKES.size, np.nan)).tilt


@pytest.mark.parametrize("residual", [0.05, 0.3, 1.0])
def test_refitted_curves_spread_as_the_covariances_say_however_well_the_quotes_agree(residual: float) -> None:
    """Quotes that agree by chance to a twentieth of their width are redrawn as wide as any."""
    iv = quoted()
    half = (iv["iv_ask"] - iv["iv_bid"]) / 2
    dice = np.random.default_rng(7)
    noise = dice.uniform(-1, 1, STRIKES.size) * residual * half
    seen = {name: values + noise for name, values in iv.items()}
    curve = fitted(seen)
    inside = ~np.isnan(curve)
    errors = errors_of(seen, curve)
    draws = 400
    wrong = dice.uniform(-1, 1, (draws, STRIKES.size)) * half
    again = fit_smile(
        F=np.full(draws, F), K=STRIKES, T=np.full(draws, T), **{name: values + wrong for name, values in seen.items()}
    )
    assert again.accepted.all()
    drawn = again.iv_fit[:, inside]
    expected = np.linalg.norm(errors.curve[inside], axis=1)
    ratio = expected / drawn.std(axis=0)
    assert np.all((ratio > 0.8) & (ratio < 1.25))
    off = drawn.mean(axis=0) - curve[inside]
    # the mean of redrawn curves, to the noise of as many draws and a quarter of it
    assert np.all(np.abs(off - errors.shape[inside]) < 5 * expected / np.sqrt(draws) + 0.25 * np.abs(off).max())


def implied_again(off: float) -> Float:
    """The middle volatilities that the same option prices have where the forward is off by so much; NaN at strikes around it."""
    mid = quoted()["iv_mid"]
    is_call = STRIKES > F
    prices = price(F=F, K=STRIKES, T=T, sigma=mid, r=RATE, is_call=is_call)
    found, _ = implied_volatility(price=prices, F=F + off, K=STRIKES, T=T, r=RATE, is_call=is_call)
    return np.where(np.abs(STRIKES - F) < 60, np.nan, found)


def test_a_forward_that_is_off_tilts_volatilities_as_their_options_prices_say() -> None:
    errors = errors_of(quoted(), np.full(STRIKES.size, np.nan))
    slope = (implied_again(0.01) - implied_again(-0.01)) / 0.02
    known = ~np.isnan(slope)
    assert np.count_nonzero(known) > 20
    assert errors.tilt[known] == pytest.approx(slope[known], rel=1e-5)
    # put and call nearly cancel at the strikes around the forward
    near = np.searchsorted(STRIKES, F, side="right")
    assert np.all(np.abs(errors.tilt[[near - 1, near]]) < 0.2 * np.abs(errors.tilt[[near - 2, near + 1]]))


def test_the_curve_follows_the_tilt_of_its_quotes() -> None:
    iv = quoted()
    curve = fitted(iv)
    inside = ~np.isnan(curve)
    quotes = tilt_of_quotes()
    # so small a shift that no residual leaves Huber's bend
    there, back = (fitted({name: values + sign * 1e-5 * quotes for name, values in iv.items()}) for sign in (1, -1))
    assert errors_of(iv, curve).tilt[inside] == pytest.approx(((there - back) / 2e-5)[inside], rel=1e-3, abs=1e-9)


def test_a_quote_far_outside_the_bend_does_not_move_the_curve() -> None:
    iv = quoted()
    curve = fitted(iv)
    stale = STRIKES == 6_700.0
    near, far = (
        errors_of({name: np.where(stale, values + off, values) for name, values in iv.items()}, curve) for off in (0.02, 0.04)
    )
    inside = ~np.isnan(curve)
    for name, found in near._asdict().items():
        assert found[inside] == pytest.approx(getattr(far, name)[inside]), name
    # it pulls with all the strength a quote has, and so does not stand aside altogether
    assert np.abs(near.shape[inside]).max() > 10 * np.abs(errors_of(iv, curve).shape[inside]).max()


def test_beyond_the_curve_and_without_it_errors_are_the_quotes_own() -> None:
    iv = quoted()
    half = (iv["iv_ask"] - iv["iv_bid"]) / 2
    none = np.full(STRIKES.size, np.nan)
    errors = errors_of(iv, none)
    assert errors.own == pytest.approx(half / np.sqrt(3))
    assert not errors.curve.any()
    one_sided = errors_of(iv | {"iv_bid": none}, none)
    assert one_sided.own == pytest.approx(half / np.sqrt(3))
    neither = errors_of(iv | {"iv_bid": none, "iv_ask": none}, none)
    assert np.isnan(neither.own).all()


def test_a_curve_through_too_few_quotes_has_no_error() -> None:
    iv = quoted()
    curve = fitted(iv)
    few = {name: np.where(np.arange(STRIKES.size) % 8 == 0, values, np.nan) for name, values in iv.items()}
    assert np.isnan(errors_of(few, curve).curve[~np.isnan(curve)]).all()


def test_a_spline_seen_without_noise_has_no_error_of_its_shape_and_another_curve_has() -> None:
    iv = quoted()
    straight = errors_of(iv, fitted(iv))
    assert np.abs(straight.shape).max() < 1e-12
    z = np.log(STRIKES / F) / (0.15 * np.sqrt(T))
    bent = {name: values + 0.004 * np.exp(-8 * (z - 0.3) ** 2) for name, values in iv.items()}
    errors = errors_of(bent, fitted(bent))
    assert np.abs(errors.shape).max() > 1e-4


@settings(deadline=None)
@given(st.floats(-4, 4), st.floats(0.01, 5))
def test_moments_of_a_clipped_uniform_number(residual: float, bend: float) -> None:
    steps = (np.arange(200_000) + 0.5) / 100_000 - 1
    y = residual + steps
    clipped = np.clip(y, -bend, bend)
    within, mean, variance = clipped_moments(residual, bend)
    assert within == pytest.approx(np.mean(np.abs(y) <= bend), abs=2e-5)
    assert mean == pytest.approx(clipped.mean(), abs=2e-5)
    assert variance == pytest.approx(clipped.var(), abs=5e-5)


@settings(deadline=None)
@given(st.lists(st.floats(0, 6), min_size=1, max_size=30))
def test_half_of_the_redrawn_residuals_are_within_their_median(residuals: list[float]) -> None:
    bound = redrawn_median(np.array(residuals), len(residuals))
    steps = (np.arange(20_000) + 0.5) / 10_000 - 1
    within = np.mean(np.abs(np.array(residuals)[:, None] + steps) <= bound)
    assert within == pytest.approx(0.5, abs=2e-4)
