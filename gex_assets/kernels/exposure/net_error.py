r"""Standard errors of net exposure and of zero gamma, from the width of the quotes, the smile's shape and the forwards' errors.

All to first order in what `smile_errors` says of the volatilities. Where gamma's volatility is the quote's own, errors add up by
their squares. Where it is the smile's, one quote moves all of the curve: Σ_k g_k σ(x_k) has the variance |Σ_k g_k C_k|², with C_k
the row of `SmileErrors.curve`.

What is no noise stands in a part of its own, `NetError.shape`, independent between expirations:

- The curve and the mean of redrawn curves differ by Σ_k g_k · shape_k. The truth is taken as uniform between the two.
- Rows without a volatility of their own have no part in net exposure, but in what net exposure stands for. Their neighbours'
  volatilities say how much they leave out. `MISSING_SHARE` of it is taken as one standard error.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from gex_assets.kernels.exposure.smile_errors import SmileErrors
from gex_assets.kernels.numba_tools.array_types import read_only
from gex_assets.kernels.pricing.filled_gaps import Neighbours
from gex_assets.kernels.pricing.natural_spline import TERMS

__all__ = ["BETWEEN", "MISSING_SHARE", "ChainErrors", "NetError", "RepricedRows", "net_error"]

Float = NDArray[np.float64]
Int = NDArray[np.int64]

BETWEEN: Final = 1.0 / math.sqrt(12.0)
"""Standard deviation of what is uniform between two values, as a share of their distance."""

MISSING_SHARE: Final = 0.75
"""Two standard errors reach one and a half times what is left out: wings often lie above the last quoted volatility."""


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
    quotes, forward, shape : (W,) from the quotes' width, the forwards' errors, the smile's shape. [unit of the scale]
    slope : (W,) change of the sum per unit of ln(price). [unit of the scale]
    """

    quotes: Float
    forward: Float
    shape: Float
    slope: Float


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
    borrowed: bool,
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
    borrowed : whether rows with their neighbours' volatility have a part in the sum, as in the profile. If not, as in net
        exposure, they are what it leaves out.

    Returns
    -------
    NetError; NaN for windows without rows or without a shift.
    """
    windows = first.shape[0]
    out = NetError(*np.full((4, windows), np.nan))
    of_rows = ChainErrors(
        read_only(chain.years), read_only(chain.forward), read_only(chain.forward_error), volatility=chain.volatility
    )
    _errors(first, stop, repriced, of_rows, reference, reference_error, shift, power, at_price, borrowed, out)
    return out


@njit(cache=True, nogil=True, error_model="numpy")
def _errors(  # noqa: C901, PLR0912, PLR0915 - one compiled loop over windows and their expirations
    first: Int,
    stop: Int,
    repriced: RepricedRows,
    chain: ChainErrors,
    reference: Float,
    reference_error: Float,
    shift: Float,
    power: float,
    at_price: bool,  # noqa: FBT001
    borrowed: bool,  # noqa: FBT001
    out: NetError,
) -> None:
    row, expiration, m, s, b, filled = repriced
    before, after, part = filled
    years, forward, forward_error, (own, curve, tilt, shape) = chain
    moved = np.empty(TERMS)
    by_vol = np.zeros(s.shape[0])
    for w in range(first.shape[0]):
        y = shift[w]
        if math.isnan(y) or first[w] == stop[w]:
            continue
        quotes = forwards = shapes = slope = 0.0
        by_reference = 0.0
        begin = first[w]
        while begin < stop[w]:
            moved[:] = 0.0
            single = through_smile = through_shape = through_price = left_out = 0.0
            end = begin
            while end < stop[w] and expiration[end] == expiration[begin]:
                k = end
                end += 1
                if b[k] == 0.0:
                    continue
                n = row[k]
                d = (m[k] + y) / s[k] + 0.5 * s[k]
                value = b[k] / s[k] * math.exp(-0.5 * d * d)
                if not borrowed and before[k] != k:
                    left_out += value
                    continue
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
                through_shape += by_vol[k] * shape[n]
                by_vol[k] = 0.0
            n = row[begin]
            quotes += single
            for j in range(TERMS):
                quotes += moved[j] * moved[j]
            shapes += (BETWEEN * through_shape) ** 2 + (MISSING_SHARE * left_out) ** 2
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
        out.shape[w] = math.sqrt(shapes) * factor
        out.slope[w] = slope * factor
