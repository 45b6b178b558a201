"""Axes reach over what is drawn and have round ticks."""

import itertools
import math
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gex_assets.pages.charts import hours_axis, nice_axis

HOUR = 3_600_000_000_000
MIDNIGHT = int(datetime(2026, 1, 6, tzinfo=UTC).timestamp()) * 1_000_000_000


@given(st.lists(st.floats(-1e12, 1e12), min_size=1, max_size=8))
def test_every_value_is_on_the_axis(values: list[float]) -> None:
    axis = nice_axis(values)
    assert axis.low < axis.high
    assert all(-1e-9 <= axis.place(value) <= 1 + 1e-9 for value in values)
    assert 1 <= len(axis.ticks) <= 13
    assert all(axis.low <= place <= axis.high for place, _ in axis.ticks)


def test_missing_values_do_not_count() -> None:
    assert nice_axis([None, math.nan, 1.0, 3.0]) == nice_axis([1.0, 3.0])
    assert nice_axis([None]).low < nice_axis([None]).high


def test_zero_is_on_the_axis_where_asked() -> None:
    axis = nice_axis([5.0, 6.0], zero=True)
    assert axis.low <= 0.0
    assert 0.0 in [place for place, _ in axis.ticks]


@pytest.mark.parametrize(("hours", "first"), [(24, "00:00"), (3.5, "00:00"), (0.1, "00:00")])
def test_ticks_of_a_day_are_few_and_round(hours: float, first: str) -> None:
    axis = hours_axis(MIDNIGHT, MIDNIGHT + int(hours * HOUR))
    assert axis.ticks[0][1] == first
    assert 2 <= len(axis.ticks) <= 8


def test_a_day_of_one_moment_has_an_axis() -> None:
    axis = hours_axis(MIDNIGHT, MIDNIGHT)
    assert axis.low < axis.high


@given(st.floats(-10, 10), st.floats(1e-3, 20))
def test_ticks_below_ten_have_no_more_digits_than_their_step(low: float, reach: float) -> None:
    """A quarter would be written as 0.2 where the other ticks need one decimal."""
    places = [place for place, _ in nice_axis([low, low + reach]).ticks]
    for step in (after - before for before, after in itertools.pairwise(places)):
        first_digit = step / 10 ** math.floor(math.log10(step * (1 + 1e-6)))
        assert first_digit == pytest.approx(round(first_digit), rel=1e-5)
