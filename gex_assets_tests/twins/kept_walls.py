"""How often walls stay, slowly: every strike in every draw, hashes in Python's integers."""

from __future__ import annotations

import math
from typing import NamedTuple

__all__ = ["Option", "kept", "normal_pairs", "uniform"]

MASK = (1 << 64) - 1
GOLDEN = 0x9E3779B97F4A7C15
DRAWS = 500


class Option(NamedTuple):
    """A strike of one expiration."""

    strike: float
    expiration: int
    key: int
    call: float
    put: float
    own: float
    curve: tuple[float, ...]
    tilt: float
    by_vol: float
    by_forward: float
    forward_error: float


def mixed(value: int) -> int:
    """splitmix64 as in its paper."""
    z = (value + GOLDEN) & MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return z ^ (z >> 31)


def derived(seed: int, key: int) -> int:
    return mixed(seed ^ mixed(key))


def uniform(seed: int, number: int) -> float:
    return ((mixed((seed + number * GOLDEN) & MASK) >> 11) + 1) / 2**53


def normal_pairs(seed: int, count: int) -> list[float]:
    """The first `count` normal numbers of a seed, by Box and Muller."""
    found: list[float] = []
    for pair in range(count // 2):
        radius = math.sqrt(-2 * math.log(uniform(seed, 2 * pair)))
        angle = 2 * math.pi * uniform(seed, 2 * pair + 1)
        found += [radius * math.cos(angle), radius * math.sin(angle)]
    return found


def kept(
    options: list[Option],
    *,
    seeds: dict[int, int],
    reference: float,
    reference_error: float,
    reference_expiration: int | None,
    walls: tuple[float, float],
    by_net: bool,
) -> tuple[float, float]:
    """Shares of the draws whose call wall and put wall are the given ones."""
    numbers = {expiration: normal_pairs(seed, 6 * DRAWS) for expiration, seed in seeds.items()}
    same = [0, 0]
    for draw in range(DRAWS):
        price = reference
        if reference_expiration is not None:
            price += numbers[reference_expiration][6 * draw + 5] * reference_error
        call: dict[float, float] = {}
        put: dict[float, float] = {}
        for one in options:
            *bends, forward = numbers[one.expiration][6 * draw : 6 * draw + 6]
            off = forward * one.forward_error
            vol = one.tilt * off + sum(a * b for a, b in zip(one.curve, bends, strict=True))
            if one.own > 0:
                vol += one.own * math.sqrt(3) * (2 * uniform(derived(seeds[one.expiration], one.key), draw) - 1)
            factor = max(0.0, 1 + one.by_vol * vol + one.by_forward * off)
            call[one.strike] = call.get(one.strike, 0.0) + one.call * factor
            put[one.strike] = put.get(one.strike, 0.0) + one.put * factor
        for side in (0, 1):
            mine, other = (call, put) if side == 0 else (put, call)
            values = {
                strike: mine[strike] - (other[strike] if by_net else 0.0) for strike in mine if (strike > price) == (side == 0)
            }
            good = {strike: value for strike, value in values.items() if value > 0}
            same[side] += bool(good) and max(good, key=good.__getitem__) == walls[side]
    return same[0] / DRAWS, same[1] / DRAWS
