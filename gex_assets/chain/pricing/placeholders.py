"""Values of a chain that stand for something else: volatilities in percent, and numbers that say "missing".

Nothing is changed in silence. A unit is told by the name of its column, or by what prices and gammas say. The size of a number
alone decides nothing: 520 % is a volatility that exists.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from gex_assets.chain.chain_warnings import Warnings
from gex_assets.chain.reading import IV_DECIMAL, IV_PERCENT, Options
from gex_assets.conventions import WEIGHTS
from gex_assets.errors import ChainError
from gex_assets.kernels.pricing import black76

__all__ = ["with_decimal_volatilities", "without_placeholders"]

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]

_LEAST_VOLATILITY: Final = 1e-3
"""No option market trades at 0.1 % a year: such values are the floors that solvers stop at."""

_BISECTED: Final = 1e-5 + (1.0 - 1e-5) / 2.0 ** np.arange(1, 12)
"""Where a bisection between 1e-5 and 1 stands after so many steps in one direction: published where a solver gave up."""

_MOST_CONTRACTS: Final = 1e9
"""A weight above this is no number of contracts: a maximum of its type, or an overflow. [contracts]"""

_ODD_ABOVE: Final = 3.0
"""A median volatility above this is asked about: 300 % as a decimal, or 3 % in percent."""

_AGREES: Final = 0.7
"""Prices or gammas say what the unit is where they agree to this in their logarithm: a factor of 2."""


def without_placeholders(options: Options, *, warnings: Warnings) -> Options:
    """Take for missing: volatilities of 0 or at a solver's floor, weights beyond any market, and gammas that are all 0.

    Parameters
    ----------
    options : as read.
    warnings : told of each kind.
    """
    numbers = dict(options.numbers)
    for name, scale in (("iv", 1.0), (IV_DECIMAL, 1.0), (IV_PERCENT, 0.01)):
        if name in numbers:
            iv = numbers[name] * scale
            placeholder = iv < _LEAST_VOLATILITY
            placeholder |= (np.abs(iv[:, None] - _BISECTED) <= 1e-9 * _BISECTED).any(axis=1)
            warnings.count(
                "placeholder_iv",
                placeholder,
                f"have a volatility of 0 or another placeholder ({_examples(iv[placeholder])}), which is taken for missing",
            )
            numbers[name] = np.where(placeholder, np.nan, numbers[name])
    for name in WEIGHTS:
        if name in numbers:
            impossible = np.abs(numbers[name]) > _MOST_CONTRACTS
            if not impossible.any():
                continue
            warnings.count(
                f"impossible_{name}",
                impossible,
                f"have a {name} beyond any market ({_examples(numbers[name][impossible])}), which is taken for missing",
            )
            numbers[name] = np.where(impossible, np.nan, numbers[name])
    if "gamma" in numbers and len(options) and not (numbers["gamma"] > 0.0).any():
        warnings.count("no_published_gamma", numbers["gamma"] == 0.0, "have a gamma of 0 and none has another: all are missing")
        numbers["gamma"] = np.full(len(options), np.nan)
    return replace(options, numbers=numbers)


def with_decimal_volatilities(options: Options, *, years: Float, spot: float, rate: float, warnings: Warnings) -> Options:
    """Volatilities as decimals in the column `iv`, whatever their unit.

    `iv_percent` is percent and `iv_decimal` is not, whatever their size. `iv` is decimal, unless its median is above 3 and prices
    or gammas say that it is percent.

    Parameters
    ----------
    options : without placeholders.
    years : (n,) time to expiration; NaN where not known. [years]
    spot : [index points]
    rate : continuously compounded. [1/year]
    warnings : told where volatilities are taken for percent.

    Raises
    ------
    ChainError
        Several of these columns are given, or a median above 3 and nothing that tells which unit it is.
    """
    numbers = dict(options.numbers)
    named = [name for name in ("iv", IV_DECIMAL, IV_PERCENT) if name in numbers]
    if not named:
        return options
    if len(named) > 1:
        raise ChainError(f"Expected one column of volatilities, was {' and '.join(named)}: leave one out")
    iv = numbers.pop(named[0])
    known = iv[~np.isnan(iv)]
    median = float(np.median(known)) if known.size else 0.0
    scale = 0.01 if named[0] == IV_PERCENT else 1.0
    if named[0] == "iv" and median > _ODD_ABOVE and not np.isnan(years).all():
        decimal, percent = (_disagreement(options, iv * unit, years=years, spot=spot, rate=rate) for unit in (1.0, 0.01))
        if not min(decimal, percent) < _AGREES:
            raise ChainError(
                f"Expected volatilities as decimals in column iv (0.15 for 15 %), was a median of {median:.4g}, and neither "
                f"quotes nor gammas say whether it is percent: name the column {IV_PERCENT} if it is, {IV_DECIMAL} if not"
            )
        if percent < decimal:
            scale = 0.01
            warnings.add(
                "iv_in_percent",
                f"the median volatility is {median:.4g}: taken for percent, as prices and gammas of these options say",
            )
    numbers["iv"] = iv * scale
    return replace(options, numbers=numbers)


def _disagreement(options: Options, iv: Float, *, years: Float, spot: float, rate: float) -> float:
    """Median error, as the magnitude of a logarithm, of prices by these volatilities, else of gammas; NaN without either."""
    market: dict[str, Any] = {"F": spot, "K": options.strike, "T": years, "sigma": iv, "r": rate, "is_call": options.is_call}
    given = options.numbers
    nothing = np.full(len(options), np.nan)
    bid, ask = given.get("bid", nothing), given.get("ask", nothing)
    inside = np.maximum(np.where(options.is_call, spot - options.strike, options.strike - spot), 0.0)
    pairs = (
        (np.where((bid > 0.0) & (ask >= bid), (bid + ask) / 2.0 - inside, np.nan), black76.price(**market) - inside),
        (given.get("gamma", nothing), black76.greeks(**market).gamma),
    )
    for published, computed in pairs:
        both = (published > 0.0) & ~np.isnan(computed)
        if both.any():
            return float(np.median(np.abs(np.log(np.maximum(computed[both], 1e-300) / published[both]))))
    return float("nan")


def _examples(values: Float) -> str:
    """The first three different values."""
    return ", ".join(f"{value:.6g}" for value in np.unique(values)[:3])
