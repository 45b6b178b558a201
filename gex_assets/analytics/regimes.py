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
from gex_assets.schemas.regime_scores import BIASES, MAGNITUDES, REGIMES

__all__ = ["bias", "magnitude", "position_in_range", "regime", "score_multiplier"]

Float = NDArray[np.float64]
Code = NDArray[np.int32]

_POSITIVE, _NEGATIVE, _NEUTRAL = (REGIMES.index(name) for name in ("positive", "negative", "neutral"))


def regime(net: Float, gross: Float, *, convention: Convention) -> Code:
    """Position in `REGIMES`; -1 where net exposure is NaN.

    Neutral where abs(net) <= neutral_share · gross. A convention without that share has no neutral, and zero is negative.
    """
    found = np.where(net > 0.0, _POSITIVE, _NEGATIVE)
    if convention.neutral_share is not None:
        found[np.abs(net) <= convention.neutral_share * gross] = _NEUTRAL
    return np.where(np.isnan(net), -1, found).astype(np.int32)


def magnitude(net: Float, *, convention: Convention) -> Code:
    """Position in `MAGNITUDES` of the first bound that abs(net) exceeds; -1 where net exposure is NaN."""
    names, bounds = zip(*convention.magnitudes, strict=True)
    codes = np.array([MAGNITUDES.index(name) for name in names])
    first = np.argmax(np.abs(net)[:, None] > np.array(bounds)[None, :], axis=1)
    return np.where(np.isnan(net), -1, codes[first]).astype(np.int32)


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
