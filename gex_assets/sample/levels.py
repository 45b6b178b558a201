"""The level of the sample market's index on every date: a random walk by days."""

from __future__ import annotations

from datetime import date
from typing import Final

import numpy as np

from gex_assets.sample.seeds import generator

__all__ = ["index_level"]

REFERENCE_DATE: Final = date(2026, 1, 5)
REFERENCE_LEVELS: Final = {"ES": 6905.0, "NQ": 25_300.0, "RTY": 2_540.0, "YM": 48_900.0}
"""About where the indices stood on the reference date. [index points]"""

DAILY_MOVE: Final = 0.0033


def index_level(*, product: str, day: date, seed: int) -> float:
    """Level of the index when a date begins: a random walk by days around a known level [index points]."""
    days = (day - REFERENCE_DATE).days
    moves = generator(seed, product, "level", int(days < 0)).standard_normal(abs(days)) * DAILY_MOVE
    return float(REFERENCE_LEVELS[product] * np.exp(np.sum(moves)))
