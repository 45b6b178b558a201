"""Errors of a sum by their definition: what the sum does when volatilities, forwards and shapes are off."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from gex_assets.kernels.exposure.gamma_profile import profile_coefficient
from gex_assets.kernels.exposure.net_error import BETWEEN, MISSING_SHARE, ChainErrors, NetError, RepricedRows, net_error
from gex_assets.kernels.exposure.smile_errors import SmileErrors
from gex_assets.kernels.pricing.filled_gaps import neighbours

Float = NDArray[np.float64]

F, T, RATE = 6_900.0, 0.1, 0.04


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
    shape = np.array([1e-3, np.nan, -2e-3, 1e-3, np.nan, 3e-3, 1e-3])
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
        chain=ChainErrors(
            years=years, forward=forward, forward_error=error, volatility=SmileErrors(own, np.zeros((7, 5)), tilt, shape)
        ),
        reference=np.array([F]),
        reference_error=np.array([0.1]),
        shift=np.array([np.log(price / F)]),
        power=power,
        at_price=at_price,
        borrowed=True,
    )

    def net(**changed: Any) -> float:
        given: dict[str, Any] = {"strike": strike, "sigma": sigma, "forward": forward, "weight": weight}
        given |= {"reference": F, "price": price, "power": power} | changed
        return summed(**given | {"sigma": filled.fill(given["sigma"])})

    def slope(change: Any, step: float) -> float:
        return (net(**change(step)) - net(**change(-step))) / (2 * step)

    quotes = [slope(lambda h, k=k: {"sigma": sigma + h * (np.arange(7) == k)}, 1e-6) * own[k] for k in np.flatnonzero(known)]
    assert found.quotes[0] == pytest.approx(np.linalg.norm(quotes), rel=1e-6)

    shapes = [slope(lambda h, e=e: {"sigma": sigma + h * shape * (expiration == e)}, 1e-4) for e in (0, 1)]
    assert found.shape[0] == pytest.approx(BETWEEN * np.linalg.norm(shapes), rel=1e-6)

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
            volatility=SmileErrors(np.ones(1), np.zeros((1, 5)), np.zeros(1), np.zeros(1)),
        ),
        reference=np.full(2, F),
        reference_error=np.ones(2),
        shift=np.array([0.0, np.nan]),
        power=1.0,
        at_price=False,
        borrowed=False,
    )
    assert np.isnan(found).all()


@pytest.mark.parametrize("left_out", [1, 3, 6])
def test_rows_without_a_volatility_of_their_own_are_what_a_net_leaves_out(left_out: int) -> None:
    """Their exposure at the neighbours' volatility, by its definition, is the part of their expiration; nothing else changes."""
    strike = np.array([6_700.0, 6_800.0, 6_900.0, 7_000.0, 6_750.0, 6_850.0, 6_950.0])
    expiration = np.array([0, 0, 0, 0, 1, 1, 1])
    weight = np.array([-50.0, 35.0, 20.0, 80.0, -25.0, -60.0, 90.0])
    known = np.arange(7) != left_out
    filled = neighbours(first=np.array([0, 4, 7]), strike=strike, known=known)
    sigma = filled.fill(np.where(known, 0.15, np.nan))
    forward, years = np.full(7, F), np.full(7, T)

    def errors(weight: Float, *, borrowed: bool) -> NetError:
        return net_error(
            first=np.array([0]),
            stop=np.array([7]),
            repriced=RepricedRows(
                row=np.arange(7),
                expiration=expiration,
                moneyness=np.log(forward / strike),
                total_vol=sigma * np.sqrt(T),
                coefficient=profile_coefficient(signed_weight=weight, F=forward, T=years, r=RATE, dollars=forward**2),
                filled=filled,
            ),
            chain=ChainErrors(
                years=years,
                forward=forward,
                forward_error=np.full(7, 0.1),
                volatility=SmileErrors(np.full(7, 0.001), np.zeros((7, 5)), np.full(7, 1e-5), np.zeros(7)),
            ),
            reference=np.array([F]),
            reference_error=np.array([0.1]),
            shift=np.zeros(1),
            power=1.0,
            at_price=False,
            borrowed=borrowed,
        )

    found = errors(weight, borrowed=False)
    without = errors(np.where(known, weight, 0.0), borrowed=False)
    assert (found.quotes, found.forward) == (without.quotes, without.forward)
    omitted = summed(strike, sigma, forward, np.where(known, 0.0, weight), reference=F, price=F, power=1.0)
    assert found.shape[0] == pytest.approx(MISSING_SHARE * abs(omitted), rel=1e-9)
    assert without.shape[0] == 0.0
    assert errors(weight, borrowed=True).shape[0] == 0.0
