r"""How the volatilities of a chain respond when quotes are drawn again within their own error, or when a forward is off.

A quote's volatility may be anywhere between those of its bid and its ask. It is taken as uniform and independent of other quotes:
i's redrawn residual is r_i + u_i half widths, with r_i the published one and u_i uniform in [−1, 1]. The fit is Huber's. So the
change δc of the coefficients solves Σ x_i/h_i · ψ(r_i + u_i − x_i δc/h_i) = 0, with ψ straight up to the bend and level beyond.
To first order

    δc = A⁻¹ Σ x_i/h_i · ψ(r_i + u_i),   A = Σ p_i x_i x_iᵀ/h_i²

with p_i the probability that a redrawn residual is within the bend. The bend itself is that of the redrawn residuals. Published
ones may agree by chance to a small part of a half width. A bend made of them would take for outliers what is none.

- The covariance of δc is A⁻¹ B A⁻¹ with B = Σ Var ψ(r_i + u_i) x_i x_iᵀ/h_i².
- Its mean is A⁻¹ Σ x_i/h_i · E ψ(r_i + u_i), found in a few steps. Were the smile such a spline and all errors symmetric,
  it would be small. It is the difference between two curves that are as good, and so says what the shape cannot follow.

A forward that is too high by δ shifts the moneyness of every strike. The options' prices stay what they are, so every quote's
volatility changes by −δ · delta/vega. The curve follows, as it follows any change of its quotes.

P. J. Huber and E. M. Ronchetti, "Robust Statistics", Wiley 2009, sections 7.6 to 7.8 (the covariance of an M-estimator).
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
from gex_assets.kernels.pricing.natural_spline import TERMS, cholesky, solve_lower, solve_transposed, spline_terms
from gex_assets.kernels.pricing.smile import (
    AT_THE_MONEY,
    bend_of_residuals,
    half_width,
    standardised_moneyness,
    used_half_width,
    volatility_at_the_money,
)

__all__ = ["UNIFORM", "SmileErrors", "clipped_moments", "redrawn_median", "smile_errors"]

Float = NDArray[np.float64]
Int = NDArray[np.int64]
Bool = NDArray[np.bool_]

UNIFORM: Final = math.sqrt(3.0)
"""Half the width of a uniform distribution, in standard deviations."""

_MEAN_STEPS: Final = 3
"""Steps to the mean of redrawn curves; the last finds covariances at it. A fourth would move some per cent of the first."""

_STEPS: Final = 40
"""Most steps to the median; the share within m is made of straight pieces, so that 3 to 6 find it."""


class SmileErrors(NamedTuple):
    """How each row's volatility responds when quotes or the forward are wrong.

    Attributes
    ----------
    own : (n,) standard deviation of a volatility that is the quote's own; 0 where it is the curve's. [1/√year]
    curve : (n, 5) where it is the curve's, else 0: dot products of sums of these are covariances of the sums. [1/√year]
    tilt : (n,) change of the volatility per point that the forward is too high. [1/√year per point]
    shape : (n,) change of the curve's volatility on average over redrawn quotes; 0 where it is the quote's own. [1/√year]
    """

    own: Float
    curve: Float
    tilt: Float
    shape: Float


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
    """Scratch memory for one group: moneyness, half width, signed residual in half widths, whether it is fitted, a median's."""

    z: Float
    half: Float
    residual: Float
    fitted: Bool
    work: Float


