from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from gex_assets.schemas.vector_layout import VECTOR_LENGTH, elements
from gex_assets_tests.stages.gold.made_up_gold import WINDOW, MadeUpGold, made_up_gold
from gex_assets_tests.stages.gold.made_up_vectors import groups_of_vectors, vectors_of, words
from gex_assets_tests.twins.trigger_vectors import TICK, Twin

KINDS = ({}, {"futures": False}, {"options": False})


def plain(table: pa.Table) -> list[dict[str, Any]]:
    return table.drop_columns(["vector", "session_date"]).to_pylist()


@pytest.fixture(scope="module", params=KINDS, ids=("both", "options", "futures"))
def day(request) -> MadeUpGold:
    return made_up_gold(7, windows=90, **request.param)


def test_triggers_are_those_of_the_twin(day):
    tally: Counter[str] = Counter()
    found, expected = plain(vectors_of(day, tally=tally)), Twin(day).triggers()
    assert len(found) > 20
    assert [{name: row[name] for name in expected[0]} for row in found] == expected
    for row in found:
        assert row["distance_ticks"] == (row["level"] - row["reference_price"]) / TICK
        assert row["vector_version"] == 2
        start = np.datetime64(row["ts_episode_start"], "ns").astype("datetime64[s]")
        assert row["episode_id"] == f"{row['convention']}/{row['level_id']}/{start}Z"
    assert sum(count for name, count in tally.items() if name.startswith("triggers_")) == tally["triggers"] == len(found)
    assert tally["episodes"] == len({row["episode_id"] for row in found})


def test_every_element_is_that_of_the_twin(day):
    """All elements of the first trigger, of those around gap and change of underlying, and some of all others."""
    table, twin, chance = vectors_of(day), Twin(day), random.Random(1)
    named = list(enumerate(elements()))
    known: Counter[str] = Counter()
    for number, trigger in enumerate(twin.triggers()):
        vector = table["vector"][number].as_py()
        for index, one in named if number % 40 == 0 else chance.sample(named, 250):
            expected = twin.element(trigger, feature=one.feature, block=one.block, source=one.source)
            where = (trigger["ts_window_end"], trigger["level_id"], one.name)
            if expected is None:
                assert vector[index] is None, where
            else:
                assert vector[index] == pytest.approx(expected, rel=1e-6, abs=1e-12), where
                known[one.block, one.source] += 1
    sources = (
        {"silver_gex", "silver_vacuum", "cross"} if day.gex and day.vacuum else {"silver_gex" if day.gex else "silver_vacuum"}
    )
    assert {source for _, source in known} == sources
    assert {block for block, _ in known} == {one.block for one in elements()}


def test_vectors_of_windows_whose_future_has_no_row_are_those_of_the_twin():
    """A day of 90 windows has none of them."""
    day = made_up_gold(2, windows=700)
    twin, vectors, chance = Twin(day), vectors_of(day)["vector"], random.Random(2)
    found = enumerate(twin.triggers())
    alone = [(number, one) for number, one in found if (one["ts_window_end"], one["underlying"]) not in twin.vacuum]
    assert len(alone) >= 3
    known: Counter[str] = Counter()
    for number, trigger in alone:
        vector = vectors[number].as_py()
        for index, one in chance.sample(list(enumerate(elements())), 400):
            expected = twin.element(trigger, feature=one.feature, block=one.block, source=one.source)
            assert (vector[index] is None) == (expected is None), (trigger, one)
            assert expected is None or vector[index] == pytest.approx(expected, rel=1e-6, abs=1e-12)
            known[one.source] += expected is not None
    assert known["silver_gex"] > 50
    assert known["cross"] == 0


