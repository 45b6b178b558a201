from __future__ import annotations

import itertools
from dataclasses import replace

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gex_assets.errors import LakeError
from gex_assets.lake.row_order import OrderJudge, StretchJudge, order_judge
from gex_assets.schemas.registry import TABLES
from gex_assets.schemas.table import CATEGORY
from gex_assets_tests.lake.made_up_tables import LEVELS, ORDERS, levels, orders

ROW = st.tuples(st.integers(0, 3), st.sampled_from(["field", "flow", "magic8"]))


def keys(rows):
    return pa.table(
        {"ts_window_end": [row[0] for row in rows], "convention": pa.array([row[1] for row in rows], pa.string()).cast(CATEGORY)}
    )


@given(batches=st.lists(st.lists(ROW, max_size=6), max_size=4))
def test_the_judge_agrees_with_a_slow_look_at_neighbours(batches):
    judge = OrderJudge(LEVELS)
    for batch in batches:
        judge.see(keys(batch))
    rows = [row for batch in batches for row in batch]
    neighbours = list(itertools.pairwise(rows))
    twice = sum(before == after for before, after in neighbours)
    backward = sum(before > after for before, after in neighbours)
    said = judge.failures()
    assert [text.endswith(f"({twice} rows)") for text in said if "again" in text] == ([True] if twice else [])
    assert [text.endswith(f"({backward} rows)") for text in said if "after" in text] == ([True] if backward else [])


def test_words_are_ordered_as_words_whatever_their_codes():
    words = pa.DictionaryArray.from_arrays(pa.array([1, 0], type=pa.int32()), pa.array(["flow", "field"]))
    judge = OrderJudge(LEVELS)
    judge.see(pa.table({"ts_window_end": [0, 0], "convention": words}))
    assert judge.failures() == []


def test_a_breach_says_what_came_after_what():
    judge = OrderJudge(LEVELS)
    judge.see(keys([(1, "flow"), (1, "field")]))
    judge.see(keys([(1, "field")]))
    assert judge.failures() == [
        "Expected every (ts_window_end, convention) of made_up_levels once, was (1, 'field') again (1 rows)",
        "Expected rows of made_up_levels by rising (ts_window_end, convention), was (1, 'field') after (1, 'flow') (1 rows)",
    ]


def test_a_batch_with_null_is_left_to_the_judge_of_null():
    judge = OrderJudge(LEVELS)
    judge.see(pa.table({"ts_window_end": [2, None, 1], "convention": pa.array(["flow"] * 3).cast(CATEGORY)}))
    assert judge.failures() == []


def stretches(*groups):
    judge = StretchJudge(ORDERS)
    for group in groups:
        judge.see(group)
    return judge.failures()


def test_stretches_that_match_the_contract_pass():
    assert (
        stretches(orders(0, "ESH6", [5, 1, 3]), orders(0, "ESM6", [2, 4]), orders(1, "ESH6", [5]), orders(7, "ESM6", [0])) == []
    )


def test_records_must_be_ordered_inside_a_group():
    rows = orders(0, "ESH6", [1, 2, 3])
    assert stretches(rows.take([1, 0, 2]))[0].startswith(
        "Expected rows of made_up_orders by rising (instrument_id, record_index)"
    )


def test_a_record_may_be_there_once():
    assert stretches(orders(0, "ESH6", [1, 2]), orders(0, "ESM6", [3, 2])) == [
        "Expected every record_index of made_up_orders once, was 2 again (1 rows)"
    ]
    assert stretches(orders(0, "ESH6", [5, 5], instruments=[7, 8])) == [
        "Expected every record_index of made_up_orders once, was 5 again (1 rows)"
    ]


def test_stretches_follow_one_another_and_groups_stay_within_one():
    assert "after stretch 3" in stretches(orders(3, "ESH6", [1]), orders(2, "ESH6", [1]))[0]
    assert (
        "hold one stretch of 1048576 records" in stretches(pa.concat_tables([orders(0, "ESH6", [1]), orders(1, "ESH6", [1])]))[0]
    )


def test_a_group_holds_one_underlying():
    mixed = pa.concat_tables([orders(0, "ESH6", [1]), orders(0, "ESM6", [2])]).sort_by([("instrument_id", "ascending")])
    assert "Expected one underlying per row group of made_up_orders, was ['ESH6', 'ESM6']" in stretches(mixed)


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.name)
def test_every_table_has_a_judge(table):
    assert isinstance(order_judge(table), OrderJudge if table.ordered_across_groups else StretchJudge)


def test_a_table_whose_keys_could_not_be_proven_unique_has_none():
    with pytest.raises(LakeError, match="Expected made_up_levels to be ordered"):
        order_judge(replace(LEVELS, ordered_across_groups=False))
    assert levels(range(1)).num_rows == 2
