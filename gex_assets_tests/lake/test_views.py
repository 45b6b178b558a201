from __future__ import annotations

import logging
import re
from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from gex_assets.errors import LakeError
from gex_assets.lake.queries import connect, query
from gex_assets.lake.tables import Lake
from gex_assets.lake.views import JOINED, current_views, renew_views, view_statements, write_views
from gex_assets.schemas.dictionary import VIEWS
from gex_assets.schemas.registry import TABLES
from gex_assets_tests.lake.made_up_tables import DAY, all_files, file_of, folder_of, nulls, publish, reject
from gex_assets_tests.lake.memory_filesystem import MemoryFileSystem

TRADES, SCORES, LEVELS = (TABLES[name] for name in ("bronze_option_trades", "regime_scores", "silver_gex_levels"))
NEXT = date(2026, 1, 7)


@pytest.fixture
def lake(tmp_path):
    return Lake(tmp_path)


def answers(lake, sql):
    return query(lake, sql).to_pylist()


def described(lake, view):
    return {row["column_name"]: row["column_type"] for row in answers(lake, f"DESCRIBE {view}")}


def columns_of(reader, view):
    return {row["column_name"]: row["column_type"] for row in reader.query(f"DESCRIBE {view}").to_pylist()}


def test_an_empty_lake_has_typed_views_without_rows(lake):
    with connect(lake) as reader:
        for table in TABLES.values():
            types = columns_of(reader, table.name)
            assert list(types) == ["product", "date", *table.column_names]
            assert types["date"] == "DATE"
            moments = columns_of(reader, f"{table.name}_utc")
            assert {name for name in types if types[name] != moments[name]} == {
                column.name for column in table.columns if column.unit == "UNIX ns UTC"
            }
            assert set(moments.values()) - set(types.values()) <= {"TIMESTAMP WITH TIME ZONE"}
            assert list(columns_of(reader, f"{table.name}_all")) == ["product", "date", "rejected", *table.column_names]
            assert reader.query(f"FROM {table.name}").num_rows == 0


def test_a_view_has_the_same_types_with_and_without_data(tmp_path):
    (tmp_path / "empty").mkdir()
    for table in TABLES.values():
        publish(tmp_path / "filled", table, table.empty())
    with connect(tmp_path / "empty") as empty, connect(tmp_path / "filled") as filled:
        for table in TABLES.values():
            assert columns_of(filled, table.name) == columns_of(empty, table.name)
            assert columns_of(filled, f"{table.name}_all") == columns_of(empty, f"{table.name}_all")
            assert filled.query(f"FROM {table.name}").num_rows == 0


def test_types_are_those_of_the_schema(lake):
    types = described(lake, "bronze_option_trades")
    assert types["order_id"] == "UBIGINT"
    assert types["action"] == "VARCHAR"
    assert types["legs"] == "STRUCT(instrument_id UINTEGER, ratio INTEGER, side VARCHAR)[]"
    assert described(lake, "silver_gex_levels")["zero_gamma_roots"] == "DOUBLE[]"
    assert described(lake, "silver_gex_levels")["session_date"] == "DATE"


def test_product_and_date_come_from_the_path(lake):
    publish(lake, SCORES, nulls(SCORES, 3))
    publish(lake, SCORES, nulls(SCORES, 2), day=NEXT)
    publish(lake, SCORES, nulls(SCORES, 1), product="NQ")
    rows = answers(lake, "SELECT product, date, count(*) AS n FROM regime_scores GROUP BY ALL ORDER BY ALL")
    assert rows == [
        {"product": "ES", "date": DAY, "n": 3},
        {"product": "ES", "date": NEXT, "n": 2},
        {"product": "NQ", "date": DAY, "n": 1},
    ]
    assert answers(lake, "SELECT count(*) AS n FROM regime_scores WHERE date = DATE '2026-01-07'") == [{"n": 2}]
    assert answers(lake, "SELECT count(*) AS n FROM silver_gex") == [{"n": 0}]


def test_what_a_view_shows_is_what_was_written(lake):
    legs = pa.array([[{"instrument_id": 1, "ratio": 2, "side": "B"}], None], type=TRADES.arrow_schema().field("legs").type)
    rows = nulls(TRADES).set_column(TRADES.column_names.index("legs"), "legs", legs)
    publish(lake, TRADES, rows)
    shown = query(lake, "SELECT * EXCLUDE (product, date) FROM bronze_option_trades")
    assert shown.to_pylist() == rows.to_pylist()


