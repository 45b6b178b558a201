"""Regime, magnitude, bias and the multipliers of scores, value by value."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gex_assets.analytics.regimes import bias, hedge_per_sigma, magnitude, position_in_range, regime, score_multiplier
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
    codes = regime(np.array([net]), np.array([gross]), net_se=math.nan, convention=BUILT_IN[convention])
    assert REGIMES[codes[0]] == expected


@pytest.mark.parametrize(
    ("convention", "net", "error", "expected"),
    [
        ("field", 1.0, 0.5, "neutral"),
        ("field", -1.0, 0.5, "neutral"),
        ("field", 1.0, 0.4999, "positive"),
        ("field", -1.0, 0.4999, "negative"),
        ("field", 0.4, 0.0, "neutral"),  # the share of gross decides
        ("field", 1.0, math.nan, "positive"),
        ("flow", -3.0, 1.5, "neutral"),
        ("flow", -3.0, 1.4, "negative"),
        ("magic8", 1.0, 100.0, "positive"),
        ("magic8", 0.0, 100.0, "neutral"),
        ("magic8", -1.0, math.nan, "negative"),
    ],
)
def test_a_sign_inside_two_errors_is_none(convention: str, net: float, error: float, expected: str) -> None:
    """At a gross of 10, whose 5 % are 0.5."""
    codes = regime(np.array([net]), np.array([10.0]), net_se=np.array([error]), convention=BUILT_IN[convention])
    assert REGIMES[codes[0]] == expected


@given(st.floats(-1e12, 1e12), st.floats(0, 1e12), st.floats(0, 1e12) | st.just(math.nan))
def test_a_larger_error_never_makes_a_sign(net: float, more: float, error: float) -> None:
    gross = np.array([abs(net) + more])
    for one in BUILT_IN.values():
        without, within = (
            REGIMES[regime(np.array([net]), gross, net_se=np.array([each]), convention=one)[0]] for each in (0.0, error)
        )
        assert within in {without, "neutral"}
        assert one.name != "magic8" or within == without


def test_unknown_is_no_regime_and_the_plan_calls_zero_negative() -> None:
    assert regime(np.array([np.nan]), np.array([1.0]), net_se=np.array([1.0]), convention=BUILT_IN["field"])[0] == -1
    assert REGIMES[regime(np.array([0.0]), np.array([0.0]), net_se=9.0, convention=MAGIC8_LITERAL)[0]] == "negative"


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


@given(st.floats(1e-3, 1e6), st.floats(100.0, 50_000.0), st.floats(1e-4, 0.2), st.sampled_from([5.0, 20.0, 50.0]))
def test_a_hedge_is_the_same_in_every_scale(contracts: float, price: float, sigma: float, multiplier: float) -> None:
    """A book of so many futures per point trades contracts * price * sigma of them, each worth price * multiplier."""
    expected = contracts * (price * sigma) * price * multiplier
    per_scale = {
        "usd_per_1pct": contracts * multiplier * price * price * 0.01,
        "usd_per_point": contracts * multiplier * price,
        "delta_per_point": contracts * multiplier,
        "contracts_per_1pct": contracts * price * 0.01,
    }
    for scale, net in per_scale.items():
        for sign in (1.0, -1.0):
            found = hedge_per_sigma(
                np.array([sign * net]),
                scale=scale,
                price=np.array([price]),
                multiplier=multiplier,
                one_day_sigma=np.array([sigma]),
            )
            assert found[0] == pytest.approx(expected, rel=1e-12), scale


def test_a_hedge_is_unknown_where_a_part_of_it_is() -> None:
    known = {"price": np.array([6_900.0]), "one_day_sigma": np.array([0.01])}
    for name in known:
        missing = known | {name: np.array([math.nan])}
        assert np.isnan(hedge_per_sigma(np.array([1e9]), scale="usd_per_1pct", multiplier=50.0, **missing)[0])
    assert np.isnan(hedge_per_sigma(np.array([math.nan]), scale="usd_per_1pct", multiplier=50.0, **known)[0])
