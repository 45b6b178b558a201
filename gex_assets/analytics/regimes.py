"""Judgements on net exposure: regime, magnitude, bias and what they do to a strategy's score.

Functions over arrays, shared by `regime_scores` and the calculator for a caller's chain. An unknown judgement is -1, never a
guess. A net exposure of zero is a value.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gex_assets.conventions import (
    EXTREME_MULTIPLIER,
    RESISTANCE_TEST_ABOVE,
    STRATEGY_MULTIPLIERS,
    SUPPORT_TEST_BELOW,
    Convention,
)
from gex_assets.kernels.exposure.exposure import scale_factor
from gex_assets.schemas.regime_scores import BIASES, MAGNITUDES, REGIMES

__all__ = ["bias", "hedge_per_sigma", "magnitude", "position_in_range", "regime", "score_multiplier"]

Float = NDArray[np.float64]
Code = NDArray[np.int32]

_POSITIVE, _NEGATIVE, _NEUTRAL = (REGIMES.index(name) for name in ("positive", "negative", "neutral"))


def regime(net: Float, gross: Float, *, net_se: Float | float, convention: Convention) -> Code:
    """Position in `REGIMES`; -1 where net exposure is NaN.

    Neutral where abs(net) <= max(neutral_share · gross, neutral_errors · net_se): a sign inside its own error is none. A
    convention without that share has no neutral, and zero is negative.

    Parameters
    ----------
    net, gross : (n,) net exposure and the sum of magnitudes. [scale of the convention]
    net_se : standard error of the net exposure; where it is NaN, the share of gross decides alone. [scale of the convention]
    convention : gives the bounds.
    """
    found = np.where(net > 0.0, _POSITIVE, _NEGATIVE)
    if convention.neutral_share is not None:
        bound = np.fmax(convention.neutral_share * gross, convention.neutral_errors * np.asarray(net_se, np.float64))
        found[np.abs(net) <= bound] = _NEUTRAL
    return np.where(np.isnan(net), -1, found).astype(np.int32)


def magnitude(net: Float, *, convention: Convention) -> Code:
    """Position in `MAGNITUDES` of the first bound that abs(net) exceeds; -1 where net exposure is NaN."""
    names, bounds = zip(*convention.magnitudes, strict=True)
    codes = np.array([MAGNITUDES.index(name) for name in names])
    first = np.argmax(np.abs(net)[:, None] > np.array(bounds)[None, :], axis=1)
    return np.where(np.isnan(net), -1, codes[first]).astype(np.int32)


def hedge_per_sigma(net: Float, *, scale: str, price: Float, multiplier: float, one_day_sigma: Float) -> Float:
    """What hedgers of the net exposure would trade in a move of one day's standard deviation: abs(net) · 100 · sigma.

    Net exposure is that of a move of 1 %, in USD of delta; sigma, as a share of the price, is 100 · sigma of these. Gamma is
    taken as constant over the move. A magnitude: the regime says which way.

    Parameters
    ----------
    net : (n,) net exposure. [scale]
    scale : of `kernels.exposure.exposure.SCALE_NAMES`.
    price : (n,) the price at which the exposure stands. [index points]
    multiplier : value of a point. [USD per point]
    one_day_sigma : (n,) one day's standard deviation of the price at the money, as a share of it: sigma · sqrt(1/365). [1]

    Returns
    -------
    (n,) [USD]; NaN where one of the arrays is.
    """
    per_1pct = scale_factor(scale="usd_per_1pct", F=price, multiplier=multiplier)
    hedge: Float = np.abs(net) * (per_1pct / scale_factor(scale=scale, F=price, multiplier=multiplier)) * 100.0 * one_day_sigma
    return hedge


def position_in_range(reference: Float, *, call_wall: Float, put_wall: Float) -> Float:
    """(reference - put wall)/(call wall - put wall) [1]; NaN where one is missing, or the call wall is not above the put wall."""
    width = call_wall - put_wall
    position = np.full(width.shape, np.nan)
    np.divide(reference - put_wall, width, out=position, where=width > 0.0)
    return position


def bias(position: Float, regimes: Code) -> Code:
    """Position in `BIASES` by the position between the walls; `undefined` where that is NaN, -1 without a regime."""
    negative = regimes == _NEGATIVE
    names = np.select(
        [
            np.isnan(position),
            (position < SUPPORT_TEST_BELOW) & negative,
            position < SUPPORT_TEST_BELOW,
            (position > RESISTANCE_TEST_ABOVE) & negative,
            position > RESISTANCE_TEST_ABOVE,
        ],
        [BIASES.index(name) for name in ("undefined", "bearish", "support_test", "bullish", "resistance_test")],
        default=BIASES.index("neutral"),
    )
    return np.where(regimes < 0, -1, names).astype(np.int32)


def score_multiplier(strategy: str, *, regimes: Code, magnitudes: Code) -> Float:
    """Factor of a strategy's base score; 1 without a regime, and for a strategy without a multiplier."""
    by_code = np.array([STRATEGY_MULTIPLIERS[name].get(strategy, 1.0) for name in REGIMES] + [1.0])
    extreme = (magnitudes == MAGNITUDES.index("extreme")) & (regimes >= 0)
    return by_code[regimes] * np.where(extreme, EXTREME_MULTIPLIER, 1.0)
