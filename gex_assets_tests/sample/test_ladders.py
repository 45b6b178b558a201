from __future__ import annotations

import hashlib
from datetime import date
from itertools import pairwise

import pytest

from gex_assets.sample.ladders import KNOWN, ladder, ranges
from gex_assets_tests.answers.es_ladders import ES_LADDERS


def test_ranges_spell_out_strikes() -> None:
    assert ranges("100 500:700:100 725") == (100, 500, 600, 700, 725)


def test_known_ladders_are_the_real_ones() -> None:
    found = {}
    for key, text in KNOWN.items():
        strikes = ranges(text)
        digest = hashlib.sha256(",".join(map(str, strikes)).encode()).hexdigest()
        found[key] = (len(strikes), strikes[0], strikes[-1], digest[:16])
    assert found == ES_LADDERS


def test_a_strike_is_not_there_before_it_was_listed() -> None:
    def strikes(day: date) -> tuple[int, ...]:
        return ladder(product="ES", year=2026, month=3, on=day, level=6900.0, step=25, front=True)

    assert set(strikes(date(2026, 1, 13))) - set(strikes(date(2026, 1, 12))) == {7725}


@pytest.mark.parametrize(
    ("product", "level", "step"), [("ES", 4800.0, 25), ("NQ", 25_000.0, 100), ("RTY", 2500.0, 10), ("YM", 49_000.0, 200)]
)
def test_other_ladders_are_fine_near_the_money_and_coarse_far_from_it(product: str, level: float, step: int) -> None:
    front = ladder(product=product, year=2031, month=3, on=date(2030, 12, 20), level=level, step=step, front=True)
    following = ladder(product=product, year=2031, month=6, on=date(2030, 12, 20), level=level, step=step, front=False)
    assert list(front) == sorted(set(front))
    gaps = [after - before for before, after in pairwise(front) if 0.8 * level < before < 1.1 * level]
    assert set(gaps) == {step}
    assert front[0] < 0.2 * level
    assert front[-1] > 1.5 * level
    assert 100 < len(following) < len(front) < 260
