from __future__ import annotations

import math
from dataclasses import replace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from gex_assets.lake.audit import judge
from gex_assets.lake.stored import StoredTable
from gex_assets.lake.tables import STRETCH_RECORDS, Lake
from gex_assets.lake.value_judge import ValueJudge
from gex_assets.schemas.registry import TABLES
from gex_assets.schemas.table import CATEGORY, Column
from gex_assets_tests.lake.made_up_tables import DAY, LEVELS, ORDERS, folder_of, levels, orders, publish


@pytest.fixture
def lake(tmp_path):
    return Lake(tmp_path)


def judged(lake, *groups, table=LEVELS):
    return judge(publish(lake, table, *groups), table)


def foreign(lake, rows):
    """A file that did not come through the lake's own border."""
    path = folder_of(lake) / "foreign.parquet"
    folder_of(lake).mkdir(exist_ok=True)
    pq.write_table(rows, path)
    return StoredTable(lake.fs, "foreign.parquet")


def test_a_table_that_matches_schema_passes(lake):
    judgement = judged(lake, levels(range(10)), levels(range(10, 12), conventions=("field", "flow", "magic8")))
    assert judgement == (True, 26, [])


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.name)
def test_every_table_passes_without_rows(lake, table):
    assert judged(lake, table=table) == (True, 0, [])


@pytest.mark.parametrize(
    ("column", "values", "message"),
    [
        ("price", [1.0, -5.0, -6.0, 4.0], "price to be at least 0.0, was -5.0 at ts_window_end=0, convention=flow (2 of 4 rows)"),
        ("price", [1.0, 2.0, 10_000.0, 4.0], "price to be at most 9999.0, was 10000.0 at ts_window_end=5000000000, conv"),
        ("gex", [1.0, math.nan, 3.0, 4.0], "gex to be a finite number or NULL, was nan at"),
        ("gex", [1.0, 2.0, -math.inf, 4.0], "gex to be a finite number or NULL, was -inf at"),
        ("count", [1, None, 3, 4], "count to be no NULL, was NULL at ts_window_end=0, convention=flow (1 of 4 rows)"),
        ("flag", [None, None, True, True], "flag to be no NULL, was NULL at"),
        ("session_date", [DAY, DAY, DAY, None], "session_date to be no NULL, was NULL at"),
        ("reason", [None, "no_price", "tired", None], "reason to be one of no_price, was 'tired' at"),
        ("roots", [[1.0], [], [2.0, math.nan], None], "roots to be finite numbers, was [2.0, nan] at ts_window_end=5000000000"),
    ],
)  # fmt: skip
def test_a_value_that_breaks_its_contract_is_named_with_its_row(lake, column, values, message):
    judgement = judged(lake, levels(range(2), **{column: values}))
    assert not judgement.passed
    assert judgement.rows == 4
    assert len(judgement.failures) == 1
    assert judgement.failures[0].startswith(f"Expected made_up_levels.{message}")


def test_a_key_with_null_or_an_unknown_word_is_named(lake):
    assert judged(lake, levels(range(1), convention=["field", None])).failures == [
        "Expected made_up_levels.convention to be no NULL, was NULL at ts_window_end=0 (1 of 2 rows)"
    ]
    assert judged(lake, levels(range(1), convention=["field", "mine"])).failures == [
        "Expected made_up_levels.convention to be one of field, flow, magic8, was 'mine' at ts_window_end=0 (1 of 2 rows)"
    ]


def test_breaches_are_counted_over_all_batches(lake, monkeypatch):
    monkeypatch.setattr("gex_assets.lake.audit._BATCH_BYTES", 1)
    judgement = judged(lake, *(levels(range(start, start + 1), price=[-1.0, -2.0]) for start in range(5)))
    assert judgement.failures == [
        "Expected made_up_levels.price to be at least 0.0, was -1.0 at ts_window_end=0, convention=field (10 of 10 rows)"
    ]


def test_order_is_judged_inside_and_across_row_groups(lake):
    assert (
        judged(lake, levels(range(1)), levels(range(1)))
        .failures[0]
        .startswith("Expected rows of made_up_levels by rising (ts_window_end, convention), was (0, 'field') after (0, 'flow')")
    )
    assert judged(lake, levels(range(1), conventions=("flow", "flow"))).failures == [
        "Expected every (ts_window_end, convention) of made_up_levels once, was (0, 'flow') again (1 rows)"
    ]
    assert not judged(lake, levels(range(1), conventions=("flow", "field"))).passed


def test_several_breaches_are_all_said(lake):
    judgement = judged(lake, levels(range(1), conventions=("flow", "field"), price=[-1.0, 1e9], gex=[math.inf, 1.0]))
    assert len(judgement.failures) == 4


def test_orders_may_start_again_with_every_group_but_not_repeat(lake):
    groups = [orders(0, "ESH6", [1, 2, 9]), orders(0, "ESM6", [3, 5]), orders(1, "ESH6", [1])]
    assert judged(lake, *groups, table=ORDERS) == (True, 6, [])
    again = judged(lake, *groups, orders(1, "ESM6", [1]), table=ORDERS)
    assert again.failures == [f"Expected every record_index of made_up_orders once, was {STRETCH_RECORDS + 1} again (1 rows)"]


