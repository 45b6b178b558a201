"""Exposures of a packed day, derived line by line from gamma, contracts and the forward, as the browser derives them."""

from __future__ import annotations

import math
from typing import Any

from gex_assets_tests.twins.packed_day import PackedDay

__all__ = ["exposures"]


def exposures(day: PackedDay, convention: dict[str, Any], weight: str, line: int, window: int) -> dict[str, float | None]:
    """Signed call, put and net of a line under a convention, and the net's standard error; None where missing."""
    of_line = day.header["lines"][line]
    expiration = day.header["expirations"][of_line["expiration"]]
    gamma = day.cell("gamma", line, window)
    forward = day.cell("forward", of_line["expiration"], window)
    found: dict[str, float | None] = {}
    contracts = {}
    for right in ("call", "put"):
        count, sign = day.cell(f"{right}_{weight}", line, window), _sign(day, convention, right, line, window)
        if gamma is None or forward is None or count is None or sign is None:
            found[right] = None
        else:
            factor = expiration["multiplier"] * _scale(convention["scale"], forward, expiration["multiplier"])
            found[right] = sign * gamma * abs(count) * factor
            contracts[right] = sign * abs(count)
    known = [value for value in found.values() if value is not None]
    found["net"] = math.fsum(known) if known else None
    return found


def _sign(day: PackedDay, convention: dict[str, Any], right: str, line: int, window: int) -> float | None:
    model = convention["sign_model"]
    if model == "flow_signed":
        flow = day.cell(f"{right}_flow_inventory", line, window)
        return None if flow is None else float((flow > 0) - (flow < 0))
    return {"long_call_short_put": (1.0, -1.0), "short_call_long_put": (-1.0, 1.0), "gross": (1.0, 1.0)}[model][right == "put"]


def _scale(scale: str, forward: float, multiplier: float) -> float:
    return {
        "usd_per_1pct": forward * forward * 0.01,
        "usd_per_point": forward,
        "delta_per_point": 1.0,
        "contracts_per_1pct": forward * 0.01 / multiplier,
    }[scale]
