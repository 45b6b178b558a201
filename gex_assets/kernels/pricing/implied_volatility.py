r"""Black-76 implied volatility: blocks of options in vector code, and one option at a time where that is not accurate.

The vector path starts from the normal model (whose inverse is one smooth function of |F − K|/straddle, as J. Choi, K. Kim
and M. Kwak found, "Numerical approximation of the implied volatility under arithmetic Brownian motion", Applied
Mathematical Finance 16 (2009) 261-268; the polynomial here is ours) and takes two of Householder's steps of third order on
f(s) = ln b(s) − ln b_market, whose derivatives need no exponential:

    s f' = γ = s b'/b = e^{-t²/2}/Q,     s b''/b' = λ = w² − t²,     s² b'''/b' = λ² − 3w² − t²,

with the names of `time_value`. Lanes without a reliable result (no answer, far from the money, s > 1, not converged) go to a
bracketed solver with the same steps, which also decides the status. The price of an option is in `black76`.
"""

from __future__ import annotations

import math
from enum import IntEnum
from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray

from gex_assets.kernels.numba_tools.compiled_unit import fingerprint
from gex_assets.kernels.pricing import lanes, normal, time_value
from gex_assets.kernels.pricing.lanes import BLOCK, Flat, Floats, fill_block, flatten, shaped
from gex_assets.kernels.pricing.normal import DENSITY_AT_ZERO, exponential, logarithm, logarithm_about_one, polynomial
from gex_assets.kernels.pricing.time_value import (
    LARGEST_S,
    LARGEST_Z,
    LN2,
    log_moneyness,
    log_of_room,
    log_of_time_value,
    reduced_moneyness,
    series_quotient,
)

__all__ = ["IvStatus", "implied_volatility"]


class IvStatus(IntEnum):
    """Why there is a volatility, or why there is none; tables store the names."""

    OK = 0
    BELOW_INTRINSIC = 1
    ABOVE_MAX = 2
    EXPIRED = 3
    ONE_SIDED = 4
    NO_QUOTE = 5
    BAD_INPUT = 6


_OK: Final = int(IvStatus.OK)
_BELOW_INTRINSIC: Final = int(IvStatus.BELOW_INTRINSIC)
_ABOVE_MAX: Final = int(IvStatus.ABOVE_MAX)
_EXPIRED: Final = int(IvStatus.EXPIRED)
_BAD_INPUT: Final = int(IvStatus.BAD_INPUT)

_ROUNDING: Final = 8.881784197001252e-16
"""Four ulps: a time value below this share of the price is the rounding of the discount factor, not information."""

_NORMAL_MODEL: Final = (0.50039177, 0.0012421528, 1.5177615, -3.8542888, 10.307857, -13.977471, 8.9801909, -2.2222821)
"""s/(straddle √η) in powers of √η, with v = X/straddle and η = v/atanh v: relative error 7e-5 for w ≤ 38; our own fit."""

_FALLING_EXPONENTIAL: Final = (1.0, -1.0, 1 / 2, -1 / 6, 1 / 24, -1 / 120, 1 / 720, -1 / 5040)
"""e^{-x} for 0 ≤ x ≤ 1/8, to 2e-12: enough for a slope."""

_PRICE, _F, _K, _T, _R, _CALL, _SIGMA, _GOOD = (BLOCK * row for row in range(8))
"""Rows of the scratch array."""


@njit(inline="always")
def _relative_step(f: float, gamma: float, w: float, t: float) -> float:
    """Householder's third-order step from s, divided by s, for a function with f' = γ/s and b's higher derivatives."""
    ratio = w * w - t * t
    newton = -f / gamma
    second = ratio - gamma
    third = ratio * (ratio - 3.0 * gamma) + 2.0 * gamma * gamma - 3.0 * w * w - t * t
    return newton * (1.0 + 0.5 * second * newton) / (1.0 + newton * (second + third * newton * (1.0 / 6.0)))


