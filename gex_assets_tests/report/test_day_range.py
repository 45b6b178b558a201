"""Headings of the days of a range: the place of each, and the time left if it goes on like this."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from gex_assets.report.day_range import day_heading

DAYS = [date(2026, 1, 5) + timedelta(days=n) for n in range(5)]


@pytest.mark.parametrize(
    ("at", "seconds", "said"),
    [
        (0, 0.0, "2026-01-05 (1 of 5)"),
        (1, 5.0, "2026-01-06 (2 of 5, about 20 s left)"),
        (1, 600.0, "2026-01-06 (2 of 5, about 40 min left)"),
        (2, 7200.0, "2026-01-07 (3 of 5, about 3 h 0 min left)"),
        (4, 400.0, "2026-01-09 (5 of 5, about 2 min left)"),
    ],
)
def test_a_day_of_a_range_has_its_place_and_the_time_left(at: int, seconds: float, said: str) -> None:
    assert day_heading(DAYS[at], of=DAYS, seconds=seconds) == said


def test_a_day_alone_is_only_named() -> None:
    assert day_heading(DAYS[0], of=DAYS[:1], seconds=0.0) == "2026-01-05"
