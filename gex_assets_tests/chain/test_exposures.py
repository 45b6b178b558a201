from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gex_assets.chain import analyze
from gex_assets.errors import ChainError
from gex_assets_tests.chain.made_up_smiles import WORKED_EXAMPLE, F, codes, only, priced_chain


@pytest.mark.parametrize(
    ("symbol", "convention", "multiplier"),
    [
        ("ES", "field", 50.0),
        ("ES", "magic8", 50.0),
        ("ESH6", "field", 50.0),
        ("NQ", "field", 20.0),
        ("RTY", "magic8", 50.0),
        ("YM", "field", 5.0),
        ("SPX", "magic8", 10.0),
        ("^SPX", "magic8", 10.0),
        ("RUT", "magic8", 10.0),
        ("RUT", "magic8_literal", 10.0),
        ("SPX", "field", 100.0),
        ("AAPL", "magic8", 100.0),
    ],
)
def test_multipliers(symbol: str, convention: str, multiplier: float) -> None:
    assert analyze(symbol=symbol, spot=500.0, chain=WORKED_EXAMPLE, convention=convention).multiplier == multiplier


def test_missing_and_negative_values_are_left_out_and_said() -> None:
    chain = {
        "strike": [490.0, 495.0, 500.0, 505.0, 510.0, 515.0, -1.0],
        "right": ["P", "P", "C", "C", "C", "C", "C"],
        "gamma": [0.01, 0.01, math.nan, 0.01, -0.01, 0.01, 0.01],
        "open_interest": [100, None, 100, 300, 100, -7, 100],
    }
    found = analyze(symbol="SPY", spot=500.0, chain=chain)
    unit = 0.01 * 100 * 500 * 500 * 0.01
    assert (found.total_call_gex, found.total_put_gex) == (pytest.approx(300 * unit), pytest.approx(-100 * unit))
    assert {"bad_strike", "negative_gamma", "negative_open_interest", "missing_gamma", "missing_weight"} <= set(found.warnings)
    texts = {str(warning): warning.text for warning in found.warnings}
    assert texts["missing_gamma"].startswith("2 of 6 options")
    assert found.levels is not None
    assert (found.levels.call_wall, found.levels.put_wall, found.levels.strikes) == (505.0, 490.0, 2)
    assert found.levels.coverage == pytest.approx(400 / 600)


def test_a_chain_without_any_exposure_says_so() -> None:
    chain = {"strike": [500.0], "right": ["C"], "gamma": [math.nan], "open_interest": [5]}
    found = analyze(symbol="SPY", spot=500.0, chain=chain)
    assert (found.net_gex, found.regime, found.weight_used) == (None, None, "open_interest")
    assert "no_exposure" in found.warnings


def test_flow_needs_a_measured_inventory() -> None:
    chain = priced_chain()
    inventory = np.where(np.arange(chain["strike"].size) % 3, 5.0, -9.0)
    found = analyze(symbol="SPX", spot=F, chain={**only(chain, "gamma"), "flow_inventory": inventory}, convention="flow")
    assert found.weight_used == "flow_inventory"
    assert found.net_gex == pytest.approx(float(np.sum(chain["gamma"] * inventory * 100 * F * F * 0.01)))
    with pytest.raises(ChainError, match="Expected a column flow_inventory for the convention flow, was open_interest"):
        analyze(symbol="SPX", spot=F, chain=only(chain, "gamma"), convention="flow")


def test_weights_that_are_all_missing_are_an_answer_with_a_reason() -> None:
    chain = priced_chain()
    unpublished = {**only(chain, "gamma"), "open_interest": np.full(chain["strike"].size, np.nan)}
    found = analyze(symbol="SPX", spot=F, chain=unpublished, base_scores={"Vertical": 60.0})
    assert (found.net_gex, found.regime, found.scores["Vertical"]) == (None, None, 60.0)
    assert (found.weight_used, codes(found)) == ("open_interest", ["missing_weight", "no_exposure"])
    resting = analyze(symbol="SPX", spot=F, chain={**unpublished, "resting_size": np.ones(chain["strike"].size)})
    assert resting.weight_used == "resting_size"


ROWS = st.lists(
    st.tuples(st.integers(80, 120), st.sampled_from("CP"), st.floats(0, 0.2), st.integers(0, 10_000)), min_size=1, max_size=30
)


@settings(max_examples=60, deadline=None)
@given(ROWS, st.sampled_from(["field", "magic8"]), st.floats(80.0, 120.0))
def test_totals_are_the_sums_of_the_strikes(rows: list[tuple[int, str, float, int]], convention: str, spot: float) -> None:
    rows = [*rows, (80, "P", 0.1, 7), (120, "C", 0.1, 7)]
    strike, right, gamma, weight = zip(*rows, strict=True)
    chain = {"strike": strike, "right": right, "gamma": gamma, "open_interest": weight}
    found = analyze(symbol="SPY", spot=spot, chain=chain, convention=convention)
    assert found.strikes is not None
    assert found.levels is not None
    table = found.strikes.to_pylist()
    assert found.net_gex == pytest.approx(sum(row["net_gex"] for row in table), rel=1e-9, abs=1e-3)
    assert found.levels.gross_gex == pytest.approx(
        sum(abs(row["call_gex"] or 0.0) + abs(row["put_gex"] or 0.0) for row in table), rel=1e-9, abs=1e-3
    )
    assert found.levels.call_wall is None or found.levels.call_wall > spot
    assert found.levels.put_wall is None or found.levels.put_wall <= spot
    assert [row["strike"] for row in table] == sorted({float(each) for each in strike})


def test_an_inventory_of_zero_is_an_exposure_of_zero() -> None:
    chain = {"strike": [490.0, 500.0, 510.0], "right": ["C"] * 3, "gamma": [0.01] * 3, "flow_inventory": [5.0, 0.0, -5.0]}
    found = analyze(symbol="SPY", spot=500.0, chain=chain, convention="flow")
    assert found.strikes is not None
    unit = 0.01 * 5 * 100 * 500 * 500 * 0.01
    assert found.strikes["call_gex"].to_pylist() == pytest.approx([unit, 0.0, -unit])
    assert found.strikes["put_gex"].to_pylist() == [None] * 3
