"""Rows read by a query are those that a look at the whole table finds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gex_assets.errors import LakeError
from gex_assets.lake.ranges.latest import last_known_window, rows_at
from gex_assets.lake.ranges.row_query import RowQuery
from gex_assets.lake.ranges.scan import scan
from gex_assets.lake.stored import StoredTable
from gex_assets.lake.tables import Lake
from gex_assets.schemas.registry import TABLES
from gex_assets_tests.conftest import DAY

FIRST, LAST = 1767709685_000_000_000, 1767710160_000_000_000
SECOND = 1_000_000_000


def opened(lake: Path, name: str = "silver_gex_levels") -> StoredTable:
    return Lake(lake).open(name, product="ES", day=DAY)


def found_by(stored: StoredTable, first: int = 0, **wanted: Any) -> tuple[list[dict[str, Any]], list[int]]:
    query = RowQuery(table=TABLES["silver_gex_levels"], moment="ts_window_end", **wanted)
    parts = list(scan(stored, query, first=first))
    return [row for part in parts for row in part.rows.to_pylist()], [int(one) for part in parts for one in part.numbers]


@pytest.fixture(scope="module")
def rows(published: Path) -> list[dict[str, Any]]:
    return list(opened(published).read().to_pylist())


@given(
    since=st.none() | st.integers(FIRST - 10 * SECOND, LAST + 10 * SECOND),
    until=st.none() | st.integers(FIRST - 10 * SECOND, LAST + 10 * SECOND),
    every=st.none() | st.sampled_from([5, 15, 60]),
    words=st.none() | st.sets(st.sampled_from(["field", "flow", "magic8", "other"]), min_size=1),
    low=st.none() | st.floats(-1e10, 1e10),
    first=st.integers(0, 900),
)
def test_conditions_keep_the_rows_that_meet_them(  # noqa: PLR0917
    published: Path, rows: list[dict[str, Any]], since: Any, until: Any, every: Any, words: Any, low: Any, first: int
) -> None:
    wanted: dict[str, Any] = {"since_ns": since, "until_ns": until, "every_ns": None if every is None else every * SECOND}
    wanted["equal"] = {} if words is None else {"convention": frozenset(words)}
    wanted["between"] = {} if low is None else {"net_gex": (low, float("inf"))}
    expected = [
        (number, row)
        for number, row in enumerate(rows)
        if number >= first
        and (since is None or row["ts_window_end"] >= since)
        and (until is None or row["ts_window_end"] < until)
        and (every is None or row["ts_window_end"] % (every * SECOND) == 0)
        and (words is None or row["convention"] in words)
        and (low is None or (row["net_gex"] is not None and row["net_gex"] >= low))
    ]
    found, numbers = found_by(opened(published), first, columns=("net_gex", "ts_window_end", "convention"), **wanted)
    assert numbers == [number for number, _ in expected]
    assert found == [{name: row[name] for name in ("net_gex", "ts_window_end", "convention")} for _, row in expected]


def test_all_columns_by_default(published: Path, rows: list[dict[str, Any]]) -> None:
    assert found_by(opened(published))[0] == rows


def test_integers_are_compared_as_such(published: Path) -> None:
    chain = opened(published, "silver_gex_chain")
    expirations = sorted(set(chain.read(["ts_expiration"])["ts_expiration"].to_pylist()))
    one = expirations[0]
    query = RowQuery(table=TABLES["silver_gex_chain"], columns=("ts_expiration",), between={"ts_expiration": (one, one)})
    assert {row["ts_expiration"] for part in scan(chain, query) for row in part.rows.to_pylist()} == {one}


def test_a_column_that_an_older_file_lacks_is_null(published: Path, tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    lake = Lake(tmp_path)
    key = lake.key("silver_gex_levels", product="ES", day=DAY)
    staged = lake.fs.stage(key)
    pq.write_table(opened(published).read().drop_columns(["net_gex", "scope"]), staged.path)
    staged.publish()
    stored = StoredTable(lake.fs, key)
    found, _ = found_by(stored, columns=("net_gex", "ts_window_end"))
    assert found
    assert {row["net_gex"] for row in found} == {None}
    assert found_by(stored, equal={"scope": frozenset({"selected"})})[0] == []


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ({"columns": ("net_gexx",)}, "did you mean net_gex"),
        ({"columns": ("net_gex", "net_gex")}, "each column once"),
        ({"equal": {"net_gex": frozenset({"a"})}}, "Expected words"),
        ({"between": {"convention": (0.0, 1.0)}}, "Expected numbers"),
    ],
)
def test_what_does_not_suit_the_schema_is_refused(wanted: dict[str, Any], words: str) -> None:
    with pytest.raises(LakeError, match=words):
        RowQuery(table=TABLES["silver_gex_levels"], **wanted)
    with pytest.raises(LakeError, match="has no moments"):
        RowQuery(table=TABLES["gold_vector_dictionary"], since_ns=1)


def test_the_last_window_in_which_something_is_known(published: Path, rows: list[dict[str, Any]]) -> None:
    stored = opened(published)
    last = max(row["ts_window_end"] for row in rows if row["reference_price"] is not None)
    assert last_known_window(stored, "reference_price") == last
    assert rows_at(stored, last).to_pylist() == [row for row in rows if row["ts_window_end"] == last]
    assert rows_at(stored, last + 1, ["net_gex"]).equals(pa.table({"net_gex": pa.array([], pa.float64())}))
