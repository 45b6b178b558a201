r"""Random numbers for drawing quotes and forwards again, the same for the same window, expiration, draw and strike.

Counters in place of a state: number i of a seed is a hash of both (splitmix64). So a draw depends on nothing but its own window
and expiration. Neither the order of work nor how windows are grouped changes it.

G. L. Steele, D. Lea, C. H. Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014, 453-472 (splitmix64);
G. E. P. Box, M. E. Muller, "A note on the generation of random normal deviates", Ann. Math. Statist. 29 (1958) 610-611.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = ["DRAWS", "NORMALS", "derived", "normals", "seeds_of", "uniform"]

Float = NDArray[np.float64]
Int = NDArray[np.int64]
Seeds = NDArray[np.uint64]

DRAWS: Final = 500
"""How often the quotes and forwards of a window are drawn."""

NORMALS: Final = 6
"""Normal numbers of a draw of one expiration: five of the curve, then one of the forward."""

_GOLDEN: Final = np.uint64(0x9E3779B97F4A7C15)
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_30, _27, _31, _11 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(11)
_UNIT: Final = 2.0**-53


@njit(nogil=True, error_model="numpy")
def _mixed(value: np.uint64) -> np.uint64:
    """splitmix64's step and its mixing of one value."""
    z = value + _GOLDEN
    z = (z ^ (z >> _30)) * _FIRST
    z = (z ^ (z >> _27)) * _SECOND
    return z ^ (z >> _31)


@njit(nogil=True, error_model="numpy")
def derived(seed: np.uint64, key: int) -> np.uint64:
    """A seed of its own for a part of what a seed stands for, such as one strike."""
    return _mixed(seed ^ _mixed(np.uint64(key)))


@njit(nogil=True, error_model="numpy")
def uniform(seed: np.uint64, number: int) -> float:
    """Number `number` of a seed, uniform in (0, 1]."""
    return float((_mixed(seed + np.uint64(number) * _GOLDEN) >> _11) + np.uint64(1)) * _UNIT


@njit(cache=True, nogil=True, error_model="numpy")
def _seeds(first: Int, second: Int, out: Seeds) -> None:
    for i in range(first.shape[0]):
        out[i] = derived(np.uint64(first[i]), second[i])


@njit(cache=True, nogil=True, error_model="numpy")
def _normals(seeds: Seeds, out: Float) -> None:
    for i in range(seeds.shape[0]):
        flat = out[i].reshape(-1)
        for pair in range(flat.shape[0] // 2):
            radius = math.sqrt(-2.0 * math.log(uniform(seeds[i], 2 * pair)))
            angle = 2.0 * math.pi * uniform(seeds[i], 2 * pair + 1)
            flat[2 * pair], flat[2 * pair + 1] = radius * math.cos(angle), radius * math.sin(angle)


def seeds_of(first: Int, second: Int) -> Seeds:
    """(n,) one seed for each pair of numbers, such as the end of a window and an expiration."""
    out = np.empty(first.shape[0], dtype=np.uint64)
    _seeds(first, second, out)
    return out


def normals(seeds: Seeds) -> Float:
    """(n, `DRAWS`, `NORMALS`) independent standard normal numbers of each seed."""
    out = np.empty((seeds.shape[0], DRAWS, NORMALS))
    _normals(seeds, out)
    return out
