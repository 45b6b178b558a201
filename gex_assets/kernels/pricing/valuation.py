r"""Compiled Black-76 prices and greeks: blocks of options in vector code, one at a time where that does not hold.

With D = e^{-rT}, s = σ√T, d₊ = ln(F/K)/s + s/2, d₋ = d₊ − s and the out-of-the-money price b of `time_value`:

    price = D (intrinsic + √(FK) b)             gamma = D φ(d₊)/(F s)              vega = D F φ(d₊) √T
    delta = D Φ(d₊), −D Φ(−d₊) for a put        vanna = −D φ(d₊) d₋/σ              charm = −∂delta/∂T = r delta + D φ(d₊) d₋/(2T)
    theta = −∂price/∂T = r price − D F φ(d₊) σ/(2√T)

The smaller of Φ(d₊) and Φ(−d₊) is computed first, as φ(d₊) R(|d₊|), and the price from its time value. So no digits are lost in
the wings or in the money. The public functions are in `black76`; implied volatility is in `implied_volatility`.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
from numba import njit

from gex_assets.kernels.numba_tools.compiled_unit import fingerprint
from gex_assets.kernels.pricing import lanes, normal, time_value
from gex_assets.kernels.pricing.lanes import BLOCK, Flat, Floats, fill_block
from gex_assets.kernels.pricing.normal import DENSITY_AT_ZERO, exponential, logarithm_about_one, mills_ratio
from gex_assets.kernels.pricing.time_value import (
    FARTHEST,
    LARGEST_S,
    LARGEST_Z,
    LN2,
    log_moneyness,
    normalised_time_value,
    reduced_moneyness,
    series_quotient,
)

__all__ = ["OUTPUTS", "chain_greeks_of_lanes", "greeks_of_lanes", "prices_of_lanes"]

OUTPUTS: Final = 6
"""How many greeks each kernel computes."""

_F, _K, _T, _SPREAD, _R, _CALL, _GOOD, _OUT = (BLOCK * row for row in range(8))
"""Rows of the scratch array; `_SPREAD` is σ, or σ√T for the chain's kernel; the answers begin at `_OUT`."""


@njit(inline="always")
def _is_near(F: float, K: float, T: float, s: float, rate_time: float, z: float, w: float) -> bool:
    """Whether the branch-free formulas hold; false for every NaN."""
    near = (abs(z) <= LARGEST_Z) & (s <= LARGEST_S) & (s > 0.0) & (w < 37.0) & (abs(rate_time) < 700.0)
    return near & (F > 0.0) & (K > 0.0) & (T > 0.0) & (F < 1e150) & (K < 1e150)


@njit(inline="always")
def _near_greeks(
    F: float, K: float, T: float, s: float, r: float
) -> tuple[float, float, float, float, float, float, float, float, bool]:
    """(D, √T, ln(F/K)/s, d₋, φ(d₊), Φ(d₊), Φ(−d₊), |ln(F/K)|, whether these hold)."""
    rate_time = r * T
    z, whole = reduced_moneyness(F, K)
    log_ratio = logarithm_about_one(z) + whole * LN2
    standard = log_ratio / s
    d_plus = standard + 0.5 * s
    density = DENSITY_AT_ZERO * exponential(-0.5 * d_plus * d_plus)
    tail = density * mills_ratio(abs(d_plus))
    above = 1.0 - tail if d_plus > 0.0 else tail
    below = tail if d_plus > 0.0 else 1.0 - tail
    near = _is_near(F, K, T, s, rate_time, z, abs(standard))
    return exponential(-rate_time), math.sqrt(T), standard, standard - 0.5 * s, density, above, below, abs(log_ratio), near


@njit(inline="always")
def _near_time_value(F: float, K: float, X: float, s: float, w: float) -> float:
    return math.sqrt(F * K) * DENSITY_AT_ZERO * exponential(-0.5 * w * w) * s * series_quotient(X, s, w)


@njit(nogil=True, error_model="numpy")
def _is_answerable(F: float, K: float, T: float, spread: float, r: float) -> bool:
    for argument in (F, K, T, spread, r):
        if not math.isfinite(argument):
            return False
    return F > 0.0 and K > 0.0 and T >= 0.0 and spread >= 0.0 and abs(r * T) < 700.0


@njit(nogil=True, error_model="numpy")
def _one_price(F: float, K: float, T: float, sigma: float, r: float, call: float) -> float:
    """Any input, one option."""
    if not _is_answerable(F, K, T, sigma, r):
        return math.nan
    s = sigma * math.sqrt(T)
    value = max(call * (F - K), 0.0)
    if s > 0.0:
        product = F * K
        middle = math.sqrt(product) if 1e-290 < product < 1e290 else math.sqrt(F) * math.sqrt(K)
        value += middle * normalised_time_value(abs(log_moneyness(F, K)), s)
    return value * math.exp(-r * T)


