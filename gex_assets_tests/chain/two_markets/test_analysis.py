"""An analysed chain next to a future's options, without a file: several futures, unlike strikes, and what is refused."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from gex_assets.chain import analyze
from gex_assets.chain.two_markets import FutureSide, IndexMoment, TwoMarkets, with_future
from gex_assets.conventions import BUILT_IN
from gex_assets.errors import ChainError
from gex_assets_tests.chain.two_markets.made_up_index import AS_OF, RATE, REFERENCE, made_up_side
from gex_assets_tests.twins.chains import two_markets as twin

RATIO = 1.0173
LATER = 1.01
"""The later future over the front's."""


def several_futures(seed: int) -> FutureSide:
    """The second expiration is on a later future, 1 % above the front's."""
    side = made_up_side(seed=seed)
    is_later = side.rows.expiration == 1
    forward = np.where(is_later, LATER * REFERENCE, REFERENCE)
    gamma = side.rows.gamma.copy()
    for row in np.flatnonzero(is_later).tolist():
        gamma[row] = gamma_of(contract(side, row, is_call=True, interest=1.0, forward=LATER * REFERENCE))
    rows = replace(side.rows, forward=forward, price=forward, gamma=gamma)
    return replace(side, rows=rows, futures=("ESH6", "ESM6"), future=is_later.astype(np.int64))


def contract(side: FutureSide, row: int, *, is_call: bool, interest: float, forward: float) -> twin.Contract:
    rows = side.rows
    strike, years = float(rows.strikes[rows.place[row]]), float(rows.years[row])
    vol = float(rows.total_vol[row]) / math.sqrt(years)
    return twin.Contract("ES", strike, strike * REFERENCE / forward, is_call, interest, vol, years, forward, forward, 50.0)


def gamma_of(one: twin.Contract) -> float:
    deviation = one.vol * math.sqrt(one.years)
    d_plus = math.log(one.forward / one.strike) / deviation + 0.5 * deviation
    return math.exp(-RATE * one.years - 0.5 * d_plus * d_plus) / (math.sqrt(2.0 * math.pi) * one.forward * deviation)


def listed(seed: int) -> tuple[list[dict[str, Any]], list[twin.Contract]]:
    """Rows of a chain on SPX at REFERENCE / RATIO, strikes in steps of 25 of its own, and the same for the twin."""
    dice = np.random.default_rng(seed)
    spot = REFERENCE / RATIO
    rows, contracts = [], []
    for strike in np.arange(6_500.0, 7_200.0, 25.0).tolist():
        years, vol = 6.0 / 365.0, 0.15 - 0.4 * math.log(strike / spot)
        for is_call in (True, False):
            interest = float(dice.integers(0, 4_000)) * (2.0 if is_call == (strike > spot) else 1.0)
            one = twin.Contract("SPX", strike, strike * RATIO, is_call, interest, vol, years, spot, spot, 100.0)
            contracts.append(one)
            rows.append({"strike": strike, "right": "C" if is_call else "P", "open_interest": interest, "iv": vol})
            rows[-1] |= {"gamma": gamma_of(one), "expiration": int((AS_OF.timestamp() + 6 * 86_400) * 10**9)}
    return rows, contracts


def found(side: FutureSide, rows: list[dict[str, Any]], **changed: Any) -> TwoMarkets:
    moment = IndexMoment.of(symbol="SPX", price=REFERENCE / RATIO, as_of=AS_OF, product="ES")
    chain = analyze(symbol="SPX", spot=moment.price, chain=rows, as_of=moment.ts_ratio, rate=RATE, cache=False)
    return with_future(chain, side, **{"moment": moment, "convention": BUILT_IN["field"], "rate": RATE, **changed})


@pytest.mark.parametrize("seed", range(1, 7))
def test_three_underlyings_on_one_axis_are_those_of_the_twin(seed: int) -> None:
    side = several_futures(seed)
    own = [
        contract(side, row, is_call=is_call, interest=float(held[row]), forward=float(side.rows.forward[row]))
        for held, is_call in zip(side.rows.weights["open_interest"], (True, False), strict=True)
        for row in range(side.rows.place.size)
    ]
    rows, others = listed(seed + 50)
    both = found(side, rows)
    for market, of in ((both.future, own), (both.index, others), (both.both, own + others)):
        expected = twin.found(of, reference=REFERENCE, rate=RATE)
        assert market.exposures.net == pytest.approx(expected.net, rel=1e-9)
        assert market.exposures.gross == pytest.approx(expected.gross, rel=1e-9)
        assert market.levels.call_wall == pytest.approx(expected.call_wall, rel=1e-9)
        assert market.levels.put_wall == pytest.approx(expected.put_wall, rel=1e-9)
        assert market.levels.zero_gamma == (None if expected.flip is None else pytest.approx(expected.flip, abs=1e-4))
    stands = {(row["underlying"], row["strike"]): row["price"] for row in both.strikes.to_pylist()}
    for (name, strike), price in stands.items():
        assert price == pytest.approx(strike * {"ESH6": 1.0, "ESM6": 1.0 / LATER, "SPX": RATIO}[name])
    wall = both.both.levels
    assert stands[wall.call_wall_underlying, wall.call_wall_strike] == pytest.approx(wall.call_wall)


def test_the_grid_has_every_strike_once() -> None:
    both = found(several_futures(1), listed(9)[0])
    grid = both.grid.to_pylist()
    assert [row["price"] for row in grid] == sorted({row["price"] for row in grid})
    for kind in ("net_gex", "gross_gex"):
        strikes = dict.fromkeys(("future", "index"), 0.0)
        for row in both.strikes.to_pylist():
            strikes["index" if row["underlying"] == "SPX" else "future"] += row[kind]
        for name, total in strikes.items():
            assert sum(row[f"{kind}_{name}"] or 0.0 for row in grid) == pytest.approx(total)


def test_a_future_of_no_name_counts_and_stands_nowhere() -> None:
    side = made_up_side()
    nameless = np.where(np.arange(side.future.size) == 10, -1, side.future)
    both = found(replace(side, future=nameless), listed(9)[0])
    whole = found(side, listed(9)[0])
    assert both.both.exposures.gross == pytest.approx(whole.both.exposures.gross)
    assert [row["price"] for row in both.strikes.to_pylist() if row["underlying"] is None] == [None]


def test_a_chain_without_moments_of_expiration_is_refused() -> None:
    rows = [{name: value for name, value in row.items() if name != "expiration"} for row in listed(9)[0]]
    with pytest.raises(ChainError, match="Expected moments of expiration of SPX, was none"):
        found(made_up_side(), rows)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"symbol": "VIX"}, "Expected a chain on SPX, XSP, SPY to stand with ES, was 'VIX'"),
        ({"product": "CL"}, "Expected a chain on an index to stand with CL, was 'SPX'"),
        ({"price": float("nan")}, "Expected a positive price of SPX, was nan"),
        ({"price": -1.0}, "Expected a positive price of SPX, was -1"),
        ({"as_of": "2026-01-06"}, "Expected a moment with a time of day"),
    ],
)
def test_a_moment_of_nothing_is_refused(changed: dict[str, Any], message: str) -> None:
    asked: dict[str, Any] = {"symbol": "SPX", "price": 6_900.0, "as_of": AS_OF, "product": "ES"}
    with pytest.raises(ChainError, match=message):
        IndexMoment.of(**{**asked, **changed})