def test_staged_locked_and_noted_files_are_never_seen(lake):
    publish(lake, SCORES, nulls(SCORES))
    folder = folder_of(lake) / "regime_scores/product=ES/date=2026-01-06"
    for name in (".data.parquet.0123.staged", ".data.parquet.lock"):
        (folder / name).write_bytes(b"no table")
    assert answers(lake, "SELECT count(*) AS n FROM regime_scores_all") == [{"n": 2}]


def test_rejected_days_are_shown_next_to_the_published_ones_on_request(lake):
    publish(lake, SCORES, nulls(SCORES, 2))
    assert answers(lake, "SELECT count(*) AS n FROM regime_scores_all WHERE rejected") == [{"n": 0}]
    reject(lake, SCORES, nulls(SCORES, 5), reason="no", day=NEXT)
    sql = "SELECT date, rejected, count(*) AS n FROM regime_scores_all GROUP BY ALL ORDER BY ALL"
    assert answers(lake, sql) == [{"date": DAY, "rejected": False, "n": 2}, {"date": NEXT, "rejected": True, "n": 5}]
    assert answers(lake, "SELECT count(*) AS n FROM regime_scores") == [{"n": 2}]
    publish(lake, SCORES, nulls(SCORES, 4), day=NEXT)
    assert answers(lake, "SELECT count(*) AS n FROM regime_scores_all WHERE NOT rejected") == [{"n": 6}]


def test_the_file_holds_views_only_and_any_duckdb_in_its_folder_can_open_it(lake, monkeypatch):
    publish(lake, SCORES, nulls(SCORES, 3))
    write_views(lake)
    monkeypatch.chdir(folder_of(lake))
    with duckdb.connect(str(folder_of(lake) / "gex.duckdb"), read_only=True) as connection:
        assert connection.execute("SELECT count(*) FROM regime_scores").fetchone() == (3,)
        assert connection.execute("SELECT count(*) FROM duckdb_tables()").fetchone() == (0,)
        names = {row[0] for row in connection.execute("SELECT view_name FROM duckdb_views() WHERE NOT internal").fetchall()}
    assert names == {name for table in TABLES for name in (table, f"{table}_all", f"{table}_utc")} | {
        *JOINED,
        "partial_days",
        "views_written",
    }


def test_the_file_is_written_again_only_when_it_is_no_longer_right(lake):
    path = folder_of(lake) / "gex.duckdb"
    current_views(lake)
    first = path.stat().st_ino
    current_views(lake)
    assert path.stat().st_ino == first
    publish(lake, SCORES, nulls(SCORES))
    current_views(lake)
    second = path.stat().st_ino
    assert second != first
    publish(lake, SCORES, nulls(SCORES), day=NEXT)
    current_views(lake)
    assert path.stat().st_ino == second
    path.unlink()
    assert answers(lake, "SELECT count(*) AS n FROM regime_scores") == [{"n": 4}]
    path.write_bytes(b"half a file")
    assert answers(lake, "SELECT count(*) AS n FROM regime_scores") == [{"n": 4}]
    assert [name for name in all_files(folder_of(lake)) if "duckdb" in name] == ["gex.duckdb"]


def test_all_views_wait_for_the_disk_once(lake, monkeypatch):
    connect_, said = duckdb.connect, []

    class Told:
        def __init__(self, path):
            self.connection = connect_(path)

        def __enter__(self):
            return self

        def __exit__(self, *error):
            self.connection.close()

        def execute(self, sql):
            said.append(sql.split()[0])
            return self.connection.execute(sql)

        def begin(self):
            said.append("BEGIN")
            self.connection.begin()

        def commit(self):
            said.append("COMMIT")
            self.connection.commit()

    monkeypatch.setattr("gex_assets.lake.views.duckdb.connect", Told)
    write_views(lake, [TRADES])
    assert said == ["SET", "BEGIN", *["CREATE"] * 4, "COMMIT"]


def test_a_moved_lake_is_found_where_it_is(tmp_path):
    publish(tmp_path / "old", SCORES, nulls(SCORES))
    write_views(Lake(tmp_path / "old"))
    (tmp_path / "old").rename(tmp_path / "new's place")
    assert answers(Lake(tmp_path / "new's place"), "SELECT count(*) AS n FROM regime_scores") == [{"n": 2}]


