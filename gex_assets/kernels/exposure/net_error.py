r"""Standard errors of net exposure and of zero gamma, from the width of the quotes and the errors of the forwards.

All to first order. A quote's volatility may be anywhere between those of its bid and its ask. It is taken as uniform and
independent of other quotes, so its standard deviation is h/√3, with h half the distance of bid and ask.

Where gamma's volatility is the quote's own, errors add up by their squares. Where it is the smile's, one quote moves all of the
curve. With X the spline's terms at the fitted quotes and W their weights 1/h², the coefficients have the covariance (XᵀWX)⁻¹/3.
So Σ_k g_k σ_fit(x_k) has the variance |L⁻¹ Σ_k g_k φ(x_k)|²/3 with L Lᵀ = XᵀWX. Quotes beyond the bend of Huber's function do not
move the curve and have no part in X. Half widths, their floor and the bend are those of `pricing.smile`.

A forward that is too high by δ shifts the moneyness of every strike. The options' prices stay what they are, so every quote's
volatility changes by −δ · delta/vega. The curve follows, as it follows any change of its quotes.
"""

from __future__ import annotations

import math
from typing import Any, Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from gex_assets.kernels.numba_tools.array_types import read_only
from gex_assets.kernels.numba_tools.compiled_unit import fingerprint
from gex_assets.kernels.pricing import median as medians
from gex_assets.kernels.pricing import natural_spline, normal, smile
from gex_assets.kernels.pricing.filled_gaps import Neighbours
from gex_assets.kernels.pricing.median import median
from gex_assets.kernels.pricing.natural_spline import TERMS, cholesky, solve_lower, spline_terms
from gex_assets.kernels.pricing.smile import (
    AT_THE_MONEY,
    bend_of_residuals,
    half_width,
    residual_in_half_widths,
    standardised_moneyness,
    used_half_width,
    volatility_at_the_money,
)

__all__ = ["ChainErrors", "NetError", "RepricedRows", "SmileErrors", "net_error", "smile_errors"]

Float = NDArray[np.float64]
Int = NDArray[np.int64]
Bool = NDArray[np.bool_]

UNIFORM: Final = math.sqrt(3.0)
"""Half the width of a uniform distribution, in standard deviations."""


class SmileErrors(NamedTuple):
    """How each row's volatility responds when quotes or the forward are wrong.

    Attributes
    ----------
    own : (n,) standard deviation of a volatility that is the quote's own; 0 where it is the curve's. [1/√year]
    curve : (n, 5) L⁻¹ φ(x) where it is the curve's, else 0: dot products of sums of these are 3 times covariances. [1/√year]
    tilt : (n,) change of the volatility per point that the forward is too high. [1/√year per point]
    """

    own: Float
    curve: Float
    tilt: Float


class ChainErrors(NamedTuple):
    """Errors of all n rows of a chain.

    Attributes
    ----------
    years : (n,) time to expiration. [years]
    forward, forward_error : (n,) the expiration's forward and its standard error. [index points]
    volatility : `SmileErrors` of the same rows.
    """

    years: Float
    forward: Float
    forward_error: Float
    volatility: SmileErrors


class RepricedRows(NamedTuple):
    """The m rows that are re-priced.

    Attributes
    ----------
    row : (m,) their position among all rows.
    expiration : (m,) number of the expiration; rows of one lie together.
    moneyness, total_vol, coefficient : (m,) as for `profile_roots`.
    filled : whose volatility each row has, as positions among these rows; an error of that one is an error of all that have it.
    """

    row: Int
    expiration: Int
    moneyness: Float
    total_vol: Float
    coefficient: Float
    filled: Neighbours


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


class _ChainRows(NamedTuple):
    """Columns of the chain; the groups of `smile_errors` are ranges of their rows."""

    strike: Float
    F: Float
    T: Float
    total_vol: Float
    gamma: Float
    call_delta: Float
    put_delta: Float
    iv_bid: Float
    iv_mid: Float
    iv_ask: Float
    iv_fit: Float


