"""Moments that days and texts name, to the nanosecond, whatever zone they are written in."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gex_assets.time_units import DAY_NS, SECOND_NS, datetime_ns, iso_ns, midnight_ns


@given(st.dates(min_value=date(1700, 1, 1), max_value=date(2200, 1, 1)), st.integers(0, DAY_NS - 1), st.integers(-839, 839))
def test_text_comes_back_to_the_nanosecond(day: date, since_midnight: int, minutes: int) -> None:
    moment = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(seconds=since_midnight // SECOND_NS)
    here = moment.astimezone(timezone(timedelta(minutes=minutes)))
    text = here.isoformat()
    written = f"{text[:19]}.{since_midnight % SECOND_NS:09d}{text[19:]}"
    assert iso_ns(written) == midnight_ns(day) + since_midnight
    assert datetime_ns(here) == iso_ns(text) == midnight_ns(day) + since_midnight // SECOND_NS * SECOND_NS


@pytest.mark.parametrize("text", ["", "2026-01-06T14:30:00.", "2026-01-06T14:30:00.0123456789", "2026-13-01", "14:30", "now"])
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        iso_ns(text)
