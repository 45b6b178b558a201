"""The first plan's consumer: its numbers to the letter, a cache with a stale and a mock symbol, its scorer, its time to live."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from gex_assets.chain import analyze
from gex_assets.client.magic8 import ADJUSTS_NOT, TTL_SECONDS, ChainScorer, main
from gex_assets.conventions import MAGIC8_LITERAL, STRATEGY_MULTIPLIERS
from gex_assets.defaults import MIN_STRIKES_REQUIRED
from gex_assets.errors import ChainError
from gex_assets_tests.client import first_plan
from gex_assets_tests.client.made_up_cache import BASE, KEYS, chain, row

NOW = datetime(2026, 1, 6, 15, 0, tzinfo=UTC)
PLANNED = first_plan.PLAN
WORKED = {"spot_price": 500.0, "option_chain": [row(500, 1000, 500)]}
"""The plan's own example."""


def cache(**symbols: dict[str, Any]) -> dict[str, Any]:
    return {"timestamp": NOW.isoformat(), "source": "ibkr", "data": symbols}


def symbol(spot: float, *, minutes_ago: float = 1.0, source: str = "ibkr", **chain_of: float) -> dict[str, Any]:
    return {
        "spot_price": spot,
        "last_updated": (NOW - timedelta(minutes=minutes_ago)).isoformat(),
        "source": source,
        "option_chain": chain(spot, **chain_of),
    }


@pytest.fixture
def three(tmp_path: Path) -> Path:
    path = tmp_path / "market_data_cache.json"
    found = cache(SPX=symbol(5950.0), RUT=symbol(2200.0, minutes_ago=30), SPY=symbol(595.0, source="mock"))
    path.write_text(json.dumps(found), encoding="utf-8")
    return path


def scorer(**settings: Any) -> ChainScorer:
    return ChainScorer(clock=NOW.timestamp, **settings)


def codes(answer: dict[str, Any]) -> list[str]:
    return [one["code"] for one in answer["warnings"]]


def test_the_worked_example() -> None:
    for convention in ("magic8", "magic8_literal"):
        found = scorer(convention=convention).analyze("SPY", WORKED)
        assert set(found) == KEYS
        assert (found["net_gex"], found["total_call_gex"], found["total_put_gex"]) == (-250_000.0, -500_000.0, 250_000.0)
        assert found["regime"] == "negative"
        assert found["strike_gex"] == {"500": {"call_gex": -500_000.0, "put_gex": 250_000.0, "net_gex": -250_000.0}}


def test_a_cache_of_three_symbols_one_stale_one_mock(three: Path) -> None:
    found = scorer().read_cache(three)
    assert list(found) == ["SPX", "RUT", "SPY"]
    said = {
        name: [code for code in codes(one) if code in {*ADJUSTS_NOT, "no_moment", "chain_ahead"}] for name, one in found.items()
    }
    assert said == {"SPX": [], "RUT": ["stale_chain"], "SPY": ["mock_chain"]}
    (stale,) = [one["text"] for one in found["RUT"]["warnings"] if one["code"] == "stale_chain"]
    assert stale == "Expected a chain of the last 300 s, was 1,800 s old: fetch it again"
    for name, multiplier in (("SPX", 10), ("RUT", 10), ("SPY", 100)):
        rows = json.loads(three.read_text())["data"][name]["option_chain"]
        spot = found[name]["spot_price"]
        expected = sum(one["put_gamma"] * one["put_oi"] - one["call_gamma"] * one["call_oi"] for one in rows) * multiplier * spot
        assert found[name]["net_gex"] == pytest.approx(expected, rel=1e-12)
    assert found["SPX"]["as_of"] == "2026-01-06T14:59:00+00:00"
    assert list(scorer().read_cache(three, ["RUT"])) == ["RUT"]
    json.dumps(found, allow_nan=False)