def test_no_look_back_reaches_over_a_gap(day):
    """Windows 45 to 47 are not there: at 48 to 50 nothing may look back three windows over them."""
    table = vectors_of(day)
    after_gap = day.ends[45]
    assert after_gap - day.ends[44] == 4 * WINDOW
    of_block = {block: [n for n, one in enumerate(elements()) if one.block == block] for block in ("now", "mean_3", "step_3")}
    rows = [row for row in table.to_pylist() if after_gap <= row["ts_window_end"] < after_gap + 2 * WINDOW]
    assert bool(rows) == bool(day.levels)  # without options a direction needs three windows, too
    for row in rows:
        assert any(row["vector"][n] is not None for n in of_block["now"])
        assert all(row["vector"][n] is None for block in ("mean_3", "step_3") for n in of_block[block])


def test_bytes_do_not_depend_on_how_rows_are_grouped(day):
    whole = vectors_of(day)
    for windows in (1, 7, 500):
        assert vectors_of(day, windows=windows).equals(whole)


def test_blocks_of_windows_do_not_show(day, monkeypatch):
    whole = words(vectors_of(day))
    monkeypatch.setattr("gex_assets.stages.gold.trigger_vectors._BLOCK_NS", 5 * WINDOW)
    assert words(vectors_of(day)).equals(whole)


def test_row_groups_are_of_some_thousand_vectors_and_no_more(day, monkeypatch):
    monkeypatch.setattr("gex_assets.stages.gold.trigger_vectors._BLOCK_NS", 5 * WINDOW)
    monkeypatch.setattr("gex_assets.stages.gold.trigger_vectors._ROWS_PER_GROUP", 10)
    *full, last = groups_of_vectors(day)
    assert len(full) > 1
    assert all(10 <= group.num_rows < 10 + 5 * 7 for group in full)
    assert last.num_rows > 0


@pytest.mark.parametrize("cut", [1, 4, 30, 48, 60, 85])
def test_a_day_cut_at_a_window_has_the_same_vectors_up_to_it(day, cut):
    end = day.ends[cut]
    whole = vectors_of(day)
    early = whole.filter(pa.compute.less_equal(whole["ts_window_end"], end))
    assert words(vectors_of(day.until(end))).equals(words(early))


@pytest.mark.parametrize("seen", [10, 47, 70])
def test_whatever_comes_later_changes_no_vector(day, seen):
    """Not only cut but made into anything else: prices, levels, features, sizes."""
    other, end = made_up_gold(99, windows=90, options=bool(day.levels), futures=bool(day.vacuum)), day.ends[seen]
    names = ("levels", "gex", "vacuum", "quotes")
    mixed = replace(
        day,
        **{
            name: [row for row in getattr(day, name) if row["ts_window_end"] <= end]
            + [row for row in getattr(other, name) if row["ts_window_end"] > end]
            for name in names
        },
    )
    whole, changed = (words(vectors_of(one)) for one in (day, mixed))
    early, still = (table.filter(pa.compute.less_equal(table["ts_window_end"], end)) for table in (whole, changed))
    assert early.num_rows > 0
    assert still.equals(early)
    assert not changed.equals(whole)


def test_a_day_with_nothing_has_no_rows():
    assert vectors_of(made_up_gold(1, windows=20, options=False, futures=False)).num_rows == 0


def test_what_is_missing_is_null_and_never_zero():
    """All numbers of the made-up day are other than zero."""
    tally: Counter[str] = Counter()
    vectors = vectors_of(made_up_gold(5, windows=40), tally=tally)["vector"].combine_chunks()
    assert tally["elements_missing"] == vectors.values.null_count
    assert len(vectors.values) == len(vectors) * VECTOR_LENGTH
    values = vectors.values.to_numpy(zero_copy_only=False)
    assert np.count_nonzero(np.isnan(values)) == vectors.values.null_count > 0
    directions = [number for number, one in enumerate(elements()) if one.feature.endswith("_dir")]
    others = np.delete(values.reshape(-1, VECTOR_LENGTH), directions, axis=1)
    assert np.count_nonzero(others == 0.0) == 0
