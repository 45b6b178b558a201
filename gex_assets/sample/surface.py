"""The sample market's volatility: one smooth skewed surface with a term structure, and the option prices that follow from it.

The surface is the truth that estimates are compared with: `sigma` is exact for every strike, forward and moment.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gex_assets.kernels.pricing import black76
from gex_assets.time_units import YEAR_NS

__all__ = ["RATE", "at_the_money", "carry", "fair_prices", "sigma", "years"]

Float = NDArray[np.float64]

RATE: Final = 0.04
"""Continuously compounded interest rate of the sample market. [1/year]"""

DIVIDENDS: Final = 0.012

LONG_LEVEL, SHORT_DISCOUNT, TERM_YEARS = 0.165, 0.055, 0.25
LEVERAGE = 2.5
WING, TILT, ROUNDING, FLAT_BEYOND = 0.16, -0.55, 1.1, 5.0


def years(*, ts_ns: ArrayLike, ts_expiration: ArrayLike) -> Float:
    """Time to expiration, ACT/365, not below zero [years]."""
    return np.maximum(np.subtract(ts_expiration, ts_ns, dtype=np.int64), 0) / YEAR_NS


def carry(*, T: ArrayLike) -> Float:
    """Ratio of a forward to the index: e^{(r - q) T}."""
    return np.exp((RATE - DIVIDENDS) * np.asarray(T, np.float64))


def at_the_money(*, F: ArrayLike, T: ArrayLike, drift: ArrayLike, reference: float) -> Float:
    """Volatility at the forward.

    Short expirations lie lower; the whole surface falls when the price rises (leverage), and wanders by `drift`.

    Parameters
    ----------
    F : forward of the front expiration; `reference` is its value at the day's start. [index points]
    T : time to expiration. [years]
    drift : logarithm of the slow change of the level.

    Returns
    -------
    Broadcast shape. [1/sqrt(year)]
    """
    term = LONG_LEVEL - SHORT_DISCOUNT * np.exp(-np.asarray(T, np.float64) / TERM_YEARS)
    move = np.log(np.asarray(F, np.float64) / reference)
    return np.asarray(term * np.exp(np.asarray(drift, np.float64) - LEVERAGE * move), np.float64)


def sigma(*, F: ArrayLike, K: ArrayLike, T: ArrayLike, atm: ArrayLike) -> Float:
    """Implied volatility of a strike: a hyperbola in z = ln(K/F) / (atm sqrt(T)), steeper on the puts' side.

    sigma = atm (1 + w (rho y + sqrt(y^2 + c^2) - c)), the shape of Gatheral's SVI (2004) written in volatility, with
    y = z / sqrt(1 + (z/z0)^2): the wings grow flat, so that far strikes of short expirations leave no arbitrage.

    Parameters
    ----------
    F, K : forward of the option's own expiration and strike. [index points]
    T : time to expiration. [years]
    atm : volatility at the forward. [1/sqrt(year)]

    Returns
    -------
    Broadcast shape, NaN where T is not above zero. [1/sqrt(year)]
    """
    F, K, T, atm = np.asarray(F, np.float64), np.asarray(K, np.float64), np.asarray(T, np.float64), np.asarray(atm, np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        z = np.log(K / F) / (atm * np.sqrt(np.where(T > 0, T, np.nan)))
    z /= np.sqrt(1.0 + (z / FLAT_BEYOND) ** 2)
    return np.asarray(atm * (1.0 + WING * (TILT * z + np.sqrt(z * z + ROUNDING**2) - ROUNDING)), np.float64)


def fair_prices(*, F: ArrayLike, K: ArrayLike, T: ArrayLike, atm: ArrayLike) -> tuple[Float, Float]:
    """Black-76 prices of calls and puts on the surface; the one in the money by put-call parity.

    Returns
    -------
    calls, puts : broadcast shape, NaN where T is not above zero. [index points]
    """
    F, K, T = np.asarray(F, np.float64), np.asarray(K, np.float64), np.asarray(T, np.float64)
    is_call = K >= F
    cheap = black76.price(F=F, K=K, T=T, sigma=sigma(F=F, K=K, T=T, atm=atm), r=RATE, is_call=is_call)
    parity = np.exp(-RATE * T) * (F - K)
    return np.where(is_call, cheap, cheap + parity), np.where(is_call, cheap - parity, cheap)
