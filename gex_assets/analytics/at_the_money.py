"""One day's standard deviation of the price by the volatility at the money, and distances measured in it.

A price three of these away is out of reach for a day. What an exposure is worth there says little about today.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gex_assets.analytics.chain_levels import ChainRows, Scope
from gex_assets.kernels.pricing.black76 import price

__all__ = ["DAY_IN_YEARS", "distance_in_sigmas", "expected_move", "one_day_sigma", "volatility_at_the_money"]

Float = NDArray[np.float64]

DAY_IN_YEARS: Final = 1.0 / 365.0
"""A calendar day, as in every time to expiration here. [years]"""


def one_day_sigma(rows: ChainRows) -> Float:
    """One day's standard deviation of the price, as a share of it: the front's volatility at the money times √(1/365).

    Parameters
    ----------
    rows : of W windows.

    Returns
    -------
    (W,) NaN where `volatility_at_the_money` is. [1]
    """
    return volatility_at_the_money(rows) * math.sqrt(DAY_IN_YEARS)


def volatility_at_the_money(rows: ChainRows, *, scope: Scope | None = None) -> Float:
    """Volatility of a scope's earliest expiration at its own forward, straight between the two nearest strikes that have one.

    At a strike it is that strike's.

    Parameters
    ----------
    rows : of W windows.
    scope : which rows; all by default.

    Returns
    -------
    (W,) NaN without rows, and where not both sides of the forward have a volatility. [1/sqrt(year)]
    """
    first, stop = scope or rows.whole
    window = np.repeat(np.arange(rows.windows), np.diff(rows.first))
    place = np.arange(window.size)
    within = (place >= first[window]) & (place < stop[window])
    front = within & (rows.expiration == rows.expiration[np.minimum(first[window], max(window.size - 1, 0))])
    strike = rows.strikes[rows.place]
    known = front & (rows.total_vol > 0.0) & (rows.years > 0.0)
    below, above = known & (strike <= rows.forward), known & (strike > rows.forward)
    volatility = np.full(strike.size, np.nan)
    np.divide(rows.total_vol, np.sqrt(rows.years), out=volatility, where=known)
    # Strikes ascend: of the assignments to one window the last one holds.
    low, high = np.full(rows.windows, -1), np.full(rows.windows, -1)
    low[window[below]] = np.flatnonzero(below)
    high[window[above][::-1]] = np.flatnonzero(above)[::-1]
    at = np.flatnonzero((low >= 0) & ((high >= 0) | (strike[low] == rows.forward[low]) if strike.size else False))
    found = np.full(rows.windows, np.nan)
    if not at.size:
        return found
    i, j = low[at], np.where(high[at] >= 0, high[at], low[at])
    part = np.zeros(at.size)
    np.divide(rows.forward[i] - strike[i], strike[j] - strike[i], out=part, where=j != i)
    found[at] = volatility[i] + part * (volatility[j] - volatility[i])
    return found


def distance_in_sigmas(price: Float, *, reference: Float, sigma: Float) -> Float:
    """How far a price is from another: abs(price − reference)/(reference · sigma).

    Parameters
    ----------
    price, reference : [index points]
    sigma : from `one_day_sigma`. [1]

    Returns
    -------
    Distance >= 0 in one day's standard deviations, NaN where an input is. [1]
    """
    return np.abs(price - reference) / (reference * sigma)


def expected_move(*, F: Float, sigma: Float, T: Float) -> Float:
    """Mean distance of the price from its forward at the expiration: what the straddle at the forward costs, not discounted.

    E|S − F| is a call and a put at K = F by Black-76 with r = 0, two of one price.

    Parameters
    ----------
    F : forward. [index points]
    sigma : volatility at the money. [1/sqrt(year)]
    T : time to the expiration. [years]

    Returns
    -------
    Shape of all together; NaN where one of them is. [index points]
    """
    return np.asarray(2.0 * price(F=F, K=F, T=T, sigma=sigma, r=0.0, is_call=True), dtype=np.float64)
