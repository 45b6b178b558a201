from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import cycle
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from gex_assets.schemas.regime_events import REGIME_EVENTS
from gex_assets.stages.regime.events import SCORES_COLUMNS, RegimeEventsStage, regime_events
from gex_assets_tests.stages.regime.made_up_scores import Row, end_of, random_day, score, scores_table
from gex_assets_tests.twins import regime_events as twin


def events_of(rows: Sequence[Row], tally: Counter[str] | None = None) -> list[Row]:
    found = regime_events([scores_table(rows).select(SCORES_COLUMNS)], tally=Counter() if tally is None else tally)
    assert found.schema.equals(REGIME_EVENTS.arrow_schema())
    return list(found.to_pylist())


def series(*regimes: str | None, **given: Any) -> list[Row]:
    return [score(window, regime, **given) for window, regime in enumerate(regimes)]


@pytest.mark.parametrize("seed", range(30))
def test_events_are_those_of_the_twin(seed):
    rows = random_day(np.random.default_rng(seed))
    expected = twin.events(rows)
    found = events_of(rows)
    assert found == [{name: row[name] for name in REGIME_EVENTS.column_names} for row in expected]
    assert found


def test_a_change_says_time_from_to_net_price_and_how_long_the_regime_before_stood():
    first, second = events_of(series("positive", "positive", "negative", "negative", "negative", "neutral"))
    assert (first["ts_window_end"], first["regime_from"], first["regime_to"]) == (end_of(2), "positive", "negative")
    assert (first["net_gex"], first["net_gex_before"]) == (-2e9 + 2e3, 2e9 + 1e3)
    assert (first["reference_price"], first["reference_price_before"]) == (6_902.0, 6_901.0)
    assert [(event["change_number"], event["seconds_since_change"]) for event in (first, second)] == [(1, 10), (2, 15)]
    assert (first["seconds_unknown"], first["unknown_reason"]) == (0, None)


def test_an_unknown_regime_is_no_change_and_a_change_across_it_says_how_long_and_why():
    assert events_of(series(None, "positive", None, None, "positive", None)) == []
    tally: Counter[str] = Counter()
    rows = series("positive", None, None, "negative")
    rows[2]["reason"] = "no_chain"
    (event,) = events_of(rows, tally)
    assert (event["seconds_unknown"], event["unknown_reason"]) == (10, "no_chain")
    assert (event["seconds_since_change"], event["net_gex_before"]) == (15, 2e9)
    assert tally == {"changes": 1, "changes_across_unknown": 1}


def test_a_halt_is_time_and_not_an_unknown_regime():
    (event,) = events_of([score(0, "positive"), score(720, "negative")])
    assert (event["seconds_since_change"], event["seconds_unknown"], event["unknown_reason"]) == (3_600, 0, None)


def test_conventions_change_for_themselves_and_lie_in_order_within_a_window():
    rows = [*series("positive", "negative", convention="magic8"), *series("negative", "positive", convention="field")]
    assert [(event["convention"], event["regime_to"]) for event in events_of(rows)] == [
        ("field", "positive"),
        ("magic8", "negative"),
    ]


def test_days_without_a_regime_and_without_rows_have_no_events():
    assert events_of([]) == []
    assert events_of(series(None, None)) == []


@pytest.mark.parametrize("cut", [1, 17, 33, 59])
def test_what_comes_later_changes_no_earlier_event(cut):
    rows = random_day(np.random.default_rng(5))
    earlier = [row for row in rows if row["ts_window_end"] <= end_of(cut)]
    assert events_of(earlier) == [event for event in events_of(rows) if event["ts_window_end"] <= end_of(cut)]


def in_blocks(rows: Sequence[Row], counts: Sequence[int]) -> Iterator[pa.Table]:
    """Rows of so many windows after the other; the counts begin again until the day ends."""
    ends, first = sorted({row["ts_window_end"] for row in rows}), 0
    for count in cycle(counts):
        if first >= len(ends):
            return
        chosen = set(ends[first : first + count])
        yield scores_table([row for row in rows if row["ts_window_end"] in chosen]).select(SCORES_COLUMNS)
        first += count


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("counts", [[1], [7], [3, 1, 12, 2]], ids=["1", "7", "mixed"])
def test_events_and_counts_do_not_depend_on_blocks(seed, counts):
    """One convention begins at noon, one ends early."""
    rows = random_day(np.random.default_rng(seed), windows=120)
    rows += [row | {"convention": "early"} for row in rows if row["ts_window_end"] <= end_of(33) and row["convention"] == "flow"]
    rows += [
        row | {"convention": "a_later_one"} for row in rows if row["ts_window_end"] > end_of(30) and row["convention"] == "field"
    ]
    of_day, of_blocks = Counter(), Counter()
    expected = events_of(rows, of_day)
    stage = RegimeEventsStage(tally=of_blocks)
    assert [event for block in in_blocks(rows, counts) for event in stage.rows(block).to_pylist()] == expected
    assert of_blocks == of_day
    assert {"a_later_one", "early"} <= {event["convention"] for event in expected}


def test_a_change_is_found_over_blocks_without_a_regime_and_without_rows():
    rows, stage = series("positive", None, None, "negative"), RegimeEventsStage(tally=Counter())
    blocks = list(in_blocks(rows, [1]))
    blocks.insert(2, blocks[0].slice(0, 0))
    found = [stage.rows(block).to_pylist() for block in blocks]
    assert [len(events) for events in found] == [0, 0, 0, 0, 1]
    assert found[-1] == events_of(rows)
    assert (found[-1][0]["seconds_unknown"], found[-1][0]["unknown_reason"]) == (10, "few_strikes")


def test_the_day_is_the_same_however_its_rows_are_grouped():
    rows = random_day(np.random.default_rng(2))
    whole = regime_events([scores_table(rows)], tally=Counter())
    assert regime_events(in_blocks(rows, [5]), tally=Counter()).to_pylist() == whole.to_pylist()