def test_scores_follow_a_fresh_chain_and_neither_a_stale_nor_a_mock_one(three: Path, caplog: pytest.LogCaptureFixture) -> None:
    data = json.loads(three.read_text())["data"]
    with caplog.at_level(logging.INFO):
        fresh = scorer().apply_adjustments(BASE, "SPX", data["SPX"])
        assert scorer().apply_adjustments(BASE, "RUT", data["RUT"]) == BASE
        assert scorer().apply_adjustments(BASE, "SPY", data["SPY"]) == BASE
    regime = scorer().analyze("SPX", data["SPX"])["regime"]
    assert fresh == pytest.approx({name: score * STRATEGY_MULTIPLIERS[regime][name] for name, score in BASE.items()})
    messages = [record.getMessage() for record in caplog.records]
    assert "RUT: scores stay as they are: stale_chain" in messages
    assert "SPY: scores stay as they are: mock_chain" in messages


strikes = st.lists(st.sampled_from(range(450, 551, 5)), min_size=2, max_size=12, unique=True)
sizes = st.floats(min_value=0.0, max_value=50_000.0)
gammas = st.floats(min_value=1e-5, max_value=0.5)


def near(expected: Any) -> Any:
    return pytest.approx(expected, rel=1e-9, abs=1e-6)


@given(data=st.data(), places=strikes, spot=st.sampled_from((480.0, 500.0, 517.5)), name=st.sampled_from(("SPX", "RUT", "SPY")))
def test_the_plans_own_code_gives_the_same(data: st.DataObject, places: list[int], spot: float, name: str) -> None:
    """Under `magic8_literal`, wherever the plan's code does not fail and the strikes surround the price."""
    places = sorted({*places, 450, 550})
    rows = [
        row(place, data.draw(sizes), data.draw(sizes), data.draw(st.floats(min_value=1e-5, max_value=0.5))) for place in places
    ]
    found = scorer(convention="magic8_literal").analyze(name, {"current_price": spot, "option_chain": rows})
    try:
        expected = first_plan.analyzed(name, spot, rows)
    except ZeroDivisionError:
        assert found["regime_analysis"]["bias"] == "undefined"
        return
    for key in ("net_gex", "total_call_gex", "total_put_gex"):
        assert found[key] == near(expected[key])
    assert {float(strike): one for strike, one in found["strike_gex"].items()} == {
        strike: near(one) for strike, one in expected["strike_gex"].items()
    }
    assert found["levels"]["zero_gamma"] == (
        None if expected["levels"]["zero_gamma"] is None else pytest.approx(expected["levels"]["zero_gamma"], rel=1e-9)
    )
    of_strike = expected["strike_gex"]
    for key, column in (("call_wall", "call_gex"), ("put_wall", "put_gex")):  # equal maxima may be told apart by a rounding
        assert of_strike[found["levels"][key]][column] == near(of_strike[expected["levels"][key]][column])
    assert [abs(of_strike[one]["net_gex"]) for one in found["levels"]["high_gamma_strikes"]] == near(
        [abs(of_strike[one]["net_gex"]) for one in expected["levels"]["high_gamma_strikes"]]
    )
    if abs(expected["net_gex"]) > 1.0:
        assert found["regime"] == expected["regime"]
        regimes = dict(found["regime_analysis"]), dict(expected["regime_analysis"])
        assert all(one.pop("net_gex_billions") == near(found["net_gex"] / 1e9) for one in regimes)
        assert regimes[0] == regimes[1]
        market_data = {"current_price": spot, "option_chain": rows}
        assert scorer(convention="magic8_literal").apply_adjustments(BASE, name, market_data) == pytest.approx(
            first_plan.adjusted(BASE, expected)
        )


@pytest.mark.parametrize(
    ("net", "magnitude"),
    [(5.1e9, "extreme"), (5e9, "high"), (1.1e9, "high"), (1e9, "moderate"), (5.1e8, "moderate"), (5e8, "low"), (1.0, "low")],
)
@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_magnitudes_are_the_plans(net: float, magnitude: str, sign: float) -> None:
    """Thresholds 5e9, 1e9 and 500e6, none of which belongs to the greater word."""
    size = net / (100 * 500 * 0.0625)
    rows = [row(500, 0.0 if sign > 0 else size, size if sign > 0 else 0.0, 0.0625)]
    for convention in ("magic8_literal", "magic8"):
        found = scorer(convention=convention).analyze("SPY", {"current_price": 500.0, "option_chain": rows})
        assert found["net_gex"] == sign * net
        if convention == "magic8_literal":  # half a chain has no regime elsewhere
            assert found["regime_analysis"]["magnitude"] == magnitude
            assert found["regime_analysis"]["net_gex_billions"] == sign * net / 1e9


