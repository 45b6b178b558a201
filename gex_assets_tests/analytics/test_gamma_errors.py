"""The error of one strike's gamma: its derivatives by an imaginary step, and the spread of gammas drawn and fitted again."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from gex_assets.analytics.gamma_errors import gamma_error, gamma_response
from gex_assets.kernels.exposure.smile_errors import SmileErrors, smile_errors
from gex_assets.kernels.pricing.black76 import chain_greeks, implied_volatility, price
from gex_assets.kernels.pricing.smile import fit_smile

Float = NDArray[np.float64]

F, T, RATE = 6_900.0, 0.05, 0.04
STRIKES = np.arange(6_300.0, 7_501.0, 25.0)
ERROR = 0.15


def gamma_of(forward: complex, strike: float, s: complex) -> complex:
    d_plus = np.log(forward / strike) / s + s / 2
    return complex(np.exp(-d_plus * d_plus / 2) / (forward * s))


@settings(deadline=None)
@given(st.floats(-0.3, 0.3), st.floats(0.005, 0.5), st.floats(0.001, 2.0))
def test_the_response_is_the_derivative_of_gamma(moneyness: float, s: float, years: float) -> None:
    strike, step = F * float(np.exp(-moneyness)), 1e-30
    gamma = gamma_of(F, strike, s).real
    if gamma < 1e-200:
        return
    found = gamma_response(F=np.array(F), K=np.array(strike), T=np.array(years), total_vol=np.array(s))
    by_vol = gamma_of(F, strike, s + 1j * step * np.sqrt(years)).imag / step / gamma
    by_forward = gamma_of(F + 1j * step, strike, s).imag / step / gamma
    assert float(found.by_vol) == pytest.approx(by_vol, rel=1e-9, abs=1e-9)
    assert float(found.by_forward) / F == pytest.approx(by_forward, rel=1e-9, abs=1e-9)


def quoted(off: Float, wrong: Float) -> tuple[Float, Float, Float]:
    """Volatilities of bid, middle and ask, (draws, strikes), where forwards are off and quotes stand elsewhere in their width."""
    z = np.log(STRIKES / F) / (0.15 * np.sqrt(T))
    is_call = STRIKES > F
    middle = price(F=F, K=STRIKES, T=T, sigma=0.15 - 0.02 * z, r=RATE, is_call=is_call)
    half = 0.1 + 0.01 * middle
    prices = np.stack([middle + wrong * half + side * half for side in (-1, 0, 1)])
    found, _ = implied_volatility(price=prices, F=(F + off)[:, None], K=STRIKES, T=T, r=RATE, is_call=is_call)
    return found[0], found[1], found[2]


@pytest.mark.long
def test_gammas_drawn_and_fitted_again_spread_as_wide_as_their_error_says() -> None:
    dice = np.random.default_rng(2)
    draws = 600
    off, wrong = dice.normal(0, ERROR, draws), dice.uniform(-1, 1, (draws, STRIKES.size))
    off[0], wrong[0] = 0.0, 0.0
    bid, mid, ask = quoted(off, wrong)
    seen = F + off
    fit = fit_smile(F=seen, K=STRIKES, T=T, iv_bid=bid, iv_mid=mid, iv_ask=ask)
    assert fit.accepted.all()
    gammas = chain_greeks(F=seen[:, None], K=STRIKES, T=T, total_vol=fit.iv_fit * np.sqrt(T), r=RATE)
    first = {name: values[0] for name, values in gammas._asdict().items()}
    same, total = np.ones(STRIKES.size), fit.iv_fit[0] * np.sqrt(T)
    smiles = smile_errors(
        first=np.array([0, STRIKES.size]),
        strike=STRIKES,
        F=F * same,
        T=T * same,
        total_vol=total,
        gamma=first["gamma"],
        call_delta=first["call_delta"],
        put_delta=first["put_delta"],
        iv_bid=bid[0],
        iv_mid=mid[0],
        iv_ask=ask[0],
        iv_fit=fit.iv_fit[0],
    )
    response = gamma_response(F=F * same, K=STRIKES, T=T * same, total_vol=total)
    said = gamma_error(gamma=first["gamma"], F=F * same, response=response, smiles=smiles, forward_error=ERROR * same)
    inside = np.abs(fit.z[0]) < 2.2
    ratio = said[inside] / gammas.gamma[1:, inside].std(axis=0)
    assert np.mean((ratio > 0.8) & (ratio < 1.25)) > 0.9
    assert np.median(ratio) == pytest.approx(1.0, abs=0.12)


def test_a_larger_error_of_any_source_is_a_larger_error_and_an_unknown_one_is_unknown() -> None:
    one = np.ones(1)
    response = gamma_response(F=F * one, K=7_000.0 * one, T=T * one, total_vol=0.03 * one)

    def error(own: float = 0.001, curve: float = 0.001, shape: float = 0.001, forward: float = 0.1) -> float:
        smiles = SmileErrors(own * one, np.array([[curve, 0, 0, 0, 0]]), 1e-5 * one, shape * one)
        found = gamma_error(gamma=1e-3 * one, F=F * one, response=response, smiles=smiles, forward_error=forward * one)
        return float(found[0])

    assert min(error(own=0.002), error(curve=0.002), error(shape=0.01), error(forward=0.2)) > error()
    for unknown in ({"own": np.nan}, {"curve": np.nan}, {"shape": np.nan}, {"forward": np.nan}):
        assert np.isnan(error(**unknown))
    assert error(own=0, curve=0, shape=0, forward=0) == 0
