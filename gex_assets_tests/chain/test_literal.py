"""The first plan's arithmetic, worked out by hand."""

from __future__ import annotations

from typing import Any

import pytest

from gex_assets.chain import Analysis, analyze
from gex_assets.errors import ChainError

Row = dict[str, float]


def row(strike: float, call_oi: float, put_oi: float, gamma: float = 0.01) -> Row:
    return {"strike": strike, "call_gamma": gamma, "call_oi": call_oi, "put_gamma": gamma, "put_oi": put_oi}


def literal(chain: Any, *, spot: float = 500.0, **given: Any) -> Analysis:
    return analyze(symbol="SPY", spot=spot, chain=chain, convention="magic8_literal", **given)


def test_the_call_wall_is_the_maximum_of_negative_numbers() -> None:
    found = literal([row(480, 5, 900), row(500, 700, 300), row(520, 900, 10)])
    assert found.levels is not None
    # the fewest calls, on the wrong side of the price; the most puts
    assert (found.levels.call_wall, found.levels.put_wall) == (480.0, 480.0)
    assert found.total_call_gex == pytest.approx(-1605 * 500)
    assert found.total_put_gex == pytest.approx(1210 * 500)
    assert found.regime == "negative"
    assert found.regime_analysis is not None
    assert found.regime_analysis.expected_behavior == "Trending, volatile"
    assert found.regime_analysis.bias == "undefined"
    assert "walls_without_range" in found.warnings


def test_zero_gamma_is_the_first_change_of_sign_from_below() -> None:
    found = literal([row(520, 900, 10), row(480, 5, 25), row(500, 30, 10)], spot=515.0)
    assert found.levels is not None
    assert found.levels.zero_gamma == pytest.approx(490.0)
    assert (found.levels.zero_gamma_roots, found.levels.zero_gamma_reason) == ((found.levels.zero_gamma,), None)
    assert found.levels.high_gamma_strikes == (520.0, 480.0, 500.0)


def test_a_zero_between_signs_hides_the_change() -> None:
    found = literal([row(480, 5, 25), row(490, 7, 7), row(500, 30, 10)])
    assert found.levels is not None
    assert (found.levels.zero_gamma, found.levels.zero_gamma_roots) == (None, ())
    assert found.levels.zero_gamma_reason == "no_crossing"


def test_a_strike_that_comes_twice_keeps_the_last_row_while_totals_keep_both() -> None:
    found = literal([row(500, 100, 0), row(500, 0, 30)])
    assert found.net_gex == pytest.approx(-70 * 500)
    assert found.strikes is not None
    assert found.strikes.to_pylist() == [{"strike": 500.0, "call_gex": 0.0, "put_gex": 15_000.0, "net_gex": 15_000.0}]
    assert "overwritten_strikes" in found.warnings


def test_missing_values_count_as_zero_here() -> None:
    found = literal([{"strike": 500, "put_gamma": 0.01, "put_oi": 30}])
    assert (found.total_call_gex, found.total_put_gex) == (0.0, 15_000.0)
    assert (found.regime, "missing_is_zero" in found.warnings) == ("positive", True)


def test_walls_between_which_the_price_stands_give_a_bias() -> None:
    found = literal([row(480, 500, 900), row(500, 700, 300), row(520, 1, 10)], spot=485.0)
    assert found.regime_analysis is not None
    assert (found.levels and found.levels.call_wall, found.levels and found.levels.put_wall) == (520.0, 480.0)
    assert found.regime_analysis.position_in_range == pytest.approx(0.125)
    assert found.regime_analysis.bias == "support_test"


def test_options_given_one_by_one_are_the_same_strikes() -> None:
    long = {
        "strike": [480, 480, 500, 500],
        "right": ["C", "P", "P", "C"],
        "gamma": [0.01] * 4,
        "open_interest": [5, 25, 10, 30],
    }
    by_option, by_strike = literal(long), literal([row(480, 5, 25), row(500, 30, 10)])
    assert by_option.net_gex == by_strike.net_gex
    assert by_option.strikes == by_strike.strikes
    assert by_option.levels is not None
    assert by_strike.levels is not None
    assert dict(by_option.levels) == dict(by_strike.levels)


def test_it_needs_gammas() -> None:
    with pytest.raises(ChainError, match="Expected gamma in the chain for the convention magic8_literal"):
        literal({"strike": [500], "right": ["C"], "open_interest": [1], "iv": [0.2], "years": [0.1]})