class _Moments(NamedTuple):
    """Sums over the fitted quotes of one group.

    Attributes
    ----------
    A : (5, 5) Σ p x xᵀ/h², lower triangle; then its Cholesky factor.
    B : (5, 5) Σ Var ψ x xᵀ/h², lower triangle; then its Cholesky factor.
    tilt : (5,) Σ p x tilt/h².
    mean : (5,) Σ E ψ x/h.
    shift : (5,) the mean of δc so far.
    terms : (5,) scratch memory.
    """

    A: Float
    B: Float
    tilt: Float
    mean: Float
    shift: Float
    terms: Float


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
    SmileErrors; `own` is NaN where a quote has neither bid nor ask, `curve` and `shape` where too few quotes move the curve.
    """
    size = strike.shape[0]
    out = SmileErrors(np.zeros(size), np.zeros((size, TERMS)), np.zeros(size), np.zeros(size))
    rows = (strike, F, T, total_vol, gamma, call_delta, put_delta, iv_bid, iv_mid, iv_ask, iv_fit)
    _groups(first, _ChainRows(*map(read_only, rows)), out)
    return out


@njit(nogil=True, error_model="numpy", inline="always")
def _share_within(residual: float, bound: float) -> float:
    """P(|r + u| ≤ bound) for u uniform in [−1, 1] and r ≥ 0."""
    return 0.5 * max(0.0, min(residual + 1.0, bound) - max(residual - 1.0, -bound))


@njit(nogil=True, error_model="numpy")
def redrawn_median(residual: Float, count: int) -> float:
    """Median of |r_i + u_i| over the first `count` quotes and u_i uniform in [−1, 1], to a billionth of a quote.

    Parameters
    ----------
    residual : (n,) |r_i|. [half widths]
    count : from 1 to n.
    """
    low, high = 0.0, 1.0
    for i in range(count):
        high = max(high, residual[i] + 1.0)
    bound = 0.5
    for _ in range(_STEPS):
        excess, slope = -0.5 * count, 0.0
        for i in range(count):
            excess += _share_within(residual[i], bound)
            if residual[i] - 1.0 < bound < residual[i] + 1.0:
                slope += 1.0 if bound < 1.0 - residual[i] else 0.5
        if abs(excess) <= 1e-9:
            break
        if excess > 0.0:
            high = bound
        else:
            low = bound
        bound -= excess / slope
        if not low < bound < high:
            bound = 0.5 * (low + high)
    return bound


@njit(nogil=True, error_model="numpy")
def clipped_moments(residual: float, bend: float) -> tuple[float, float, float]:
    """(P(|y| ≤ bend), E ψ(y), Var ψ(y)) of y = r + u, u uniform in [−1, 1], with ψ(y) = y cut off at ±bend."""
    low, high = residual - 1.0, residual + 1.0
    below = max(0.0, min(high, -bend) - low)
    above = max(0.0, high - max(low, bend))
    first, last = max(low, -bend), min(high, bend)
    if first >= last:
        return 0.0, bend if residual > 0.0 else -bend, 0.0
    mean = 0.5 * (bend * (above - below) + 0.5 * (last * last - first * first))
    square = 0.5 * (bend * bend * (above + below) + (last**3 - first**3) / 3.0)
    return 0.5 * (last - first), mean, max(square - mean * mean, 0.0)


@njit(nogil=True, error_model="numpy")
def _measure_quotes(
    rows: _ChainRows, start: int, stop: int, sigma: float, group: _Group, out: SmileErrors
) -> tuple[int, float, float]:
    """Half widths, residuals, tilts and own errors of a group's quotes; (how many are fitted, least z, greatest z fitted)."""
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
        group.fitted[i] = False
        if not rows.iv_fit[k] > 0.0:
            out.own[k] = half / UNIFORM
            continue
        group.z[i] = standardised_moneyness(rows.strike[k], 1.0 / rows.F[k], 1.0 / (sigma * math.sqrt(rows.T[k])))
        group.half[i] = used_half_width(group.z[i], rows.iv_mid[k], half, sigma)
        if not math.isnan(group.half[i]):
            group.fitted[i] = True
            group.residual[i] = (rows.iv_mid[k] - rows.iv_fit[k]) / group.half[i]
            count += 1
            low, high = min(low, group.z[i]), max(high, group.z[i])
    return count, low, high


@njit(nogil=True, error_model="numpy", inline="always")
def _fill_terms(z: float, terms: Float) -> None:
    """φ(z): the constant 1 and the spline's terms."""
    terms[0] = 1.0
    terms[1], terms[2], terms[3], terms[4] = spline_terms(z)


