"""Sequences of order records around a mid, so that most books have zones."""

from __future__ import annotations

import random
from dataclasses import replace

from gex_assets.kernels.order_book.books import UNDEFINED
from gex_assets_tests.kernels.order_book.runs import NS, START
from gex_assets_tests.kernels.order_book.wild_sequences import Case, wild_case
from gex_assets_tests.twins.dict_book import Record

TICK = 250_000_000
TICKS = (TICK, 50_000_000, 7, 2**40)


def around_a_mid(seed: int, *, records: tuple[int, int]) -> tuple[Case, int]:
    """A wild case whose prices lie about a mid that wanders, and the tick for its zones: most of its books are `ok`."""
    case, dice = wild_case(seed, records=records), random.Random(seed)
    if seed % 4 == 0:
        return case, TICKS[seed // 4 % len(TICKS)]
    step, middle = dice.choice([TICK, TICK, 100_000_000]), 100 * NS
    first = case.records[0].ts_recv if case.records else START
    moved = [
        Record(first, one, 2**50 + bid, "A", "BA"[bid], middle - (2 * bid - 1) * step, 9, 130)
        for one in case.instruments
        for bid in (0, 1)
    ]
    before = len(moved)
    for one in case.records:
        if dice.random() < 0.02:
            middle += dice.choice([-3, -1, 1, 3]) * step
        price = one.price
        if one.side in "BA" and price != UNDEFINED and dice.random() < 0.97:
            ticks = price // 50_000_000 * 5 % 23 + dice.choice([1, 1, 1, 1, 0])
            price = middle - ticks * step if one.side == "B" else middle + ticks * step
        moved.append(one._replace(price=price))
    behind = None if case.behind is None else [case.behind[0] if case.behind else 0] * before + list(case.behind)
    return replace(case, records=moved, behind=behind), TICK