def test_the_file_of_a_moved_lake_still_fits(tmp_path, monkeypatch):
    publish(tmp_path / "old", SCORES, nulls(SCORES))
    write_views(Lake(tmp_path / "old"))
    (tmp_path / "old").rename(tmp_path / "new")
    before = (tmp_path / "new" / "gex.duckdb").stat().st_ino
    current_views(Lake(tmp_path / "new"))
    assert (tmp_path / "new" / "gex.duckdb").stat().st_ino == before
    monkeypatch.chdir(tmp_path / "new")
    with duckdb.connect("gex.duckdb", read_only=True) as connection:
        assert connection.execute("SELECT count(*) FROM regime_scores").fetchone() == (2,)


@pytest.mark.parametrize("sql", ["SELECT count(*) AS n FROM regime_scores", "SHOW TABLES", "FROM exposure_by_product"])
def test_asking_writes_nothing(lake, sql):
    publish(lake, SCORES, nulls(SCORES))
    before = all_files(folder_of(lake))
    answers(lake, sql)
    assert all_files(folder_of(lake)) == before


def test_the_lake_that_is_asked_counts_and_not_the_one_in_the_working_directory(tmp_path, monkeypatch):
    for name, rows in (("here", 5), ("there", 2)):
        publish(tmp_path / name, SCORES, nulls(SCORES, rows))
    monkeypatch.chdir(tmp_path / "here")
    write_views(Lake(tmp_path / "there"))
    assert answers(Lake(tmp_path / "there"), "SELECT count(*) AS n FROM regime_scores") == [{"n": 2}]
    assert answers(Lake("../there"), "SELECT count(*) AS n FROM regime_scores") == [{"n": 2}]


@pytest.mark.parametrize("old_day", [DAY, NEXT], ids=["the first day is old", "the last day is old"])
def test_days_of_an_older_layout_show_null_where_a_column_was_not_yet_there(lake, old_day):
    publish(lake, SCORES, nulls(SCORES, 2))
    publish(lake, SCORES, nulls(SCORES, 2), day=NEXT)
    path = file_of(lake, lake.key("regime_scores", product="ES", day=old_day))
    pq.write_table(pq.read_table(path, partitioning=None).drop(["convention_version"]), path)
    versions = query(lake, "SELECT date, convention_version FROM regime_scores")
    known = pc.filter(versions.column("date"), pc.is_valid(versions.column("convention_version"))).to_pylist()
    assert known == [DAY if old_day == NEXT else NEXT] * 2


def test_a_file_that_is_no_parquet_is_named(lake):
    publish(lake, SCORES, nulls(SCORES))
    file_of(lake, lake.key("regime_scores", product="ES", day=DAY)).write_bytes(b"no table")
    with pytest.raises(LakeError, match="Expected a Parquet file at regime_scores/product=ES/date=2026-01-06"):
        write_views(lake)


def test_views_that_cannot_be_written_are_said_and_no_failure(lake, caplog):
    publish(lake, SCORES, nulls(SCORES))
    renew_views(lake, logging.getLogger("gex_assets"))
    assert lake.fs.info("gex.duckdb") is not None
    file_of(lake, lake.key("regime_scores", product="ES", day=DAY)).write_bytes(b"no table")
    assert caplog.records == []
    renew_views(lake, logging.getLogger("gex_assets"))
    (said,) = caplog.records
    assert said.levelname == "WARNING"
    assert said.getMessage().startswith("gex.duckdb is as it was: Expected a Parquet file at regime_scores/")
    renew_views(Lake(MemoryFileSystem()), logging.getLogger("gex_assets"))  # DuckDB reads files only: there are none to renew
    assert len(caplog.records) == 1


def test_statements_can_be_asked_for_some_tables(lake):
    assert list(view_statements(lake, [LEVELS])) == ["silver_gex_levels", "silver_gex_levels_all", "silver_gex_levels_utc"]


def test_a_lake_without_files_has_no_views_and_says_so():
    lake = Lake(MemoryFileSystem())
    with pytest.raises(LakeError, match="Expected a lake in a local folder for SQL"):
        write_views(lake)
    assert lake.fs.info("gex.duckdb") is None
    publish(lake, SCORES, nulls(SCORES))
    for ask in (current_views, write_views, lambda one: query(one, "SELECT 1")):
        with pytest.raises(
            LakeError, match=r"Expected a lake in a local folder for SQL, was memory:///: DuckDB reads files only"
        ):
            ask(lake)


@pytest.mark.parametrize("name", JOINED)
def test_the_dictionary_names_every_column_of_a_view_over_several_tables(tmp_path: Path, name: str) -> None:
    about = VIEWS.partition(f"### {name}\n")[2].partition("\n### ")[0]
    columns = query(Lake(tmp_path), f"SELECT * FROM {name}").column_names
    assert columns
    assert set(columns) - set(re.findall(r"`(\w+)`", about)) == set()