@njit(nogil=True, error_model="numpy")
def _sum_quotes(tilt: Float, start: int, size: int, group: _Group, sums: _Moments) -> None:
    """Sums over the fitted quotes, at least one, into `sums`; their residuals are those from the mean curve so far."""
    A, B, of_tilt, of_mean, _, terms = sums
    count = 0
    for i in range(size):
        if group.fitted[i]:
            group.work[count] = abs(group.residual[i])
            count += 1
    bend = bend_of_residuals(redrawn_median(group.work, count))
    A[:] = 0.0
    B[:] = 0.0
    of_tilt[:] = 0.0
    of_mean[:] = 0.0
    for i in range(size):
        if not group.fitted[i]:
            continue
        within, mean, variance = clipped_moments(group.residual[i], bend)
        precise = 1.0 / group.half[i]
        _fill_terms(group.z[i], terms)
        for j in range(TERMS):
            of_tilt[j] += within * precise * precise * terms[j] * tilt[start + i]
            of_mean[j] += mean * precise * terms[j]
            both = precise * precise * terms[j]
            for n in range(j + 1):
                A[j, n] += within * both * terms[n]
                B[j, n] += variance * both * terms[n]


@njit(nogil=True, error_model="numpy")
def _find_mean(tilt: Float, start: int, size: int, group: _Group, sums: _Moments) -> bool:
    """The mean of redrawn curves, and sums and factors at it; false where too few quotes move the curve."""
    sums.shift[:] = 0.0
    for step in range(_MEAN_STEPS):
        _sum_quotes(tilt, start, size, group, sums)
        if not cholesky(sums.A):
            return False
        if step == _MEAN_STEPS - 1:
            break
        solve_lower(sums.A, sums.mean)
        solve_transposed(sums.A, sums.mean)
        for j in range(TERMS):
            sums.shift[j] += sums.mean[j]
        for i in range(size):
            if group.fitted[i]:
                _fill_terms(group.z[i], sums.terms)
                for j in range(TERMS):
                    group.residual[i] -= sums.terms[j] * sums.mean[j] / group.half[i]
    return cholesky(sums.B)


@njit(nogil=True, error_model="numpy")
def _write_row(row: int, z: float, sums: _Moments, out: SmileErrors) -> None:
    """The curve's responses at z, from factors of A and B."""
    A, B, of_tilt, _, shift, terms = sums
    _fill_terms(z, terms)
    shape = 0.0
    for j in range(TERMS):
        shape += terms[j] * shift[j]
    solve_lower(A, terms)
    solve_transposed(A, terms)
    tilt = 0.0
    for j in range(TERMS):
        tilt += terms[j] * of_tilt[j]
        moved = 0.0
        for i in range(j, TERMS):
            moved += B[i, j] * terms[i]
        out.curve[row, j] = moved
    out.tilt[row], out.shape[row] = tilt, shape


def _compiled_groups(unit: int) -> Any:
    @njit(cache=True, nogil=True, error_model="numpy")
    def _groups(first: Int, rows: _ChainRows, out: SmileErrors) -> None:
        unit  # noqa: B018
        longest = 0
        for g in range(first.shape[0] - 1):
            longest = max(longest, first[g + 1] - first[g])
        group = _Group(
            np.empty(longest),
            np.empty(longest),
            np.empty(longest),
            np.empty(longest, dtype=np.bool_),
            np.empty(max(longest, AT_THE_MONEY)),
        )
        square = (TERMS, TERMS)
        sums = _Moments(np.empty(square), np.empty(square), np.empty(TERMS), np.empty(TERMS), np.empty(TERMS), np.empty(TERMS))
        for g in range(first.shape[0] - 1):
            start, stop = first[g], first[g + 1]
            sigma = volatility_at_the_money(rows.F[start], rows.strike[start:stop], rows.iv_mid[start:stop], group.work)
            count, low, high = _measure_quotes(rows, start, stop, sigma, group, out)
            known = count > 0 and _find_mean(out.tilt, start, stop - start, group, sums)
            for k in range(start, stop):
                if not rows.iv_fit[k] > 0.0:
                    continue
                if known:
                    _write_row(k, min(max(group.z[k - start], low), high), sums, out)
                else:
                    out.curve[k] = math.nan
                    out.tilt[k] = out.shape[k] = math.nan

    return _groups


_groups: Final = _compiled_groups(
    fingerprint(normal, medians, natural_spline, smile) ^ normal.COEFFICIENTS ^ natural_spline.CONSTANTS ^ smile.CONSTANTS
)
