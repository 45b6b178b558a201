"""Episodes over blocks: what a plain walk over the triggers of each level says."""

from __future__ import annotations

import numpy as np
import pytest

from gex_assets.schemas.gold_trigger_vectors import LEVEL_IDS
from gex_assets.stages.gold.episodes import Episodes

WINDOW = 5_000_000_000
REACH = 5.0


def walked(rows: list[tuple[int, int, int, float]]) -> list[int]:
    """The episode's first window of each (window, convention, level, price)."""
    latest: dict[tuple[int, int], tuple[int, float, int]] = {}
    found = []
    for window, convention, level_id, level in rows:
        end, price, start = latest.get((convention, level_id), (-9, 0.0, 0))
        start = start if window == end + 1 and abs(level - price) < REACH else window
        latest[convention, level_id] = (window, level, start)
        found.append(start)
    return found


@pytest.mark.parametrize("seed", range(10))
def test_episodes_are_those_of_a_plain_walk_whatever_the_blocks(seed):
    dice = np.random.default_rng(seed)
    rows = [
        (window, convention, level_id, 6000.0 + 2.5 * int(dice.integers(0, 4)))
        for window in range(60)
        for convention in range(1 + (window > 30) * 2)
        for level_id in range(len(LEVEL_IDS))
        if dice.random() < 0.7 and window not in (20, 21)
    ]
    episodes, found = Episodes(reach=REACH), []
    for first in range(0, 60, 1 + 6 * (seed % 2)):
        block = [row for row in rows if first <= row[0] < first + 1 + 6 * (seed % 2)]
        window, convention, level_id, level = (np.array([row[place] for row in block]) for place in range(4))
        if not block:
            assert episodes.advance(ends=window, convention=window, level_id=window, level=level).size == 0
            continue
        start = episodes.advance(ends=window * WINDOW, convention=convention, level_id=level_id, level=level)
        found += (start // WINDOW).tolist()
    assert found == walked(rows)
    assert len(set(zip(found, [row[1:3] for row in rows], strict=True))) < len(rows)
