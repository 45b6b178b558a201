"""Chains of one expiration, priced by Black-76 from a smile: every column that `analyze` can take."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np

from gex_assets.chain import Analysis
from gex_assets.kernels.pricing import black76

F = 5_100.0
AS_OF = datetime(2026, 1, 21, 21, 0, tzinfo=UTC)
EXPIRATION = datetime(2026, 2, 20, 21, 0, tzinfo=UTC)
T = 30 / 365
WORKED_EXAMPLE = [{"strike": 500, "call_gamma": 0.01, "call_oi": 1000, "put_gamma": 0.01, "put_oi": 500}]


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
