from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from gex_assets.schemas.regime_history import REGIME_HISTORY
from gex_assets.stages.regime.history import SCORES_COLUMNS, Trail, ends_a_session, history_rows
from gex_assets_tests.stages.regime.made_up_scores import Row, end_of, random_day, score, scores_table
from gex_assets_tests.twins import regime_history as twin

FIRST = date(2026, 4, 6)
"""A Monday with eight weeks after it that have no holiday but Memorial Day, on whose date trading ends at noon."""


def dates(n: int, *, first: date = FIRST) -> list[date]:
    """Dates of the calendar: no Saturdays."""
    return [day for k in range(2 * n + 7) if (day := first + timedelta(days=k)).weekday() != 5][:n]


def history_of(days: Mapping[date, list[Row]], tally: Counter[str] | None = None) -> dict[date, list[Row]]:
    trail, found = Trail(product="ES"), {}
    tally = Counter() if tally is None else tally
    for day in sorted(days):
        scores = scores_table(days[day]).select(SCORES_COLUMNS)
        rows = history_rows(scores, day=day, sha256=sha(day), trail=trail, tally=tally)
        assert rows.schema.equals(REGIME_HISTORY.arrow_schema())
        trail.remember(rows, day=day)
        found[day] = rows.to_pylist()
    return found


def sha(day: date) -> str:
    return f"{day:%Y%m%d}"


def closing(day: date, net: float, **given: object) -> list[Row]:
    return [score(0, "positive" if net > 0 else "negative", day=day, net_gex=net, **given)]


@pytest.mark.parametrize("seed", range(6))
def test_history_is_that_of_the_twin(seed):
    dice = np.random.default_rng(seed)
    days = {day: random_day(dice, day, windows=30) for day in dates(50) if dice.random() < 0.85}
    for day in dice.choice(list(days), 6, replace=False):
        for row in days[day]:
            row["weight_used"] = "resting_size"
    for day in dice.choice(list(days), 3, replace=False):
        days[day] = [row | {"regime": None} for row in days[day]]
    found, expected = history_of(days), twin.history(days, {day: sha(day) for day in days})
    assert found.keys() == expected.keys()
    for day, rows in found.items():
        assert len(rows) == len(expected[day])
        for row, other in zip(rows, expected[day], strict=True):
            floats = {name for name, value in row.items() if isinstance(value, float)}
            assert row.keys() == other.keys()
            assert {name: row[name] for name in row.keys() - floats} == {name: other[name] for name in row.keys() - floats}
            assert [row[name] for name in floats] == pytest.approx([other[name] for name in floats], rel=1e-12)
    assert any(row["sessions_seen"] == 20 for rows in found.values() for row in rows)


def test_a_percentile_counts_equals_and_leaves_the_day_itself_out():
    days = {day: closing(day, net) for day, net in zip(dates(7), [1e9, 2e9, 3e9, 4e9, 5e9, 0.0, 3e9], strict=True)}
    days.pop(dates(7)[5])
    *before, last = history_of(days).values()
    assert [rows[0]["net_gex_percentile"] for rows in before] == [None] * 5
    assert last[0]["net_gex_percentile"] == 3 / 5
    assert last[0]["net_gex_deviation"] == pytest.approx(np.std([1e9, 2e9, 3e9, 4e9, 5e9], ddof=1))
    assert last[0]["magnitude_adjusted"] == pytest.approx(3e9 / last[0]["net_gex_deviation"])
    assert (last[0]["net_gex_change_1"], last[0]["net_gex_change_5"]) == (-2e9, 2e9)


def test_only_the_last_twenty_sessions_are_seen():
    days = {day: closing(day, 1e9 if k == 0 else 2e9) for k, day in enumerate(dates(26))}
    row = history_of(days)[dates(26)[-1]][0]
    assert row["sessions_seen"] == 20
    assert row["net_gex_percentile"] == 1.0
    assert row["net_gex_deviation"] == 0.0
    assert row["magnitude_adjusted"] is None
    assert len(row["inputs"]) == 21


