from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pytest
from scipy.optimize import brentq

from gex_assets.chain import analyze
from gex_assets.errors import ChainError
from gex_assets.kernels.pricing import black76
from gex_assets_tests.chain.made_up_smiles import AS_OF, EXPIRATION, WORKED_EXAMPLE, F, T, codes, only, priced_chain


def test_repeated_options_are_counted_and_said() -> None:
    found = analyze(symbol="SPY", spot=500.0, chain=WORKED_EXAMPLE * 2, convention="magic8")
    assert found.net_gex == -500_000.0
    assert "duplicates" in found.warnings


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


@pytest.mark.parametrize(
    ("names", "given", "message"),
    [
        ((), {}, "Expected gamma, iv, or bid and ask in the chain, was open_interest"),
        (("bid",), {}, "Expected gamma, iv, or bid and ask"),
        (("iv",), {}, r"Expected expiration \(with as_of\) or years with iv"),
        (("bid", "ask"), {"expiration": ["2026-02-20"] * 82}, "Expected as_of with expirations, was None"),
    ],
)
def test_what_gamma_needs(names: tuple[str, ...], given: dict[str, Any], message: str) -> None:
    with pytest.raises(ChainError, match=message):
        analyze(symbol="SPX", spot=F, chain={**only(priced_chain(), *names), **given})


@pytest.mark.parametrize("forward_is", ["above", "below"])
def test_a_forward_outside_all_strikes_takes_the_out_of_the_money_side_alone(forward_is: str) -> None:
    """Every strike has one out-of-the-money side; the other side's quotes are far off at the strike farthest from the forward."""
    whole = priced_chain(size=41)
    outside = whole["strike"] < F - 40 if forward_is == "above" else whole["strike"] > F + 40
    chain = {name: values[outside] for name, values in whole.items()}
    at_the_far_end = chain["strike"] == (chain["strike"].min() if forward_is == "above" else chain["strike"].max())
    odd = at_the_far_end & (chain["right"] == ("C" if forward_is == "above" else "P"))
    chain["bid"] = np.where(odd, chain["bid"] + 20.0, chain["bid"])
    chain["ask"] = np.where(odd, chain["ask"] + 20.0, chain["ask"])
    truth = analyze(symbol="SPX", spot=F, chain=only(chain, "gamma"))
    found = analyze(symbol="SPX", spot=F, chain=only(chain, "bid", "ask", "years"))
    assert found.expirations is not None
    assert found.expirations["forward"][0].as_py() == pytest.approx(F, abs=0.5)
    assert found.levels is not None
    assert found.levels.coverage == 1.0
    assert found.net_gex == pytest.approx(truth.net_gex, rel=5e-3)


def test_a_chain_of_one_strike_is_priced() -> None:
    chain = only(priced_chain(size=1), "bid", "ask", "years")
    found = analyze(symbol="SPX", spot=F, chain=chain)
    assert found.net_gex is not None
    assert "forward_is_spot" in found.warnings


@pytest.mark.parametrize("years", [[0.1, 0.0], [0.1, -0.1]])
def test_an_option_has_expired_at_its_moment(years: list[float]) -> None:
    chain = {"strike": [5_000.0, 5_200.0], "right": ["P", "C"], "gamma": [0.01, 0.01], "open_interest": [10, 10], "years": years}
    found = analyze(symbol="SPX", spot=F, chain=chain)
    assert {str(warning): warning.text for warning in found.warnings}["expired"] == "1 of 2 options have expired and are left out"
    assert found.total_call_gex is None


