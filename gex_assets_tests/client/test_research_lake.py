"""The researchers' client: every form has the rows of the table, nothing is read early, and nothing in the lake changes."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import gex_assets
from gex_assets.client import ResearchLake, TableRange
from gex_assets.client.moments import moment_ns
from gex_assets.errors import GexError, LakeError
from gex_assets.lake.tables import Lake
from gex_assets.schemas.registry import TABLES
from gex_assets_tests.conftest import DAY

MIDNIGHT = 1767657600_000_000_000


@pytest.fixture(scope="module")
def lake(published: Path) -> ResearchLake:
    return gex_assets.open_lake(published)


def stored(published: Path, name: str) -> pa.Table:
    return Lake(published).open(name, product="ES", day=DAY).read()


@pytest.mark.parametrize("name", list(TABLES))
def test_every_table_in_every_form(lake: ResearchLake, published: Path, name: str) -> None:
    found = lake.table(name, times="ns")
    if not found.days:
        assert found.arrow().num_rows == found.polars().collect().height == len(found.relation().fetchall()) == 0
        return
    expected = stored(published, name)
    arrow = found.arrow()
    assert arrow.column_names == ["date", *expected.column_names]
    assert arrow.drop_columns(["date"]).cast(expected.schema).equals(expected)
    assert set(arrow["date"].to_pylist()) <= {DAY}
    assert found.polars().head(3).collect().height == min(3, expected.num_rows)
    assert len(found.pandas()) == found.count() == expected.num_rows
    rows = found.relation().limit(3).fetchall()
    assert len(rows) == min(3, expected.num_rows)
    assert found.relation().columns == arrow.column_names


def test_moments_are_timestamps_in_utc(lake: ResearchLake) -> None:
    found = lake.table("silver_gex_levels", convention="field", scope="selected")
    first = datetime(2026, 1, 6, 14, 28, 5, tzinfo=UTC)
    assert found.arrow()["ts_window_end"].type == pa.timestamp("ns", tz="UTC")
    assert found.pandas()["ts_window_end"].iloc[0] == pd.Timestamp(first)
    assert found.polars().select("ts_window_end").collect().item(0, 0) == first
    assert found.relation().order("ts_window_end").limit(1).fetchall()[0][1] == first
    assert lake.table("silver_gex_levels", times="ns").arrow()["ts_window_end"][0].as_py() == MIDNIGHT + 52_085_000_000_000


def test_numbers_agree_in_every_form(lake: ResearchLake, published: Path) -> None:
    wanted: dict[str, Any] = {"convention": ["field", "magic8"], "scope": "selected", "every": 12}
    found = lake.table("silver_gex_levels", columns=["ts_window_end", "convention", "net_gex"], times="ns", **wanted)
    expected = [
        (row["ts_window_end"], row["convention"], row["net_gex"])
        for row in stored(published, "silver_gex_levels").to_pylist()
        if row["convention"] in ("field", "magic8") and row["scope"] == "selected" and row["ts_window_end"] % 60_000_000_000 == 0
    ]
    assert len(expected) > 10
    names = ["ts_window_end", "convention", "net_gex"]
    assert [tuple(row[name] for name in names) for row in found.arrow().to_pylist()] == expected
    assert [tuple(row) for row in found.polars().select(names).collect().rows()] == expected
    assert found.pandas()[names].astype({"convention": str}).to_records(index=False).tolist() == expected
    assert sorted(row[1:] for row in found.relation().fetchall()) == sorted(expected)


def test_ranges_are_half_open_and_may_be_days_moments_or_text(lake: ResearchLake) -> None:
    def ends(**between: Any) -> list[int]:
        found = lake.table("silver_forward", times="ns", columns=["ts_window_end"], **between).arrow()
        return sorted(set(found["ts_window_end"].to_pylist()))

    whole = ends()
    assert ends(since=DAY) == ends(since="2026-01-06", until="2026-01-07") == ends(until=DAY + timedelta(days=1)) == whole
    assert ends(until=DAY) == ends(since=DAY + timedelta(days=1)) == []
    half = whole[len(whole) // 2]
    moment = datetime.fromtimestamp(half // 10**9, UTC)
    for since in (half, moment, moment.replace(tzinfo=None), moment.isoformat()):
        assert ends(since=since) == whole[len(whole) // 2 :]
        assert ends(until=since) == whole[: len(whole) // 2]


def test_conditions_on_any_column(lake: ResearchLake) -> None:
    chain = lake.table("silver_gex_chain", where={"strike": (6900.0, 7000.0), "underlying": "ESH6"}, columns=["strike"])
    strikes = set(chain.arrow()["strike"].to_pylist())
    assert strikes
    assert min(strikes) >= 6900
    assert max(strikes) <= 7000
    assert {row[1] for row in chain.relation().fetchall()} == strikes
    assert lake.table("silver_gex_levels", where={"scope": ["nothing"]}).count() == 0


def test_a_lazy_frame_reads_only_what_its_query_needs(lake: ResearchLake, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, ...]] = []
    batches = TableRange.batches

    def watched(self: TableRange, rows: int = 65_536) -> Any:
        asked.append(self.query.columns)
        return batches(self, rows)

    monkeypatch.setattr(TableRange, "batches", watched)
    frame = lake.silver_gex_chain.polars().filter(pl.col("strike") == 6900.0).select(pl.col("gamma").max())
    assert not asked
    assert frame.collect().height == 1
    assert {*asked[0]} == {"strike", "gamma"}


def test_batches_bound_the_memory(lake: ResearchLake) -> None:
    found = lake.silver_gex_chain
    sizes = [batch.num_rows for batch in found.batches(1_000)]
    assert max(sizes) <= 1_000
    assert sum(sizes) == found.count()
    assert sum(batch.num_rows for batch in found.reader()) == sum(batch.num_rows for batch in found) == found.count()


def test_columns_say_their_units(lake: ResearchLake) -> None:
    field = lake.silver_gex_levels.schema.field("call_wall")
    assert field.metadata[b"unit"] == b"index points"
    assert lake.tables["silver_gex_levels"].key == ("ts_window_end", "convention", "scope")
    assert "silver_gex" in dir(lake)
    assert lake.days() == [DAY]
    assert lake.days(product="NQ") == []


def test_relations_join_and_sql_answers(lake: ResearchLake) -> None:
    levels = lake.table("silver_gex_levels", convention="field", scope="selected").relation().set_alias("a")
    regimes = lake.table("regime_scores", convention="field").relation().set_alias("b")
    joined = levels.join(regimes, "a.ts_window_end = b.ts_window_end")
    assert joined.aggregate("count(*)").fetchall() == [(96,)]
    assert lake.sql("SELECT count(*) AS n FROM silver_gex")["n"].to_pylist() == [96]


def test_a_relation_reaches_no_file_outside(lake: ResearchLake, tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": [1]}), tmp_path / "secret.parquet")
    with pytest.raises(Exception, match="disabled by configuration"):
        lake.silver_gex.relation().query("x", f"SELECT * FROM read_parquet('{tmp_path / 'secret.parquet'}')").fetchall()


def test_nothing_in_the_lake_changes(published: Path) -> None:
    def state() -> dict[str, tuple[int, int]]:
        return {
            str(Path(folder) / name): ((Path(folder) / name).stat().st_mtime_ns, (Path(folder) / name).stat().st_size)
            for folder, _, names in os.walk(published)
            for name in names
        }

    before = state()
    with gex_assets.open_lake(published) as lake:
        for name in ("silver_gex_levels", "regime_scores"):
            lake.table(name).arrow()
            lake.table(name).relation().limit(1).fetchall()
        lake.sql("SELECT 1")
    assert state() == before
    with pytest.raises(LakeError, match="Expected a lake at"):
        gex_assets.open_lake(published / "nothing")
    assert not (published / "nothing").exists()


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"name": "silver_gexx"}, "did you mean silver_gex"),
        ({"name": "silver_gex_levels", "columns": ["net_gexx"]}, "did you mean net_gex"),
        ({"name": "silver_gex_levels", "since": "yesterday"}, "since: Expected a day or a moment"),
        ({"name": "silver_gex_levels", "since": True}, "since: Expected a day or a moment"),
        ({"name": "silver_gex_levels", "times": "s"}, "times: Expected timestamp or ns"),
        ({"name": "raw_option_mbo", "every": 12}, "every: Expected a table of windows"),
        ({"name": "silver_gex_levels", "every": 0}, "every: Expected at least 1"),
        ({"name": "silver_gex", "convention": "field"}, "Expected columns of silver_gex"),
        ({"name": "silver_gex_levels", "where": {"net_gex": (1.0, "a")}}, "net_gex: Expected a word"),
        ({"name": "silver_gex_levels", "where": {"net_gex": "a"}}, "Expected words"),
        ({"name": "silver_gex_levels", "where": {"net_gex": 5.0}}, "net_gex: Expected a word"),
        ({"name": "silver_gex_levels", "where": {"convention": []}}, "convention: Expected a word"),
        (
            {"name": "silver_gex_levels", "convention": "fields"},
            "Expected a convention of field, .*, was fields: did you mean field",
        ),
        ({"name": "silver_gex_levels", "where": {"convention": ["flow", "nothing"]}}, "Expected a convention of .*, was nothing"),
        ({"name": "silver_gex_levels", "where": {"net_gex": (None, 5.0)}}, "net_gex: Expected a pair of numbers"),
        ({"name": "silver_gex_levels", "where": {"net_gex": (float("nan"), 5.0)}}, "net_gex: Expected a pair of numbers"),
        ({"name": "silver_gex_levels", "where": {"net_gex": (np.float64("nan"), 5.0)}}, "net_gex: Expected a pair of numbers"),
        ({"name": "silver_gex_levels", "where": {"net_gex": (2.0, 1.0)}}, "net_gex: Expected the least number before"),
        ({"name": "silver_gex_levels", "since": 1.5}, "since: Expected a day or a moment"),
        ({"name": "silver_gex_levels", "since": float("nan")}, "since: Expected a day or a moment"),
        ({"name": "silver_gex_levels", "since": pd.NaT}, "since: Expected a day or a moment"),
        ({"name": "silver_gex_levels", "since": np.datetime64("NaT")}, "since: Expected a day or a moment"),
        ({"name": "silver_gex_levels", "since": "2026-01-06T14:30:00.0123456789"}, "since: Expected a day or a moment"),
    ],
)
def test_what_cannot_be_asked_is_said(lake: ResearchLake, how: dict[str, Any], words: str) -> None:
    with pytest.raises(LakeError, match=words):
        lake.table(**how)


def test_an_unknown_member_names_what_there_is(lake: ResearchLake) -> None:
    with pytest.raises(AttributeError, match=r"lake\.tables"):
        _ = lake.nothing
    with pytest.raises(AttributeError, match="nothing"):
        _ = gex_assets.nothing  # type: ignore[attr-defined]


def test_without_polars_the_error_says_what_to_do(lake: ResearchLake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "polars", None)
    with pytest.raises(GexError, match="Expected polars to be installed, was not"):
        lake.silver_gex.polars()


def test_importing_the_package_loads_nothing() -> None:
    code = "import sys, gex_assets; print([n for n in ('pyarrow', 'numpy', 'duckdb', 'pydantic') if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    "moment",
    [
        MIDNIGHT + 123_456_789,
        np.int64(MIDNIGHT + 123_456_789),
        "2026-01-06T00:00:00.123456789",
        "2026-01-06 01:00:00.123456789+01:00",
        pd.Timestamp("2026-01-06T00:00:00.123456789Z"),
        pd.Timestamp("2026-01-06T00:00:00.123456789"),
        np.datetime64("2026-01-06T00:00:00.123456789"),
    ],
    ids=["int", "numpy int", "text", "text with a zone", "Timestamp", "Timestamp without a zone", "datetime64"],
)
def test_moments_keep_their_nanoseconds(moment: Any) -> None:
    assert moment_ns(moment, what="since") == MIDNIGHT + 123_456_789


def test_a_day_beyond_what_nanoseconds_count_is_after_all_rows(lake: ResearchLake) -> None:
    assert lake.table("silver_forward", until=date.max).count() == lake.table("silver_forward", since=date.min).count() > 0


def test_integers_are_compared_as_integers(lake: ResearchLake) -> None:
    """A nanosecond is less than what a floating-point number of 19 digits can tell apart."""
    moment = MIDNIGHT + 14 * 3600 * 10**9 + 30 * 60 * 10**9
    at: tuple[Any, ...] = ((moment, moment), (np.int64(moment), np.int64(moment)), (moment, float("inf")))
    for low, high in at:
        found = lake.table("silver_forward", where={"ts_window_end": (low, high)}, times="ns", columns=["ts_window_end"])
        seen = set(found.arrow()["ts_window_end"].to_pylist())
        assert min(seen) == moment
        assert {row[1] for row in found.relation().fetchall()} == seen
    for low, high in ((moment + 1, moment + 2), (moment - 2, moment - 1)):
        found = lake.table("silver_forward", where={"ts_window_end": (low, high)}, times="ns")
        assert found.count() == len(found.relation().fetchall()) == 0


@pytest.mark.parametrize(
    ("bounds", "expected"),
    [
        ((2.5, 4.5), {3, 4}),
        ((3, 4), {3, 4}),
        ((2.0, 3.9), {2, 3}),
        ((2.2, 2.8), set()),
        ((-1e300, 1), {0, 1}),
        ((2**70, 2**71), set()),
    ],
    ids=["inside", "integers", "lower", "between two", "beyond the type", "above the type"],
)
def test_bounds_between_two_integers(lake: ResearchLake, bounds: Any, expected: set[int]) -> None:
    found = lake.table("gold_vector_dictionary", where={"index": bounds}, columns=["index"])
    assert set(found.arrow()["index"].to_pylist()) == {row[1] for row in found.relation().fetchall()} == expected


def test_missing_moments_leave_the_others_their_digits(lake: ResearchLake, monkeypatch: pytest.MonkeyPatch) -> None:
    found = lake.table("silver_forward", times="ns", columns=["ts_window_end"])
    rows = pa.table({"ts_window_end": pa.array([MIDNIGHT + 1, None], pa.int64())})
    monkeypatch.setattr(TableRange, "arrow", lambda _self: rows)
    frame = found.pandas()
    assert int(frame["ts_window_end"].iloc[0]) == MIDNIGHT + 1
    assert frame["ts_window_end"].isna().tolist() == [False, True]


def test_moments_before_1970_and_with_zones() -> None:
    assert moment_ns("1969-12-31T23:59:59.5", what="since") == -500_000_000
    assert moment_ns("2026-01-06T08:00:00-06:00", what="since") == MIDNIGHT + 14 * 3600 * 10**9
    assert moment_ns(date(1970, 1, 2), what="since") == 86_400 * 10**9


def test_rows_not_read_yet_are_shown_in_a_line(lake: ResearchLake) -> None:
    assert repr(lake.table("silver_gex_levels")) == "TableRange(ES silver_gex_levels: 1 day, 2026-01-06 to 2026-01-06)"
