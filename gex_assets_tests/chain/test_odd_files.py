"""The odd chains of `test_odd_chains` as files: what the reader hands over must meet the same answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gex_assets.chain.summary import documents, request_of
from gex_assets.errors import ChainError
from gex_assets.kernels.pricing import black76
from gex_assets_tests.chain.files.made_up_files import read

AT_THE_MONEY = """strike,right,open_interest,iv,delta,gamma,expiration
5900,C,100,0,0,0,2026-01-16
5900,P,100,0.16,-0.2,0.0012,2026-01-16
6000,C,1000,0,0,0,2026-01-16
6000,P,1000,0.15,-0.5,0.002,2026-01-16
6100,C,100,0.14,0.2,0.0012,2026-01-16
6100,P,100,0,0,0,2026-01-16
"""
SENTINELS = "contractSymbol,strike,bid,ask,openInterest,impliedVolatility\n" + "".join(
    f"SPY260116{right}00{strike}000,{strike},0,0,1000,{0.15 if strike in (590, 610) else 1e-05}\n"
    for strike in range(590, 611, 5)
    for right in "CP"
)
NO_INTEREST = "strike,right,open_interest,volume,gamma\n6000,C,0,100,.002\n6000,P,0,300,.002\n"
CALLS = "strike,right,open_interest,gamma\n600,C,100,.01\n610,C,100,.01\n"
LADDER = "strike,right,open_interest,gamma\n" + "".join(
    f"{strike},{right},1000,.002\n" for strike in range(5000, 6901, 100) for right in "CP"
)


def answer(tmp_path: Path, text: str, name: str = "chain.csv", **asked: Any) -> tuple[dict[str, Any], dict[str, str]]:
    (one,) = documents(read(tmp_path, text, name), request_of(names=[], **asked))
    return one, {warning["code"]: warning["text"] for warning in one["warnings"]}


@pytest.mark.parametrize("as_of", [None, "2026-01-06T20:00Z"])
def test_a_zero_at_the_money(tmp_path: Path, as_of: str | None) -> None:
    one, said = answer(tmp_path, AT_THE_MONEY, symbol="SPX", spot=6010.0, as_of=as_of)
    assert (one["net_gex"], one["levels"]["coverage"]) == (0.0, 1.0)
    assert said["gamma_of_the_other_right"].startswith("3 of 6 options")
    assert ("iv_of_the_other_right" in said) is (as_of is not None)


def test_sentinels_of_volatility(tmp_path: Path) -> None:
    one, said = answer(tmp_path, SENTINELS, spot=600.0, as_of="2026-01-06T20:00Z")
    assert 15.32e6 < one["total_call_gex"] < 15.37e6
    assert (one["levels"]["strikes"], one["levels"]["coverage"]) == (2, pytest.approx(0.4))
    assert said["placeholder_iv"].startswith("6 of 10 options")


def test_no_weight_and_half_a_chain(tmp_path: Path) -> None:
    one, said = answer(tmp_path, NO_INTEREST, symbol="SPX", spot=6000.0)
    assert (one["net_gex"], one["regime"], one["reason"], one["levels"]) == (None, None, "no_weight", None)
    assert "no_weight" in said
    one, said = answer(tmp_path, CALLS, symbol="SPY", spot=605.0)
    assert (one["levels"]["zero_gamma"], one["levels"]["zero_gamma_reason"]) == (None, "one_right_only")
    assert "one_right_only" in said


def test_a_price_of_another_underlying(tmp_path: Path) -> None:
    with pytest.raises(ChainError, match=r"Expected a spot price within the strikes 5,000 to 6,900, was 601"):
        answer(tmp_path, LADDER, symbol="SPX", spot=601.0)


@pytest.mark.parametrize("gamma", [None, "published", "iv", "implied"])
def test_a_stale_price_is_said_whatever_gammas_come_from(tmp_path: Path, gamma: str | None) -> None:
    years = (24 + 7) / (365 * 24)
    options = []
    for strike in range(5950, 6101, 10):
        for right in "CP":
            price = float(black76.price(F=6030.0, K=float(strike), T=years, sigma=0.15, r=0.04, is_call=right == "C"))
            options.append(
                {
                    "option": f"SPXW260107{right}0{strike}000",
                    "bid": round(price - 0.05, 2),
                    "ask": round(price + 0.05, 2),
                    "iv": 0.15,
                    "open_interest": 1000.0 if right == "C" else 900.0,
                    "volume": 0,
                    "delta": 0.5,
                    "gamma": 0.003,
                }
            )
    document = {"timestamp": "2026-01-06 14:00:00", "symbol": "^SPX", "data": {"current_price": 6000.0, "options": options}}
    one, said = answer(tmp_path, json.dumps(document), "stale.json", gamma=gamma)
    assert "the spot price is 6,000.00" in said["spot_off_forward"]
    assert "forward of 6,030.0" in said["spot_off_forward"]
    assert one["gamma_from"] == ("implied" if gamma is None else gamma)
    assert ("profile_apart_from_net" in said) is (gamma == "published")
