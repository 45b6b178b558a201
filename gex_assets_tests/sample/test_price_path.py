from __future__ import annotations

from datetime import date, time

import numpy as np
import pytest

from gex_assets.sample.course import CLOSED, OPEN, PRE_OPEN
from gex_assets.sample.levels import index_level
from gex_assets.sample.price_path import Path, path, request
from gex_assets.sample.profile import profile

SMALL = profile("small")
HOUR_STEPS = 3600 * 4


def drawn(day: date, session: tuple[time, time] | None = None, seed: int = 7) -> Path:
    return path(product="ES", day=day, session=session, profile=SMALL, seed=seed)


def test_the_busy_hour_moves_by_eight_tenths_of_a_point_in_five_seconds() -> None:
    moves = []
    for seed in range(4):
        course = drawn(date(2026, 1, 6), seed=seed)
        ends = course.index[19::20]
        in_busy = course.is_busy[19::20]
        moves.append(np.diff(ends)[in_busy[1:] & in_busy[:-1]])
        assert np.diff(ends)[~in_busy[1:]].std() < 0.06
    assert np.concatenate(moves).std() == pytest.approx(0.8, rel=0.15)


def test_the_price_is_constant_within_a_step_of_the_quiet_second() -> None:
    course = drawn(date(2026, 1, 6))
    quiet = course.index[: 4 * 1000].reshape(-1, 4)
    assert np.all(quiet == quiet[:, :1])


def test_phases_follow_the_calendar() -> None:
    course = drawn(date(2026, 1, 6))
    hours = course.phase.reshape(24, HOUR_STEPS)
    assert np.all(hours[:22] == OPEN)
    assert np.all(hours[22][: HOUR_STEPS * 3 // 4] == CLOSED)
    assert np.all(hours[22][HOUR_STEPS * 3 // 4 :] == PRE_OPEN)
    assert np.all(hours[23] == OPEN)
    assert np.flatnonzero(course.is_busy)[[0, -1]].tolist() == [int(14.5 * HOUR_STEPS), int(15.5 * HOUR_STEPS) - 1]
    sunday = drawn(date(2026, 1, 11)).phase.reshape(24, HOUR_STEPS)
    assert np.all(sunday[:22] == CLOSED)
    assert np.all(sunday[22] == PRE_OPEN)
    assert not np.any(drawn(date(2026, 1, 10)).phase)


def test_a_day_ends_where_the_next_begins() -> None:
    for day in (date(2026, 1, 6), date(2026, 1, 7), date(2025, 6, 3)):
        course = drawn(day)
        following = index_level(product="ES", day=date.fromordinal(day.toordinal() + 1), seed=7)
        assert course.index[-1] == pytest.approx(following, rel=1e-9)


def test_the_level_is_about_the_real_one_on_the_reference_date() -> None:
    assert index_level(product="ES", day=date(2026, 1, 5), seed=3) == 6905.0
    assert 5500 < index_level(product="ES", day=date(2026, 12, 1), seed=3) < 8500


def test_a_restricted_request_is_busy_in_its_middle() -> None:
    course = drawn(date(2026, 1, 6), session=(time(9, 0), time(9, 10)))
    assert np.mean(course.is_busy) == 0.5
    assert not course.is_busy[0]
    assert not course.is_busy[-1]


def test_a_session_that_ends_at_midnight_ends_with_the_day() -> None:
    start, end = request(day=date(2026, 1, 6), session=(time(23, 0), time(0, 0)))
    assert end - start == 3600 * 10**9
