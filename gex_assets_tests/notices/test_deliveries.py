"""Whether a day has come by the time it is expected, over weekends, holidays and changed clocks."""

from __future__ import annotations

import shutil
from datetime import UTC, date, datetime, time
from pathlib import Path

import pytest

from gex_assets.lake.tables import Lake
from gex_assets.notices.deliveries import expected_day, missing_notices
from gex_assets.notices.notice import CHICAGO

SEVEN = time(7, 0)


@pytest.mark.parametrize(
    ("now", "day"),
    [
        (datetime(2026, 1, 7, 7, 0, tzinfo=CHICAGO), date(2026, 1, 6)),
        (datetime(2026, 1, 7, 6, 59, tzinfo=CHICAGO), None),
        (datetime(2026, 1, 10, 12, 0, tzinfo=CHICAGO), date(2026, 1, 9)),  # a Saturday: Friday's
        (datetime(2026, 1, 11, 12, 0, tzinfo=CHICAGO), date(2026, 1, 9)),  # a Sunday: still Friday's
        (datetime(2026, 1, 12, 12, 0, tzinfo=CHICAGO), date(2026, 1, 11)),  # a Monday: that of Sunday's evening
        (datetime(2025, 12, 26, 12, 0, tzinfo=CHICAGO), date(2025, 12, 25)),  # Globex opens on Christmas' evening
        (datetime(2026, 3, 9, 12, 0, tzinfo=UTC), date(2026, 3, 8)),  # 07:00 in summer
        (datetime(2026, 3, 6, 12, 0, tzinfo=UTC), None),  # 06:00 in winter
    ],
)
def test_the_day_that_should_have_come(now: datetime, day: date | None) -> None:
    assert expected_day(product="ES", due=SEVEN, now=now) == day


def noon_of(day: date) -> datetime:
    return datetime.combine(day, time(12, 0), tzinfo=CHICAGO)


def test_a_day_that_came_says_nothing(delivered: Path) -> None:
    assert missing_notices(Lake(delivered), products=["ES"], due=SEVEN, now=noon_of(date(2026, 1, 7))) == []


def test_a_day_that_has_not_come_is_told_once(delivered: Path) -> None:
    found = [
        missing_notices(Lake(delivered), products=["ES"], due=SEVEN, now=datetime(2026, 1, 8, hour, tzinfo=CHICAGO))
        for hour in (6, 7, 23)
    ]
    assert found[0] == []
    (one,), (same,) = found[1:]
    assert one.key == same.key
    assert one.text.startswith("ES 2026-01-07: no file has come\nexpected by 07:00 Chicago\n")
    assert one.fields["date"] == "2026-01-07"


def test_one_kind_that_is_lacking_is_told(fresh: Path) -> None:
    files = [one for one in fresh.rglob("*2026*") if one.is_file() and "statistics" not in str(one)]
    assert files
    for one in files:
        there = Path(str(one).replace("2026-01-06", "2026-01-07").replace("20260106", "20260107"))
        there.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(one, there)
    (found,) = missing_notices(Lake(fresh), products=["ES"], due=SEVEN, now=noon_of(date(2026, 1, 8)))
    assert found.title == "ES 2026-01-07: no option statistics has come"


def test_a_lake_to_which_nothing_comes_expects_nothing(delivered: Path, tmp_path: Path) -> None:
    assert missing_notices(Lake(tmp_path), products=["ES"], due=SEVEN, now=noon_of(date(2026, 1, 8))) == []
    assert missing_notices(Lake(delivered), products=["ES", "NQ"], due=SEVEN, now=noon_of(date(2026, 6, 8))) == []
