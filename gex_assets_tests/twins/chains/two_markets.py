"""A future's options and a listed chain together, contract by contract in their own units, with plain floats and loops."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

_REACH = 0.2


class Contract(NamedTuple):
    """An option in the units of its own market; `stands` is where its strike stands on the future's axis."""

    market: str
    strike: float
    stands: float
    is_call: bool
    interest: float
    vol: float
    years: float
    forward: float
    price: float
    multiplier: float


class Found(NamedTuple):
    net: float
    gross: float
    call_wall: float | None
    put_wall: float | None
    flip: float | None


def found(contracts: Sequence[Contract], *, reference: float, rate: float) -> Found:
    """Levels of the convention `field`: calls +, puts -, walls by net on each side, the root of the profile nearest the price."""
    nets: dict[float, float] = defaultdict(float)
    net = gross = 0.0
    for one in contracts:
        exposure = _exposure(one, 0.0, rate)
        signed = exposure if one.is_call else -exposure
        nets[round(one.stands, 6)] += signed
        net += signed
        gross += exposure
    above = {price: value for price, value in nets.items() if price > reference and value > 0.0}
    below = {price: value for price, value in nets.items() if price <= reference and value < 0.0}
    return Found(
        net=net,
        gross=gross,
        call_wall=max(above, key=lambda price: above[price], default=None),
        put_wall=min(below, key=lambda price: below[price], default=None),
        flip=_flip(contracts, reference, rate),
    )


def _exposure(one: Contract, shift: float, rate: float) -> float:
    """Of one contract with all prices shifted by the same percentage, its volatility staying. [USD per 1 %]."""
    forward = one.forward * math.exp(shift)
    deviation = one.vol * math.sqrt(one.years)
    d_plus = math.log(forward / one.strike) / deviation + 0.5 * deviation
    density = math.exp(-0.5 * d_plus * d_plus) / math.sqrt(2.0 * math.pi)
    gamma = math.exp(-rate * one.years) * density / (forward * deviation)
    return gamma * one.interest * one.multiplier * (one.price * math.exp(shift)) ** 2 * 0.01


def _flip(contracts: Sequence[Contract], reference: float, rate: float) -> float | None:
    def net(shift: float) -> float:
        return sum(_exposure(one, shift, rate) * (1.0 if one.is_call else -1.0) for one in contracts)

    step = 2.0 * _REACH / 400
    shifts = [-_REACH + step * k for k in range(401)]
    values = [net(shift) for shift in shifts]
    roots = []
    for number, sign in enumerate(values[:-1]):
        if sign * values[number + 1] >= 0.0:
            continue
        low, high = shifts[number], shifts[number + 1]
        for _ in range(60):
            middle = 0.5 * (low + high)
            low, high = (middle, high) if net(middle) * sign > 0.0 else (low, middle)
        roots.append(reference * math.exp(0.5 * (low + high)))
    return min(roots, key=lambda price: abs(price - reference), default=None)