def window_at(day: date, clock: time, zone: str = "America/Chicago") -> int:
    """Number of the window that ends at a clock time, counted from midnight UTC of the day."""
    end = datetime.combine(day, clock, ZoneInfo(zone)).timestamp()
    return int(end - datetime.combine(day, time(), UTC).timestamp()) // 5 - 1


@pytest.mark.parametrize(
    ("day", "utc"),
    [
        (date(2026, 1, 6), 21),
        (date(2026, 3, 6), 21),
        (date(2026, 3, 9), 20),
        (date(2026, 7, 6), 20),
        (date(2026, 10, 30), 20),
        (date(2026, 11, 2), 21),
    ],
)
def test_the_row_is_the_last_window_before_fifteen_oclock_in_chicago(day, utc):
    """On both sides of both changes of the clocks. At 15:00 afternoon options have expired, and then the evening follows."""
    last = window_at(day, time(utc), "UTC") - 1
    moments = {last - 720: 5e9, last: 1e9, last + 1: -2e9, last + 2: -3e9, 17_279: -4e9}
    rows = [score(window, "positive" if net > 0 else "negative", day=day, net_gex=net) for window, net in moments.items()]
    (row,) = history_of({day: rows})[day]
    assert (row["net_gex"], row["ts_window_end"]) == (1e9, end_of(last, day))
    assert datetime.fromtimestamp(row["ts_window_end"] / 1e9, ZoneInfo("America/Chicago")).time() == time(14, 59, 55)
    assert (row["seconds_in_regime"], row["changes_in_day"]) == (3_600, 0)


@pytest.mark.parametrize(
    ("day", "last"),
    [
        (date(2025, 12, 24), time(12, 15)),  # trading ends early and opens in the evening of the 25th only
        (date(2025, 11, 28), time(12, 15)),
        (date(2026, 1, 19), time(12, 0)),  # it halts at noon and goes on in the evening, for Tuesday
    ],
)
def test_on_half_days_it_is_the_last_window_before_the_early_close(day, last):
    rows = [
        score(window_at(day, clock), day=day, net_gex=net) for clock, net in ((time(9), 1e9), (last, 2e9), (time(17, 0, 5), 3e9))
    ]
    (row,) = history_of({day: rows})[day]
    assert (row["net_gex"], row["ts_window_end"]) == (2e9, end_of(window_at(day, last), day))


@pytest.mark.parametrize("evening", [date(2026, 4, 12), date(2026, 3, 8), date(2025, 12, 25), date(2026, 1, 1)])
def test_a_date_that_holds_an_evening_alone_has_no_row_and_no_later_row_looks_back_on_it(evening):
    """A Sunday in April, the Sunday on which clocks change, Christmas, New Year: their hour is the next session's."""
    before, after = evening - timedelta(days=2), evening + timedelta(days=1)
    tally: Counter[str] = Counter()
    opening = [score(window_at(evening, clock), day=evening, net_gex=-5e9) for clock in (time(17, 0, 5), time(17, 30))]
    found = history_of({before: closing(before, 1e9), evening: opening, after: closing(after, 3e9)}, tally)
    assert found[evening] == []
    assert tally == {"without_regime": 1}
    assert (found[after][0]["net_gex_change_1"], found[after][0]["sessions_seen"]) == (2e9, 1)


def test_without_a_regime_just_before_the_close_an_earlier_window_counts_and_no_evening():
    day, close = FIRST, window_at(FIRST, time(15)) - 1
    rows = [score(close - 3, "negative", day=day), score(close - 1, None, day=day), score(close, None, day=day)]
    rows += [score(window_at(day, time(17, 0, 5)), "positive", day=day)]
    (row,) = history_of({day: rows})[day]
    assert (row["regime"], row["ts_window_end"]) == ("negative", end_of(close - 3, day))


@pytest.mark.parametrize("seed", range(3))
def test_what_comes_after_the_close_changes_nothing(seed):
    dice, day = np.random.default_rng(seed), FIRST
    rows = random_day(dice, day, windows=60)
    evening = [row | {"ts_window_end": end_of(window_at(day, time(15)) + 60 * n, day)} for n, row in enumerate(rows)]
    late = [row for row in evening if row["ts_window_end"] <= end_of(17_279, day)]
    assert history_of({day: rows + late}) == history_of({day: rows})
    assert len(late) > 40


