r"""How sure net exposure and its zero are: what the width of the quotes and the error of the forwards do to them.

All to first order. A quote's volatility may be anywhere between those of its bid and its ask: independent from quote to quote,
uniform, so of standard deviation h/√3 with h half their distance. Where gamma's volatility is the quote's own, errors add up by
their squares. Where it is the smile's, a quote moves all of the curve: with X the spline's terms at the fitted quotes and W their
weights 1/h² (those within Huber's bend; the others do not move the curve) the curve's coefficients have the covariance
(XᵀWX)⁻¹/3, and Σ_k g_k σ_fit(x_k) the variance |L⁻¹ Σ_k g_k φ(x_k)|²/3 with LLᵀ = XᵀWX.

A forward that is off by δ shifts every strike's moneyness and, as the options' prices are what they are, every quote's volatility
by −δ · delta/vega; the curve follows these as it follows any change of its quotes.
"""

from __future__ import annotations

import math
from typing import Any, Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from gex_assets.kernels.numba_tools.compiled_unit import fingerprint
from gex_assets.kernels.pricing import normal, smile
from gex_assets.kernels.pricing.filled_gaps import Neighbours
from gex_assets.kernels.pricing.smile import (
    AT_THE_MONEY,
    BEND,
    NARROWEST,
    SMALLEST_BEND,
    TERMS,
    spline_terms,
    volatility_at_the_money,
)

__all__ = ["NetError", "SmileErrors", "net_error", "smile_errors"]

Float = NDArray[np.float64]
Int = NDArray[np.int64]
Bool = NDArray[np.bool_]


class SmileErrors(NamedTuple):
    """What each row's volatility does when quotes or the forward are wrong.

    Attributes
    ----------
    own : (n,) standard deviation of a volatility that is the quote's own; 0 where it is the curve's. [1/√year]
    curve : (n, 5) L⁻¹ φ(x) where it is the curve's, else 0: dot products of sums of these are 3 times covariances. [1/√year]
    tilt : (n,) change of the volatility per point that the forward is too high. [1/√year per point]
    """

    own: Float
    curve: Float
    tilt: Float


class NetError(NamedTuple):
    """Standard errors of W sums, and the sums' slope.

    Attributes
    ----------
    quotes, forward : (W,) from the quotes' width, from the forwards' errors. [unit of the scale]
    slope : (W,) change of the sum per unit of ln(price). [unit of the scale]
    """

    quotes: Float
    forward: Float
    slope: Float


def smile_errors(
    *,
    first: Int,
    strike: Float,
    F: Float,
    T: Float,
    total_vol: Float,
    gamma: Float,
    call_delta: Float,
    put_delta: Float,
    iv_bid: Float,
    iv_mid: Float,
    iv_ask: Float,
    iv_fit: Float,
) -> SmileErrors:
    """How the volatilities of each expiration and window answer to errors.

    Parameters
    ----------
    first : (G + 1,) position of each group's first row; a group is one expiration in one window, strikes ascending.
    strike, F, T, total_vol, gamma, call_delta, put_delta : (n,) as in the chain; NaN where missing.
    iv_bid, iv_mid, iv_ask, iv_fit : (n,) gamma's volatility is `iv_fit` where there is one, else `iv_mid`. [1/√year]

    Returns
    -------
    SmileErrors; `own` is NaN where a quote has neither bid nor ask, `curve` where it cannot be told what moves the curve.
    """
    size = strike.shape[0]
    own, curve, tilt = np.zeros(size), np.zeros((size, TERMS)), np.zeros(size)
    _groups(first, strike, F, T, total_vol, gamma, call_delta, put_delta, iv_bid, iv_mid, iv_ask, iv_fit, own, curve, tilt)
    return SmileErrors(own, curve, tilt)


