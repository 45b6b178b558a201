"""Headings of the days of a range: the place of each, and the time left if it goes on like this; and the commands at its end."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from gex_assets.report.day_range import DayRange, day_heading, seconds_left

DAYS = [date(2026, 1, 5) + timedelta(days=n) for n in range(5)]


@pytest.mark.parametrize(
    ("at", "took", "said"),
    [
        (0, 0.0, "2026-01-05 (1 of 5)"),
        (1, 5.0, "2026-01-06 (2 of 5, about 20 s left)"),
        (1, 600.0, "2026-01-06 (2 of 5, about 40 min left)"),
        (2, 3600.0, "2026-01-07 (3 of 5, about 3 h 0 min left)"),
        (4, 100.0, "2026-01-09 (5 of 5, about 2 min left)"),
    ],
)
def test_a_day_of_a_range_has_its_place_and_the_time_left(at: int, took: float, said: str) -> None:
    left = seconds_left(took=[took] * at, running=[], to_begin=len(DAYS) - at, jobs=1)
    assert day_heading(DAYS[at], of=DAYS, left=left) == said


@pytest.mark.parametrize("jobs", [1, 2, 3, 8])
@pytest.mark.parametrize("count", [1, 5, 40])
def test_the_time_left_of_equal_days_is_right_with_any_number_at_once(jobs: int, count: int) -> None:
    """Each takes 60 s. Whenever one begins, what is left is known within the time of one day."""
    free, began, ended = [0.0] * jobs, [0.0] * count, [0.0] * count
    for at in range(count):
        place = free.index(min(free))
        began[at] = free[place]
        ended[at] = free[place] = began[at] + 60.0
    for at in range(count):
        now = began[at]
        took = [60.0 for end in ended[:at] if end <= now]
        running = [now - start for start, end in zip(began[:at], ended[:at], strict=True) if end > now]
        left = seconds_left(took=took, running=running, to_begin=count - at, jobs=jobs)
        assert (left is None) == (not took)
        assert left is None or max(ended) - now - 60.0 <= left <= max(ended) - now


def test_a_day_alone_is_only_named() -> None:
    assert day_heading(DAYS[0], of=DAYS[:1]) == "2026-01-05"


@pytest.mark.parametrize(
    ("left", "said"),
    [
        ([], []),
        ([6], ["--date 2026-01-06"]),
        ([8, 9, 11, 6], ["--date 2026-01-06", "--date 2026-01-08 --to 2026-01-11"]),  # there is no Saturday between 9 and 11
        ([5, 7, 9, 12], [f"--date 2026-01-{day:02}" for day in (5, 7, 9, 12)]),
        ([5, 7, 9, 12, 14], ["--date 2026-01-05 --to 2026-01-14"]),
    ],
)
def test_each_span_of_days_that_are_left_has_a_command_and_many_have_one(left: list[int], said: list[str]) -> None:
    days = [date(2026, 1, day) for day in left]
    ended = DayRange(days=days, done=[], interrupted=True, command="gex run")
    assert [line for line in ended.lines() if line.startswith("resume: ")] == [f"resume: gex run {words}" for words in said]