@pytest.mark.parametrize(
    ("day", "ends"),
    [
        (date(2026, 1, 5), True),
        (date(2026, 1, 9), True),
        (date(2026, 1, 10), False),
        (date(2026, 1, 11), False),
        (date(2025, 12, 24), True),
        (date(2025, 12, 25), False),
        (date(2026, 1, 19), True),
        (date(2020, 3, 4), True),
        (date(2020, 3, 6), True),
    ],
)
def test_a_session_is_a_date_on_which_trading_ends(day, ends):
    assert ends_a_session("ES", day) is ends


def test_missing_days_are_counted_and_never_a_zero():
    days = {day: closing(day, 1e9 + k) for k, day in enumerate(dates(12)) if day.weekday() < 5}
    gone = [date(2026, 4, 8), date(2026, 4, 9)]
    days.pop(gone[0])
    days[gone[1]] = [score(0, None, day=gone[1])]
    found = history_of(days)
    assert found[gone[1]] == []
    last = found[max(days)][0]
    assert (last["sessions_seen"], last["sessions_missing"]) == (len(days) - 2, 2)
    assert last["net_gex_percentile"] == 1.0


def test_sessions_of_another_weight_are_not_compared_but_their_regime_counts():
    first, second, third = dates(3)
    days = {
        first: closing(first, 1e9),
        second: closing(second, 2e9, weight_used="resting_size"),
        third: closing(third, 3e9),
    }
    row = history_of(days)[third][0]
    assert (row["sessions_seen"], row["sessions_missing"], row["sessions_in_regime"]) == (1, 1, 2)
    assert row["net_gex_change_1"] == 2e9
    assert row["regime_start_seen"] is False


def test_a_regime_whose_start_is_known_says_so():
    days = {day: closing(day, net) for day, net in zip(dates(4), [1e9, -1e9, -1e9, -1e9], strict=True)}
    found = [rows[0] for rows in history_of(days).values()]
    assert [row["sessions_in_regime"] for row in found] == [0, 0, 1, 2]
    assert [row["regime_start_seen"] for row in found] == [False, True, True, True]


def test_no_later_day_reaches_an_earlier_row():
    dice = np.random.default_rng(3)
    days = {day: random_day(dice, day, windows=20) for day in dates(30)}
    whole = history_of(days)
    for cut in dates(30)[::7]:
        earlier = history_of({day: rows for day, rows in days.items() if day <= cut})
        assert earlier == {day: rows for day, rows in whole.items() if day <= cut}


def test_without_zero_gamma_there_is_no_distance():
    (row,) = history_of({FIRST: closing(FIRST, 1e9, zero_gamma=None)})[FIRST]
    assert row["distance_to_flip"] is None
    assert row["distance_to_flip_pct"] is None


def test_conventions_without_a_regime_are_counted():
    first, second = dates(2)
    tally: Counter[str] = Counter()
    days = {
        first: [*closing(first, 1e9), score(0, None, day=first, convention="flow")],
        second: [score(0, None, day=second), score(0, None, day=second, convention="flow"), score(1, None, day=second)],
    }
    found = history_of(days, tally)
    assert [len(rows) for rows in found.values()] == [1, 0]
    assert tally == {"without_regime": 1 + 2}


def test_a_date_without_rows_has_no_history_and_counts_nothing():
    tally: Counter[str] = Counter()
    assert history_of({FIRST: []}, tally) == {FIRST: []}
    assert tally["without_regime"] == 0


def test_a_share_of_nothing_is_null():
    (row,) = history_of({FIRST: closing(FIRST, 1e9, gross_gex=0.0)})[FIRST]
    assert (row["net_share"], row["net_share_percentile"]) == (None, None)


def test_the_distance_is_that_of_the_price_from_zero_gamma():
    (row,) = history_of({FIRST: closing(FIRST, 1e9, zero_gamma=6_834.0, reference_price=6_900.0)})[FIRST]
    assert row["distance_to_flip"] == 66.0
    assert row["distance_to_flip_pct"] == pytest.approx(66.0 / 69.0)
