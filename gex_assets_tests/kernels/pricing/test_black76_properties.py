from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st
from mpmath import mpf

from gex_assets.kernels.pricing import black76
from gex_assets.kernels.pricing.black76 import IvStatus
from gex_assets_tests.twins import black76 as twin

moneyness = st.floats(-1.5, 1.5)
years = st.floats(1e-7, 3.0)
volatility = st.floats(0.01, 2.0)
rate = st.floats(-0.05, 0.15)
right = st.booleans()
any_number = st.one_of(st.floats(), st.sampled_from([0.0, 1.0, 100.0, 6000.0, 1e-320, 1e300]))

GREEKS = ("delta", "gamma", "vega", "theta", "vanna", "charm")


def option(x: float, T: float, sigma: float, r: float, *, is_call: bool) -> dict[str, Any]:
    return {"F": 6000.25, "K": 6000.25 * float(np.exp(x)), "T": T, "sigma": sigma, "r": r, "is_call": is_call}


def deviations(at: dict[str, Any]) -> float:
    total = at["sigma"] * np.sqrt(at["T"])
    return abs(np.log(at["F"] / at["K"])) / total + total


@settings(deadline=None)
@given(moneyness, years, volatility, rate)
def test_parity_and_equal_gamma(x: float, T: float, sigma: float, r: float) -> None:
    at = option(x, T, sigma, r, is_call=True)
    call, put = black76.price(**at), black76.price(**(at | {"is_call": False}))
    discount = np.exp(-r * T)
    assert abs(call - put - discount * (at["F"] - at["K"])) <= 4e-15 * max(call, put, 1.0)
    of_call, of_put = black76.greeks(**at), black76.greeks(**(at | {"is_call": False}))
    assert of_call.gamma == of_put.gamma
    assert of_call.vega == of_put.vega
    assert of_call.vanna == of_put.vanna
    assert abs(of_call.delta - of_put.delta - discount) <= 4e-16 * max(discount, 1.0)


@settings(deadline=None)
@given(moneyness, years, volatility, rate, st.integers(-20, 20))
def test_homogeneity(x: float, T: float, sigma: float, r: float, power: int) -> None:
    at = option(x, T, sigma, r, is_call=power % 2 == 0)
    scale = 2.0**power
    larger = at | {"F": at["F"] * scale, "K": at["K"] * scale}
    assert black76.price(**larger) == scale * black76.price(**at)
    one, other = black76.greeks(**at), black76.greeks(**larger)
    assert (one.delta, one.vanna, one.charm) == (other.delta, other.vanna, other.charm)
    assert one.gamma == scale * other.gamma


@settings(deadline=None)
@given(moneyness, years, volatility, right, st.floats(1.000001, 2.0))
def test_monotone_in_volatility(x: float, T: float, sigma: float, is_call: bool, factor: float) -> None:
    at = option(x, T, sigma, 0.04, is_call=is_call)
    low, high = black76.price(**at), black76.price(**(at | {"sigma": sigma * factor}))
    vega = black76.greeks(**at).vega
    assert high >= low
    if vega * sigma * (factor - 1) > 1e-12 * low and low > 1e-280:
        assert high > low


@settings(deadline=None)
@given(moneyness, years, volatility, rate, st.floats(1e-6, 0.5))
def test_monotone_and_convex_in_strike_and_monotone_in_forward(x: float, T: float, sigma: float, r: float, step: float) -> None:
    at = option(x, T, sigma, r, is_call=True)
    F, K = at["F"], at["K"]
    strikes = np.array([K * (1 - step), K, K * (1 + step)])
    calls, puts = (black76.price(**(at | {"K": strikes, "is_call": flag})) for flag in (True, False))
    noise = 1e-13 * max(F, K)
    assert np.all(np.diff(calls) <= noise)
    assert np.all(np.diff(puts) >= -noise)
    # of equally distant strikes the middle one is worth at most the mean of the outer ones
    for prices in (calls, puts):
        assert prices[0] + prices[2] - 2 * prices[1] >= -4 * noise
    forwards = np.array([F, F * (1 + step)])
    calls, puts = (black76.price(**(at | {"F": forwards, "is_call": flag})) for flag in (True, False))
    assert calls[1] >= calls[0] - noise
    assert puts[1] <= puts[0] + noise