@njit(inline="always")
def _normal_guess(X: float, b: float) -> float:
    """Total volatility of the normal model, as a starting value."""
    distance = max(X, 1e-8 * b)
    straddle = distance + 2.0 * b
    eta = 2.0 * distance / (straddle * logarithm((b + distance) / b))
    root = math.sqrt(eta)
    return straddle * root * polynomial(root, _NORMAL_MODEL)


@njit(inline="always")
def _improved(s: float, X: float, inverse_b: float) -> tuple[float, float]:
    """(s after one step, how far that step went in units of ln b's curvature)."""
    w = X / s
    t = 0.5 * s
    quotient = series_quotient(X, s, w)
    f = logarithm(DENSITY_AT_ZERO * s * quotient * inverse_b) - 0.5 * w * w
    gamma = polynomial(0.5 * t * t, _FALLING_EXPONENTIAL) / quotient
    step = _relative_step(f, gamma, w, t)
    return s + s * step, abs(step) * (1.0 + w * w)


@njit(error_model="numpy", fastmath={"contract"})
def _solve_block(lane: Floats) -> None:
    """Two steps for every lane of the block; `_GOOD` is 1 where the result is reliable."""
    for i in range(BLOCK):
        F = lane[_F + i]
        K = lane[_K + i]
        T = lane[_T + i]
        rate_time = lane[_R + i] * T
        call = lane[_CALL + i]
        forward_price = lane[_PRICE + i] * exponential(rate_time)
        intrinsic = max(call * (F - K), 0.0)
        value = forward_price - intrinsic
        noise = 0.0 if rate_time == 0.0 else _ROUNDING * forward_price
        z, whole = reduced_moneyness(F, K)
        X = abs(logarithm_about_one(z) + whole * LN2)
        b = value / math.sqrt(F * K)
        inverse_b = 1.0 / b
        first, _ = _improved(_normal_guess(X, b), X, inverse_b)
        second, moved = _improved(first, X, inverse_b)
        sigma = second / math.sqrt(T)
        lane[_SIGMA + i] = sigma
        good = (abs(z) <= LARGEST_Z) & (abs(rate_time) < 700.0) & (value > noise) & (b > 1e-290) & (b < 1.0)
        good &= (F > 0.0) & (K > 0.0) & (T > 0.0) & (sigma > 0.0) & (second <= LARGEST_S) & (moved < 1e-4)
        lane[_GOOD + i] = 1.0 if good else 0.0


@njit(nogil=True, error_model="numpy")
def _solve(X: float, log_b: float, log_room: float) -> float:
    """Total volatility s of a price whose normalised logarithm, and that of its distance from the highest price, are given."""
    from_above = log_b > -0.5 * X - 0.6931471805599453
    low = 0.0
    high = math.inf
    s = max(math.sqrt(2.0 * X), 0.5)
    if not from_above and log_b > -600.0:
        s = _normal_guess(X, math.exp(log_b))
    for _ in range(200):
        if from_above:
            value, ratio = log_of_room(X, s)
            f = value - log_room
            gamma = -s / ratio
            is_above = f < 0.0
        else:
            value, ratio = log_of_time_value(X, s)
            f = value - log_b
            gamma = s / ratio if ratio > 0.0 else math.inf
            is_above = f > 0.0
        if f == 0.0:
            return s
        if is_above:
            high = s
        else:
            low = s
        w = X / s
        step = math.nan
        if math.isfinite(f) and math.isfinite(gamma) and gamma != 0.0:
            step = _relative_step(f, gamma, w, 0.5 * s)
        candidate = s + s * step
        if low < candidate < high:
            if abs(step) * (1.0 + w * w) < 1e-5:
                return candidate
        else:
            candidate = 0.5 * (low + high) if high < math.inf else 2.0 * s
            if candidate in (low, high):
                return candidate
        s = candidate
    return s


