"""Chains whose parts do not fit together, or stand for something else, as people hand them in: each with its right answer."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from gex_assets.chain import Analysis, analyze
from gex_assets.chain.analysis import analysis_of
from gex_assets.chain.request import AnalysisRequest
from gex_assets.errors import ChainError
from gex_assets.kernels.pricing import black76

AS_OF = "2026-01-06T20:00Z"


def vendor_chain(
    *, spot: float, forward: float, years: float, sigma: float, strikes: Any, calls: Any, puts: Any, rate: float = 0.04
) -> dict[str, Any]:
    """Quotes by one forward; volatilities and gammas as a vendor solves them who takes the spot price for the forward."""
    strike, is_call = np.tile(np.asarray(strikes, dtype=float), 2), np.repeat([True, False], len(strikes))
    market: dict[str, Any] = {"K": strike, "T": years, "r": rate, "is_call": is_call}
    price = black76.price(F=forward, sigma=sigma, **market)
    iv = black76.implied_volatility(price=price, F=spot, **market)[0]
    return {
        "strike": strike,
        "right": np.where(is_call, "C", "P"),
        "open_interest": np.array([*calls, *puts], dtype=float),
        "bid": price - 0.05,
        "ask": price + 0.05,
        "iv": iv,
        "gamma": black76.greeks(F=spot, sigma=iv, **market).gamma,
        "years": np.full(strike.size, years),
    }


def net_of(chain: dict[str, Any], *, spot: float, forward: float, years: float, sigma: float, rate: float = 0.04) -> float:
    """The plain sum with the gammas of the one volatility that all quotes have."""
    is_call = chain["right"] == "C"
    gamma = black76.greeks(F=forward, K=chain["strike"], T=years, sigma=sigma, r=rate, is_call=is_call).gamma
    return float(np.sum(np.where(is_call, 1.0, -1.0) * gamma * chain["open_interest"])) * 100.0 * spot * spot * 0.01


def codes(found: Analysis) -> set[str]:
    return {str(warning) for warning in found.warnings}


A1: dict[str, Any] = {
    "spot": 6000.0,
    "forward": 6030.0,
    "years": 30 / 365,
    "sigma": 0.20,
    "strikes": range(5600, 6201, 100),
    "calls": (2000, 2000, 2500, 3000, 6000, 9000, 11000),
    "puts": (6000, 7000, 9000, 9000, 8000, 5000, 3000),
}
LOW_RATE = A1 | {"spot": 6000.0, "forward": 5985.0, "years": 60 / 365, "sigma": 0.16}
NEAR = A1 | {
    "spot": 6012.0,
    "forward": 6020.0,
    "years": 3 / 365,
    "sigma": 0.14,
    "strikes": range(5850, 6151, 50),
}


@pytest.mark.parametrize("without", [(), ("gamma",), ("iv",), ("gamma", "iv")], ids=str)
@pytest.mark.parametrize("facts", [A1, LOW_RATE, NEAR])
def test_one_volatility_per_strike_and_one_forward_stand_behind_net_profile_and_flip(
    facts: dict[str, Any], without: tuple[str, ...]
) -> None:
    chain = vendor_chain(**facts)
    given = {name: values for name, values in chain.items() if name not in without}
    found = analyze(symbol="SPX", spot=facts["spot"], chain=given)
    market = {name: facts[name] for name in ("spot", "forward", "years", "sigma")}
    assert found.net_gex == pytest.approx(net_of(chain, **market), rel=1e-3)
    exact = analyze(symbol="SPX", spot=facts["spot"], chain={**given, "iv": np.full(14, facts["sigma"])})
    assert found.levels is not None
    assert exact.levels is not None
    assert found.levels.zero_gamma_roots == pytest.approx(exact.levels.zero_gamma_roots, abs=0.5)
    assert "profile_apart_from_net" not in codes(found)
    assert ("gammas_contradict_quotes" in codes(found)) is ("gamma" in given)


def test_the_worked_case_of_inputs_that_contradict_each_other() -> None:
    found = analyze(symbol="SPX", spot=6000.0, chain=vendor_chain(**A1))
    assert found.net_gex == pytest.approx(-252.40e6, rel=1e-3)
    assert found.levels is not None
    assert found.levels.zero_gamma_roots == pytest.approx([6153.5], abs=0.5)


def test_published_gammas_asked_for_are_summed_and_their_contradiction_is_said() -> None:
    chain = vendor_chain(**A1)
    asked = AnalysisRequest.of(
        symbol="SPX",
        spot=6000.0,
        convention="field",
        multiplier=None,
        as_of=None,
        base_scores=None,
        rate=0.04,
        min_strikes_required=1,
        gamma="published",
    )
    found = analysis_of(asked, chain)
    plain = float(np.sum(np.where(chain["right"] == "C", 1.0, -1.0) * chain["gamma"] * chain["open_interest"])) * 100 * 360_000
    assert (found.net_gex, found.gamma_from) == (pytest.approx(plain, rel=1e-12), "published")
    assert codes(found) == {"profile_apart_from_net"}
    assert found.levels is not None
    assert found.levels.zero_gamma_roots == pytest.approx([6153.5], abs=0.5)


def by_option(strikes: Any, **columns: Any) -> dict[str, Any]:
    """Call and put of every strike, call first."""
    return {"strike": np.repeat(np.asarray(strikes, dtype=float), 2), "right": ["C", "P"] * len(strikes), **columns}


@pytest.mark.parametrize("placeholder", [1e-5, 0.0, 1e-5 + (1.0 - 1e-5) / 64.0], ids=["a floor", "zero", "a bisection's step"])
def test_placeholders_of_volatility_are_missing_and_said(placeholder: float) -> None:
    iv = np.repeat([0.15, placeholder, placeholder, placeholder, 0.15], 2)
    chain = by_option(range(590, 611, 5), open_interest=[1000] * 10, iv=iv, expiration=["2026-01-16"] * 10)
    found = analyze(symbol="SPY", spot=600.0, chain=chain, as_of=AS_OF)
    assert found.total_call_gex is not None
    assert 15.32e6 < found.total_call_gex < 15.37e6
    assert found.levels is not None
    assert (found.levels.coverage, found.levels.strikes) == (pytest.approx(0.4), 2)
    said = {str(one): one.text for one in found.warnings}
    assert said["placeholder_iv"].startswith("6 of 10 options")


ATM0 = by_option(
    (5900, 6000, 6100),
    open_interest=[100, 100, 1000, 1000, 100, 100],
    iv=[0, 0.16, 0, 0.15, 0.14, 0],
    gamma=[0, 0.0012, 0, 0.002, 0.0012, 0],
    expiration=["2026-01-16"] * 6,
)


@pytest.mark.parametrize(("as_of", "without"), [(None, ""), (None, "iv"), (AS_OF, ""), (AS_OF, "iv"), (AS_OF, "gamma")])
def test_a_zero_beside_a_good_other_right_takes_the_other_rights(as_of: str | None, without: str) -> None:
    chain = {name: values for name, values in ATM0.items() if name != without}
    found = analyze(symbol="SPX", spot=6010.0, chain=chain, as_of=as_of)
    assert (found.net_gex, found.regime) == (0.0, "neutral")
    assert found.levels is not None
    assert found.levels.coverage == 1.0
    assert ("iv" if without == "gamma" else "gamma") + "_of_the_other_right" in codes(found)


def test_weights_that_are_all_zero_are_missing() -> None:
    for weight in ("open_interest", "resting_size"):
        chain = by_option([6000], **{weight: [0, 0]}, volume=[100, 300], gamma=[0.002, 0.002])
        found = analyze(symbol="SPX", spot=6000.0, chain=chain)
        assert (found.net_gex, found.regime, found.reason) == (None, None, "no_weight")
        assert "no_weight" in codes(found)
    some = analyze(symbol="SPX", spot=6000.0, chain=by_option([6000], open_interest=[1, 5], gamma=[0.002, 0.002]))
    assert (some.reason, some.regime) == (None, "negative")


@pytest.mark.parametrize("right", ["C", "P"])
@pytest.mark.parametrize("convention", ["field", "magic8"])
def test_half_a_chain_is_said_and_has_no_flip(right: str, convention: str) -> None:
    chain = {"strike": [600.0, 610.0], "right": [right] * 2, "open_interest": [100, 100], "gamma": [0.01, 0.01]}
    for spot in (600.0, 605.0, 610.0):
        found = analyze(symbol="SPY", spot=spot, chain={**chain, "iv": [0.2, 0.2], "years": [0.1, 0.1]}, convention=convention)
        assert "one_right_only" in codes(found)
        assert found.levels is not None
        assert (found.levels.zero_gamma, found.levels.zero_gamma_reason) == (None, "one_right_only")
        assert (found.regime, found.regime_analysis, found.reason) == (None, None, "one_right_only")
        assert set(found.scores.values()) == {1.0}
    no_puts = by_option([600, 610], open_interest=[5, 0] * 2 if right == "C" else [0, 5] * 2, gamma=[0.01] * 4)
    assert "one_right_only" in codes(analyze(symbol="SPY", spot=605.0, chain=no_puts))


@pytest.mark.parametrize("spot", [601.0, 4900.0, 7001.0, 60_010.0, 6.01, 5e-324, 1e308])
def test_a_spot_price_outside_all_strikes_is_an_error(spot: float) -> None:
    strikes = range(5000, 6901, 100)
    chain = by_option(strikes, open_interest=[1000] * 40, gamma=[0.002] * 40)
    with pytest.raises(ChainError, match=r"Expected a spot price within the strikes 5,000 to 6,900, was"):
        analyze(symbol="SPX", spot=spot, chain=chain)
    assert analyze(symbol="SPX", spot=4990.0, chain=chain).net_gex == 0.0


def test_a_price_at_the_edge_of_a_single_strike_is_no_error() -> None:
    chain = by_option([6000.5], open_interest=[1200, 1400], gamma=[0.0018] * 2)
    assert analyze(symbol="SPX", spot=6000.0, chain=chain).net_gex == pytest.approx(-12.96e6)


def quoted(*, forward: float, strikes: Any, years: float, sigma: float = 0.15, rate: float = 0.04) -> dict[str, Any]:
    strike, is_call = np.repeat(np.asarray(strikes, dtype=float), 2), np.tile([True, False], len(strikes))
    price = black76.price(F=forward, K=strike, T=years, sigma=sigma, r=rate, is_call=is_call)
    return by_option(
        strikes, bid=price - 0.05, ask=price + 0.05, years=[years] * strike.size, open_interest=np.where(is_call, 1000, 900)
    )


@pytest.mark.parametrize("published", [{}, {"gamma": 0.003, "iv": 0.15}])
@pytest.mark.parametrize(
    ("spot", "forward", "years", "is_said"),
    [
        (6000.0, 6030.0, 1 / 365, True),
        (6000.0, 5960.0, 2 / 365, True),
        (6000.0, 6002.0, 1 / 365, False),
        (6000.0, 6030.0, 30 / 365, False),
    ],
)
def test_a_spot_price_off_the_forward_is_said_with_both(
    published: dict[str, float], spot: float, forward: float, years: float, is_said: bool
) -> None:
    chain = quoted(forward=forward, strikes=range(5900, 6101, 10), years=years)
    chain |= {name: [value] * 42 for name, value in published.items()}
    found = analyze(symbol="SPX", spot=spot, chain=chain)
    said = {str(one): one.text for one in found.warnings}
    assert ("spot_off_forward" in said) is is_said
    if is_said:
        assert "6,000.00" in said["spot_off_forward"]
        assert f"forward of {forward:,.2f}" in said["spot_off_forward"]


@pytest.mark.parametrize("values", [[15.0, 14.0, 13.0], [5.2, 5.2, 5.2], [0.3, 22.0, 18.0]])
def test_it_is_asked_whether_volatilities_are_percent(values: list[float]) -> None:
    chain = {"strike": [590.0, 600.0, 610.0], "right": ["P", "C", "C"], "open_interest": [100] * 3, "years": [0.02] * 3}
    with pytest.raises(ChainError, match="name the column iv_percent if it is, iv_decimal if not"):
        analyze(symbol="SPY", spot=600.0, chain={**chain, "iv": values})
    percent = analyze(symbol="SPY", spot=600.0, chain={**chain, "iv_percent": values})
    decimal = analyze(symbol="SPY", spot=600.0, chain={**chain, "iv_decimal": values})
    told = analyze(symbol="SPY", spot=600.0, chain={**chain, "iv": np.array(values) / 100.0})
    assert percent.net_gex == pytest.approx(told.net_gex, rel=1e-12)
    assert decimal.net_gex != percent.net_gex
    with pytest.raises(ChainError, match="Expected one column of volatilities, was iv and iv_percent"):
        analyze(symbol="SPY", spot=600.0, chain={**chain, "iv": values, "iv_percent": values})


@pytest.mark.parametrize("evidence", [("bid", "ask"), ("gamma",)])
@pytest.mark.parametrize(("sigma", "unit"), [(0.15, 100.0), (5.2, 1.0), (4.0, 100.0)])
def test_prices_and_gammas_tell_whether_volatilities_are_percent(evidence: tuple[str, ...], sigma: float, unit: float) -> None:
    """520 % stays 520 %, 15 and 400 are percent: what prices say counts, not the size."""
    strikes, years = range(540, 661, 40), 5 / 365
    chain = quoted(forward=600.0, strikes=strikes, years=years, sigma=sigma)
    is_call = np.array(chain["right"]) == "C"
    market: dict[str, Any] = {"F": 600.0, "K": chain["strike"], "T": years, "sigma": sigma, "r": 0.04, "is_call": is_call}
    chain["gamma"] = black76.greeks(**market).gamma
    kept = {name: chain[name] for name in ("strike", "right", "years", "open_interest", *evidence)}
    found = analyze(symbol="SPY", spot=600.0, chain={**kept, "iv": np.full(8, sigma * unit)}, cache=False)
    truth = analyze(symbol="SPY", spot=600.0, chain={**kept, "iv_decimal": np.full(8, sigma)}, cache=False)
    assert found.net_gex == pytest.approx(truth.net_gex, rel=1e-9)
    assert found.levels is not None
    assert truth.levels is not None
    assert found.levels.one_day_sigma == pytest.approx(truth.levels.one_day_sigma, rel=1e-9)
    assert ("iv_in_percent" in codes(found)) is (unit == 100.0)


@pytest.mark.parametrize("convention", ["field", "magic8"])
def test_noise_has_no_sign(convention: str) -> None:
    """Calls equal puts: their sums differ by rounding, and so does every re-priced sum."""
    weights = np.repeat([1_000.3, 2_000.7, 777.1], 2)
    one = by_option((590, 600, 610), open_interest=weights, iv=[0.2] * 6, years=[30 / 365] * 6)
    swapped = {name: np.asarray(values)[::-1] for name, values in one.items()}
    two = {name: np.concatenate([one[name], [30.5 / 365] * 6 if name == "years" else one[name]]) for name in one}
    for chain in (one, swapped, two):
        found = analyze(symbol="XSP", spot=601.0, chain=chain, convention=convention)
        assert found.levels is not None
        assert (found.levels.zero_gamma, found.levels.zero_gamma_roots) == (None, ())
        assert (found.net_gex, found.regime) == (0.0, "neutral")


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("weight", [1e308, 2.0**63, 2.0**32 - 1])
def test_weights_beyond_any_market_are_missing_and_no_number_is_infinite(weight: float) -> None:
    chain = by_option((5990, 6010), open_interest=[weight, 100, 100, 100], gamma=[0.002] * 4, iv=[0.2] * 4, years=[0.1] * 4)
    found = analyze(symbol="SPX", spot=6000.0, chain=chain)
    assert "impossible_open_interest" in codes(found)
    assert found.net_gex == pytest.approx(-0.002 * 100 * 100 * 360_000)
    assert found.levels is not None
    numbers = [value for value in dict(found.levels).values() if isinstance(value, float)]
    assert all(map(math.isfinite, numbers))


@pytest.mark.parametrize(
    ("rights", "weights", "spot", "convention", "reasons"),
    [
        ("PP", (10, 20), 600.0, "field", ("no_positive_net_above", None)),
        ("CC", (10, 20), 600.0, "field", (None, "no_negative_net_below")),
        ("CC", (10, 20), 600.0, "magic8", (None, "no_puts_below")),
        ("PP", (10, 20), 600.0, "magic8", ("no_calls_above", None)),
        ("PC", (10, 20), 612.0, "field", ("no_strike_above", None)),
        ("PC", (10, 20), 588.0, "field", (None, "no_strike_below")),
    ],
)
def test_a_wall_that_is_none_has_its_reason(
    rights: str, weights: tuple[int, int], spot: float, convention: str, reasons: tuple[str | None, str | None]
) -> None:
    chain = {"strike": [590.0, 610.0], "right": list(rights), "open_interest": weights, "gamma": [0.01, 0.01]}
    levels = analyze(symbol="SPY", spot=spot, chain=chain, convention=convention).levels
    assert levels is not None
    assert (levels.call_wall_reason, levels.put_wall_reason) == reasons
    assert (levels.call_wall is None, levels.put_wall is None) == tuple(one is not None for one in reasons)