@settings(max_examples=300, deadline=None)
@given(moneyness, years, volatility, rate, right)
@example(0.0, 1e-7, 0.01, 0.0, True)
@example(1.03, 1.0, 1.0, 0.0, True)
def test_round_trip(x: float, T: float, sigma: float, r: float, is_call: bool) -> None:
    at = option(x, T, sigma, r, is_call=is_call)
    price, vega = black76.price(**at), black76.greeks(**at).vega
    at.pop("sigma")
    found, status = black76.implied_volatility(price=price, **at)
    # where the price says less than a millionth of the volatility, any status but nonsense will do
    if vega * sigma > 1e-9 * price and price > 1e-280:
        assert status == IvStatus.OK
        assert abs(found - sigma) <= 1e-13 * sigma + 16 * np.spacing(price) / vega
        assert abs(black76.price(**at, sigma=found) / price - 1) <= 1e-12
    else:
        assert np.isnan(found) == (status != IvStatus.OK)


@settings(max_examples=150, deadline=None)
@given(moneyness, years, volatility, rate, right)
def test_the_circle_closes_through_an_independent_price(x: float, T: float, sigma: float, r: float, is_call: bool) -> None:
    at = option(x, T, sigma, r, is_call=is_call)
    if deviations(at) > 30.0:
        return
    truth = twin.price(**at)
    error = float(abs(mpf(float(black76.price(**at))) / truth - 1))
    assert error <= 1e-15 * (4 + deviations(at) ** 2)
    at.pop("sigma")
    found, status = black76.implied_volatility(price=float(truth), **at)
    if status == IvStatus.OK:
        back = twin.price(**at, sigma=found)
        assert abs(float(back / mpf(float(truth)) - 1)) <= 1e-14 * (4 + 1000 * deviations(at | {"sigma": sigma}))
    else:
        intrinsic = max((at["F"] - at["K"]) * (1 if is_call else -1), 0.0)
        assert float(truth) - np.exp(-r * T) * intrinsic <= 4e-15 * float(truth)


@settings(max_examples=80, deadline=None)
@given(st.floats(-0.5, 0.5), st.floats(1e-4, 1.0), st.floats(0.05, 1.0), st.floats(0.0, 0.1), right)
def test_greeks_are_the_bumps_of_an_independent_price(x: float, T: float, sigma: float, r: float, is_call: bool) -> None:
    at = option(x, T, sigma, r, is_call=is_call)
    if deviations(at) > 12.0:
        return
    found = black76.greeks(**at)
    scales = {"theta": found.vega * sigma / T, "vanna": found.vega / 6000.0, "charm": abs(found.vanna) * sigma / T}
    for name in GREEKS:
        truth = twin.greek(name, **at)
        allowed = 1e-12 * max(float(abs(truth)), 1e-2 * float(scales.get(name, 0.0)))
        assert abs(float(mpf(float(getattr(found, name))) - truth)) <= allowed, name


@settings(max_examples=40, deadline=None)
@given(st.floats(-0.3, 0.3), st.floats(1e-3, 1.0), st.floats(0.05, 1.0), right)
def test_volatility_is_the_bisection_of_an_independent_price(x: float, T: float, sigma: float, is_call: bool) -> None:
    at = option(x, T, sigma, 0.03, is_call=is_call)
    price = black76.price(**at)
    at.pop("sigma")
    found, status = black76.implied_volatility(price=price, **at)
    if status == IvStatus.OK:
        truth = float(twin.implied_volatility(target=float(price), **at))
        vega = black76.greeks(**at, sigma=truth).vega
        assert abs(found - truth) <= 1e-14 * truth + 4 * np.spacing(price) / vega


@settings(max_examples=500, deadline=None)
@given(st.tuples(any_number, any_number, any_number, any_number, any_number), right)
def test_no_number_raises_and_none_is_clipped(numbers: tuple[float, float, float, float, float], is_call: bool) -> None:
    price, F, K, T, r = numbers
    sigma, status = black76.implied_volatility(price=price, F=F, K=K, T=T, r=r, is_call=is_call)
    assert np.isnan(sigma) == (status != IvStatus.OK)
    assert np.isnan(sigma) or 0 < sigma < np.inf
    assert np.isnan(value := black76.price(F=F, K=K, T=T, sigma=price, r=r, is_call=is_call)) or value >= 0
    black76.greeks(F=F, K=K, T=T, sigma=price, r=r, is_call=is_call)
