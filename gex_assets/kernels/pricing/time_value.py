r"""What an out-of-the-money option is worth in Black's model, without cancellation, for a vector lane and for any input.

Everything is normalised as in P. Jäckel, "Let's be rational" (Wilmott, 2015): X = |ln(F/K)|, s = σ√T, w = X/s, t = s/2,
and b is the undiscounted price of the out-of-the-money side divided by √(FK):

    b(X, s) = e^{-X/2} Φ(−w + t) − e^{X/2} Φ(−w − t),      ∂b/∂s = φ(w) e^{-t²/2}.

With Mills' ratio R, two forms are used: near the money, where the difference would lose all digits,

    b = φ(w) s Q,      Q = c₀ (1 − w R(w)) + Σ_{k≥1} c_k (−t²/2)^k / k!,      c_k = ∫₀¹ v^{2k} cosh((1 − v) X/2) dv

(from R' = wR − 1, hence R(w − t) = e^{t²/2 − wt} (R(w) + ∫₀ᵗ e^{wu − u²/2} du), and X = 2wt; the c_k follow from each other
by parts), and elsewhere

    b = φ(w) e^{-t²/2} (R(w − t) − R(w + t)).

Prices, greeks and volatilities are computed from these functions in `valuation` and `implied_volatility`.
"""

from __future__ import annotations

import math
from typing import Final

from numba import njit

from gex_assets.kernels.pricing.normal import DENSITY_AT_ZERO, logarithm_about_one, mills_ratio

__all__ = [
    "FARTHEST",
    "LARGEST_S",
    "LARGEST_Z",
    "LN2",
    "log_moneyness",
    "log_of_room",
    "log_of_time_value",
    "normalised_time_value",
    "reduced_moneyness",
    "series_quotient",
    "signed_mills_ratio",
]

LN2: Final = 0.6931471805599453
LARGEST_Z: Final = 0.1716
LARGEST_S: Final = 1.0
"""The series is used for 0.36 < F/K < 2.8, where one halving brings |z| below this, and s ≤ 1: it is cut off below 2e-17."""

_LOG_DENSITY_AT_ZERO: Final = -0.9189385332046727
_ROOT_TWO_PI: Final = 2.5066282746310002
FARTHEST: Final = 1e8
"""Standard deviations beyond which every density is 0 in float64; keeps the squares finite."""


@njit(inline="always")
def reduced_moneyness(F: float, K: float) -> tuple[float, float]:
    """(z, n) with ln(F/K) = 2 atanh z + n ln 2, n ∈ {−1, 0, 1}; F − K is exact near the money, so ln(F/K) keeps its digits."""
    is_far_above = F > 1.4142135623730951 * K
    is_far_below = F < 0.7071067811865476 * K
    scaled = 0.5 * F if is_far_above else (2.0 * F if is_far_below else F)
    whole = 1.0 if is_far_above else (-1.0 if is_far_below else 0.0)
    return (scaled - K) / (scaled + K), whole


@njit(inline="always")
def series_quotient(X: float, s: float, w: float) -> float:
    """Q = b/(φ(w) s) of the module's first form, for |ln(F/K)| ≤ 1.03 and s ≤ 1."""
    y = 0.25 * X * X
    tau = -0.125 * s * s
    c = (1.0 + y * (1.0 / 420.0)) * (1.0 / 19.0)
    rest = c
    c = (1.0 + y * c * (1.0 / 18.0)) * (1.0 / 17.0)
    rest = c + tau * rest * (1.0 / 9.0)
    c = (1.0 + y * c * (1.0 / 16.0)) * (1.0 / 15.0)
    rest = c + tau * rest * (1.0 / 8.0)
    c = (1.0 + y * c * (1.0 / 14.0)) * (1.0 / 13.0)
    rest = c + tau * rest * (1.0 / 7.0)
    c = (1.0 + y * c * (1.0 / 12.0)) * (1.0 / 11.0)
    rest = c + tau * rest * (1.0 / 6.0)
    c = (1.0 + y * c * (1.0 / 10.0)) * (1.0 / 9.0)
    rest = c + tau * rest * (1.0 / 5.0)
    c = (1.0 + y * c * (1.0 / 8.0)) * (1.0 / 7.0)
    rest = c + tau * rest * (1.0 / 4.0)
    c = (1.0 + y * c * (1.0 / 6.0)) * (1.0 / 5.0)
    rest = c + tau * rest * (1.0 / 3.0)
    c = (1.0 + y * c * (1.0 / 4.0)) * (1.0 / 3.0)
    rest = c + tau * rest * (1.0 / 2.0)
    c = 1.0 + y * c * (1.0 / 2.0)
    return c * (1.0 - w * mills_ratio(w)) + tau * rest