def net_error(
    *,
    first: Int,
    stop: Int,
    row: Int,
    expiration: Int,
    moneyness: Float,
    total_vol: Float,
    filled: Neighbours,
    coefficient: Float,
    years: Float,
    forward: Float,
    forward_error: Float,
    errors: SmileErrors,
    reference: Float,
    reference_error: Float,
    shift: Float,
    power: float,
    at_price: bool,
) -> NetError:
    r"""Standard error of the re-priced sum Σ b_k/s_k · exp(-½ d₊²) of every window at one shift.

    Parameters
    ----------
    first, stop : (W,) each window's rows are [first, stop) of the re-priced ones.
    row : (m,) their position among all rows.
    expiration : (m,) its number; rows of one lie together.
    moneyness, total_vol, coefficient : (m,) as for `profile_roots`.
    filled : whose volatility each has, as positions among these rows; what moves that one moves all that have it.
    years, forward, forward_error : (n,) of all rows; the forward's standard error. [years, index points, index points]
    errors : of all rows.
    reference, reference_error : (W,) reference price and its standard error, 0 where it is exact. [index points]
    shift : (W,) ln(price/reference); NaN gives NaN. [1]
    power : of the price in gamma times the scale's factor. [1]
    at_price : whether the price is held while forwards are wrong, as for a root, and not the shift. An expiration whose forward
        is the reference price then moves all others instead of itself.
    """
    out = np.full((len(NetError._fields), first.shape[0]), np.nan)
    _errors(
        first,
        stop,
        row,
        expiration,
        moneyness,
        total_vol,
        filled.before,
        filled.after,
        filled.part,
        coefficient,
        years,
        forward,
        forward_error,
        errors.own,
        errors.curve,
        errors.tilt,
        reference,
        reference_error,
        shift,
        power,
        at_price,
        out,
    )
    return NetError(*out)


@njit(cache=True, nogil=True, error_model="numpy")
def _half_width(bid: float, mid: float, ask: float) -> float:
    """As the smile takes it: a missing side is as far as the other."""
    below, above = mid - bid, ask - mid
    if math.isnan(below):
        below = above
    if math.isnan(above):
        above = below
    return 0.5 * (below + above)


@njit(cache=True, nogil=True, error_model="numpy")
def _factored(A: Float) -> bool:
    """Cholesky in place, lower triangle; false where it is singular."""
    for i in range(TERMS):
        scale = A[i, i]
        for j in range(i + 1):
            rest = A[i, j]
            for k in range(j):
                rest -= A[i, k] * A[j, k]
            if i != j:
                A[i, j] = rest / A[j, j]
            elif rest > 1e-13 * scale:
                A[i, i] = math.sqrt(rest)
            else:
                return False
    return True


@njit(cache=True, nogil=True, error_model="numpy")
def _solved(L: Float, b: Float) -> None:
    """L⁻¹ b in place."""
    for i in range(TERMS):
        rest = b[i]
        for k in range(i):
            rest -= L[i, k] * b[k]
        b[i] = rest / L[i, i]


def _compiled(unit: int) -> Any:
    @njit(cache=True, nogil=True, error_model="numpy")
    def _groups(
        first: Int,
        strike: Float,
        F: Float,
        T: Float,
        total_vol: Float,
        gamma: Float,
        call_delta: Float,
        put_delta: Float,
        iv_bid: Float,
        iv_mid: Float,
        iv_ask: Float,
        iv_fit: Float,
        own: Float,
        curve: Float,
        tilt: Float,
    ) -> None:
        unit  # noqa: B018
        longest = 0
        for g in range(first.shape[0] - 1):
            longest = max(longest, first[g + 1] - first[g])
        z, half, quoted = np.empty(longest), np.empty(longest), np.empty(longest)
        residual, work = np.empty(longest), np.empty(max(longest, AT_THE_MONEY))
        A, u, terms = np.empty((TERMS, TERMS)), np.empty(TERMS), np.empty(TERMS)
        for g in range(first.shape[0] - 1):
            start, stop = first[g], first[g + 1]
            sigma = volatility_at_the_money(F[start], strike[start:stop], iv_mid[start:stop], work)
            count = 0
            above = stop
            low, high = math.inf, -math.inf
            for k in range(start, stop):
                if strike[k] > F[k] and k < above:
                    above = k
            for k in range(start, stop):
                i = k - start
                half[i] = _half_width(iv_bid[k], iv_mid[k], iv_ask[k])
                vega = gamma[k] * F[k] * F[k] * total_vol[k] * math.sqrt(T[k])
                delta = call_delta[k] if k >= above else put_delta[k]
                if k in (above - 1, above):
                    delta = 0.5 * (call_delta[k] + put_delta[k])
                tilt[k] = -delta / vega if vega > 0.0 else 0.0
                quoted[i] = tilt[k]
                if not iv_fit[k] > 0.0:
                    own[k] = half[i] / math.sqrt(3.0)
                    continue
                z[i] = math.log(strike[k] / F[k]) / (sigma * math.sqrt(T[k]))
                if not math.isnan(iv_mid[k]) and not math.isnan(half[i]):
                    half[i] = max(half[i], NARROWEST * sigma)
                    residual[count] = abs(iv_mid[k] - iv_fit[k]) / half[i]
                    count += 1
                    low, high = min(low, z[i]), max(high, z[i])
            bend = max(BEND * np.median(residual[:count]), SMALLEST_BEND) if count > 0 else 0.0
            A[:] = 0.0
            u[:] = 0.0
            for k in range(start, stop):
                i = k - start
                inside = iv_fit[k] > 0.0 and abs(iv_mid[k] - iv_fit[k]) <= bend * half[i]
                if not inside:
                    continue
                weight = 1.0 / (half[i] * half[i])
                terms[0] = 1.0
                terms[1], terms[2], terms[3], terms[4] = spline_terms(z[i])
                for j in range(TERMS):
                    u[j] += weight * terms[j] * quoted[i]
                    for n in range(j + 1):
                        A[j, n] += weight * terms[j] * terms[n]
            known = _factored(A)
            if known:
                _solved(A, u)
            for k in range(start, stop):
                if not iv_fit[k] > 0.0:
                    continue
                terms[0] = 1.0
                terms[1], terms[2], terms[3], terms[4] = spline_terms(min(max(z[k - start], low), high))
                if known:
                    _solved(A, terms)
                else:
                    terms[:] = math.nan
                tilt[k] = 0.0
                for j in range(TERMS):
                    curve[k, j] = terms[j]
                    tilt[k] += terms[j] * u[j]

    return _groups


