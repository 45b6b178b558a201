"""Rows and chains as the first plan's cache holds them, the keys of its answers, and scores to adjust."""

from __future__ import annotations

from typing import Any

BASE = {"Iron_Condor": 60.0, "Butterfly": 50.0, "Vertical": 40.0}
KEYS = {
    *("symbol", "spot_price", "as_of", "net_gex", "total_call_gex", "total_put_gex", "strike_gex", "regime", "levels"),
    *("regime_analysis", "scores", "reason", "warnings"),
}

Row = dict[str, float]


def row(strike: float, call_oi: float, put_oi: float, gamma: float = 0.01) -> Row:
    return {"strike": strike, "call_gamma": gamma, "call_oi": call_oi, "put_gamma": gamma, "put_oi": put_oi}


def chain(spot: float, *, calls: float = 900.0, puts: float = 700.0) -> list[dict[str, Any]]:
    """Twenty-one strikes with everything that such a cache holds of them."""
    rows = []
    for number in range(-10, 11):
        gamma = round(0.012 - 0.001 * abs(number), 6)
        rows.append(
            {
                **row(spot + 5 * number, calls + 40 * number, puts - 30 * number, gamma),
                "call_iv": 0.15,
                "put_iv": 0.15,
                "call_delta": 0.5,
                "put_delta": -0.5,
                "call_volume": 10,
                "put_volume": 9,
                "dte": 0,
            }
        )
    return rows
