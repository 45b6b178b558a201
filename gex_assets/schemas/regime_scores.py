"""Schema of `regime_scores`: the regime of every window and what it says about strategies."""

from __future__ import annotations

from typing import Final

import pyarrow as pa

from gex_assets.schemas.book_columns import SESSION_DATE
from gex_assets.schemas.silver_forward import FORWARD_QUALITIES
from gex_assets.schemas.table import CATEGORY, Column, Table, window_end

__all__ = ["BIASES", "EXPECTED_BEHAVIORS", "MAGNITUDES", "REASONS", "REGIMES", "REGIME_SCORES", "STRATEGIES"]

REGIMES: Final = ("positive", "negative", "neutral")
MAGNITUDES: Final = ("extreme", "high", "moderate", "low")
BIASES: Final = ("bearish", "support_test", "bullish", "resistance_test", "neutral", "undefined")
EXPECTED_BEHAVIORS: Final = ("range-bound, mean-reverting", "trending, volatile")
STRATEGIES: Final = ("Iron_Condor", "Butterfly", "Vertical")
REASONS: Final = ("no_reference_price", "no_chain", "few_strikes")
"""Why there is no regime, the first that holds."""


def _number(name: str, about: str, unit: str = "1") -> Column:
    return Column(name=name, type=pa.float64(), about=about, unit=unit, nullable=True)


REGIME_SCORES: Final = Table(
    name="regime_scores",
    layer="regime",
    about="Regime, magnitude, bias and strategy scores of every window and convention, from its own day only.",
    key=("ts_window_end", "convention"),
    settings=("conventions", "min_strikes_required", "base_scores"),
    version="2",
    columns=(
        window_end(),
        Column(name="convention", type=CATEGORY, about="the named set of choices"),
        SESSION_DATE,
        Column(name="convention_version", type=pa.int32(), about="version of that set", at_least=1),
        Column(name="weight_used", type=CATEGORY, about="the weight chosen for this day; NULL where none exists", nullable=True),
        Column(name="scale", type=CATEGORY, about="the unit of every exposure in this row"),
        Column(name="underlying", type=CATEGORY, about="the future these options are exercised into"),
        _number("reference_price", "the front selected expiration's reference price", "index points"),
        Column(name="forward_quality", type=CATEGORY, about="quality of that expiration's forward", one_of=FORWARD_QUALITIES),
        Column(
            name="regime", type=CATEGORY, about="positive, negative or neutral; NULL when unknown", nullable=True, one_of=REGIMES
        ),
        Column(name="magnitude", type=CATEGORY, about="of |net exposure|", nullable=True, one_of=MAGNITUDES),
        _number("net_gex", "net exposure of all selected expirations", "the convention's scale"),
        Column(
            name="gross_gex",
            type=pa.float64(),
            about="sum of the magnitudes behind it",
            unit="the convention's scale",
            nullable=True,
            at_least=0.0,
        ),
        _number("net_gex_billions", "net_gex / 1e9", "1e9 of the convention's scale"),
        _number("call_wall", "the call wall", "index points"),
        _number("put_wall", "the put wall", "index points"),
        _number("zero_gamma", "the flip nearest the reference price", "index points"),
        _number("position_in_range", "(F - put_wall)/(call_wall - put_wall)"),
        Column(name="bias", type=CATEGORY, about="where the price stands between the walls", nullable=True, one_of=BIASES),
        Column(
            name="expected_behavior",
            type=CATEGORY,
            about="what the model, an assumption, expects; NULL for neutral and unknown",
            nullable=True,
            one_of=EXPECTED_BEHAVIORS,
        ),
        Column(
            name="confidence",
            type=pa.float64(),
            about="coverage * (1, 0.5, 0 by forward quality) * share of weight quoted within 60 s",
            unit="1",
            nullable=True,
            at_least=0.0,
            at_most=1.0,
        ),
        *(_number(f"score_{strategy}", f"base score * multipliers of {strategy}") for strategy in STRATEGIES),
        Column(
            name="reason",
            type=CATEGORY,
            about="why there is no regime: no_reference_price, no_chain, few_strikes; NULL where there is one",
            nullable=True,
            one_of=REASONS,
        ),
    ),
)
