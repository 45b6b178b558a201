from __future__ import annotations

import math
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gex_assets.chain import Analysis, analyze, clear_cache
from gex_assets.conventions import BUILT_IN, conventions
from gex_assets.errors import ChainError
from gex_assets.kernels.pricing import black76
from gex_assets_tests.twins import gamma_profile as twin

WORKED_EXAMPLE = [{"strike": 500, "call_gamma": 0.01, "call_oi": 1000, "put_gamma": 0.01, "put_oi": 500}]
F = 5_100.0
AS_OF = datetime(2026, 1, 21, 21, 0, tzinfo=UTC)
EXPIRATION = datetime(2026, 2, 20, 21, 0, tzinfo=UTC)
T = 30 / 365


def codes(found: Analysis) -> list[str]:
    return [str(warning) for warning in found.warnings]


def priced_chain(*, forward: float = F, T: float = T, seed: int = 1, step: float = 25.0, size: int = 41) -> dict[str, Any]:
    """Calls and puts of a smile, with volatilities, gammas and quotes of one cent to either side."""
    dice = np.random.default_rng(seed)
    strikes = np.round(forward / step) * step + step * (np.arange(size) - size // 2)
    strike, right = np.tile(strikes, 2), np.repeat(["C", "P"], size)
    iv = 0.16 - 0.35 * np.log(strike / forward) + 0.8 * np.log(strike / forward) ** 2
    market = {"F": forward, "K": strike, "T": T, "sigma": iv, "r": 0.04, "is_call": right == "C"}
    price = black76.price(**market)
    return {
        "strike": strike,
        "right": right,
        "open_interest": dice.integers(0, 5_000, strike.size),
        "iv": iv,
        "years": np.full(strike.size, T),
        "gamma": black76.greeks(**market).gamma,
        "bid": price - 0.01,
        "ask": price + 0.01,
    }


def only(chain: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: chain[name] for name in ("strike", "right", "open_interest", *names)}


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


def test_a_multiplier_given_wins() -> None:
    found = analyze(symbol="SPX", spot=500.0, chain=WORKED_EXAMPLE, convention="magic8", multiplier=100)
    assert found.net_gex == -250_000.0


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
    assert codes(found) == []
    assert found.strikes is not None
    assert found.strikes["net_gex"].to_numpy().sum() == pytest.approx(found.net_gex)


def test_repeated_options_are_counted_and_said() -> None:
    found = analyze(symbol="SPY", spot=500.0, chain=WORKED_EXAMPLE * 2, convention="magic8")
    assert found.net_gex == -500_000.0
    assert "duplicates" in found.warnings


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


def test_gammas_come_from_volatilities() -> None:
    chain = priced_chain()
    by_gamma = analyze(symbol="SPX", spot=F, chain=only(chain, "gamma"))
    by_iv = analyze(symbol="SPX", spot=F, chain=only(chain, "iv", "years"))
    assert by_iv.net_gex == pytest.approx(by_gamma.net_gex, rel=1e-12)
    assert codes(by_iv) == ["forward_is_spot"]
    assert codes(by_gamma) == ["no_repricing"]
    assert by_gamma.levels is not None
    assert by_gamma.levels.zero_gamma_reason == "no_repricing"


def test_gammas_come_from_quotes_by_parity_and_the_out_of_the_money_side() -> None:
    chain = priced_chain()
    truth = analyze(symbol="SPX", spot=F - 12, chain=only(chain, "gamma"))
    found = analyze(symbol="SPX", spot=F - 12, chain=only(chain, "bid", "ask", "years"))
    assert found.net_gex == pytest.approx(truth.net_gex, rel=0.02)
    assert found.levels is not None
    assert found.levels.gross_gex == pytest.approx(truth.levels.gross_gex if truth.levels else None, rel=2e-3)
    assert found.levels.coverage == 1.0
    assert found.levels.zero_gamma_low is not None
    assert "forward_is_spot" not in found.warnings


def test_locked_quotes_are_prices_and_one_sided_ones_are_not() -> None:
    chain = priced_chain()
    middle = (chain["bid"] + chain["ask"]) / 2
    locked = {**only(chain, "years"), "bid": middle, "ask": middle}
    truth = analyze(symbol="SPX", spot=F, chain=only(chain, "gamma"))
    assert analyze(symbol="SPX", spot=F, chain=locked).net_gex == pytest.approx(truth.net_gex, rel=1e-3)
    no_bids = {**locked, "bid": np.zeros(middle.size)}
    assert "no_exposure" in analyze(symbol="SPX", spot=F, chain=no_bids).warnings


def test_few_pairs_fall_back_to_the_spot_price_and_say_so() -> None:
    chain = priced_chain(size=3)
    found = analyze(symbol="SPX", spot=F, chain=only(chain, "bid", "ask", "years"))
    truth = analyze(symbol="SPX", spot=F, chain=only(chain, "gamma"))
    assert found.net_gex == pytest.approx(truth.net_gex, rel=0.01)
    assert "forward_is_spot" in found.warnings


def test_the_flip_is_the_slow_twins() -> None:
    chain = priced_chain()
    found = analyze(symbol="SPX", spot=F, chain=only(chain, "gamma", "iv", "years"))
    sign = np.where(chain["right"] == "C", 1.0, -1.0)
    twins = twin.roots(
        lambda price: twin.net_exposure(
            price,
            reference=F,
            forward=np.full(sign.size, F),
            strike=chain["strike"],
            total_vol=chain["iv"] * math.sqrt(T),
            signed_weight=sign * chain["open_interest"],
        ),
        reference=F,
        points=2_001,
    )
    assert found.levels is not None
    assert found.levels.zero_gamma_roots == pytest.approx(twins, abs=1e-6)
    assert found.levels.zero_gamma == pytest.approx(min(twins, key=lambda root: abs(root - F)), abs=1e-6)
    assert found.levels.zero_gamma_low is not None
    assert found.levels.zero_gamma_high is not None
    assert found.levels.zero_gamma_low <= (found.levels.zero_gamma or 0.0) <= found.levels.zero_gamma_high


def test_time_runs_from_as_of_to_the_expirations_clock() -> None:
    chain = priced_chain()
    truth = analyze(symbol="SPX", spot=F, chain=only(chain, "iv", "years"))
    for expiration in (
        EXPIRATION,
        date(2026, 2, 20),
        "2026-02-20",
        "2026-02-20T15:00:00-06:00",
        int(EXPIRATION.timestamp()) * 10**9,
    ):
        columns = {**only(chain, "iv"), "expiration": [expiration] * chain["strike"].size}
        for as_of in (AS_OF, AS_OF.replace(tzinfo=None), "2026-01-21T21:00:00Z"):
            assert analyze(symbol="SPX", spot=F, chain=columns, as_of=as_of).net_gex == pytest.approx(truth.net_gex, rel=1e-9)


def test_without_as_of_expirations_separate_but_nothing_is_repriced() -> None:
    chain = priced_chain()
    columns = {**only(chain, "gamma", "iv"), "expiration": ["2026-02-20"] * chain["strike"].size}
    found = analyze(symbol="SPX", spot=F, chain=columns)
    assert found.net_gex is not None
    assert {"no_as_of", "no_repricing"} <= set(found.warnings)


def test_expired_options_are_left_out_and_said() -> None:
    chain = priced_chain()
    columns = {**only(chain, "gamma"), "years": np.where(chain["strike"] > F, T, -0.1)}
    found = analyze(symbol="SPX", spot=F, chain=columns)
    assert "expired" in found.warnings
    assert found.levels is not None
    assert found.levels.put_wall is None
    all_of_them = analyze(symbol="SPX", spot=F, chain={**columns, "years": np.zeros(chain["strike"].size)})
    assert (all_of_them.net_gex, codes(all_of_them)) == (None, ["expired", "no_exposure"])


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


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"convention": "theirs"}, "Expected a Convention or one of field, flow, magic8, magic8_literal, was 'theirs'"),
        ({"spot": "500"}, "Expected a number in spot"),
        ({"multiplier": 0}, "Expected a positive multiplier"),
        ({"multiplier": math.nan}, "Expected a positive multiplier"),
        ({"symbol": " "}, "Expected a symbol"),
        ({"base_scores": {"Vertical": "high"}}, r"Expected a number in base_scores\[Vertical\]"),
        ({"as_of": "yesterday"}, "Expected a moment in ISO 8601, was 'yesterday'"),
        ({"as_of": date(2026, 1, 1)}, "Expected a moment with a time of day"),
    ],
)
def test_arguments_that_cannot_be_used(given: dict[str, Any], message: str) -> None:
    arguments: dict[str, Any] = {"symbol": "SPY", "spot": 500.0, "chain": WORKED_EXAMPLE, **given}
    with pytest.raises(ChainError, match=message):
        analyze(**arguments)


