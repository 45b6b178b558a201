"""Schema of `regime_scores`: the regime of every window and what follows from it for strategies."""

from __future__ import annotations

from typing import Final

from gex_assets.schemas.columns import (
    CALL_WALL,
    CONVENTION,
    CONVENTION_FACTS,
    EXPOSURE_UNIT,
    GROSS_GEX,
    NET_GEX,
    PUT_WALL,
    REFERENCE_PRICE,
    SESSION_DATE,
    ZERO_GAMMA,
    category,
    kept_for,
    number,
    share,
    window_end,
)
from gex_assets.schemas.silver_forward import FRONT_FORWARD_QUALITY
from gex_assets.schemas.table import Table

__all__ = [
    "BIASES",
    "CONFIDENCE",
    "EXPECTED_BEHAVIORS",
    "HEDGE_PER_SIGMA",
    "MAGNITUDES",
    "REASONS",
    "REGIMES",
    "REGIME_SCORES",
    "STRATEGIES",
]

REGIMES: Final = ("positive", "negative", "neutral")
MAGNITUDES: Final = ("extreme", "high", "moderate", "low")
BIASES: Final = ("bearish", "support_test", "bullish", "resistance_test", "neutral", "undefined")
EXPECTED_BEHAVIORS: Final = ("range-bound, mean-reverting", "trending, volatile")
STRATEGIES: Final = ("Iron_Condor", "Butterfly", "Vertical")
REASONS: Final = ("no_reference_price", "no_chain", "few_strikes")
"""Why there is no regime, the first that holds."""

CONFIDENCE: Final = share(
    "confidence", "coverage * quoted_share of silver_gex_levels * (1, 0.5, 0 where forward_quality is ok, weak, none)."
)

HEDGE_PER_SIGMA: Final = number(
    "hedge_per_sigma",
    "What hedges of net_gex trade in a move of one day's standard deviation at the money: |net_gex| in USD per 1 % * 100 * "
    "one_day_sigma of silver_gex_levels; NULL without a regime or without that deviation.",
    "USD",
    at_least=0.0,
)

_PEOPLE: Final = "people who read regimes and scores"

REGIME_SCORES: Final = Table(
    name="regime_scores",
    layer="regime",
    about="Regime, magnitude, bias and strategy scores of every window and convention, from its own day only.",
    key=("ts_window_end", "convention"),
    settings=("conventions", "min_strikes_required", "base_scores"),
    version="3",
    columns=(
        window_end(),
        CONVENTION,
        SESSION_DATE,
        *CONVENTION_FACTS,
        REFERENCE_PRICE,
        *kept_for("whoever asks how sure the reference price is", FRONT_FORWARD_QUALITY),
        category(
            "regime",
            "Regime by net exposure, neutral where that is small next to gross_gex or net_gex_se; NULL where it is unknown.",
            one_of=REGIMES,
            nullable=True,
        ),
        category(
            "magnitude",
            "Size of |net_gex| by the convention's thresholds; NULL without a regime.",
            one_of=MAGNITUDES,
            nullable=True,
        ),
        NET_GEX,
        *kept_for(
            "whoever asks whether a regime's sign lies outside its error",
            number("net_gex_se", "Standard error of net_gex; NULL where it is unknown.", EXPOSURE_UNIT, at_least=0.0),
        ),
        GROSS_GEX,
        HEDGE_PER_SIGMA,
        *kept_for(
            _PEOPLE,
            number("net_gex_billions", "net_gex / 1e9.", "1e9 of the convention's scale"),
            CALL_WALL,
            PUT_WALL,
        ),
        ZERO_GAMMA,
        *kept_for(
            _PEOPLE,
            number("position_in_range", "(reference_price - put_wall)/(call_wall - put_wall); NULL unless call_wall > put_wall."),
        ),
        category(
            "bias",
            "Position between the walls, judged with the regime; undefined without a position, NULL without a regime.",
            one_of=BIASES,
            nullable=True,
        ),
        *kept_for(
            _PEOPLE,
            category(
                "expected_behavior",
                "What the model assumes of the market in this regime; NULL for neutral and unknown.",
                one_of=EXPECTED_BEHAVIORS,
                nullable=True,
            ),
        ),
        CONFIDENCE,
        *kept_for(
            _PEOPLE,
            *(
                number(f"score_{strategy}", f"Base score of {strategy} * the multipliers of regime and magnitude.")
                for strategy in STRATEGIES
            ),
        ),
        category(
            "reason",
            "Why there is no regime, the first that holds; with few_strikes exposures, levels and scores are NULL too.",
            one_of=REASONS,
            nullable=True,
        ),
    ),
)
