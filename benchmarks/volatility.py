"""Tasks over numbers alone: implied volatilities and greeks of one expiration, and one chain through `analyze`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from time import process_time
from typing import Any, Final

import numpy as np

__all__ = ["analysis", "cached_scores", "volatility"]

OPTIONS: Final = 200_000
FORWARD, YEARS, RATE = 6950.0, 45 / 365, 0.04
SEED: Final = 7
ROUNDS: Final = 15


def volatility(*, into: str) -> dict[str, Any]:
    """Volatilities of out-of-the-money prices, then volatility and six greeks; the options are left for the peers in a file."""
    from gex_assets.kernels.pricing import black76

    dice = np.random.default_rng(SEED)
    strikes = FORWARD * np.exp(dice.uniform(-0.25, 0.25, OPTIONS))
    sigma = dice.uniform(0.1, 0.6, OPTIONS)
    is_call = strikes > FORWARD
    terms: dict[str, Any] = {"F": FORWARD, "K": strikes, "T": YEARS, "r": RATE}
    prices = black76.price(**terms, sigma=sigma, is_call=is_call)
    Path(into).parent.mkdir(parents=True, exist_ok=True)
    np.savez(into, strikes=strikes, prices=prices, is_call=is_call, sigma=sigma, terms=np.array([FORWARD, YEARS, RATE]))

    def implied() -> Any:
        return black76.implied_volatility(price=prices, **terms, is_call=is_call)[0]

    def both() -> Any:
        return black76.greeks(**terms, sigma=implied(), is_call=is_call)

    # Where a price is worth next to nothing, several volatilities have the same one.
    worth = prices > 1e-6
    error = float(np.nanmax(np.abs(implied() / sigma - 1)[worth]))
    took, whole = least(implied), least(both)
    return {"cpu": took, "wall": 0.0, "with_greeks": whole, "options": OPTIONS, "error": error}


def analysis(*, strikes: int) -> dict[str, Any]:
    """`analyze` with gammas given, and with volatilities and an expiration, so that it seeks the zero gamma."""
    from gex_assets.chain import analyze

    dice = np.random.default_rng(SEED)
    ladder = FORWARD + 5.0 * (np.arange(strikes) - strikes // 2)
    gamma = 0.002 * np.exp(-(((ladder - FORWARD) / 300) ** 2))
    interest = dice.integers(0, 5000, (2, strikes)).astype(float)
    given = {"strike": np.tile(ladder, 2), "right": ["C"] * strikes + ["P"] * strikes, "open_interest": interest.reshape(-1)}
    plain = given | {"gamma": np.tile(gamma, 2)}
    priced = given | {"iv": np.tile(0.15 + 0.1 * np.abs(ladder / FORWARD - 1), 2), "years": np.full(2 * strikes, YEARS)}

    def ask(chain: dict[str, Any]) -> Any:
        return analyze(symbol="ES", spot=FORWARD, chain=chain, cache=False)

    expected = float(((interest[0] - interest[1]) * gamma).sum() * 50 * FORWARD**2 * 0.01)
    same = bool(np.isclose(ask(plain).net_gex, expected, rtol=1e-12))
    return {"cpu": 0.0, "wall": 0.0, "same": same, "plain": least(lambda: ask(plain)), "profile": least(lambda: ask(priced))}


def cached_scores(*, strikes: int) -> dict[str, Any]:
    """The first plan's consumer over one symbol of a cache, computed and kept: from `market_data` to its keys."""
    from gex_assets.client.magic8 import ChainScorer

    dice = np.random.default_rng(SEED)
    ladder = FORWARD + 5.0 * (np.arange(strikes) - strikes // 2)
    gamma = 0.002 * np.exp(-(((ladder - FORWARD) / 300) ** 2))
    calls, puts = dice.integers(0, 5000, (2, strikes))
    columns = {"strike": ladder, "call_gamma": gamma, "put_gamma": gamma, "call_oi": calls, "put_oi": puts}
    names, values = columns.keys(), zip(*(column.tolist() for column in columns.values()), strict=True)
    cached = {"current_price": FORWARD, "option_chain": [dict(zip(names, row, strict=True)) for row in values]}
    computed, kept = ChainScorer(ttl_seconds=0.0), ChainScorer()
    expected = float(((puts - calls) * gamma).sum() * 10 * FORWARD)
    found = kept.analyze("SPX", cached)
    return {
        "cpu": 0.0,
        "wall": 0.0,
        "same": bool(np.isclose(found["net_gex"], expected, rtol=1e-12)),
        "computed": least(lambda: computed.analyze("SPX", cached)),
        "kept": least(lambda: kept.analyze("SPX", cached)),
    }


def least(run: Callable[[], Any]) -> float:
    """CPU time of the fastest of some rounds. [s]."""
    run()
    took = []
    for _ in range(ROUNDS):
        started = process_time()
        run()
        took.append(process_time() - started)
    return min(took)
