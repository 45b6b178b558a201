"""The first plan's code, written down again: `calculate_gex`, `find_levels`, `analyze_regime`, the scorer's factors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

__all__ = ["PLAN", "adjusted", "analyzed"]

PLAN: dict[str, Any] = {
    "multipliers": {"SPX": 10, "RUT": 10, "DEFAULT": 100},
    "regime_thresholds": {"extreme": 5e9, "high": 1e9, "moderate": 500e6},
    "cache_ttl": 60,
    "min_strikes_required": 10,
}
"""The plan's `GEX_CONFIG`. Its analyzer's own code names SPX alone."""


def analyzed(symbol: str, spot: float, chain: Sequence[Mapping[str, float]]) -> dict[str, Any]:
    """`NativeGEXAnalyzer.analyze`. It divides by zero where both walls are one strike, as the plan's code does."""
    multiplier = PLAN["multipliers"].get(symbol, PLAN["multipliers"]["DEFAULT"])
    strikes: dict[float, dict[str, float]] = {}
    calls = puts = 0.0
    for option in chain:
        call = -1 * option.get("call_gamma", 0) * option.get("call_oi", 0) * multiplier * spot
        put = option.get("put_gamma", 0) * option.get("put_oi", 0) * multiplier * spot
        strikes[option["strike"]] = {"call_gex": call, "put_gex": put, "net_gex": call + put}
        calls += call
        puts += put
    net = calls + puts
    levels = _levels(strikes)
    return {
        "net_gex": net,
        "total_call_gex": calls,
        "total_put_gex": puts,
        "strike_gex": strikes,
        "regime": "positive" if net > 0 else "negative",
        "levels": levels,
        "regime_analysis": _regime(net, levels, spot),
    }


def _levels(strikes: Mapping[float, Mapping[str, float]]) -> dict[str, Any]:
    by_size = sorted(strikes.items(), key=lambda one: abs(one[1]["net_gex"]), reverse=True)
    zero = None
    inorder = sorted(strikes)
    for low, high in pairwise(inorder):
        here, after = strikes[low]["net_gex"], strikes[high]["net_gex"]
        if here * after < 0:
            zero = low + (0 - here) / (after - here) * (high - low)
            break
    return {
        "call_wall": max(strikes.items(), key=lambda one: one[1]["call_gex"])[0] if strikes else None,
        "put_wall": max(strikes.items(), key=lambda one: one[1]["put_gex"])[0] if strikes else None,
        "zero_gamma": zero,
        "high_gamma_strikes": [strike for strike, _ in by_size[:5]],
    }


def _regime(net: float, levels: Mapping[str, Any], spot: float) -> dict[str, Any]:
    regime = "positive" if net > 0 else "negative"
    size = abs(net)
    magnitude = "extreme" if size > 5e9 else "high" if size > 1e9 else "moderate" if size > 500e6 else "low"
    bias = "neutral"
    if levels["call_wall"] and levels["put_wall"]:
        position = (spot - levels["put_wall"]) / (levels["call_wall"] - levels["put_wall"])
        if position < 0.3:
            bias = "bearish" if regime == "negative" else "support_test"
        elif position > 0.7:
            bias = "bullish" if regime == "negative" else "resistance_test"
    return {
        "regime": regime,
        "magnitude": magnitude,
        "bias": bias,
        "net_gex_billions": net / 1e9,
        "expected_behavior": {"positive": "Range-bound, mean-reverting", "negative": "Trending, volatile"}[regime],
    }


def adjusted(scores: Mapping[str, float], analysis: Mapping[str, Any]) -> dict[str, float]:
    """`_apply_gex_adjustments`."""
    found = dict(scores)
    if analysis["regime_analysis"]["regime"] == "positive":
        found["Iron_Condor"] *= 1.2
        found["Butterfly"] *= 1.15
        found["Vertical"] *= 0.85
    else:
        found["Vertical"] *= 1.2
        found["Iron_Condor"] *= 0.8
        found["Butterfly"] *= 0.85
    if analysis["regime_analysis"]["magnitude"] == "extreme":
        for strategy in found:
            found[strategy] *= 0.9
    return found
