"""Black's model of 1976 for options on futures: price, greeks and implied volatility. The public interface.

Arguments are scalars or arrays of any shapes that broadcast. Results have that shape; a numpy scalar where all were scalars. No
number raises: where there is no answer, the result is NaN. The compiled loops are in `valuation` and `implied_volatility`, their
functions in `time_value` and `normal`. Forwards and smiles have modules of their own.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from gex_assets.kernels.pricing.implied_volatility import IvStatus, implied_volatility
from gex_assets.kernels.pricing.lanes import flatten, shaped
from gex_assets.kernels.pricing.valuation import OUTPUTS, chain_greeks_of_lanes, greeks_of_lanes, prices_of_lanes

__all__ = ["ChainGreeks", "Greeks", "IvStatus", "chain_greeks", "greeks", "implied_volatility", "price"]


class Greeks(NamedTuple):
    """What `greeks` returns: arrays or numpy scalars in the broadcast shape of its arguments; units are said there."""

    delta: Any
    gamma: Any
    vega: Any
    theta: Any
    vanna: Any
    charm: Any


class ChainGreeks(NamedTuple):
    """What `chain_greeks` returns: arrays or numpy scalars in the broadcast shape of its arguments; units as of `greeks`."""

    gamma: Any
    vanna: Any
    call_delta: Any
    put_delta: Any
    call_charm: Any
    put_charm: Any


def price(*, F: ArrayLike, K: ArrayLike, T: ArrayLike, sigma: ArrayLike, r: ArrayLike, is_call: ArrayLike) -> Any:
    r"""Black-76 price: e^{-rT} (F Φ(d₊) − K Φ(d₋)) of a call, e^{-rT} (K Φ(−d₋) − F Φ(−d₊)) of a put.

    Parameters
    ----------
    F, K : futures and strike price, positive. [index points]
    T : time to expiration. [years of 365 days]
    sigma : volatility. [1/√year]
    r : continuously compounded rate. [1/year]
    is_call : True for a call, False for a put.

    Returns
    -------
    Price; the discounted intrinsic value where T or sigma is 0; NaN where an argument is NaN, infinite or negative, F or K is
    0, or |rT| ≥ 700 (r may be negative). Relative error about 1e-16·(1 + d²), also far out of the money. [index points]

    Raises
    ------
    ValueError, TypeError
        Where shapes do not broadcast, or `is_call` is not of truth values; never because of a number.

    References
    ----------
    F. Black, "The pricing of commodity contracts", J. Financial Economics 3 (1976) 167-179.
    """
    shape, arguments = flatten(F, K, T, sigma, r, is_call=is_call)
    out = np.empty(math.prod(shape))
    prices_of_lanes(arguments, out)
    return shaped(out, shape)


def greeks(*, F: ArrayLike, K: ArrayLike, T: ArrayLike, sigma: ArrayLike, r: ArrayLike, is_call: ArrayLike) -> Greeks:
    r"""Black-76 sensitivities of the discounted price, with respect to the futures price.

    Parameters
    ----------
    F, K : futures and strike price, positive. [index points]
    T : time to expiration. [years of 365 days]
    sigma : volatility. [1/√year]
    r : continuously compounded rate. [1/year]
    is_call : True for a call, False for a put.

    Returns
    -------
    delta : ∂price/∂F = e^{-rT} Φ(d₊), −e^{-rT} Φ(−d₊) of a put. [1]
    gamma : ∂²price/∂F² = e^{-rT} φ(d₊)/(F σ√T), equal for calls and puts. [1/point]
    vega : ∂price/∂σ = e^{-rT} F φ(d₊) √T, per 1.00 of volatility. [points·√year]
    theta : −∂price/∂T = r·price − e^{-rT} F φ(d₊) σ/(2√T), per year of calendar time passing. [points/year]
    vanna : ∂delta/∂σ = −e^{-rT} φ(d₊) d₋/σ, per 1.00 of volatility, equal for calls and puts. [√year]
    charm : −∂delta/∂T = r·delta + e^{-rT} φ(d₊) d₋/(2T), per year of calendar time passing. [1/year]

    All NaN where T or sigma is not positive, or where `price` is NaN. Relative errors about 1e-16·(1 + d²), except where two
    terms of theta or charm, or d₋ itself, pass through zero.

    Raises
    ------
    ValueError, TypeError
        Where shapes do not broadcast, or `is_call` is not of truth values; never because of a number.

    References
    ----------
    F. Black, "The pricing of commodity contracts", J. Financial Economics 3 (1976) 167-179. E. G. Haug, "The Complete Guide
    to Option Pricing Formulas", McGraw-Hill 2007, chapter 2, for vanna and charm (there with respect to the asset's price).
    """
    shape, arguments = flatten(F, K, T, sigma, r, is_call=is_call)
    out = np.empty((OUTPUTS, math.prod(shape)))
    greeks_of_lanes(arguments, out)
    return Greeks(*(shaped(row, shape) for row in out))


def chain_greeks(*, F: ArrayLike, K: ArrayLike, T: ArrayLike, total_vol: ArrayLike, r: ArrayLike) -> ChainGreeks:
    r"""The greeks that a chain stores of a strike, call and put at once, from the total volatility s = σ√T.

    Parameters
    ----------
    F, K : futures and strike price, positive. [index points]
    T : time to expiration; only discounting, vanna and charm depend on it. [years of 365 days]
    total_vol : volatility × √T. [1]
    r : continuously compounded rate. [1/year]

    Returns
    -------
    gamma, vanna, call_delta, put_delta, call_charm, put_charm with the formulas, units and NaN rule of `greeks`.

    Raises
    ------
    ValueError
        Where shapes do not broadcast; never because of a number.
    """
    shape, arguments = flatten(F, K, T, total_vol, r)
    out = np.empty((OUTPUTS, math.prod(shape)))
    chain_greeks_of_lanes(arguments, out)
    return ChainGreeks(*(shaped(row, shape) for row in out))