@njit(nogil=True, error_model="numpy")
def log_moneyness(F: float, K: float) -> float:
    """ln(F/K) within an ulp or two for any positive F and K."""
    z, whole = reduced_moneyness(F, K)
    if abs(z) <= LARGEST_Z:
        return logarithm_about_one(z) + whole * LN2
    ratio = F / K
    return math.log(ratio) if 1e-300 < ratio < 1e300 else math.log(F) - math.log(K)


@njit(nogil=True, error_model="numpy")
def signed_mills_ratio(w: float) -> float:
    """R(w) for w of either sign; inf below about −37."""
    if w >= 0.0:
        return mills_ratio(w)
    return _ROOT_TWO_PI * math.exp(min(0.5 * w * w, 710.0)) - mills_ratio(-w)


@njit(nogil=True, error_model="numpy")
def log_of_time_value(X: float, s: float) -> tuple[float, float]:
    """(ln b, b/b') at any X ≥ 0 and s > 0; (−X/2, inf) where b has reached its bound e^{-X/2}."""
    w = min(X / s, FARTHEST)
    t = 0.5 * s
    if X <= 1.0 and s <= LARGEST_S:
        quotient = s * series_quotient(X, s, w)
        if quotient <= 0.0:
            return -math.inf, 0.0
        return _LOG_DENSITY_AT_ZERO - 0.5 * w * w + math.log(quotient), quotient * math.exp(0.5 * t * t)
    ratio = signed_mills_ratio(w - t) - mills_ratio(w + t)
    if ratio <= 0.0:
        return -math.inf, 0.0
    if ratio == math.inf:
        return -0.5 * X, math.inf
    return _LOG_DENSITY_AT_ZERO - 0.5 * (w * w + t * t) + math.log(ratio), ratio


@njit(nogil=True, error_model="numpy")
def log_of_room(X: float, s: float) -> tuple[float, float]:
    """(ln(e^{-X/2} − b), (e^{-X/2} − b)/b'): what is left to the highest price there can be."""
    w = min(X / s, FARTHEST)
    t = 0.5 * s
    ratio = signed_mills_ratio(t - w) + mills_ratio(w + t)
    if ratio == math.inf:
        return -0.5 * X, math.inf
    return _LOG_DENSITY_AT_ZERO - 0.5 * (w * w + t * t) + math.log(ratio), ratio


@njit(nogil=True, error_model="numpy")
def normalised_time_value(X: float, s: float) -> float:
    """b(X, s) at any X ≥ 0 and s > 0."""
    s = min(s, FARTHEST)
    w = min(X / s, FARTHEST)
    t = 0.5 * s
    if X <= 1.0 and s <= LARGEST_S:
        return DENSITY_AT_ZERO * math.exp(-0.5 * w * w) * s * max(series_quotient(X, s, w), 0.0)
    density = DENSITY_AT_ZERO * math.exp(-0.5 * (w * w + t * t))
    if w < t:
        return math.exp(-0.5 * X) * 0.5 * math.erfc((w - t) / math.sqrt(2.0)) - density * mills_ratio(w + t)
    return density * (mills_ratio(w - t) - mills_ratio(w + t))