@njit(nogil=True, error_model="numpy")
def _one_shared(F: float, K: float, T: float, s: float, r: float) -> tuple[float, float, float, float, float]:
    """(D, d₋, φ(d₊), Φ(d₊), Φ(−d₊)) for any answerable input with s > 0."""
    s = min(s, FARTHEST)
    standard = min(max(log_moneyness(F, K) / s, -FARTHEST), FARTHEST)
    d_plus = standard + 0.5 * s
    density = DENSITY_AT_ZERO * math.exp(-0.5 * d_plus * d_plus)
    tail = density * mills_ratio(abs(d_plus))
    discount = math.exp(-r * T)
    if d_plus > 0.0:
        return discount, standard - 0.5 * s, density, 1.0 - tail, tail
    return discount, standard - 0.5 * s, density, tail, 1.0 - tail


@njit(nogil=True, error_model="numpy")
def _one_greeks(
    F: float, K: float, T: float, sigma: float, r: float, call: float
) -> tuple[float, float, float, float, float, float]:
    """Any input, one option: (delta, gamma, vega, theta, vanna, charm)."""
    nan = math.nan
    s = sigma * math.sqrt(T) if T > 0.0 else nan
    if not (_is_answerable(F, K, T, sigma, r) and s > 0.0):
        return nan, nan, nan, nan, nan, nan
    discount, d_minus, density, above, below = _one_shared(F, K, T, s, r)
    delta = discount * (above if call > 0.0 else -below)
    vega = discount * F * density * math.sqrt(T)
    return (
        delta,
        discount * density / (F * s),
        vega,
        r * _one_price(F, K, T, sigma, r, call) - vega * sigma / (2.0 * T),
        -discount * density * d_minus / sigma,
        r * delta + discount * density * d_minus / (2.0 * T),
    )


@njit(nogil=True, error_model="numpy")
def _one_chain(F: float, K: float, T: float, s: float, r: float) -> tuple[float, float, float, float, float, float]:
    """Any input, one strike: (gamma, vanna, call_delta, put_delta, call_charm, put_charm)."""
    nan = math.nan
    if not (_is_answerable(F, K, T, s, r) and s > 0.0 and T > 0.0):
        return nan, nan, nan, nan, nan, nan
    discount, d_minus, density, above, below = _one_shared(F, K, T, s, r)
    drift = discount * density * d_minus / (2.0 * T)
    return (
        discount * density / (F * s),
        -discount * density * d_minus * math.sqrt(T) / s,
        discount * above,
        -discount * below,
        r * discount * above + drift,
        drift - r * discount * below,
    )


@njit(error_model="numpy", fastmath={"contract"})
def _block_of_prices(lane: Floats) -> None:
    for i in range(BLOCK):
        F = lane[_F + i]
        K = lane[_K + i]
        T = lane[_T + i]
        rate_time = lane[_R + i] * T
        s = lane[_SPREAD + i] * math.sqrt(T)
        z, whole = reduced_moneyness(F, K)
        X = abs(logarithm_about_one(z) + whole * LN2)
        w = X / s
        value = max(lane[_CALL + i] * (F - K), 0.0) + _near_time_value(F, K, X, s, w)
        lane[_OUT + i] = exponential(-rate_time) * value
        lane[_GOOD + i] = 1.0 if _is_near(F, K, T, s, rate_time, z, w) else 0.0


@njit(error_model="numpy", fastmath={"contract"})
def _block_of_greeks(lane: Floats) -> None:
    for i in range(BLOCK):
        F = lane[_F + i]
        K = lane[_K + i]
        T = lane[_T + i]
        r = lane[_R + i]
        call = lane[_CALL + i]
        sigma = lane[_SPREAD + i]
        s = sigma * math.sqrt(T)
        discount, root, standard, d_minus, density, above, below, X, near = _near_greeks(F, K, T, s, r)
        price = discount * (max(call * (F - K), 0.0) + _near_time_value(F, K, X, s, abs(standard)))
        delta = discount * (above if call > 0.0 else -below)
        vega = discount * F * density * root
        per_year = 0.5 / T
        lane[_OUT + i] = delta
        lane[_OUT + BLOCK + i] = discount * density / (F * s)
        lane[_OUT + 2 * BLOCK + i] = vega
        lane[_OUT + 3 * BLOCK + i] = r * price - vega * sigma * per_year
        lane[_OUT + 4 * BLOCK + i] = -discount * density * d_minus / sigma
        lane[_OUT + 5 * BLOCK + i] = r * delta + discount * density * d_minus * per_year
        lane[_GOOD + i] = 1.0 if near else 0.0


