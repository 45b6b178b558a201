from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gex_assets.chain import analyze
from gex_assets.kernels.pricing import black76
from gex_assets_tests.chain.files.made_up_files import read
from gex_assets_tests.chain.made_up_chains import RATE, SERIES, SPOT, quotes, rows
from gex_assets_tests.chain.made_up_smiles import F, T, only, priced_chain
from gex_assets_tests.twins import gamma_profile as twin

CHAIN = rows()


def test_expirations_add_up_at_a_strike_and_stay_apart_in_their_table(tmp_path: Path) -> None:
    found = read(tmp_path, quotes(CHAIN, digits=17))
    answer = analyze(symbol="SPX", spot=found.spot, chain=found.columns, as_of=found.as_of)
    assert answer.strikes is not None
    assert answer.expirations is not None
    unit = 100.0 * SPOT * SPOT * 0.01
    at = {row["strike"]: row["net_gex"] for row in answer.strikes.to_pylist()}
    for strike, net in at.items():
        plain = math.fsum(
            row.gamma * row.open_interest * unit * (1 if row.right == "C" else -1) for row in CHAIN if row.strike == strike
        )
        assert net == pytest.approx(plain, rel=1e-9)
    table = answer.expirations.to_pylist()
    assert [row["ts_expiration"] for row in table] == [int(moment.timestamp()) * 10**9 for _, _, moment in SERIES]
    assert [row["years"] for row in table] == pytest.approx([row.years for row in CHAIN[:: len(CHAIN) // 4]], rel=1e-12)
    assert math.fsum(row["net_gex"] for row in table) == pytest.approx(answer.net_gex, rel=1e-12)
    assert {row["options"] for row in table} == {82}
    for row, (root, day, _) in zip(table, SERIES, strict=True):
        alone = [n for n, one in enumerate(CHAIN) if (one.root, one.day) == (root, day)]
        columns = {name: values[alone] for name, values in found.columns.items()}
        single = analyze(symbol="SPX", spot=found.spot, chain=columns, as_of=found.as_of)
        assert row["net_gex"] == pytest.approx(single.net_gex)
        assert single.levels is not None
        for name in ("call_wall", "put_wall", "zero_gamma"):
            assert row[name] == pytest.approx(getattr(single.levels, name))


def test_quotes_alone_give_back_forward_volatility_and_zero_gamma(tmp_path: Path) -> None:
    found = read(tmp_path, quotes(CHAIN))
    columns = {name: values for name, values in found.columns.items() if name not in ("gamma", "iv")}
    answer = analyze(symbol="SPX", spot=found.spot, chain=columns, as_of=found.as_of, rate=RATE)
    assert answer.expirations is not None
    assert answer.levels is not None
    series = CHAIN[:: len(CHAIN) // 4]
    table = answer.expirations.to_pylist()
    assert [row["forward"] for row in table] == pytest.approx([row.forward for row in series], abs=0.02)
    assert all(row["forward_pairs"] >= 15 and row["forward_se"] < 0.02 for row in table)
    unit = 100.0 * SPOT * SPOT * 0.01
    plain = math.fsum(row.gamma * row.open_interest * unit * (1 if row.right == "C" else -1) for row in CHAIN)
    assert answer.net_gex == pytest.approx(plain, rel=0.02)
    assert answer.levels.zero_gamma == pytest.approx(exact_zero_gamma(), abs=0.25)


def test_zero_gamma_of_published_gammas_goes_by_the_quotes_volatilities(tmp_path: Path) -> None:
    found = read(tmp_path, quotes(CHAIN))
    answer = analyze(symbol="SPX", spot=found.spot, chain=found.columns, as_of=found.as_of, rate=RATE)
    assert answer.gamma_from == "published"
    assert answer.levels is not None
    assert answer.levels.zero_gamma == pytest.approx(exact_zero_gamma(), abs=0.01)


def test_zero_gamma_is_so_many_days_away(tmp_path: Path) -> None:
    """The volatility at the money is that of the earliest expiration, at its own forward."""
    found = read(tmp_path, quotes(CHAIN))
    answer = analyze(symbol="SPX", spot=found.spot, chain=found.columns, as_of=found.as_of, rate=RATE)
    assert answer.levels is not None
    assert answer.levels.zero_gamma is not None
    assert answer.levels.one_day_sigma is not None
    near = sorted(CHAIN[: len(CHAIN) // 4], key=lambda row: abs(row.strike - row.forward))[:4]
    between = [row.iv / math.sqrt(365) for row in near]
    assert min(between) <= answer.levels.one_day_sigma <= max(between)
    away = abs(answer.levels.zero_gamma - SPOT) / (SPOT * answer.levels.one_day_sigma)
    assert answer.levels.zero_gamma_sigmas == pytest.approx(away)
    assert answer.expirations is not None
    for row in answer.expirations.to_pylist():
        assert row["zero_gamma_sigmas"] == pytest.approx(abs(row["zero_gamma"] - SPOT) / (SPOT * answer.levels.one_day_sigma))


def test_without_volatilities_nobody_knows_how_far_a_price_is() -> None:
    chain = {"strike": [5900.0, 6100.0], "right": ["P", "C"], "gamma": [0.001, 0.001], "open_interest": [10, 20]}
    found = analyze(symbol="SPX", spot=6000.0, chain=chain, convention="magic8")
    assert found.levels is not None
    assert found.levels.zero_gamma is not None
    assert (found.levels.zero_gamma_sigmas, found.levels.one_day_sigma) == (None, None)


def test_where_quotes_end_the_profile_goes_on() -> None:
    """An hour before the end nothing a percent away has a bid, and at that price it has the largest gamma."""
    strike = np.tile(6_000.0 + 5.0 * np.arange(-40, 41), 2)
    right = np.repeat(["C", "P"], 81)
    years = 1.0 / (365 * 24)
    market: Any = {"F": 6_000.0, "K": strike, "T": years, "sigma": 0.15, "r": 0.0, "is_call": right == "C"}
    price = black76.price(**market)
    weight = np.where(strike > 6_035.0, 9_000.0, 100.0) * (right == "C") + np.where(strike <= 6_035.0, 2_000.0, 0.0) * (
        right == "P"
    )
    chain = {"strike": strike, "right": right, "open_interest": weight, "years": np.full(strike.size, years)}
    quoted = {**chain, "bid": np.where(price > 0.05, price - 0.02, 0.0), "ask": price + 0.02}
    exact = {**chain, "iv": np.full(strike.size, 0.15)}
    prices = []
    for one in (quoted, exact):
        levels = analyze(symbol="SPX", spot=6_000.0, chain=one, rate=0.0).levels
        assert levels is not None
        prices.append(levels.zero_gamma)
    assert prices[1] is not None
    assert prices[0] == pytest.approx(prices[1], abs=1.0)


def exact_zero_gamma() -> float:
    """The twin's, with a chain's exposures taken at the spot price, which shifts like every forward."""
    sign = np.array([1.0 if row.right == "C" else -1.0 for row in CHAIN])
    forward, years = np.array([row.forward for row in CHAIN]), np.array([row.years for row in CHAIN])
    weight = sign * np.array([row.open_interest for row in CHAIN]) * np.exp(-RATE * years) * (SPOT / forward) ** 2
    found = twin.roots(
        lambda price: twin.net_exposure(
            price,
            reference=SPOT,
            forward=forward,
            strike=np.array([row.strike for row in CHAIN]),
            total_vol=np.array([row.iv for row in CHAIN]) * np.sqrt(years),
            signed_weight=weight,
        ),
        reference=SPOT,
        points=401,
    )
    return min(found, key=lambda root: abs(root - SPOT))


def test_zero_gamma_is_the_slow_twins() -> None:
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


@pytest.mark.parametrize("count", [1, 2, 3])
def test_each_expiration_has_levels_of_its_own(count: int) -> None:
    near = [priced_chain(T=0.02 * (n + 1), seed=n + 1, size=21) for n in range(count)]
    chain = {name: np.concatenate([one[name] for one in near]) for name in near[0]}
    found = analyze(symbol="SPX", spot=F, chain=only(chain, "gamma", "iv", "years"))
    assert found.expirations is not None
    rows = found.expirations.to_pylist()
    assert [row["options"] for row in rows] == [42] * count
    for row, one in zip(rows, near, strict=True):
        alone = analyze(symbol="SPX", spot=F, chain=only(one, "gamma", "iv", "years"))
        assert alone.levels is not None
        assert row["net_gex"] == pytest.approx(alone.net_gex, rel=1e-12)
        assert row["gross_gex"] == pytest.approx(alone.levels.gross_gex, rel=1e-12)
        assert (row["call_wall"], row["put_wall"]) == (alone.levels.call_wall, alone.levels.put_wall)
        assert row["zero_gamma"] == pytest.approx(alone.levels.zero_gamma, abs=1e-6)
        assert (row["forward_pairs"], row["forward_se"]) == (0, None)
