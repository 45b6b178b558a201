r"""Options re-priced exactly after a move of the price, of time or of volatility: their deltas, and what these respond to.

A difference of two such deltas is the integral of gamma along the way of the price, of charm along that of time, of vanna along
that of volatility. No slope stands for a path. What holders trade against it is in `analytics.hedges`.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gex_assets.kernels.pricing.black76 import chain_greeks

__all__ = ["AT_ONCE", "Repriced", "repriced"]

Float = NDArray[np.float64]

AT_ONCE: Final = 1e-9
"""An option with less time than this has expired: 0.03 seconds, which no clock of the exchange tells. [years]"""


class Repriced(NamedTuple):
    """Greeks of n rows of a chain, (n,) each; NaN where there is no answer.

    Attributes
    ----------
    call_delta, put_delta : [1]
    gamma : [1/point]
    vanna : per 1.00 of volatility. [√year]
    """

    call_delta: Float
    put_delta: Float
    gamma: Float
    vanna: Float


def repriced(*, F: ArrayLike, K: ArrayLike, T: ArrayLike, sigma: ArrayLike, r: float) -> Repriced:
    r"""Deltas, gamma and vanna by Black-76, also where nothing is left of time or of volatility.

    There delta is the limit of the formula: e^{-rT} of a call below the price and −e^{-rT} of a put above it, 0 of the
    others, and half of it where the price is the strike. Gamma and vanna are 0 there.

    Parameters
    ----------
    F, K : forward and strike, positive. [index points]
    T : time to expiration; at most `AT_ONCE`, or below 0, is none. [years]
    sigma : volatility; 0 or below is none. [1/√year]
    r : continuously compounded. [1/year]

    Returns
    -------
    Repriced in the broadcast shape; NaN where an argument is NaN or infinite, or F or K is not positive.

    Raises
    ------
    ValueError
        Where shapes do not broadcast; never because of a number.

    References
    ----------
    As for `black76.greeks`.
    """
    forward, strike, years, vol = (
        np.array(one, dtype=np.float64) for one in np.broadcast_arrays(*(np.asarray(one, np.float64) for one in (F, K, T, sigma)))
    )
    years = np.where(years <= AT_ONCE, 0.0, years)
    usable = (forward > 0.0) & (strike > 0.0) & np.isfinite(forward + strike + years + vol)
    limit = usable & ((years == 0.0) | (vol <= 0.0))
    with np.errstate(invalid="ignore"):
        total = np.where(limit, np.nan, vol * np.sqrt(years))
    found = chain_greeks(F=forward, K=strike, T=years, total_vol=total, r=r)
    paid = np.exp(-r * years)
    call = 0.5 * (1.0 + np.sign(forward - strike))
    return Repriced(
        call_delta=np.where(limit, paid * call, found.call_delta),
        put_delta=np.where(limit, paid * (call - 1.0), found.put_delta),
        gamma=np.where(limit, 0.0, found.gamma),
        vanna=np.where(limit, 0.0, found.vanna),
    )