class _Group(NamedTuple):
    """Scratch memory for one group: moneyness, half width, whether the quote moves the curve, and the median's."""

    z: Float
    half: Float
    moves: Bool
    work: Float


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
    """How the volatilities of each expiration and window respond to errors.

    Parameters
    ----------
    first : (G + 1,) position of each group's first row; a group is one expiration in one window, strikes ascending.
    strike, F, T, total_vol, gamma, call_delta, put_delta : (n,) as in the chain; NaN where missing.
    iv_bid, iv_mid, iv_ask, iv_fit : (n,) gamma's volatility is `iv_fit` where there is one, else `iv_mid`. [1/√year]

    Returns
    -------
    SmileErrors; `own` is NaN where a quote has neither bid nor ask, `curve` where too few quotes move the curve.
    """
    size = strike.shape[0]
    out = SmileErrors(np.zeros(size), np.zeros((size, TERMS)), np.zeros(size))
    rows = (strike, F, T, total_vol, gamma, call_delta, put_delta, iv_bid, iv_mid, iv_ask, iv_fit)
    _groups(first, _ChainRows(*map(read_only, rows)), out)
    return out


def net_error(
    *,
    first: Int,
    stop: Int,
    repriced: RepricedRows,
    chain: ChainErrors,
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
    repriced : the rows of the sum.
    chain : errors of all rows.
    reference, reference_error : (W,) reference price and its standard error, 0 where it is exact. [index points]
    shift : (W,) ln(price/reference); NaN gives NaN. [1]
    power : of the price in gamma times the scale's factor. [1]
    at_price : whether the price is held while forwards are wrong, as for zero gamma, and not the shift. An expiration whose
        forward is the reference price then moves all others instead of itself.

    Returns
    -------
    NetError; NaN for windows without rows or without a shift.
    """
    windows = first.shape[0]
    out = NetError(np.full(windows, np.nan), np.full(windows, np.nan), np.full(windows, np.nan))
    of_rows = ChainErrors(
        read_only(chain.years), read_only(chain.forward), read_only(chain.forward_error), volatility=chain.volatility
    )
    _errors(first, stop, repriced, of_rows, reference, reference_error, shift, power, at_price, out)
    return out


@njit(nogil=True, error_model="numpy")
def _measure_quotes(
    rows: _ChainRows, start: int, stop: int, sigma: float, group: _Group, out: SmileErrors
) -> tuple[float, float]:
    """Half widths, tilts and own errors of a group's quotes, and which of them move the curve; (least z, greatest z) fitted."""
    above = stop
    for k in range(start, stop):
        if rows.strike[k] > rows.F[k] and k < above:
            above = k
    count = 0
    low, high = math.inf, -math.inf
    for k in range(start, stop):
        i = k - start
        half = half_width(rows.iv_bid[k], rows.iv_mid[k], rows.iv_ask[k])
        vega = rows.gamma[k] * rows.F[k] * rows.F[k] * rows.total_vol[k] * math.sqrt(rows.T[k])
        delta = rows.call_delta[k] if k >= above else rows.put_delta[k]
        if k in (above - 1, above):
            delta = 0.5 * (rows.call_delta[k] + rows.put_delta[k])
        out.tilt[k] = -delta / vega if vega > 0.0 else 0.0
        group.moves[i] = False
        if not rows.iv_fit[k] > 0.0:
            out.own[k] = half / UNIFORM
            continue
        group.z[i] = standardised_moneyness(rows.strike[k], 1.0 / rows.F[k], 1.0 / (sigma * math.sqrt(rows.T[k])))
        group.half[i] = used_half_width(group.z[i], rows.iv_mid[k], half, sigma)
        if not math.isnan(group.half[i]):
            group.moves[i] = True
            group.work[count] = residual_in_half_widths(rows.iv_mid[k], rows.iv_fit[k], group.half[i])
            count += 1
            low, high = min(low, group.z[i]), max(high, group.z[i])
    if count > 0:
        bend = bend_of_residuals(median(group.work, count))
        for i in range(stop - start):
            if group.moves[i]:
                group.moves[i] = residual_in_half_widths(rows.iv_mid[start + i], rows.iv_fit[start + i], group.half[i]) <= bend
    return low, high


@njit(nogil=True, error_model="numpy", inline="always")
def _fill_terms(z: float, terms: Float) -> None:
    """φ(z): the constant 1 and the spline's terms."""
    terms[0] = 1.0
    terms[1], terms[2], terms[3], terms[4] = spline_terms(z)


@njit(nogil=True, error_model="numpy")
def _sum_quotes(tilt: Float, start: int, size: int, group: _Group, A: Float, u: Float, terms: Float) -> None:
    """XᵀWX into the lower triangle of `A`, XᵀW tilt into `u`, over the quotes that move the curve."""
    A[:] = 0.0
    u[:] = 0.0
    for i in range(size):
        if not group.moves[i]:
            continue
        weight = 1.0 / (group.half[i] * group.half[i])
        _fill_terms(group.z[i], terms)
        for j in range(TERMS):
            u[j] += weight * terms[j] * tilt[start + i]
            for n in range(j + 1):
                A[j, n] += weight * terms[j] * terms[n]


def _compiled_groups(unit: int) -> Any:
    @njit(cache=True, nogil=True, error_model="numpy")
    def _groups(first: Int, rows: _ChainRows, out: SmileErrors) -> None:
        unit  # noqa: B018
        longest = 0
        for g in range(first.shape[0] - 1):
            longest = max(longest, first[g + 1] - first[g])
        group = _Group(
            np.empty(longest), np.empty(longest), np.empty(longest, dtype=np.bool_), np.empty(max(longest, AT_THE_MONEY))
        )
        A, u, terms = np.empty((TERMS, TERMS)), np.empty(TERMS), np.empty(TERMS)
        for g in range(first.shape[0] - 1):
            start, stop = first[g], first[g + 1]
            sigma = volatility_at_the_money(rows.F[start], rows.strike[start:stop], rows.iv_mid[start:stop], group.work)
            low, high = _measure_quotes(rows, start, stop, sigma, group, out)
            _sum_quotes(out.tilt, start, stop - start, group, A, u, terms)
            known = cholesky(A)
            if known:
                solve_lower(A, u)
            for k in range(start, stop):
                if not rows.iv_fit[k] > 0.0:
                    continue
                _fill_terms(min(max(group.z[k - start], low), high), terms)
                if known:
                    solve_lower(A, terms)
                else:
                    terms[:] = math.nan
                out.tilt[k] = 0.0
                for j in range(TERMS):
                    out.curve[k, j] = terms[j]
                    out.tilt[k] += terms[j] * u[j]

    return _groups


_groups: Final = _compiled_groups(
    fingerprint(normal, medians, natural_spline, smile) ^ normal.COEFFICIENTS ^ natural_spline.CONSTANTS ^ smile.CONSTANTS
)


@njit(cache=True, nogil=True, error_model="numpy")
def _errors(  # noqa: C901 - one compiled loop over windows and their expirations
    first: Int,
    stop: Int,
    repriced: RepricedRows,
    chain: ChainErrors,
    reference: Float,
    reference_error: Float,
    shift: Float,
    power: float,
    at_price: bool,  # noqa: FBT001
    out: NetError,
) -> None:
    row, expiration, m, s, b, filled = repriced
    before, after, part = filled
    years, forward, forward_error, (own, curve, tilt) = chain
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
        out.quotes[w] = math.sqrt(quotes) * factor
        out.forward[w] = math.sqrt(forwards) * factor
        out.slope[w] = slope * factor