_groups: Final = _compiled(fingerprint(normal, smile) ^ normal.COEFFICIENTS ^ hash((smile.KNOTS, BEND, SMALLEST_BEND, NARROWEST)))


@njit(cache=True, nogil=True, error_model="numpy")
def _errors(
    first: Int,
    stop: Int,
    row: Int,
    expiration: Int,
    m: Float,
    s: Float,
    before: Int,
    after: Int,
    part: Float,
    b: Float,
    years: Float,
    forward: Float,
    forward_error: Float,
    own: Float,
    curve: Float,
    tilt: Float,
    reference: Float,
    reference_error: Float,
    shift: Float,
    power: float,
    at_price: bool,  # noqa: FBT001
    out: Float,
) -> None:
    moved = np.empty(TERMS)
    by_vol = np.zeros(s.shape[0])
    for w in range(first.shape[0]):
        y = shift[w]
        if math.isnan(y) or first[w] == stop[w]:
            continue
        quotes = forwards = slope = 0.0
        by_reference = 0.0
        begin = first[w]
        while begin < stop[w]:
            moved[:] = 0.0
            single = through_smile = through_price = 0.0
            end = begin
            while end < stop[w] and expiration[end] == expiration[begin]:
                k = end
                end += 1
                if b[k] == 0.0:
                    continue
                n = row[k]
                d = (m[k] + y) / s[k] + 0.5 * s[k]
                value = b[k] / s[k] * math.exp(-0.5 * d * d)
                change = value * (d * (d - s[k]) - 1.0) * math.sqrt(years[n]) / s[k]
                by_vol[before[k]] += (1.0 - part[k]) * change
                by_vol[after[k]] += part[k] * change
                through_price += value * (power - d / s[k])
                slope -= value * d / s[k]
            for k in range(begin, end):
                n = row[k]
                if by_vol[k] == 0.0:
                    continue
                single += (by_vol[k] * own[n]) ** 2
                for j in range(TERMS):
                    moved[j] += by_vol[k] * curve[n, j]
                through_smile += by_vol[k] * tilt[n]
                by_vol[k] = 0.0
            n = row[begin]
            quotes += single
            for j in range(TERMS):
                quotes += moved[j] * moved[j] / 3.0
            if at_price and forward[n] == reference[w]:
                by_reference += through_smile
            else:
                by_reference -= through_price / reference[w] if at_price else 0.0
                forwards += ((through_smile + through_price / forward[n]) * forward_error[n]) ** 2
            begin = end
        if by_reference != 0.0:
            forwards += (by_reference * reference_error[w]) ** 2
        factor = math.exp(power * y)
        out[0, w] = math.sqrt(quotes) * factor
        out[1, w] = math.sqrt(forwards) * factor
        out[2, w] = slope * factor
