"""Units run in other processes; errors come back, and the rest is estimated."""

from __future__ import annotations

import multiprocessing
from itertools import pairwise

import pytest

from gex_assets.report.compiling import state_line
from gex_assets.warm_up.side_by_side import Compiling, State, time_left
from gex_assets.warm_up.units import UNITS, Unit

GREEKS = next(unit for unit in UNITS if unit.name == "greeks")
FOLLOW = next(unit for unit in UNITS if unit.name == "follow_prices")


def test_each_unit_is_reported_when_it_is_done() -> None:
    told: list[tuple[str, int, int, float]] = []
    with Compiling(
        [GREEKS, FOLLOW], workers=1, finished=lambda unit, at: told.append((unit.name, at.done, at.total, at.rest))
    ) as all_:
        all_.wait_for("sample")
        assert told[0][:3] == ("greeks", 1, 2)
    assert [one[:3] for one in told] == [("greeks", 1, 2), ("follow_prices", 2, 2)]
    assert told[0][3] > 0.0
    assert told[1][3] == 0.0
    assert all_.state.done == 2


def test_an_error_of_a_call_is_the_callers() -> None:
    unknown = Unit(name="no_such_call", user="graph", seconds=1.0)
    with pytest.raises(AttributeError, match="no_such_call"), Compiling([unknown]) as compiling:
        compiling.wait_for("graph")


def test_an_interruption_waits_for_no_unit() -> None:
    units = [GREEKS, FOLLOW, *(unit for unit in UNITS if unit not in (GREEKS, FOLLOW))]
    with pytest.raises(KeyboardInterrupt), Compiling(units, workers=1) as compiling:
        raise KeyboardInterrupt
    assert compiling.state.done < len(units)
    assert not multiprocessing.active_children()


def test_the_rest_is_the_estimate_at_first_and_then_at_the_pace_so_far() -> None:
    now = [0.0]
    with Compiling([GREEKS, FOLLOW], workers=1, clock=lambda: now[0]) as compiling:
        assert compiling.state == State(done=0, total=2, elapsed=0.0, rest=GREEKS.seconds + FOLLOW.seconds)
        now[0] = 2 * GREEKS.seconds
        compiling.wait_for("sample")
    assert compiling.state.rest == 0.0
    left = State(done=1, total=2, elapsed=3.2, rest=1.4)
    assert state_line(left) == "compiled 1 of 2 in 3 s, about 1 s left"
    assert state_line(State(done=1, total=2, elapsed=9.0, rest=0.0)) == "compiled 1 of 2 in 9 s"
    assert state_line(State(done=2, total=2, elapsed=4.0, rest=0.0)) == "compiled 2 of 2 in 4 s"


def test_a_first_small_unit_that_took_long_does_not_decide_alone() -> None:
    left = time_left(elapsed=3.0, workers=2, spent=6.0, done=1.0, running=30.0, total=80.0)
    assert 40.0 < left < 70.0, "the pace of one second of work, six, is no pace of eighty"


def test_a_unit_that_takes_long_slows_the_pace_before_it_is_done() -> None:
    def at(elapsed: float) -> float:
        return elapsed + time_left(elapsed=elapsed, workers=2, spent=2.0, done=2.0, running=50.0, total=80.0)

    ends = [at(float(second)) for second in range(5, 120, 5)]
    assert ends[0] == 40.0
    assert ends[-1] > 100.0
    assert ends == sorted(ends)
    assert max(after - before for before, after in pairwise(ends)) < 15.0, "and never in a leap"


def test_nothing_left_takes_no_time_and_nothing_at_all_neither() -> None:
    assert time_left(elapsed=9.0, workers=1, spent=9.0, done=4.0, running=0.0, total=4.0) == 0.0
    assert time_left(elapsed=0.0, workers=1, spent=0.0, done=0.0, running=0.0, total=0.0) == 0.0
