"""Which windows a session has, and the row groups they are written in."""

from __future__ import annotations

from datetime import date

import numpy as np

from gex_assets.market.sessions import Session, sessions
from gex_assets.stages.windows import WINDOWS_PER_GROUP, windows_of, windows_per_group
from gex_assets.time_units import WINDOW_NS

NS = 1_000_000_000
MIDNIGHT = 1_767_657_600 * NS
TUESDAY, WEDNESDAY = date(2026, 1, 6), date(2026, 1, 7)


def test_windows_lie_on_the_grid_and_wholly_inside_a_session() -> None:
    found = windows_of([Session(MIDNIGHT + 1, MIDNIGHT + 20 * NS - 1, TUESDAY)])
    assert (found.ends - MIDNIGHT).tolist() == [10 * NS, 15 * NS]
    assert not len(windows_of([Session(MIDNIGHT + 1, MIDNIGHT + 9 * NS, TUESDAY)]))
    assert len(windows_of([Session(MIDNIGHT, MIDNIGHT + 5 * NS, TUESDAY)])) == 1


def test_an_ordinary_day_has_23_hours_of_two_trade_dates() -> None:
    found = windows_of(sessions(product="ES", day=TUESDAY))
    assert len(found) == 23 * 720
    assert found.ends[0] == MIDNIGHT + WINDOW_NS
    assert found.ends[-1] == MIDNIGHT + 24 * 3600 * NS
    assert np.flatnonzero(np.diff(found.ends) != WINDOW_NS).tolist() == [22 * 720 - 1]
    assert found.session_date.dtype == "datetime64[D]"
    assert np.unique(found.session_date).tolist() == [TUESDAY, WEDNESDAY]
    assert found.session_date[22 * 720 - 1 :].tolist()[:2] == [TUESDAY, WEDNESDAY]


def test_sessions_may_come_in_any_order_or_not_at_all() -> None:
    early, late = Session(MIDNIGHT, MIDNIGHT + 10 * NS, TUESDAY), Session(MIDNIGHT + 60 * NS, MIDNIGHT + 70 * NS, WEDNESDAY)
    assert windows_of([late, early]).ends.tolist() == windows_of([early, late]).ends.tolist()
    nothing = windows_of([])
    assert (len(nothing), nothing.ends.dtype, nothing.session_date.dtype) == (0, np.int64, "datetime64[D]")


def test_row_groups_hold_whole_windows_counted_from_the_days_first() -> None:
    found = windows_of([Session(MIDNIGHT, MIDNIGHT + 5 * NS * (2 * WINDOWS_PER_GROUP + 1), TUESDAY)])
    assert [(group.start, group.stop) for group in found.groups()] == [(0, 240), (240, 480), (480, 481)]
    assert list(windows_of([]).groups()) == []


def test_row_groups_of_many_instruments_hold_fewer_windows_but_whole_minutes() -> None:
    assert [windows_per_group(instruments) for instruments in (0, 1, 380, 546, 547, 1220, 3108, 10**6)] == [
        240,
        240,
        240,
        240,
        228,
        96,
        36,
        12,
    ]
    found = windows_of([Session(MIDNIGHT, MIDNIGHT + 5 * NS * 100, TUESDAY)])
    assert [(group.start, group.stop) for group in found.groups(3108)] == [(0, 36), (36, 72), (72, 100)]