@pytest.mark.parametrize(
    ("spot", "is_positive", "bias"),
    [
        (491.6, True, "support_test"),
        (491.6, False, "bearish"),
        (492.0, True, "neutral"),
        (500.0, False, "neutral"),
        (508.0, False, "neutral"),
        (508.4, True, "resistance_test"),
        (508.4, False, "bullish"),
    ],
)
def test_biases_are_the_plans(spot: float, is_positive: bool, bias: str) -> None:
    """Walls at 480 and 520: below 0.3 and above 0.7 of the way, neither included."""
    weight = 10.0 if is_positive else 1.0
    rows = [row(480, 500, 300 * weight), row(500, 700, 200 * weight), row(520, 1, 10 * weight)]
    found = scorer(convention="magic8_literal").analyze("SPY", {"current_price": spot, "option_chain": rows})
    assert (found["levels"]["put_wall"], found["levels"]["call_wall"]) == (480.0, 520.0)
    assert found["regime"] == ("positive" if is_positive else "negative")
    assert found["regime_analysis"]["bias"] == bias == first_plan.analyzed("SPY", spot, rows)["regime_analysis"]["bias"]


def test_its_settings_are_the_plans() -> None:
    assert PLANNED["cache_ttl"] == TTL_SECONDS
    assert PLANNED["min_strikes_required"] == MIN_STRIKES_REQUIRED
    assert dict(MAGIC8_LITERAL.index_multipliers) == {"SPX": 10.0, "RUT": 10.0}
    for name, multiplier in PLANNED["multipliers"].items():
        found = analyze(symbol="SPY" if name == "DEFAULT" else name, spot=500.0, chain=[row(500, 1, 1)], convention="magic8")
        assert found.multiplier == multiplier


