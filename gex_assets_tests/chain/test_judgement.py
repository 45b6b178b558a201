from __future__ import annotations

from dataclasses import replace

import pytest

from gex_assets.chain import analyze
from gex_assets.chain.judgement import judge
from gex_assets.conventions import BUILT_IN, MAGIC8_LITERAL, Convention

ROWS = [
    {"strike": 480, "call_gamma": 0.01, "call_oi": 500, "put_gamma": 0.01, "put_oi": 900},
    {"strike": 520, "call_gamma": 0.01, "call_oi": 400, "put_gamma": 0.01, "put_oi": 10},
]
"""Calls 900 and puts 910: net is a share of 10/1810 of gross."""


@pytest.mark.parametrize(
    ("convention", "position", "bias"),
    [
        (BUILT_IN["field"], 0.29, "support_test"),
        (BUILT_IN["field"], 0.3, "neutral"),
        (BUILT_IN["field"], 0.7, "neutral"),
        (BUILT_IN["field"], 0.71, "resistance_test"),
        (BUILT_IN["field"], None, "undefined"),
    ],
)
def test_bias_by_the_position_between_the_walls(convention: Convention, position: float | None, bias: str) -> None:
    judged = judge(net=6.0, gross=100.0, position=position, convention=convention, base_scores={})
    assert (judged.regime.regime, judged.regime.bias, judged.regime.position_in_range) == ("positive", bias, position)


@pytest.mark.parametrize(
    ("net", "regime", "magnitude", "expected", "score"),
    [
        (5.0, "neutral", "low", None, 50.0),
        (-5.0, "neutral", "low", None, 50.0),
        (5.1, "positive", "low", "range-bound, mean-reverting", 42.5),
        (-5.1, "negative", "low", "trending, volatile", 60.0),
        (-6e9, "negative", "extreme", "trending, volatile", 54.0),
    ],
)
def test_regime_and_scores(net: float, regime: str, magnitude: str, expected: str | None, score: float) -> None:
    """Neutral up to 5 % of gross; Vertical has a factor of 0.85, 1.2 or 1, and 0.9 more where net exposure is extreme."""
    judged = judge(net=net, gross=100.0, position=0.5, convention=BUILT_IN["field"], base_scores={"Vertical": 50.0})
    assert (judged.regime.regime, judged.regime.magnitude, judged.regime.expected_behavior) == (regime, magnitude, expected)
    assert judged.scores == pytest.approx({"Vertical": score})
    assert judged.regime.net_gex_billions == net / 1e9


def test_a_literal_regime_without_expected_behaviour_is_an_answer() -> None:
    """The plan knows no neutral; the same arithmetic with a neutral share does, and nothing is expected of it."""
    with_neutral = replace(MAGIC8_LITERAL, neutral_share=0.05)
    found = analyze(symbol="SPY", spot=500.0, chain=ROWS, convention=with_neutral)
    assert found.regime_analysis is not None
    assert (found.regime, found.regime_analysis.expected_behavior) == ("neutral", None)
    literal = analyze(symbol="SPY", spot=500.0, chain=ROWS, convention="magic8_literal")
    assert literal.regime_analysis is not None
    assert (literal.regime, literal.regime_analysis.expected_behavior) == ("positive", "Range-bound, mean-reverting")
