"""The change of net exposure in parts, the slow way: dictionaries of strikes, and two orders of factors walked step by step."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import partial
from typing import NamedTuple

PARTS = ("price", "time", "volatility", "weight", "relabel")


class Held(NamedTuple):
    """One option right at one strike: what its exposure is made of; None where not known."""

    price: float | None
    time: float
    volatility: float | None
    weight: float | None


Options = Mapping[tuple[int, float, str], Held]
"""(Expiration, strike, right) -> what is held."""


def exposure(strike: float, held: Held, *, rate: float, power: float, multiplier: float = 50.0) -> float | None:
    """Signed contracts · multiplier · gamma · scale."""
    F, T, sigma, contracts = held
    if F is None or sigma is None or contracts is None:
        return None
    s = sigma * math.sqrt(T)
    d = math.log(F / strike) / s + s / 2
    gamma = math.exp(-rate * T) * math.exp(-d * d / 2) / math.sqrt(2 * math.pi) / (F * s)
    return contracts * multiplier * gamma * F**power * (0.01 if power == 2 else 1.0)


def change(then: Options, now: Options, *, rate: float, power: float = 2.0) -> dict[str, float]:
    """Each part of the change, summed over options."""
    parts: dict[str, list[float]] = {name: [] for name in PARTS}
    for key in {*then, *now}:
        value = partial(exposure, key[1], rate=rate, power=power)
        before = value(then[key]) if key in then else None
        after = value(now[key]) if key in now else None
        if before is None or after is None:
            parts["relabel"].append((after or 0.0) - (before or 0.0))
            continue
        for order in (PARTS[:4], PARTS[3::-1]):
            at, last = then[key], before
            for name in order:
                at = at._replace(**{name: getattr(now[key], name)})
                step = value(at)
                assert step is not None
                parts[name].append((step - last) / 2)
                last = step
    return {name: math.fsum(values) for name, values in parts.items()}