@pytest.mark.parametrize(
    ("market_data", "reason"),
    [
        ({}, "empty_chain"),
        ({"option_chain": [], "current_price": 500.0}, "empty_chain"),
        ({"option_chain": [row(500, 1, 2)]}, "no_spot"),
        ({"option_chain": [row(500, 1, 2)], "current_price": 0}, "no_spot"),
        ({"option_chain": [row(500, 1, 2)], "spot_price": "500"}, "no_spot"),
        ({"option_chain": [row(500, 0, 0)], "current_price": 500.0}, "no_weight"),
        ({"option_chain": [row(500, 1, 2)], "current_price": 900.0}, "unusable_chain"),
        ({"option_chain": {"strike": [500]}, "current_price": 500.0}, "unusable_chain"),
        ({"option_chain": [500], "current_price": 500.0}, "unusable_chain"),
        ({"option_chain": [{"call_oi": 3}], "current_price": 500.0}, "unusable_chain"),
    ],
)
def test_without_a_usable_chain_or_price_scores_stay_and_the_log_says_why(
    market_data: dict[str, Any], reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    given_data = {**market_data, "timestamp": NOW.isoformat()}
    found = scorer().apply_adjustments(BASE, "SPY", given_data)
    assert found == BASE
    assert found is not BASE
    assert f"SPY: scores stay as they are: {reason}" in [record.getMessage() for record in caplog.records]


def test_a_net_of_zero_is_neutral_and_changes_no_score() -> None:
    market_data = {"current_price": 500.0, "option_chain": [row(490, 5, 5), row(510, 5, 5)], "timestamp": NOW.isoformat()}
    assert scorer().analyze("SPY", market_data)["regime"] == "neutral"
    assert scorer().apply_adjustments(BASE, "SPY", market_data) == BASE
    literal = scorer(convention="magic8_literal")
    assert literal.analyze("SPY", market_data)["regime"] == "negative"


def test_a_strategy_that_the_plan_does_not_know_is_lessened_by_extremes_alone() -> None:
    market_data = {"current_price": 500.0, "option_chain": [row(500, 3e8, 1)], "timestamp": NOW.isoformat()}
    assert scorer().analyze("SPY", market_data)["regime_analysis"]["magnitude"] == "extreme"
    assert scorer().apply_adjustments({"Sonar": 50.0, "Vertical": 50.0}, "SPY", market_data) == pytest.approx(
        {"Sonar": 45.0, "Vertical": 54.0}
    )


def test_a_result_is_kept_for_a_minute_by_content(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def counted(**given: Any) -> Any:
        asked.append(given["symbol"])
        return analyze(**given)

    monkeypatch.setattr("gex_assets.client.magic8.analyze", counted)
    now = [NOW.timestamp()]
    kept = ChainScorer(clock=lambda: now[0])
    first = kept.analyze("SPY", WORKED)
    first["levels"]["call_wall"] = 1.0  # a caller's change is nobody else's
    now[0] += TTL_SECONDS - 1
    assert kept.analyze("SPY", dict(WORKED))["levels"]["call_wall"] != 1.0
    assert len(asked) == 1
    assert "stale_chain" in codes(kept.analyze("SPY", {**WORKED, "timestamp": (NOW - timedelta(hours=1)).isoformat()}))
    assert len(asked) == 1  # its age is told again
    kept.analyze("SPY", {**WORKED, "spot_price": 501.0})
    now[0] += 2
    kept.analyze("SPY", WORKED)
    assert len(asked) == 3


def test_a_change_of_regime_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    watched = scorer()
    with caplog.at_level(logging.INFO):
        watched.analyze("SPY", {"current_price": 500.0, "option_chain": [row(500, 9, 1)]})
        watched.analyze("SPY", {"current_price": 500.0, "option_chain": [row(500, 1, 9)]})
    assert "SPY: the regime was negative and is positive" in [record.getMessage() for record in caplog.records]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "Expected JSON in cache.json"),
        ("[]", "Expected a JSON object in"),
        ("{}", "Expected symbols with an option_chain in"),
        ('{"data": {"SPX": {"spot_price": 1}}}', "Expected symbols with an option_chain in"),
        ("\udcff", "Expected JSON in UTF-8 in"),
    ],
)
def test_a_file_that_is_no_cache_is_refused(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "cache.json"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(ChainError, match=said):
        scorer().read_cache(path)


def test_a_missing_file_or_symbol_is_refused(three: Path) -> None:
    with pytest.raises(ChainError, match=r"Expected a cache file at .*, was: No such file"):
        scorer().read_cache(three.with_name("none.json"))
    with pytest.raises(ChainError, match="Expected a symbol of SPX, RUT, SPY, was QQQ"):
        scorer().read_cache(three, ["QQQ"])


def test_one_symbol_that_cannot_be_used_hinders_no_other(tmp_path: Path) -> None:
    path = tmp_path / "cache.json"
    found = cache(SPX=symbol(5950.0), RUT={"spot_price": 1.0, "option_chain": chain(2200.0)})
    path.write_text(json.dumps(found), encoding="utf-8")
    answers = scorer().read_cache(path)
    assert answers["SPX"]["reason"] is None
    assert (answers["RUT"]["reason"], answers["RUT"]["net_gex"], set(answers["RUT"])) == ("unusable_chain", None, KEYS)


def test_the_command_prints_one_object(three: Path) -> None:
    done = CliRunner().invoke(main, [str(three), "--symbol", "SPX", "--convention", "magic8_literal"])
    assert done.exit_code == 0, done.output
    found = json.loads(done.output)
    assert set(found["SPX"]) == KEYS
    assert found["SPX"]["regime_analysis"]["expected_behavior"] in {"Range-bound, mean-reverting", "Trending, volatile"}
    refused = CliRunner().invoke(main, [str(three), "--symbol", "QQQ"])
    assert (refused.exit_code, "Expected a symbol of SPX" in refused.output) == (1, True)
