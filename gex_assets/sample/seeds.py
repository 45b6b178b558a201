"""Seeds of the random numbers: one generator per purpose and day, so that no part of the sample changes another."""

from __future__ import annotations

import zlib

import numpy as np

__all__ = ["derived_seed", "generator"]


def derived_seed(seed: int, *words: str | int) -> int:
    """Make a seed for one purpose from the sample's seed; equal words give equal seeds on every machine."""
    sequence = np.random.SeedSequence([seed, *(zlib.crc32(str(word).encode()) for word in words)])
    return int(sequence.generate_state(1, np.uint64)[0])


def generator(seed: int, *words: str | int) -> np.random.Generator:
    """Make a generator for one purpose."""
    return np.random.Generator(np.random.PCG64(derived_seed(seed, *words)))
