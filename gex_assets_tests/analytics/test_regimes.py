"""Regime, magnitude, bias and the multipliers of scores, value by value."""

from __future__ import annotations

import math

import numpy as np
import pytest

from gex_assets.analytics.regimes import bias, magnitude, position_in_range, regime, score_multiplier
from gex_assets.conventions import BUILT_IN, MAGIC8_LITERAL
from gex_assets.schemas.regime_scores import BIASES, MAGNITUDES, REGIMES


@pytest.mark.parametrize(
    ("convention", "net", "gross", "expected"),
    [
        ("field", 1.0, 10.0, "positive"),
        ("field", -1.0, 10.0, "negative"),
        ("field", 0.5, 10.0, "neutral"),
        ("field", -0.5, 10.0, "neutral"),
        ("field", 0.50001, 10.0, "positive"),
        ("field", 0.0, 0.0, "neutral"),
        ("flow", -0.5, 10.0, "neutral"),
        ("magic8", 0.5, 10.0, "positive"),
        ("magic8", -1e-9, 10.0, "negative"),
        ("magic8", 1e-9, 10.0, "positive"),
        ("magic8", 0.0, 10.0, "neutral"),
        ("magic8", 0.0, 0.0, "neutral"),
    ],
)
def test_regimes(convention: str, net: float, gross: float, expected: str) -> None:
    codes = regime(np.array([net]), np.array([gross]), convention=BUILT_IN[convention])
    assert REGIMES[codes[0]] == expected


def test_unknown_is_no_regime_and_the_plan_calls_zero_negative() -> None:
    assert regime(np.array([np.nan]), np.array([1.0]), convention=BUILT_IN["field"])[0] == -1
    assert REGIMES[regime(np.array([0.0]), np.array([0.0]), convention=MAGIC8_LITERAL)[0]] == "negative"


@pytest.mark.parametrize(
    ("net", "expected"),
    [
        (5e9, "high"),
        (5.1e9, "extreme"),
        (-6e9, "extreme"),
        (1e9, "moderate"),
        (1.1e9, "high"),
        (500e6, "low"),
        (-501e6, "moderate"),
        (0.0, "low"),
    ],
)
def test_magnitudes_begin_above_their_thresholds(net: float, expected: str) -> None:
    assert MAGNITUDES[magnitude(np.array([net]), convention=BUILT_IN["field"])[0]] == expected


@pytest.mark.parametrize(
    ("reference", "call_wall", "put_wall", "name", "expected"),
    [
        (6_820.0, 7_000.0, 6_800.0, "negative", "bearish"),
        (6_820.0, 7_000.0, 6_800.0, "positive", "support_test"),
        (6_820.0, 7_000.0, 6_800.0, "neutral", "support_test"),
        (6_980.0, 7_000.0, 6_800.0, "negative", "bullish"),
        (6_980.0, 7_000.0, 6_800.0, "positive", "resistance_test"),
        (6_980.0, 7_000.0, 6_800.0, "neutral", "resistance_test"),
        (6_875.0, 7_050.0, 6_800.0, "negative", "neutral"),
        (6_975.0, 7_050.0, 6_800.0, "positive", "neutral"),
        (6_790.0, 7_000.0, 6_800.0, "negative", "bearish"),
        (7_010.0, 7_000.0, 6_800.0, "negative", "bullish"),
        (6_900.0, 6_900.0, 6_900.0, "negative", "undefined"),
        (6_900.0, 6_800.0, 7_000.0, "positive", "undefined"),
        (6_900.0, math.nan, 6_800.0, "positive", "undefined"),
        (6_900.0, 7_000.0, math.nan, "negative", "undefined"),
        (math.nan, 7_000.0, 6_800.0, "negative", "undefined"),
    ],
)
def test_biases(reference: float, call_wall: float, put_wall: float, name: str, expected: str) -> None:
    position = position_in_range(np.array([reference]), call_wall=np.array([call_wall]), put_wall=np.array([put_wall]))
    codes = bias(position, np.array([REGIMES.index(name)], dtype=np.int32))
    assert BIASES[codes[0]] == expected
    assert np.isnan(position[0]) == (expected == "undefined")


def test_scores_by_regime_and_magnitude() -> None:
    cases = {
        ("positive", "low"): (1.2, 1.15, 0.85),
        ("negative", "high"): (0.8, 0.85, 1.2),
        ("neutral", "moderate"): (1.0, 1.0, 1.0),
        ("negative", "extreme"): (0.8 * 0.9, 0.85 * 0.9, 1.2 * 0.9),
        ("neutral", "extreme"): (0.9, 0.9, 0.9),
    }
    for (name, size), expected in cases.items():
        codes = {
            "regimes": np.array([REGIMES.index(name)], dtype=np.int32),
            "magnitudes": np.array([MAGNITUDES.index(size)], dtype=np.int32),
        }
        found = [score_multiplier(strategy, **codes)[0] for strategy in ("Iron_Condor", "Butterfly", "Vertical")]
        assert found == pytest.approx(expected)
        assert score_multiplier("Calendar", **codes)[0] == (0.9 if size == "extreme" else 1.0)


def test_without_a_regime_a_score_is_multiplied_by_one() -> None:
    unknown = np.array([-1], dtype=np.int32)
    assert score_multiplier("Vertical", regimes=unknown, magnitudes=unknown)[0] == 1.0
