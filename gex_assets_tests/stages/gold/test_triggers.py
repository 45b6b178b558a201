"""Which windows are triggers: whole days as the twin says, single windows by hand, and what is counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from gex_assets.schemas.vector_layout import elements
from gex_assets_tests.stages.gold.made_up_gold import START, WINDOW, MadeUpGold, made_up_gold
from gex_assets_tests.stages.gold.made_up_vectors import vectors_of, windows_of
from gex_assets_tests.stages.made_up_day import date_of
from gex_assets_tests.stages.silver.made_up_ladders import features, ladder_day
from gex_assets_tests.twins.trigger_vectors import TICK, Twin

Row = dict[str, Any]


def rows_of(day: MadeUpGold, tally: Counter[str] | None = None) -> list[Row]:
    return vectors_of(day, tally=tally).drop_columns(["vector"]).to_pylist()


def known_elements(day: MadeUpGold) -> list[set[str]]:
    """Of each trigger, the tables whose features are known in its own window."""
    table = vectors_of(day)
    now = [(number, one.source) for number, one in enumerate(elements()) if one.block == "now"]
    return [{source for number, source in now if vector[number] is not None} for vector in table["vector"].to_pylist()]


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("kinds", [{}, {"futures": False}, {"options": False}], ids=["both", "options", "futures"])
def test_triggers_of_longer_days_are_those_of_the_twin(kinds, seed):
    """Long enough for windows whose future has no row in silver_vacuum, and for two changes of the underlying."""
    day = made_up_gold(seed, windows=260, **kinds)
    found, expected = rows_of(day), Twin(day).triggers()
    assert [{name: row[name] for name in expected[0]} for row in found] == expected
    assert {row["session_date"] for row in found} == {date_of(START)}


def test_longer_days_have_what_shorter_ones_have_not():
    met: Counter[tuple[bool, bool]] = Counter()
    for seed in range(4):
        met.update((row["has_option"], row["has_future"]) for row in Twin(made_up_gold(seed, windows=260)).triggers())
    assert met[True, True] > 100
    assert met[True, False] > 10


def rising(*, windows: int = 8) -> MadeUpGold:
    """A future and options of ESH6 that rise by a point a window towards the strike at 6010."""
    day = made_up_gold(1, windows=12)
    gex, levels, vacuum, quote = day.gex[0], day.levels[:4], day.vacuum[0], day.quotes[0]
    made = MadeUpGold(ends=[START + number * WINDOW for number in range(1, windows + 1)])
    for number, end in enumerate(made.ends):
        price, key = 6001.0 + number, {"ts_window_end": end, "session_date": gex["session_date"]}
        strikes = {"strike_1": 6010.0, "strike_neg1": 6000.0}
        direction = {"reference_price": price, "approach_dir": 1.0 if number >= 3 else None}
        made.gex.append(gex | key | strikes | direction | {"underlying": "ESH6"})
        for row in levels:
            walls = {"call_wall": None, "put_wall": None, "zero_gamma": None, "secondary_call_wall": None}
            made.levels.append(row | key | walls | {"reference_price": price, "underlying": "ESH6"})
        made.vacuum.append(vacuum | key | {"reference_price": price, "symbol": "ESH6"})
        prices = {"bid_price": price - 0.125, "ask_price": price + 0.125, "book_state": "ok", "symbol": "ESH6"}
        made.quotes.append(quote | key | prices)
    return made


def test_a_trigger_whose_future_has_no_row_knows_the_options_only():
    day = rising()
    day.vacuum = [row for row in day.vacuum if row["ts_window_end"] != day.ends[5]]
    found = rows_of(day)
    assert [(row["ts_window_end"], row["level_id"]) for row in found] == [(end, "strike_above") for end in day.ends[4:]]
    assert [row["has_future"] for row in found] == [True, False, True, True]
    assert [row["has_option"] for row in found] == [True] * 4
    known = known_elements(day)
    assert known[0] == known[2] == {"silver_gex", "silver_vacuum", "cross"}
    assert known[1] == {"silver_gex"}
    assert windows_of(day).future_run.tolist() == [0, 1, 2, 3, 4, -1, 0, 1]


def test_a_row_of_options_without_a_price_is_said_to_be_none():
    """The levels have the price all the same, so that there is a trigger."""
    day = rising()
    day.gex[5]["reference_price"] = day.vacuum[6]["reference_price"] = None
    found = rows_of(day)
    assert [row["has_option"] for row in found] == [True, False, True, True]
    assert [row["has_future"] for row in found] == [True, True, False, True]


def test_a_row_of_another_future_is_no_row_of_this_one():
    day = rising()
    for row in day.vacuum[5:7]:
        row["symbol"] = "ESM6"
    assert [row["has_future"] for row in rows_of(day)] == [True, False, False, True]
    assert known_elements(day)[1] == known_elements(day)[2] == {"silver_gex"}
    assert windows_of(day).future_run.tolist() == [0, 1, 2, 3, 4, -1, -1, 0]


def test_a_day_whose_futures_ended_early_has_triggers_of_its_options():
    day = rising()
    day.vacuum, day.quotes = day.vacuum[:5], day.quotes[:5]
    assert [row["has_future"] for row in rows_of(day)] == [True, False, False, False]


def test_options_without_a_reference_price_have_no_trigger_though_the_future_has_one():
    day = rising()
    for row in day.levels:
        if row["ts_window_end"] == day.ends[6]:
            row["reference_price"] = None
    assert [row["ts_window_end"] for row in rows_of(day)] == [day.ends[4], day.ends[5], day.ends[7]]


def test_without_options_the_mid_of_the_future_decides_by_the_grid_of_strikes():
    day = rising()
    day.gex, day.levels = [], []
    found = rows_of(day)
    # The next line of the grid of 5 points: 6005 as long as the price is below it, then 6010.
    assert [row["level"] for row in found] == [6005.0] + [6010.0] * 4
    assert [row["reference_price"] for row in found] == [6004.0, 6005.0, 6006.0, 6007.0, 6008.0]
    assert {row["convention"] for row in found} == {"none"}
    assert [row["has_option"] for row in found] == [False] * 5


@pytest.mark.parametrize("convention", ["field", "flow"])
def test_zero_gamma_is_approached_only_where_it_is_a_root_of_the_profile(convention):
    """A crossing between strikes is always near: it would make a third of all triggers."""
    day = made_up_gold(3, windows=120)
    with_all = {row["convention"] for row in rows_of(day) if row["level_id"] == "zero_gamma"}
    assert with_all == {"field", "flow"}
    day.levels = [row | {"flip_rule": "strike_sign_change"} if row["convention"] == convention else row for row in day.levels]
    found, expected = rows_of(day), Twin(day).triggers()
    assert [{name: row[name] for name in expected[0]} for row in found] == expected
    assert {row["convention"] for row in found if row["level_id"] == "zero_gamma"} == with_all - {convention}
    assert convention in {row["convention"] for row in found if row["level_id"] == "call_wall"}


def test_a_crossing_that_becomes_a_root_begins_an_episode():
    """The rule is read window by window: no choice is made from the day as a whole."""
    day = rising()
    for row in day.levels:
        by_profile = row["ts_window_end"] >= day.ends[6]
        row |= {"zero_gamma": 6010.5, "flip_rule": "profile_nearest" if by_profile else "strike_sign_change"}
    found = [row for row in rows_of(day) if row["level_id"] == "zero_gamma"]
    assert {row["ts_window_end"] for row in found} == set(day.ends[6:])
    assert {row["ts_episode_start"] for row in found} == {day.ends[6]}


def test_of_two_instruments_with_one_symbol_the_other_is_counted():
    day = rising()
    day.quotes = [one | {"instrument_id": number} for one in day.quotes for number in (7, 8)]
    tally: Counter[str] = Counter()
    rows_of(day, tally)
    assert tally["future_quoted_twice"] == len(day.ends)


def test_levels_and_episodes_are_counted():
    day, tally = rising(), Counter()
    del day.gex[6]
    found = rows_of(day, tally)
    assert [row["ts_window_end"] for row in found] == [day.ends[4], day.ends[5], day.ends[7]]
    assert len({row["episode_id"] for row in found}) == tally["episodes"] == 2
    assert windows_of(day).option_run.tolist() == [0, 1, 2, 3, 4, 5, -1, 0]
    assert (tally["triggers_strike_above"], tally["triggers"]) == (3, 3)
    assert tally["triggers_strike_below"] == tally["triggers_call_wall"] == 0


def test_a_window_of_options_interrupts_the_direction_of_the_future():
    """The mid of the windows on both sides is of the same future, but the price between was another one."""
    day = rising(windows=10)
    day.gex, day.levels = [day.gex[4]], [row for row in day.levels if row["ts_window_end"] == day.ends[4]]
    direction = windows_of(day).direction
    np.testing.assert_array_equal(direction, [np.nan, np.nan, np.nan, 1, 1, np.nan, np.nan, np.nan, 1, 1])


def test_strike_slots_of_windows_without_levels_are_left_out():
    day = rising()
    day.levels = [row for row in day.levels if row["ts_window_end"] < day.ends[6]]
    day.vacuum = day.vacuum[:6]
    assert [row["ts_window_end"] for row in rows_of(day)] == [day.ends[4], day.ends[5]]


PRICES: Sequence[Sequence[float]] = (
    (6000.0, 6001.0, 6002.0, 6000.2, 6000.0, 6002.3, 6002.3, 6002.0, 6002.25, 6002.5),
    (6005.0, 6005.0, 6005.0, 6005.25, 6005.5, 6004.75, 6005.0, 6005.25, 6004.5, 6004.75),
)


@pytest.mark.parametrize("prices", PRICES)
def test_the_direction_of_an_approach_is_one_formula_for_options_and_futures(prices):
    """`silver_gex` and the gold stage, which takes the future's mid where there are no options, say the same of one price."""
    by_options, _ = features(*ladder_day(list(prices), strikes=range(5950, 6101, 10)))
    day = rising(windows=len(prices))
    day.gex, day.levels = [], []
    for quote, price in zip(day.quotes, prices, strict=True):
        quote |= {"bid_price": price - TICK / 2, "ask_price": price + TICK / 2}
    expected = [np.nan if value is None else value for value in by_options["approach_dir"].to_pylist()]
    np.testing.assert_array_equal(windows_of(day).direction, expected)
    assert {-1.0, 0.0, 1.0} >= set(expected[3:])
    assert len(set(expected[3:])) > 1
