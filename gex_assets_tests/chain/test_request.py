from __future__ import annotations

import math
from datetime import date
from typing import Any

import pytest

from gex_assets.chain import analyze
from gex_assets.errors import ChainError
from gex_assets_tests.chain.made_up_smiles import WORKED_EXAMPLE


def test_a_multiplier_given_wins() -> None:
    found = analyze(symbol="SPX", spot=500.0, chain=WORKED_EXAMPLE, convention="magic8", multiplier=100)
    assert found.net_gex == -250_000.0


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"convention": "theirs"}, "Expected a Convention or one of field, flow, magic8, magic8_literal, was 'theirs'"),
        ({"spot": "500"}, "Expected a number in spot"),
        ({"multiplier": 0}, "Expected a positive multiplier"),
        ({"multiplier": math.nan}, "Expected a positive multiplier"),
        ({"symbol": " "}, "Expected a symbol"),
        ({"base_scores": {"Vertical": "high"}}, r"Expected a number in base_scores\[Vertical\]"),
        ({"multipliers": {"SPX": "ten"}}, r"Expected a number in multipliers\[SPX\], was 'ten'"),
        ({"multipliers": [10.0]}, r"Expected a mapping of symbols to numbers in multipliers, was \[10.0\]"),
        ({"multipliers": {"SPY": -1.0}}, "Expected a positive multiplier, was -1"),
        ({"multipliers": {"ES": 10.0}}, "multipliers: Expected symbols other than ES, NQ, RTY, YM, was ES"),
        ({"base_scores": [1.0]}, r"Expected a mapping of strategies to numbers in base_scores, was \[1.0\]"),
        ({"min_strikes_required": "ten"}, "Expected a whole number in min_strikes_required, was 'ten'"),
        ({"min_strikes_required": 9.5}, "Expected a whole number in min_strikes_required, was 9.5"),
        ({"rate": math.inf}, "Expected a rate, was inf"),
        ({"rate": "4 %"}, "Expected a number in rate, was '4 %'"),
        ({"spot": True}, "Expected a number in spot, was True"),
        ({"as_of": "yesterday"}, "Expected a moment in ISO 8601, was 'yesterday'"),
        ({"as_of": date(2026, 1, 1)}, "Expected a moment with a time of day"),
    ],
)
def test_arguments_that_cannot_be_used(given: dict[str, Any], message: str) -> None:
    arguments: dict[str, Any] = {"symbol": "SPY", "spot": 500.0, "chain": WORKED_EXAMPLE, **given}
    with pytest.raises(ChainError, match=message):
        analyze(**arguments)
