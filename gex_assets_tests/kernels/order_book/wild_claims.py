"""Stretches of an instrument that a hostile day might have."""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import pairwise

from gex_assets_tests.kernels.order_book.runs import NS, START
from gex_assets_tests.twins.dict_book import WINDOW


def wild_stretches(dice: random.Random, *, ends: Sequence[int], stamps: Sequence[int]) -> list[tuple[int, int, int | None]]:
    """None, one or several; touching or with holes; on the borders of windows, of records, or next to them; complete at some."""
    stamps = stamps or [START]
    borders = [START - WINDOW, *ends, dice.choice(stamps), dice.choice(stamps), max(stamps) + WINDOW]
    count = 2 * dice.choice([0, 1, 1, 2, 2, 3])
    edges = sorted({dice.choice(borders) + dice.choice([0, 0, 0, -1, 1, NS]) for _ in range(count)})
    if dice.random() < 0.4:
        edges = sorted({min([-2, *stamps]) - 1, *edges[1:-1], max(stamps) + 3 * WINDOW})
    found: list[tuple[int, int, int | None]] = []
    for start, end in pairwise(edges):
        if not found or found[-1][1] < start or dice.random() < 0.5:
            complete = dice.choice([None, None, start, start, dice.choice(borders), end, start - 1])
            found.append((start, end, complete))
    return found