def test_published_gammas_stand_where_quotes_confirm_them_and_quotes_go_before_volatilities() -> None:
    chain = priced_chain()
    given = only(chain, "iv", "years", "bid", "ask", "gamma")
    truth = analyze(symbol="SPX", spot=F, chain=only(chain, "gamma"))
    confirmed = analyze(symbol="SPX", spot=F, chain=given)
    assert (confirmed.net_gex, confirmed.gamma_from) == (pytest.approx(truth.net_gex, rel=1e-12), "published")
    quoted = analyze(symbol="SPX", spot=F, chain=only(chain, "years", "bid", "ask"))
    for odd in ({**given, "gamma": 2.0 * chain["gamma"]}, {**given, "gamma": 2.0 * chain["gamma"], "iv": 2.0 * chain["iv"]}):
        found = analyze(symbol="SPX", spot=F, chain=odd)
        assert (found.net_gex, found.gamma_from) == (pytest.approx(quoted.net_gex, rel=1e-12), "implied")
        assert "gammas_contradict_quotes" in found.warnings
    no_quotes = {name: values for name, values in odd.items() if name not in ("bid", "ask")}
    assert analyze(symbol="SPX", spot=F, chain=no_quotes).net_gex == pytest.approx(2.0 * (truth.net_gex or 0.0))
    del no_quotes["gamma"]
    doubled = black76.greeks(
        F=F, K=chain["strike"], T=chain["years"], sigma=2.0 * chain["iv"], r=0.04, is_call=chain["right"] == "C"
    )
    plain = float(np.sum(doubled.gamma * chain["open_interest"] * np.where(chain["right"] == "C", 1, -1))) * 100 * F * F * 0.01
    assert analyze(symbol="SPX", spot=F, chain=no_quotes).net_gex == pytest.approx(plain, rel=1e-10)


def test_volatilities_stand_where_quotes_give_none() -> None:
    """Of the far strikes nothing is bid; their published volatilities count."""
    chain = priced_chain(step=50.0)
    far = np.abs(chain["strike"] / F - 1.0) > 0.15
    quoted = {**only(chain, "years", "ask"), "bid": np.where(far, 0.0, chain["bid"])}
    without, with_iv = (
        analyze(symbol="SPX", spot=F, chain=one).levels for one in (quoted, {**quoted, "iv": np.where(far, chain["iv"], 2.9)})
    )
    truth = analyze(symbol="SPX", spot=F, chain=only(chain, "gamma")).levels
    assert without is not None
    assert with_iv is not None
    assert truth is not None
    assert without.coverage is not None
    assert without.coverage < with_iv.coverage == 1.0
    assert with_iv.gross_gex == pytest.approx(truth.gross_gex, rel=1e-2)


def volatility_of(gamma: float, *, forward: float, strike: float) -> float:
    """The volatility that has a gamma near the forward, where gamma falls as volatility grows."""

    def too_large(sigma: float) -> float:
        return float(black76.greeks(F=forward, K=strike, T=T, sigma=sigma, r=0.04, is_call=True).gamma) - gamma

    return float(brentq(too_large, 0.08, 0.6))


def test_strikes_next_to_the_forward_take_the_mean_of_both_sides_and_others_the_out_of_the_money_side() -> None:
    """Three strikes are too few for parity and a smile: the forward is the spot price, volatilities are the quotes' own."""
    strike, right = np.tile([5_075.0, 5_100.0, 5_125.0], 2), np.repeat(["C", "P"], 3)
    own = {"C": [0.30, 0.20, 0.16], "P": [0.22, 0.24, 0.18]}
    iv = np.array(own["C"] + own["P"])
    price = black76.price(F=F + 5.0, K=strike, T=T, sigma=iv, r=0.04, is_call=right == "C")
    chain = {"strike": strike, "right": right, "open_interest": np.ones(6), "years": np.full(6, T)}

    def volatilities(bid: Any) -> list[float]:
        found = analyze(symbol="SPX", spot=F + 5.0, chain={**chain, "bid": bid, "ask": price + 0.001}, rate=0.04)
        assert found.strikes is not None
        assert "forward_is_spot" in found.warnings
        unit = 100 * (F + 5.0) ** 2 * 0.01
        gammas = {row["strike"]: row["call_gex"] / unit for row in found.strikes.to_pylist()}
        return [volatility_of(gamma, forward=F + 5.0, strike=at) for at, gamma in gammas.items()]

    assert volatilities(price - 0.001) == pytest.approx([0.22, 0.22, 0.17], abs=1e-4)
    no_call_below = np.where((strike == 5_100.0) & (right == "C"), 0.0, price - 0.001)
    assert volatilities(no_call_below) == pytest.approx([0.22, 0.24, 0.17], abs=1e-4)
    no_call_above = np.where((strike == 5_125.0) & (right == "C"), 0.0, price - 0.001)
    assert volatilities(no_call_above) == pytest.approx([0.22, 0.22, 0.18], abs=1e-4)
