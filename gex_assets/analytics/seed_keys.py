"""The output layer of the project's first plan: its keys, made of columns of ours. Whoever answers in them does it here."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from gex_assets.conventions import EXPECTED_BEHAVIOR

__all__ = ["seed_keys", "strike_keys"]


def seed_keys(
    *, net: Mapping[str, Any], levels: Mapping[str, Any], regime: Mapping[str, Any], scores: Mapping[str, Any]
) -> dict[str, Any]:
    """The keys of the first plan but for `strike_gex`; each argument has columns of ours, and what it lacks is None.

    Parameters
    ----------
    net : net_gex, total_call_gex, total_put_gex: signed. [scale of the convention]
    levels : call_wall, put_wall, zero_gamma, high_gamma_strikes. [price]
    regime : regime, magnitude, bias; expected_behavior where it is not the usual one.
    scores : strategy -> score.
    """
    billions = None if net.get("net_gex") is None else net["net_gex"] / 1e9
    behavior = regime.get("expected_behavior") or EXPECTED_BEHAVIOR.get(str(regime.get("regime")))
    return {
        **{name: net.get(name) for name in ("net_gex", "total_call_gex", "total_put_gex")},
        "regime": regime.get("regime"),
        "levels": {
            **{name: levels.get(name) for name in ("call_wall", "put_wall", "zero_gamma")},
            "high_gamma_strikes": list(levels.get("high_gamma_strikes") or ()),
        },
        "regime_analysis": {
            **{name: regime.get(name) for name in ("regime", "magnitude", "bias")},
            "net_gex_billions": billions,
            "expected_behavior": behavior,
        },
        "scores": dict(scores),
    }


def strike_keys(rows: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, float | None]]:
    """Strike as text -> call_gex, put_gex, net_gex, signed: the plan's `strike_gex` as JSON has it.

    >>> strike_keys([{"strike": 500.0, "call_gex": -3.0, "put_gex": 1.0, "net_gex": -2.0}])
    {'500': {'call_gex': -3.0, 'put_gex': 1.0, 'net_gex': -2.0}}
    """
    names = ("call_gex", "put_gex", "net_gex")
    return {json.dumps(row["strike"]).removesuffix(".0"): {name: row[name] for name in names} for row in rows}
