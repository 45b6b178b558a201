from __future__ import annotations

import math

import numpy as np
import pytest

from gex_assets.chain import analyze, clear_cache
from gex_assets.conventions import BUILT_IN, conventions
from gex_assets.errors import ChainError
from gex_assets_tests.chain.made_up_smiles import WORKED_EXAMPLE, F, codes, only, priced_chain


def test_the_worked_example() -> None:
    found = analyze(symbol="SPY", spot=500.0, chain=WORKED_EXAMPLE, convention="magic8")
    assert (found.total_call_gex, found.total_put_gex, found.net_gex) == (-500_000.0, 250_000.0, -250_000.0)
    assert found.regime == "negative"
    assert found.multiplier == 100.0
    assert found.scores == pytest.approx({"Iron_Condor": 0.8, "Butterfly": 0.85, "Vertical": 1.2})
    assert "few_strikes" in found.warnings
    assert found.strikes is not None
    assert found.strikes.to_pylist() == [{"strike": 500.0, "call_gex": -500_000.0, "put_gex": 250_000.0, "net_gex": -250_000.0}]
    assert found.regime_analysis is not None
    assert found.regime_analysis.bias == "undefined"


def test_the_worked_example_in_the_fields_convention() -> None:
    found = analyze(symbol="SPY", spot=500.0, chain=WORKED_EXAMPLE)
    unit = 0.01 * 100 * 500 * 500 * 0.01
    assert (found.total_call_gex, found.total_put_gex) == (pytest.approx(1000 * unit), pytest.approx(-500 * unit))
    assert (found.regime, found.scale, found.weight_used) == ("positive", "usd_per_1pct", "open_interest")


@pytest.mark.parametrize("chain", [None, [], {}, {"strike": []}, {"strike": [math.nan], "right": ["C"], "open_interest": [1]}])
def test_an_empty_chain_has_no_numbers(chain: object) -> None:
    found = analyze(symbol="SPY", spot=500.0, chain=chain, base_scores={"Vertical": 3.0, "Calendar": 2.0})
    for name in ("net_gex", "total_call_gex", "total_put_gex", "strikes", "levels", "regime", "regime_analysis", "weight_used"):
        assert getattr(found, name) is None
    assert "empty_chain" in found.warnings
    assert found.scores == {"Iron_Condor": 1.0, "Butterfly": 1.0, "Vertical": 3.0, "Calendar": 2.0}


@pytest.mark.parametrize("spot", [None, math.nan, 0.0, -5.0, math.inf])
def test_without_a_price_there_are_no_numbers(spot: float | None) -> None:
    found = analyze(symbol="SPY", spot=spot, chain=WORKED_EXAMPLE, base_scores={"Vertical": 3.0})
    assert (found.net_gex, found.regime, found.levels, found.strikes, found.spot) == (None,) * 5
    assert codes(found) == ["no_spot"]
    assert found.scores["Vertical"] == 3.0


def test_a_net_of_exactly_zero_is_a_value() -> None:
    chain = [{"strike": 500, "call_gamma": 0.01, "call_oi": 700, "put_gamma": 0.01, "put_oi": 700}]
    found = analyze(symbol="SPY", spot=500.0, chain=chain, convention="magic8")
    assert (found.net_gex, found.regime) == (0.0, "neutral")
    assert found.scores == {"Iron_Condor": 1.0, "Butterfly": 1.0, "Vertical": 1.0}
    assert analyze(symbol="SPY", spot=500.0, chain=chain, convention="magic8_literal").regime == "negative"


def test_expirations_accumulate_and_never_overwrite() -> None:
    near, far = priced_chain(T=7 / 365, seed=1), priced_chain(T=40 / 365, seed=2, forward=5_120.0)
    both = {name: np.concatenate([near[name], far[name]]) for name in near}
    found = analyze(symbol="SPX", spot=F, chain=only(both, "gamma", "iv", "years"))
    alone = [analyze(symbol="SPX", spot=F, chain=only(one, "gamma", "iv", "years")) for one in (near, far)]
    assert found.net_gex == pytest.approx(sum(one.net_gex or 0.0 for one in alone))
    assert found.levels is not None
    assert found.levels.gross_gex == pytest.approx(sum(one.levels.gross_gex or 0.0 for one in alone if one.levels))
    assert codes(found) == ["profile_apart_from_net"], "the far chain's gammas are of another forward than the spot price"
    assert found.strikes is not None
    assert found.strikes["net_gex"].to_numpy().sum() == pytest.approx(found.net_gex)


