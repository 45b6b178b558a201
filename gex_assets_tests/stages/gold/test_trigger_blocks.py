"""Triggers and vectors window by window: the rows of any blocks are those of the day, whatever is known at that moment."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import pyarrow as pa
import pytest

from gex_assets.errors import ContractError
from gex_assets.schemas.gold_trigger_vectors import GOLD_TRIGGER_VECTORS
from gex_assets_tests.stages.gold.made_up_gold import WINDOW, MadeUpGold, made_up_gold
from gex_assets_tests.stages.gold.made_up_vectors import blocks_of, stage_of, vectors_of, words
from gex_assets_tests.twins.trigger_vectors import Twin

NONE = dict.fromkeys(("levels", "gex", "vacuum", "future_quotes"))
KINDS = ({}, {"futures": False}, {"options": False})


def in_blocks(day: MadeUpGold, counts: Sequence[int], tally: Counter[str] | None = None) -> pa.Table:
    stage = stage_of(tally)
    return words(pa.concat_tables([GOLD_TRIGGER_VECTORS.empty(), *(stage.rows(**block) for block in blocks_of(day, counts))]))


@pytest.mark.parametrize("kinds", KINDS, ids=["both", "options", "futures"])
@pytest.mark.parametrize("counts", [[1], [7], None], ids=["1", "7", "random"])
def test_rows_and_counts_do_not_depend_on_blocks(kinds, counts):
    day = made_up_gold(5, windows=120, **kinds)
    counts = counts or random.Random(3).choices(range(1, 40), k=20)
    of_day, of_blocks = Counter(), Counter()
    expected = words(vectors_of(day, tally=of_day))
    assert expected.num_rows > 20
    assert in_blocks(day, counts, of_blocks).equals(expected)
    assert of_blocks == of_day


def listed_at_noon(day: MadeUpGold) -> MadeUpGold:
    """From the middle on a convention whose name sorts before all others, with a weight of its own; from a third on a wall."""
    noon, third = day.ends[len(day.ends) // 2], day.ends[len(day.ends) // 3]
    levels = []
    for row in day.levels:
        wall = row["secondary_put_wall"] if row["ts_window_end"] < third else 5990.0
        levels.append(row | {"secondary_put_wall": wall})
        if row["convention"] == "field" and row["ts_window_end"] >= noon:
            levels.append(levels[-1] | {"convention": "a_later_one", "convention_version": 3, "weight_used": "a_later_one"})
    return replace(day, levels=sorted(levels, key=lambda row: (row["ts_window_end"], row["convention"], row["scope"])))


@pytest.mark.parametrize("counts", [[1], [13, 2]])
def test_names_may_become_known_at_noon(counts):
    """The future of the last windows sorts before that of the others, and so does a convention that begins at noon."""
    day = listed_at_noon(made_up_gold(4, windows=100))
    for rows, future in ((day.levels, "underlying"), (day.gex, "underlying"), (day.vacuum, "symbol"), (day.quotes, "symbol")):
        for row in rows:
            row[future] = row[future].replace("ESM6", "ESA6")
    found = in_blocks(day, counts)
    assert found.equals(words(vectors_of(day)))
    assert {"ESH6", "ESA6"} == set(found["underlying"].to_pylist())
    assert {"a_later_one", "field", "flow", "none"} == set(found["convention"].to_pylist())
    expected = Twin(day).triggers()
    rows = found.drop_columns(["vector"]).to_pylist()
    assert [{name: row[name] for name in expected[0]} for row in rows] == expected


def test_windows_that_a_clock_closes_without_records_are_a_gap_or_the_options_alone():
    day, quiet = made_up_gold(6, windows=90), range(20, 30)
    closed = {day.ends[number] for number in quiet}
    nothing = {day.ends[number] for number in (60, 61)}
    for name in ("levels", "gex", "vacuum", "quotes"):
        without = nothing if name in ("levels", "gex") else closed | nothing
        setattr(day, name, [row for row in getattr(day, name) if row["ts_window_end"] not in without])
    blocks = list(blocks_of(day, [1]))
    assert blocks[60] == NONE
    assert blocks[25]["vacuum"] is blocks[25]["future_quotes"] is None
    found = in_blocks(day, [1])
    assert found.equals(words(vectors_of(day)))
    at_quiet = [row for row in found.select(["ts_window_end", "has_future"]).to_pylist() if row["ts_window_end"] in closed]
    assert at_quiet
    assert not any(row["has_future"] for row in at_quiet)
    assert not nothing & set(found["ts_window_end"].to_pylist())


def test_an_episode_goes_on_over_blocks():
    day = made_up_gold(5, windows=120)
    found = in_blocks(day, [1]).drop_columns(["vector"]).to_pylist()
    lasting = [row for row in found if row["ts_window_end"] - row["ts_episode_start"] >= 3 * WINDOW]
    assert lasting


def test_a_block_without_windows_changes_nothing():
    day = made_up_gold(5, windows=60)
    stage, parts = stage_of(), [GOLD_TRIGGER_VECTORS.empty()]
    for block in blocks_of(day, [4]):
        assert stage.rows(**NONE).num_rows == 0
        parts.append(stage.rows(**block))
    assert words(pa.concat_tables(parts)).equals(words(vectors_of(day)))


def test_windows_of_the_past_are_refused():
    first, second = blocks_of(made_up_gold(5, windows=20), [9])
    stage = stage_of()
    stage.rows(**second)
    with pytest.raises(ContractError, match=r"Expected windows that end after \d+, was \d+"):
        stage.rows(**first)