@pytest.mark.parametrize(
    ("names", "given", "message"),
    [
        ((), {}, "Expected gamma, iv, or bid and ask in the chain, was open_interest"),
        (("bid",), {}, "Expected gamma, iv, or bid and ask"),
        (("iv",), {}, r"Expected expiration \(with as_of\) or years beside iv"),
        (("bid", "ask"), {"expiration": ["2026-02-20"] * 82}, "Expected as_of beside expirations, was None"),
    ],
)
def test_what_gamma_needs(names: tuple[str, ...], given: dict[str, Any], message: str) -> None:
    with pytest.raises(ChainError, match=message):
        analyze(symbol="SPX", spot=F, chain={**only(priced_chain(), *names), **given})


def test_equal_questions_are_answered_from_memory_and_changed_ones_anew() -> None:
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


ROWS = st.lists(
    st.tuples(st.integers(80, 120), st.sampled_from("CP"), st.floats(0, 0.2), st.integers(0, 10_000)), min_size=1, max_size=30
)


@settings(max_examples=60, deadline=None)
@given(ROWS, st.sampled_from(["field", "magic8"]), st.floats(80.0, 120.0))
def test_totals_are_the_sums_of_the_strikes(rows: list[tuple[int, str, float, int]], convention: str, spot: float) -> None:
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