@njit(nogil=True, error_model="numpy")
def _one_volatility(price: float, F: float, K: float, T: float, r: float, call: float) -> tuple[float, int]:
    """Any input, one option: (sigma, status)."""
    for argument in (price, F, K, T, r):
        if not math.isfinite(argument):
            return math.nan, _BAD_INPUT
    if F <= 0.0 or K <= 0.0:
        return math.nan, _BAD_INPUT
    if T <= 0.0:
        return math.nan, _EXPIRED
    rate_time = r * T
    if not abs(rate_time) < 700.0:
        return math.nan, _BAD_INPUT
    noise = 0.0 if rate_time == 0.0 else _ROUNDING
    forward_price = price * math.exp(rate_time)
    highest = F if call > 0.0 else K
    value = forward_price - max(call * (F - K), 0.0)
    room = highest - forward_price
    if value <= noise * forward_price or value <= 0.0:
        return math.nan, _BELOW_INTRINSIC
    if room <= noise * highest:
        return math.nan, _ABOVE_MAX
    log_root = 0.5 * (math.log(F) + math.log(K))
    s = _solve(abs(log_moneyness(F, K)), math.log(value) - log_root, math.log(room) - log_root)
    sigma = s / math.sqrt(T)
    return (sigma, _OK) if 0.0 < sigma < math.inf else (math.nan, _BAD_INPUT)


def _compiled(unit: int) -> Any:
    @njit(cache=True, nogil=True, error_model="numpy")
    def _volatilities(arguments: tuple[Flat, ...], sigma: Floats, status: NDArray[np.int8]) -> None:
        unit  # noqa: B018
        lane = np.empty(8 * BLOCK)
        for start in range(0, sigma.size, BLOCK):
            count = min(BLOCK, sigma.size - start)
            fill_block(lane, arguments, start, count)
            _solve_block(lane)
            for i in range(count):
                if lane[_GOOD + i] == 1.0:
                    sigma[start + i] = lane[_SIGMA + i]
                    status[start + i] = _OK
                else:
                    sigma[start + i], status[start + i] = _one_volatility(
                        lane[_PRICE + i], lane[_F + i], lane[_K + i], lane[_T + i], lane[_R + i], lane[_CALL + i]
                    )

    return _volatilities


_volatilities: Final = _compiled(fingerprint(lanes, normal, time_value) ^ normal.COEFFICIENTS)


def implied_volatility(
    *, price: ArrayLike, F: ArrayLike, K: ArrayLike, T: ArrayLike, r: ArrayLike, is_call: ArrayLike
) -> tuple[Any, Any]:
    r"""Volatility at which Black-76 gives an option's price, and a status for each; arguments broadcast as numpy's do.

    Parameters
    ----------
    price : price of the option, discounted as the market quotes it. [index points]
    F, K : futures and strike price, positive. [index points]
    T : time to expiration. [years of 365 days]
    r : continuously compounded rate. [1/year]
    is_call : True for a call, False for a put.

    Returns
    -------
    sigma : volatility, NaN wherever the status is not OK; never a clipped number. [1/√year]
    status : int8 codes of `IvStatus`, the first that holds of BAD_INPUT (an argument is not finite, F or K not positive, or
        |rT| ≥ 700), EXPIRED (T ≤ 0), BELOW_INTRINSIC (price ≤ D max(±(F − K), 0), with D = e^{-rT}; zero and negative prices
        are), ABOVE_MAX (price ≥ D F of a call, D K of a put), OK. ONE_SIDED and NO_QUOTE are a quote's and never come from
        here. Where rT ≠ 0, prices within four ulps of a bound count as on it: so much is D's rounding.

    Raises
    ------
    ValueError, TypeError
        Where shapes do not broadcast, or `is_call` is not of truth values; never because of a number.

    Notes
    -----
    Relative error below 1e-14 where the price determines the volatility so well (measured against 60 digits, s = σ√T from
    1e-5 to 20): out of the money always; in the money up to the digits that the intrinsic value takes from the price.

    References
    ----------
    F. Black, "The pricing of commodity contracts", J. Financial Economics 3 (1976) 167-179. P. Jäckel, "Let's be rational",
    Wilmott 2015, for the steps on the price's logarithm.
    """
    shape, arguments = flatten(price, F, K, T, r, is_call=is_call)
    size = math.prod(shape)
    sigma = np.empty(size)
    status = np.empty(size, dtype=np.int8)
    _volatilities(arguments, sigma, status)
    return shaped(sigma, shape), shaped(status, shape)
