"""The last step of `analyze`: the regime that follows from net exposure, and the scores that follow from the regime."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from gex_assets.analytics import regimes as rules
from gex_assets.chain.field_mapping import FieldMapping
from gex_assets.conventions import EXPECTED_BEHAVIOR, MAGIC8_LITERAL, Convention
from gex_assets.schemas.regime_scores import BIASES, MAGNITUDES, REGIMES

__all__ = ["Judgement", "RegimeAnalysis", "judge"]


@dataclass(frozen=True, kw_only=True, eq=False)
class RegimeAnalysis(FieldMapping):
    """The regime and what follows from it; `expected_behavior` is what the convention's assumption expects, no forecast."""

    regime: str
    magnitude: str
    bias: str
    net_gex_billions: float
    position_in_range: float | None
    expected_behavior: str | None


class Judgement(NamedTuple):
    """The regime, and strategy -> base score · multipliers."""

    regime: RegimeAnalysis
    scores: dict[str, float]


def judge(
    *, net: float, gross: float, position: float | None, convention: Convention, base_scores: Mapping[str, float]
) -> Judgement:
    """Judge a chain's exposure by the rules of `regime_scores`.

    Parameters
    ----------
    net, gross : sum of the signed exposures, and of their magnitudes. [scale of the convention]
    position : of the spot price between put wall (0) and call wall (1); None without them. [1]
    convention : gives the thresholds.
    base_scores : strategy -> base score.
    """
    nets = np.array([net])
    # A chain handed in has no books, so its net exposure has no error: the share of gross decides alone.
    regimes = rules.regime(nets, np.array([gross]), net_se=math.nan, convention=convention)
    magnitudes = rules.magnitude(nets, convention=convention)
    biases = rules.bias(np.array([math.nan if position is None else position]), regimes)
    regime = REGIMES[regimes[0]]
    expected = EXPECTED_BEHAVIOR.get(regime)
    if expected is not None and convention.name == MAGIC8_LITERAL.name:
        expected = expected.capitalize()  # as the plan writes it
    return Judgement(
        RegimeAnalysis(
            regime=regime,
            magnitude=MAGNITUDES[magnitudes[0]],
            bias=BIASES[biases[0]],
            net_gex_billions=net / 1e9,
            position_in_range=position,
            expected_behavior=expected,
        ),
        {
            strategy: base * float(rules.score_multiplier(strategy, regimes=regimes, magnitudes=magnitudes)[0])
            for strategy, base in base_scores.items()
        },
    )
