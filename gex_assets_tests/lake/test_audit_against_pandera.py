"""What the audit passes over because the footer proves it, or because a row repeats another, pandera would have passed too."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date, timedelta
from itertools import count
from typing import Any

import pandera.pyarrow as pandera
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from gex_assets.lake.audit import judge
from gex_assets.lake.tables import Lake
from gex_assets.lake.value_judge import ValueJudge
from gex_assets.schemas.contract import named_for_pandera, pandera_schema
from gex_assets.schemas.registry import TABLES
from gex_assets.schemas.table import CATEGORY, Column, Table
from gex_assets_tests.lake.made_up_tables import publish
from gex_assets_tests.long_cases import mostly_long

WORDS = ["ESH6", "", "C", "nonsense"]
_RUN = count()


def narrowed(table: Table) -> Table:
    """The table with its key and the first column of every rule."""
    chosen: dict[object, int] = {}
    columns = []
    for column in table.columns:
        kind = (column.type, column.nullable, column.at_least, column.at_most, column.one_of)
        chosen[kind] = chosen.get(kind, 0) + 1
        if column.name in (*table.key, *table.order, "underlying", "symbol") or chosen[kind] <= 1:
            columns.append(column)
    return replace(table, columns=tuple(columns))


def good(column: Column) -> st.SearchStrategy[Any]:
    """Values that satisfy the rules, the bounds first of all."""
    kind = column.type
    if pa.types.is_fixed_size_list(kind):
        return st.sampled_from([0.0, 1.0, None]).map(lambda value: [value] * kind.list_size)
    if pa.types.is_list(kind) or pa.types.is_struct(kind):
        return st.none() if column.nullable else st.just([])
    if column.one_of:
        return st.sampled_from(column.one_of)
    if kind == CATEGORY or pa.types.is_string(kind):
        return st.sampled_from(WORDS[:2])
    if pa.types.is_boolean(kind):
        return st.booleans()
    if pa.types.is_date(kind):
        return st.integers(0, 9).map(lambda days: date(2026, 1, 6) + timedelta(days))
    low, high = (0 if column.at_least is None else column.at_least), (99 if column.at_most is None else column.at_most)
    if pa.types.is_floating(kind):
        return st.one_of(st.sampled_from([float(low), float(high)]), st.floats(low, high))
    return st.one_of(st.sampled_from([math.ceil(low), math.floor(high)]), st.integers(math.ceil(low), math.floor(high)))


def bad(column: Column) -> list[Any]:
    """Values that the column can hold and that break its rules."""
    kind = column.type
    found: list[Any] = [] if column.nullable else [None]
    if column.one_of:
        found.append("nonsense")
    if pa.types.is_floating(kind):
        found += [math.nan, math.inf, -math.inf]
        found += [
            math.nextafter(bound, way)
            for bound, way in ((column.at_least, -math.inf), (column.at_most, math.inf))
            if bound is not None
        ]
    elif pa.types.is_signed_integer(kind):
        found += [] if column.at_least is None else [math.ceil(column.at_least) - 1, -(2 ** (kind.bit_width - 1))]
        found += [] if column.at_most is None else [math.floor(column.at_most) + 1, 2 ** (kind.bit_width - 1) - 1]
    elif pa.types.is_list(kind) and pa.types.is_floating(kind.value_type):
        found += [[1.0, math.nan], [math.inf]]
    elif pa.types.is_fixed_size_list(kind):
        found += [[0.0] * (kind.list_size - 1) + [value] for value in (math.nan, math.inf)]
    return found


def ordered(table: Table, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows with a key that is in order, as far as the bounds of its columns allow: pandera judges no order."""
    for number, row in enumerate(rows):
        for name in (*table.key, *table.order):
            column = next(column for column in table.columns if column.name == name)
            if pa.types.is_integer(column.type):
                least = math.ceil(column.at_least or 0)
                row[name] = least + number if name == "record_index" or table.ordered_across_groups else 7
    return rows


def arrow(table: Table, rows: list[dict[str, Any]]) -> pa.Table:
    arrays = []
    for column in table.columns:
        plain = pa.string() if column.type == CATEGORY else column.type
        arrays.append(pa.array([row[column.name] for row in rows], plain).cast(column.type))
    return pa.table(arrays, pa.schema([pa.field(column.name, column.type) for column in table.columns]))


