"""Quiet hours on the wall's clock, also in the nights in which it is set."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest

from gex_assets.notices.quiet_hours import is_quiet

NIGHT = (time(22, 0), time(6, 0))


def quiet_hours_of(begin: datetime, hours: tuple[time, time]) -> float:
    """Hours that are quiet within the 24 after a moment, by looking at each minute."""
    return sum(is_quiet(hours, now=begin + timedelta(minutes=minute)) for minute in range(24 * 60)) / 60


@pytest.mark.parametrize(
    ("noon", "hours"),
    [
        (datetime(2026, 1, 6, 18, 0, tzinfo=UTC), 8.0),
        (datetime(2026, 3, 7, 18, 0, tzinfo=UTC), 7.0),  # clocks are set forward
        (datetime(2026, 10, 31, 17, 0, tzinfo=UTC), 9.0),  # and back
    ],
)
def test_a_night_is_as_long_as_on_the_wall(noon: datetime, hours: float) -> None:
    assert quiet_hours_of(noon, NIGHT) == hours


def test_hours_within_a_day_and_none() -> None:
    noon = datetime(2026, 1, 6, 18, 0, tzinfo=UTC)
    assert is_quiet((time(12, 0), time(13, 0)), now=noon)
    assert not is_quiet((time(12, 1), time(13, 0)), now=noon)
    assert not is_quiet(None, now=noon)


def test_the_end_is_not_quiet() -> None:
    assert not is_quiet(NIGHT, now=datetime(2026, 1, 6, 12, 0, tzinfo=UTC))
    assert is_quiet(NIGHT, now=datetime(2026, 1, 6, 11, 59, 59, tzinfo=UTC))
