"""From quotes to the volatility that gamma gets, one expiration at a time.

Volatilities come from the out-of-the-money side, gamma's from the smile where one is accepted. The formulas are in
`kernels.pricing`. Which quotes may be used is decided by the caller, and so is what happens to strikes without an answer.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gex_assets.kernels.pricing.black76 import IvStatus, implied_volatility
from gex_assets.kernels.pricing.smile import fit_smile

__all__ = ["GammaVolatility", "Quotes", "gamma_volatility", "out_of_the_money_is_call"]

Float = NDArray[np.float64]
Int = NDArray[np.int64]
Bool = NDArray[np.bool_]


class Quotes(NamedTuple):
    """Best bid and ask of the calls, or of the puts, (w, S) each [index points]; NaN where a quote may not be used."""

    bid: Float
    ask: Float


class GammaVolatility(NamedTuple):
    """Volatilities of one expiration, (w, S) each [1/sqrt(year)]; NaN where there is none.

    Attributes
    ----------
    bid, mid, ask : implied by the bid, the midpoint and the ask; all NaN where the midpoint implies none.
    fit : of the smile, NaN in windows without an accepted one and beyond its reach.
    used : gamma's: `fit` where it is positive, else `mid`.
    status : `IvStatus` of the midpoint: OK where `mid` is known, else why the out-of-the-money side implies none.
    own : whether the out-of-the-money side implies a volatility at the midpoint.
    joined : whether the in-the-money side has a part in `bid`, `mid` and `ask`; alone where `own` is false.
    """

    bid: Float
    mid: Float
    ask: Float
    fit: Float
    used: Float
    status: NDArray[np.uint8]
    own: Bool
    joined: Bool


def out_of_the_money_is_call(*, F: Float, K: Float) -> Bool:
    """(w, S) whether the call is the out-of-the-money side: at strikes above F, not at F; false without a forward."""
    is_call: Bool = K[None, :] > F[:, None]
    return is_call


def gamma_volatility(
    *, call: Quotes, put: Quotes, F: Float, K: Float, T: Float, r: float, listed: Bool | None = None
) -> GammaVolatility:
    """Volatility of every strike, and the one that gamma gets.

    A strike has the volatility of its out-of-the-money side: puts at K <= F, calls above. At the two listed strikes around F call
    and put both count: the mean where both have a midpoint's volatility, that of one where the other has none. A mean with a
    missing bid's or ask's volatility is missing. Where F is above or below every strike, one strike alone is next to F.

    Parameters
    ----------
    call, put : quotes, (w, S) each. [index points]
    F : (w,) forward; NaN where there is none. [index points]
    K : (S,) strikes, ascending. [index points]
    T : (w,) time to expiration. [years]
    r : continuously compounded. [1/year]
    listed : (w, S) which strikes may be next to F; all by default.
    """
    is_call = out_of_the_money_is_call(F=F, K=K)
    own = Quotes(*(np.where(is_call, of_calls, of_puts) for of_calls, of_puts in zip(call, put, strict=True)))
    other = Quotes(*(np.where(is_call, of_puts, of_calls) for of_calls, of_puts in zip(call, put, strict=True)))
    forwards, years = F[:, None], T[:, None]
    sigma, statuses = implied_volatility(price=_three(own), F=forwards, K=K, T=years, r=r, is_call=is_call)
    status = statuses[1].astype(np.uint8)
    has_own = status == IvStatus.OK
    sigma = np.where(has_own, sigma, np.nan)

    around, there = _around(K, np.ones_like(is_call) if listed is None else listed, F)
    near = Quotes(*(np.take_along_axis(values, around, axis=1) for values in other))
    near_is_call = ~np.take_along_axis(is_call, around, axis=1)
    near_sigma, near_statuses = implied_volatility(
        price=_three(near), F=forwards, K=K[around], T=years, r=r, is_call=near_is_call
    )
    joined = np.zeros_like(has_own)
    windows = np.arange(F.size)
    for column in range(around.shape[1]):
        good = there[:, column] & (near_statuses[1][:, column] == IvStatus.OK)
        cell = (windows[good], around[good, column])
        present, added = sigma[(slice(None), *cell)], near_sigma[:, good, column]
        sigma[(slice(None), *cell)] = np.where(has_own[cell], (present + added) / 2, added)
        joined[cell] = True
    status[joined] = IvStatus.OK

    smile = fit_smile(F=F, K=K, T=T, iv_bid=sigma[0], iv_mid=sigma[1], iv_ask=sigma[2])
    fit = np.where(smile.accepted[:, None], smile.iv_fit, np.nan)
    bid, mid, ask = sigma
    used = np.where(fit > 0.0, fit, mid)
    return GammaVolatility(bid, mid, ask, fit, used, status, has_own, joined)


def _three(quotes: Quotes) -> Float:
    """(3, …) bid, midpoint and ask."""
    return np.stack([quotes.bid, (quotes.bid + quotes.ask) / 2, quotes.ask])


def _around(strikes: Float, listed: Bool, F: Float) -> tuple[Int, Bool]:
    """Positions (w, 2) of the listed strikes next to F, at or below and above, and whether there is one."""
    place = np.arange(strikes.size)
    below = np.where(listed & (strikes <= F[:, None]), place, -1).max(axis=1)
    above = np.where(listed & (strikes > F[:, None]), place, strikes.size).min(axis=1)
    around = np.stack([below, above], axis=1)
    there = (around >= 0) & (around < strikes.size)
    return np.where(there, around, 0), there