def test_a_convention_of_ones_own() -> None:
    mine = conventions([{"name": "mine", "sign_model": "gross", "scale": "contracts_per_1pct"}])[-1]
    chain = priced_chain()
    found = analyze(symbol="ES", spot=F, chain=only(chain, "gamma"), convention=mine)
    assert found.net_gex == pytest.approx(float(np.sum(chain["gamma"] * chain["open_interest"])) * F * 0.01)
    assert (found.convention, found.scale) == ("mine", "contracts_per_1pct")


def test_few_strikes_is_a_warning_here() -> None:
    chain = priced_chain(size=9)
    assert "few_strikes" in analyze(symbol="SPX", spot=F, chain=only(chain, "gamma")).warnings
    assert "few_strikes" not in analyze(symbol="SPX", spot=F, chain=only(chain, "gamma"), min_strikes_required=9).warnings


def test_base_scores_are_multiplied_and_extreme_is_careful() -> None:
    chain = {"strike": [490.0, 510.0], "right": ["P", "C"], "gamma": [0.01, 0.01], "open_interest": [10, 3e6]}
    found = analyze(symbol="SPY", spot=500.0, chain=chain, base_scores={"Vertical": 80.0, "Calendar": 50.0})
    assert found.regime_analysis is not None
    assert (found.regime, found.regime_analysis.magnitude) == ("positive", "extreme")
    assert found.scores == pytest.approx({"Iron_Condor": 1.08, "Butterfly": 1.035, "Vertical": 61.2, "Calendar": 45.0})


def test_levels_and_regime_can_be_read_like_dictionaries() -> None:
    found = analyze(symbol="SPY", spot=500.0, chain=WORKED_EXAMPLE, convention="magic8")
    assert found.levels is not None
    assert found.regime_analysis is not None
    assert found.levels["put_wall"] == found.levels.put_wall == 500.0
    assert dict(found.regime_analysis)["magnitude"] == found.regime_analysis.get("magnitude") == "low"
    with pytest.raises(KeyError):
        found.levels["copy"]


def test_equal_requests_are_answered_from_memory_and_changed_ones_are_computed() -> None:
    clear_cache()
    chain = only(priced_chain(), "gamma")
    first = analyze(symbol="SPX", spot=F, chain=chain)
    again = analyze(symbol="SPX", spot=F, chain={name: values.copy() for name, values in chain.items()})
    assert again.strikes is first.strikes
    first.scores["Vertical"] = -1.0
    assert analyze(symbol="SPX", spot=F, chain=chain).scores == again.scores
    chain["open_interest"][3] += 1
    changed = analyze(symbol="SPX", spot=F, chain=chain)
    assert changed.net_gex != first.net_gex
    assert analyze(symbol="SPX", spot=F + 1, chain=chain).net_gex != changed.net_gex
    assert analyze(symbol="SPX", spot=F, chain=chain, convention=BUILT_IN["magic8"]).scale == "usd_per_point"
    assert analyze(symbol="SPX", spot=F, chain=chain, cache=False).strikes is not changed.strikes


def test_what_was_left_out_is_said_from_memory_too() -> None:
    clear_cache()
    assert "bad_strike" not in analyze(symbol="SPY", spot=500.0, chain=WORKED_EXAMPLE).warnings
    bad = [*WORKED_EXAMPLE, {"strike": None}]
    for _ in range(2):
        assert "bad_strike" in analyze(symbol="SPY", spot=500.0, chain=bad).warnings


@pytest.mark.filterwarnings("ignore:overflow encountered")
def test_products_too_large_for_a_float_are_refused() -> None:
    chain = {"strike": [490.0, 510.0], "right": ["P", "C"], "gamma": [1e300, 1e300], "open_interest": [1e9, 1e9]}
    for convention in ("field", "magic8", "magic8_literal"):
        with pytest.raises(ChainError, match="Expected products of gamma and open_interest that are finite"):
            analyze(symbol="SPY", spot=500.0, chain=chain, convention=convention)
