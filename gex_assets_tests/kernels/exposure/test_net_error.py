from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from gex_assets.kernels.exposure.gamma_profile import profile_coefficient
from gex_assets.kernels.exposure.net_error import ChainErrors, NetError, RepricedRows, SmileErrors, net_error, smile_errors
from gex_assets.kernels.pricing.black76 import chain_greeks, implied_volatility, price
from gex_assets.kernels.pricing.filled_gaps import neighbours
from gex_assets.kernels.pricing.smile import LARGEST_Z, fit_smile

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


def errors_of(iv: dict[str, Float], iv_fit: Float) -> SmileErrors:
    used = np.where(np.isnan(iv_fit), iv["iv_mid"], iv_fit)
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


def test_one_quote_moves_the_curve_as_the_covariances_say() -> None:
    iv = quoted()
    curve = fitted(iv)
    errors = errors_of(iv, curve)
    half = (iv["iv_ask"] - iv["iv_bid"]) / 2
    inside = np.flatnonzero(~np.isnan(curve))
    for moved in inside[::3].tolist():
        step = 1e-3 * half[moved]
        there, back = (
            fitted({name: values + sign * step * (np.arange(STRIKES.size) == moved) for name, values in iv.items()})
            for sign in (1, -1)
        )
        response = ((there - back) / (2 * step))[inside]
        expected = (errors.curve[inside] @ errors.curve[moved]) / half[moved] ** 2
        assert response == pytest.approx(expected, abs=1e-6)


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
    quotes = errors_of(iv, np.full(STRIKES.size, np.nan)).tilt
    # so small a shift that no residual leaves Huber's bend
    there, back = (fitted({name: values + sign * 1e-5 * quotes for name, values in iv.items()}) for sign in (1, -1))
    assert errors_of(iv, curve).tilt[inside] == pytest.approx(((there - back) / 2e-5)[inside], rel=1e-4, abs=1e-9)


def test_a_quote_outside_the_bend_does_not_move_the_curve() -> None:
    iv = quoted()
    curve = fitted(iv)
    stale = STRIKES == 6_700.0
    spoiled = {name: np.where(stale, values + 0.02, values) for name, values in iv.items()}
    without = {name: np.where(stale, np.nan, values) for name, values in iv.items()}
    expected = errors_of(without, curve)
    for name, found in errors_of(spoiled, curve)._asdict().items():
        assert found == pytest.approx(getattr(expected, name), nan_ok=True), name


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


def summed(strike: Float, sigma: Float, forward: Float, weight: Float, *, reference: float, price: float, power: float) -> float:
    """The profile by its definition."""
    s = sigma * np.sqrt(T)
    moved = forward * price / reference
    d = np.log(moved / strike) / s + s / 2
    return float(np.sum(weight * np.exp(-RATE * T - d * d / 2) / np.sqrt(2 * np.pi) / s * moved**power))


@pytest.mark.parametrize("at_price", [False, True])
@pytest.mark.parametrize("power", [1.0, 0.0, -1.0])
def test_errors_are_the_differences_of_the_sum_itself(at_price: bool, power: float) -> None:
    strike = np.array([6_700.0, 6_850.0, 6_900.0, 7_000.0, 7_200.0, 6_800.0, 7_100.0])
    expiration = np.array([0, 0, 0, 0, 0, 1, 1])
    forward = np.where(expiration == 0, F, 6_950.0)
    known = np.array([True, False, True, True, False, True, True])
    filled = neighbours(first=np.array([0, 5, 7]), strike=strike, known=known)
    sigma = np.array([0.17, np.nan, 0.15, 0.14, np.nan, 0.16, 0.13])
    weight = np.array([-50.0, 35.0, 20.0, 80.0, -25.0, -60.0, 90.0])
    own = np.array([0.002, np.nan, 0.001, 0.001, np.nan, 0.003, 0.002])
    tilt = np.array([2e-5, np.nan, 1e-5, -2e-5, np.nan, 3e-5, -1e-5])
    error = np.where(expiration == 0, 0.1, 0.25)
    price = 6_850.0
    years = np.full(7, T)
    found: NetError = net_error(
        first=np.array([0]),
        stop=np.array([7]),
        repriced=RepricedRows(
            row=np.arange(7),
            expiration=expiration,
            moneyness=np.log(forward / strike),
            total_vol=filled.fill(sigma) * np.sqrt(T),
            coefficient=profile_coefficient(signed_weight=weight, F=forward, T=years, r=RATE, dollars=forward ** (power + 1.0)),
            filled=filled,
        ),
        chain=ChainErrors(years=years, forward=forward, forward_error=error, volatility=SmileErrors(own, np.zeros((7, 5)), tilt)),
        reference=np.array([F]),
        reference_error=np.array([0.1]),
        shift=np.array([np.log(price / F)]),
        power=power,
        at_price=at_price,
    )

    def net(**changed: Any) -> float:
        given: dict[str, Any] = {"strike": strike, "sigma": sigma, "forward": forward, "weight": weight}
        given |= {"reference": F, "price": price, "power": power} | changed
        return summed(**given | {"sigma": filled.fill(given["sigma"])})

    def slope(change: Any, step: float) -> float:
        return (net(**change(step)) - net(**change(-step))) / (2 * step)

    quotes = [slope(lambda h, k=k: {"sigma": sigma + h * (np.arange(7) == k)}, 1e-6) * own[k] for k in np.flatnonzero(known)]
    assert found.quotes[0] == pytest.approx(np.linalg.norm(quotes), rel=1e-6)

    def wrong(which: int, h: float) -> dict[str, Any]:
        own_rows = expiration == which
        change: dict[str, Any] = {"forward": forward + h * own_rows, "sigma": sigma + h * tilt * own_rows}
        if which == 0:
            # the reference price is the first expiration's forward; either the price is held or its ratio to the reference
            change |= {"reference": F + h, "price": price if at_price else price * (F + h) / F}
        return change

    forwards = [slope(lambda h, e=e: wrong(e, h), 1e-3) * (0.1, 0.25)[e] for e in (0, 1)]
    assert found.forward[0] == pytest.approx(np.linalg.norm(forwards), rel=1e-6)
    # the factor's own change is no part of the slope: it is zero where the sum is
    without_factor = {"weight": weight * forward**power, "power": 0.0}
    by_price = (net(price=price + 0.01, **without_factor) - net(price=price - 0.01, **without_factor)) / 0.02
    assert found.slope[0] / price == pytest.approx(by_price * (price / F) ** power, rel=1e-6)


def test_windows_without_rows_or_a_shift_have_no_error() -> None:
    found = net_error(
        first=np.array([0, 0]),
        stop=np.array([0, 1]),
        repriced=RepricedRows(
            row=np.array([0]),
            expiration=np.array([0]),
            moneyness=np.zeros(1),
            total_vol=np.ones(1),
            coefficient=np.ones(1),
            filled=neighbours(first=np.array([0, 1]), strike=np.full(1, F), known=np.ones(1, dtype=np.bool_)),
        ),
        chain=ChainErrors(
            years=np.ones(1),
            forward=np.full(1, F),
            forward_error=np.ones(1),
            volatility=SmileErrors(np.ones(1), np.zeros((1, 5)), np.zeros(1)),
        ),
        reference=np.full(2, F),
        reference_error=np.ones(2),
        shift=np.array([0.0, np.nan]),
        power=1.0,
        at_price=False,
    )
    assert np.isnan([found.quotes, found.forward, found.slope]).all()
