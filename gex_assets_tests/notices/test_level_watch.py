"""When a level is told: hysteresis, errors, walls that jump; against the twin, and cut anywhere."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gex_assets.notices.level_watch import LevelWatch, Seen, Thresholds
from gex_assets_tests.notices.level_watch_twin import Window, level_events

AT = Thresholds(near=0.1, rearm=0.25, beyond=0.02, hold_windows=3, least_kept=0.5)
SIGMA = 100.0
"""So near is 10 points, far is 25, beyond is 2."""


def watched(windows: list[Window], *, is_strike: bool = False) -> list[tuple[int, str, int, float | None]]:
    watch = LevelWatch(AT, is_strike=is_strike)
    found = []
    for n, one in enumerate(windows):
        event = watch.see(Seen(ts=n, price=one.price, level=one.level, sigma=one.sigma, error=one.error, kept=one.kept))
        if event is not None:
            assert event.seen.ts == n
            found.append((n, event.what, event.side, event.before))
    return found


def twin(windows: list[Window], *, is_strike: bool) -> list[tuple[int, str, int, float | None]]:
    return level_events(windows, near=0.1, rearm=0.25, beyond=0.02, hold=3, least_kept=0.5, is_strike=is_strike)


def course(*prices: float, level: float = 7000.0, error: float | None = None) -> list[Window]:
    return [Window(price, level, SIGMA, error) for price in prices]


def whats(windows: list[Window], *, is_strike: bool = False) -> list[tuple[int, str]]:
    return [(n, what) for n, what, _, _ in watched(windows, is_strike=is_strike)]


def test_a_price_is_near_once_and_again_only_after_it_was_far() -> None:
    assert whats(course(7050, 7009, 7005, 7011, 7009, 7024, 7008, 7026, 7008)) == [(1, "near"), (8, "near")]


def test_a_price_that_begins_near_says_nothing() -> None:
    assert whats(course(7005, 7009, 7020, 7009)) == []


def test_a_crossing_is_told_once_until_the_price_is_beyond_the_level_on_the_other_side() -> None:
    found = watched(course(7005, 6999, 7001, 6998.5, 6997, 7001, 7002, 7003))
    assert [(n, what, side) for n, what, side, _ in found] == [(4, "crossed", -1), (7, "crossed", 1)]


def test_within_the_error_nothing_is_told() -> None:
    assert whats(course(7050, 7009, 6991, 7009, 6991, error=9.5)) == []
    assert whats(course(7050, 7009, 6989, error=9.5)) == [(2, "crossed")]
    assert whats(course(7050, 7009.6, error=9.5)) == [(1, "near")]


def test_a_level_that_goes_past_the_price_has_moved_and_is_not_crossed() -> None:
    flips = [7000.0, 7000.0, 7004.0, 7012.0]
    windows = [Window(7005.0, flip, SIGMA) for flip in flips]
    assert watched(windows) == [(3, "moved", -1, 7000.0)]


def test_a_level_that_hardly_moved_was_crossed_although_the_price_is_only_just_beyond_it() -> None:
    """As seen on a day: the price came from below, the flip went down by 0.02, and by the flip of before it was not across."""
    flips = [7000.0, 7000.0, 6999.9]
    windows = [Window(price, flip, SIGMA) for price, flip in zip((6990.0, 6995.0, 7001.95), flips, strict=True)]
    assert [(n, what, side) for n, what, side, _ in watched(windows)] == [(2, "crossed", 1)]


def test_a_wall_has_moved_when_it_stayed_and_flickering_says_nothing() -> None:
    walls = [7000.0, 7050.0, 7000.0, 7050.0, 7050.0, 7000.0, 7050.0, 7050.0, 7050.0]
    windows = [Window(7010.0, wall, SIGMA) for wall in walls]
    assert watched(windows, is_strike=True) == [(8, "moved", -1, 7000.0)]


def test_a_wall_that_jumped_past_the_price_is_no_crossing_and_near_only_after_it_was_far() -> None:
    windows = [Window(7045.0, 7000.0, SIGMA)] * 2 + [Window(7045.0, 7050.0, SIGMA)] * 4 + course(7020, 7045, 7053, level=7050.0)
    assert [(n, what) for n, what, _, _ in watched(windows, is_strike=True)] == [(4, "moved"), (7, "near"), (8, "crossed")]


def test_an_unsure_wall_is_not_watched() -> None:
    windows = [Window(7050.0, 7000.0, SIGMA, kept=0.9), Window(6990.0, 7000.0, SIGMA, kept=0.4), *course(6991)]
    assert whats(windows, is_strike=True) == [(2, "crossed")]


@pytest.mark.parametrize("missing", [None, float("nan")])
@pytest.mark.parametrize("what", ["price", "level", "sigma"])
def test_an_unknown_window_says_nothing_and_forgets_nothing(what: str, missing: float | None) -> None:
    gap = course(7100)[0]._replace(**{what: missing})
    assert whats([*course(7050), gap, *course(7009)]) == [(2, "near")]


def test_no_deviation_is_no_distance() -> None:
    assert whats([Window(7050.0, 7000.0, 0.0), Window(6900.0, 7000.0, 0.0)]) == []


steps = st.integers(-30, 30).map(lambda n: n * 0.75)
maybe = st.one_of(st.none(), st.just(float("nan")))
errors = st.one_of(maybe, st.sampled_from([0.0, 1.0, 5.0, 12.0, 30.0]))
kepts = st.one_of(maybe, st.sampled_from([0.2, 0.5, 0.9]))


@st.composite
def days(draw: st.DrawFn, *, is_strike: bool) -> list[Window]:
    price, level, windows = 7000.0, 7000.0, []
    for _ in range(draw(st.integers(0, 60))):
        price += draw(steps)
        if is_strike:
            level = draw(st.sampled_from([level, level, level, 6975.0, 7000.0, 7025.0]))
        else:
            level += draw(steps) / 3
        known = draw(st.integers(0, 9)) > 0
        windows.append(
            Window(
                price if known else draw(maybe),
                level if known or draw(st.booleans()) else draw(maybe),
                draw(st.sampled_from([SIGMA, SIGMA, 60.0])),
                draw(errors) if not is_strike else None,
                draw(kepts) if is_strike else None,
            )
        )
    return windows


@given(days(is_strike=False))
def test_a_flip_is_told_as_the_twin_tells_it(windows: list[Window]) -> None:
    found = watched(windows)
    assert found == twin(windows, is_strike=False)
    sides = [side for _, what, side, _ in found if what != "near"]
    assert all(one == -other for one, other in pairwise(sides))


@given(days(is_strike=True))
def test_a_wall_is_told_as_the_twin_tells_it(windows: list[Window]) -> None:
    found = watched(windows, is_strike=True)
    assert found == twin(windows, is_strike=True)
    last: int | None = None
    for _, what, side, _ in found:
        if what == "moved":
            last = None
        elif what == "crossed":
            assert side != last
            last = side


@given(days(is_strike=False))
def test_nothing_is_told_within_the_error(windows: list[Window]) -> None:
    for n, _, side, _ in watched(windows):
        one = windows[n]
        away = one.price - one.level
        assert away * side > 0
        assert one.error is None or one.error != one.error or abs(away) > one.error
