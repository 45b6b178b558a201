"""Every SQL recipe of docs/sql.md is answered, and has rows where a day of the sample has what it asks for.

Queries of the README are asked as a reader asks them: in a process of its own with the limits that `gex query` has.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from gex_assets.lake.queries import query
from gex_assets.lake.sql.process import QueryLimits, ask
from gex_assets.schemas.registry import TABLES
from gex_assets.schemas.vector_layout import VECTOR_LENGTH
from gex_assets_tests.lake.made_up_tables import nulls, publish

RECIPES = re.findall(
    r"^([^\n]+:|[^\n]+\?)\n\n```sql\n(.*?)```",
    (Path(__file__).parents[1] / "docs" / "sql.md").read_text(encoding="utf-8"),
    re.MULTILINE | re.DOTALL,
)
OF_THE_README = re.findall(
    r'gex query "(.*)"$', (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8"), re.MULTILINE
)
WITHOUT_ROWS = {"When a wall moved:", "The day among the sessions before it:"}
"""What eight minutes of one day need not have."""


def test_there_are_twenty_one() -> None:
    assert len(RECIPES) == 21


@pytest.mark.parametrize(("about", "sql"), RECIPES, ids=[about for about, _ in RECIPES])
def test_a_recipe_is_answered(published: Path, about: str, sql: str) -> None:
    answer = query(published, sql)
    assert answer.num_rows or about in WITHOUT_ROWS
    if "price" in answer.column_names and "net_gex_change" not in sql:
        prices = [abs(price) for price in answer["price"].to_pylist() if price is not None]
        assert max(prices, default=0.0) < 1e5, "a price in nanodollars is not one that people read"


@pytest.fixture(scope="module")
def vectors(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake with as many trigger vectors as DuckDB reads at a time, and their names."""
    lake, rows = tmp_path_factory.mktemp("vectors"), 2_300
    table, names = TABLES["gold_trigger_vectors"], TABLES["gold_vector_dictionary"]
    elements = pa.array(np.random.default_rng(0).normal(size=rows * VECTOR_LENGTH).astype(np.float32))
    filled = pa.FixedSizeListArray.from_arrays(elements, type=table.arrow_schema().field("vector").type)
    others = nulls(replace(table, columns=tuple(column for column in table.columns if column.name != "vector")), rows)
    publish(lake, table, others.append_column(table.arrow_schema().field("vector"), filled))
    named = nulls(names, 1)
    place = named.column_names.index("name")
    publish(lake, names, named.set_column(place, named.schema.field(place), pa.array(["f7_vacuum_total_log_mean_9"])))
    return lake


@pytest.mark.parametrize("sql", OF_THE_README)
def test_a_query_of_the_readme_is_answered_within_the_limits(vectors: Path, sql: str) -> None:
    with ask(vectors, sql, limits=QueryLimits(), first=100) as answer:
        rows = answer.read().num_rows
    assert rows == (100 if "gold_trigger_vectors" in sql else 0)


def test_the_readme_has_queries() -> None:
    assert any("gold_trigger_vectors" in sql for sql in OF_THE_README)