def test_a_file_with_other_columns_or_types_is_judged_by_its_form_alone(lake):
    rows = levels(range(1))
    assert judge(foreign(lake, rows.drop(["price"])), LEVELS).failures == [
        "Expected the columns of made_up_levels, was without ['price'] and with []"
    ]
    assert judge(foreign(lake, rows.append_column("more", rows.column("price"))), LEVELS).failures == [
        "Expected the columns of made_up_levels, was without [] and with ['more']"
    ]
    assert (
        judge(foreign(lake, rows.select(rows.column_names[::-1])), LEVELS)
        .failures[0]
        .startswith("Expected the columns of made_up_levels in their order")
    )
    number = rows.column_names.index("count")
    assert judge(foreign(lake, rows.set_column(number, "count", rows.column("count").cast(pa.int64()))), LEVELS).failures == [
        "Expected made_up_levels.count as int32, was int64"
    ]
    plain = rows.column("convention").cast(pa.string())
    assert judge(foreign(lake, rows.set_column(1, "convention", plain)), LEVELS).failures == [
        "Expected made_up_levels.convention as dictionary<values=string, indices=int32, ordered=0>, was string"
    ]


def test_a_file_that_could_hold_null_but_does_not_is_told_apart(lake):
    failures = judge(foreign(lake, levels(range(1))), LEVELS).failures
    assert failures == [
        (
            "Expected made_up_levels declared without NULL in "
            "['ts_window_end', 'convention', 'count', 'session_date', 'flag'], was declared with"
        )
    ]


BOUNDED = replace(
    ORDERS,
    columns=(
        *ORDERS.columns,
        Column(name="right", type=CATEGORY, about="call or put", one_of=("C", "P")),
        Column(name="strike", type=pa.float64(), about="a strike", at_least=0.0),
        Column(name="behind", type=pa.int64(), about="how far", at_least=0, at_most=9),
    ),
)


def bounded(places, **instead):
    """Rows of two instruments, sorted, with long runs of the values to be judged."""
    rows = orders(0, "ESH6", places, instruments=[7 + (place >= 500) for place in places])
    columns = {
        "right": ["C" if place < 500 else "P" for place in places],
        "strike": [100.0 + (place >= 500) for place in places],
        "behind": [place % 10 for place in places],
    } | instead
    for column in BOUNDED.columns[-3:]:
        rows = rows.append_column(column.name, pa.array(columns[column.name]).cast(column.type))
    return rows


@pytest.mark.parametrize("at", [0, 1, 499, 500, 998, 999])
def test_no_row_of_an_order_table_escapes_its_judge(lake, at):
    places = list(range(1_000))
    assert judged(lake, bounded(places), table=BOUNDED) == (True, 1_000, [])
    for column, value, said in (
        ("right", "X", "right to be one of C, P, was 'X'"),
        ("strike", -1.0, "strike to be at least 0.0, was -1.0"),
        ("strike", math.nan, "strike to be a finite number or NULL, was nan"),
        ("behind", -1, "behind to be at least 0, was -1"),
        ("behind", 10, "behind to be at most 9, was 10"),
    ):
        values = bounded(places).column(column).to_pylist()
        values[at] = value
        assert judged(lake, bounded(places, **{column: values}), table=BOUNDED).failures == [
            f"Expected made_up_orders.{said} at record_index={at} (1 of 1,000 rows)"
        ]


def test_breaches_of_an_order_table_are_counted_row_by_row(lake):
    places = list(range(300))
    judgement = judged(lake, bounded(places, strike=[-1.0] * 300), bounded(places, right=["X"] * 300), table=BOUNDED)
    assert [failure.rsplit("(", 1)[1] for failure in judgement.failures] == ["300 of 600 rows)", "300 of 600 rows)", "300 rows)"]


def test_of_runs_in_an_order_table_only_the_beginnings_are_judged(lake, monkeypatch):
    seen = []
    see = ValueJudge.see
    monkeypatch.setattr(ValueJudge, "see", lambda self, rows: seen.append(rows.num_rows) or see(self, rows))
    assert judged(lake, bounded(list(range(1_000))), table=BOUNDED).passed
    assert seen == [2]


def test_columns_with_nothing_to_judge_are_not_read(lake, monkeypatch):
    stored = publish(lake, ORDERS, orders(0, "ESH6", [1, 2]))
    asked = []
    whole = stored.groups
    monkeypatch.setattr(stored, "groups", lambda columns: asked.append(list(columns)) or whole(columns))
    assert judge(stored, ORDERS).passed
    assert asked == [["record_index", "instrument_id", "underlying"]]


def test_wide_tables_are_judged_whole(lake):
    wide = replace(
        LEVELS,
        columns=(
            *LEVELS.columns,
            *(Column(name=f"x{number}", type=pa.float64(), about="", nullable=True, at_least=0.0) for number in range(100)),
        ),
    )
    rows = levels(range(1))
    for number in range(100):
        rows = rows.append_column(f"x{number}", pa.array([1.0, -1.0 if number == 77 else None]))
    assert judged(lake, rows, table=wide).failures == [
        "Expected made_up_levels.x77 to be at least 0.0, was -1.0 at ts_window_end=0, convention=flow (1 of 2 rows)"
    ]


def test_pandera_judges_even_where_the_environment_tells_it_not_to(lake, monkeypatch):
    from pandera.config import CONFIG

    monkeypatch.setattr(CONFIG, "validation_enabled", False)
    assert not judged(lake, levels(range(1), price=[-1.0, 1.0])).passed