@njit(error_model="numpy", fastmath={"contract"})
def _block_of_chain(lane: Floats) -> None:
    for i in range(BLOCK):
        F = lane[_F + i]
        K = lane[_K + i]
        T = lane[_T + i]
        r = lane[_R + i]
        s = lane[_SPREAD + i]
        discount, root, _, d_minus, density, above, below, _, near = _near_greeks(F, K, T, s, r)
        drift = discount * density * d_minus * (0.5 / T)
        lane[_OUT + i] = discount * density / (F * s)
        lane[_OUT + BLOCK + i] = -discount * density * d_minus * root / s
        lane[_OUT + 2 * BLOCK + i] = discount * above
        lane[_OUT + 3 * BLOCK + i] = -discount * below
        lane[_OUT + 4 * BLOCK + i] = r * discount * above + drift
        lane[_OUT + 5 * BLOCK + i] = drift - r * discount * below
        lane[_GOOD + i] = 1.0 if near else 0.0


def _compiled_prices(unit: int) -> Any:
    @njit(cache=True, nogil=True, error_model="numpy")
    def prices_of_lanes(arguments: tuple[Flat, ...], out: Floats) -> None:
        """Fill `out` (n,) with prices; arguments F, K, T, sigma, r, call."""
        unit  # noqa: B018
        lane = np.empty(8 * BLOCK)
        for start in range(0, out.size, BLOCK):
            count = min(BLOCK, out.size - start)
            fill_block(lane, arguments, start, count)
            _block_of_prices(lane)
            for i in range(count):
                if lane[_GOOD + i] == 1.0:
                    out[start + i] = lane[_OUT + i]
                else:
                    out[start + i] = _one_price(
                        lane[_F + i], lane[_K + i], lane[_T + i], lane[_SPREAD + i], lane[_R + i], lane[_CALL + i]
                    )

    return prices_of_lanes


prices_of_lanes: Final = _compiled_prices(fingerprint(lanes, normal, time_value) ^ normal.COEFFICIENTS)


def _compiled_greeks(unit: int) -> Any:
    @njit(cache=True, nogil=True, error_model="numpy")
    def greeks_of_lanes(arguments: tuple[Flat, ...], out: Floats) -> None:
        """Fill `out` (6, n) with delta, gamma, vega, theta, vanna, charm; arguments F, K, T, sigma, r, call."""
        unit  # noqa: B018
        lane = np.empty((7 + OUTPUTS) * BLOCK)
        for start in range(0, out.shape[1], BLOCK):
            count = min(BLOCK, out.shape[1] - start)
            fill_block(lane, arguments, start, count)
            _block_of_greeks(lane)
            for row in range(OUTPUTS):
                out[row, start : start + count] = lane[_OUT + row * BLOCK : _OUT + row * BLOCK + count]
            for i in range(count):
                if lane[_GOOD + i] != 1.0:
                    answers = _one_greeks(
                        lane[_F + i], lane[_K + i], lane[_T + i], lane[_SPREAD + i], lane[_R + i], lane[_CALL + i]
                    )
                    for row in range(OUTPUTS):
                        out[row, start + i] = answers[row]

    return greeks_of_lanes


greeks_of_lanes: Final = _compiled_greeks(fingerprint(lanes, normal, time_value) ^ normal.COEFFICIENTS)


def _compiled_chain_greeks(unit: int) -> Any:
    @njit(cache=True, nogil=True, error_model="numpy")
    def chain_greeks_of_lanes(arguments: tuple[Flat, ...], out: Floats) -> None:
        """Fill `out` (6, n) with gamma, vanna, both deltas, both charms; arguments F, K, T, total_vol, r, and flags not used."""
        unit  # noqa: B018
        lane = np.empty((7 + OUTPUTS) * BLOCK)
        for start in range(0, out.shape[1], BLOCK):
            count = min(BLOCK, out.shape[1] - start)
            fill_block(lane, arguments, start, count)
            _block_of_chain(lane)
            for row in range(OUTPUTS):
                out[row, start : start + count] = lane[_OUT + row * BLOCK : _OUT + row * BLOCK + count]
            for i in range(count):
                if lane[_GOOD + i] != 1.0:
                    answers = _one_chain(lane[_F + i], lane[_K + i], lane[_T + i], lane[_SPREAD + i], lane[_R + i])
                    for row in range(OUTPUTS):
                        out[row, start + i] = answers[row]

    return chain_greeks_of_lanes


chain_greeks_of_lanes: Final = _compiled_chain_greeks(fingerprint(lanes, normal, time_value) ^ normal.COEFFICIENTS)