def pandera_passes(table: Table, rows: pa.Table) -> bool:
    try:
        pandera_schema(table).validate(named_for_pandera(rows), lazy=True)
    except pandera.errors.SchemaErrors:
        return False
    return True


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.name)
def test_values_are_refused_exactly_where_pandera_refuses_them(tmp_path, table):
    table = narrowed(table)
    lake = Lake(tmp_path)
    verdicts = set()

    # Without making failures smaller: each try writes a file.
    @settings(
        max_examples=8,
        deadline=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(data=st.data())
    def every(data):
        rows = data.draw(st.lists(st.fixed_dictionaries({one.name: good(one) for one in table.columns}), min_size=1, max_size=4))
        # Long runs: most rows of an order table repeat the row before.
        rows = [dict(row) for row in rows for _ in range(data.draw(st.sampled_from([1, 3])))]
        rows = ordered(table, rows)
        if data.draw(st.booleans()):
            column = data.draw(st.sampled_from([one for one in table.columns if bad(one)]))
            data.draw(st.sampled_from(rows))[column.name] = data.draw(st.sampled_from(bad(column)))
        together = arrow(table, rows)
        cut = data.draw(st.integers(0, len(rows)))
        stored = publish(lake, table, together.slice(0, cut), together.slice(cut), product=f"T{next(_RUN)}")
        said = [failure for failure in judge(stored, table).failures if " to be " in failure]
        assert (not said) == pandera_passes(table, together), (said, rows)
        verdicts.add(not said)

    every()
    assert verdicts == {True, False}


@pytest.mark.parametrize("table", mostly_long([*TABLES.values()], short=8), ids=lambda table: table.name)
def test_every_way_to_break_a_contract_is_seen_by_both(tmp_path, table):
    table = narrowed(table)
    lake = Lake(tmp_path)
    row = {one.name: (None if one.nullable else arbitrary(one)) for one in table.columns}
    rows = ordered(table, [dict(row) for _ in range(3)])
    assert pandera_passes(table, arrow(table, rows))
    seen = 0
    for column in table.columns:
        for value in bad(column):
            spoiled = [dict(each) for each in rows]
            spoiled[0][column.name] = value  # the groups after it, and the rows after it in its own, match the schema
            together = arrow(table, spoiled)
            stored = publish(lake, table, together.slice(0, 2), together.slice(2), product=f"T{next(_RUN)}")
            said = [failure for failure in judge(stored, table).failures if f"{table.name}.{column.name} to be " in failure]
            assert said, (column.name, value)
            assert not pandera_passes(table, together), (column.name, value)
            seen += 1
    assert seen


def arbitrary(column: Column) -> Any:
    """One value that satisfies the rules."""
    kind = column.type
    if column.one_of:
        return column.one_of[0]
    if kind == CATEGORY or pa.types.is_string(kind):
        return "ESH6"
    if pa.types.is_boolean(kind):
        return True
    if pa.types.is_date(kind):
        return date(2026, 1, 6)
    if pa.types.is_fixed_size_list(kind):
        return [0.0] * kind.list_size
    if pa.types.is_list(kind):
        return []
    low = 0 if column.at_least is None else math.ceil(column.at_least)
    return float(low) if pa.types.is_floating(kind) else low


WIDE = [name for name, table in TABLES.items() if len(table.columns) > len(narrowed(table).columns) + 6]


@pytest.mark.long
@pytest.mark.parametrize("name", WIDE)
def test_columns_with_equal_rules_are_judged_one_by_one_all_the_same(name):
    """Many columns with equal rules are checked as one long column: each of them is still checked, and named."""
    table = TABLES[name]
    row = {one.name: (None if one.nullable else arbitrary(one)) for one in table.columns}
    good_rows = pa.Table.from_pylist(ordered(table, [dict(row) for _ in range(3)]), schema=loose(table))
    judge_of = ValueJudge(table, table.columns)
    judge_of.see(good_rows)
    assert judge_of.failures() == []
    spoilable = [column for column in table.columns if bad(column) and not pa.types.is_dictionary(column.type)]
    assert len(spoilable) >= 8
    for column in spoilable[:: max(1, len(spoilable) // 40)] + spoilable[-1:]:
        values = good_rows[column.name].to_pylist()
        place = table.column_names.index(column.name)
        spoiled = good_rows.set_column(place, loose(table).field(place), pa.array([*values[:2], bad(column)[0]], column.type))
        judge_of = ValueJudge(table, table.columns)
        judge_of.see(pa.concat_tables([good_rows, spoiled]))
        (said,) = judge_of.failures()
        assert f"Expected {name}.{column.name} to be " in said
        assert "(1 of 6 rows)" in said


def loose(table: Table) -> pa.Schema:
    return pa.schema([pa.field(column.name, column.type) for column in table.columns])
