from __future__ import annotations

import os
from functools import partial

import pytest

from gex_assets.errors import LakeError
from gex_assets.lake.queries import connect, query
from gex_assets.lake.tables import Lake
from gex_assets.schemas.registry import TABLES
from gex_assets_tests.lake.made_up_readers import answers_meanwhile
from gex_assets_tests.lake.made_up_tables import DAY, all_files, folder_of, nulls, publish

SCORES = TABLES["regime_scores"]


@pytest.fixture(scope="module")
def lake(tmp_path_factory):
    lake = Lake(tmp_path_factory.mktemp("lake"))
    publish(lake, SCORES, nulls(SCORES, 3))
    query(lake, "SELECT 1")
    return lake


@pytest.fixture(scope="module")
def reader(lake):
    with connect(lake) as reader:
        yield reader


@pytest.mark.parametrize(
    ("sql", "rows"),
    [
        ("SELECT count(*) AS n FROM regime_scores", [{"n": 3}]),
        ("FROM regime_scores SELECT max(ts_window_end) AS last;", [{"last": 2}]),
        ("WITH x AS (SELECT 1 AS a) SELECT a FROM x -- a comment", [{"a": 1}]),
        ("VALUES (7)", [{"col0": 7}]),
        ('SELECT \'copy (x) to y\' AS "copy", 1 AS "insert"', [{"copy": "copy (x) to y", "insert": 1}]),
        ("SELECT count(*) AS n FROM query('SELECT * FROM regime_scores')", [{"n": 3}]),
        ('WITH "a b" AS (SELECT 1 AS a) FROM "a b"', [{"a": 1}]),
        ("SELECT sum(range) AS s FROM range(4)", [{"s": 6}]),
        ("SELECT count(*) AS n FROM information_schema.tables WHERE table_name = 'regime_scores'", [{"n": 1}]),
        ("PIVOT regime_scores ON regime IN ('positive') USING count(*) GROUP BY date", [{"date": DAY, "positive": 0}]),
    ],
)
def test_questions_are_answered(reader, sql, rows):
    assert reader.query(sql).to_pylist() == rows


@pytest.mark.parametrize(
    "sql", ["SHOW TABLES", "DESCRIBE silver_gex", "SUMMARIZE regime_scores", "EXPLAIN SELECT * FROM silver_gex"]
)
def test_questions_about_the_tables_are_answered(reader, sql):
    assert reader.query(sql).num_rows > 0


REFUSED = [
    "COPY (SELECT 1) TO '{lake}/x.csv'",
    "COPY regime_scores TO '{lake}/x.parquet'",
    "WITH x AS (COPY (SELECT 1) TO '{lake}/x.csv') SELECT 1",
    "WITH x AS MATERIALIZED (COPY (SELECT 1) TO '{lake}/x.csv') FROM x",
    "SELECT * FROM query('WITH x AS (COPY (SELECT 1) TO ''{lake}/x.csv'') SELECT 1')",
    "FROM json_execute_serialized_sql(json_serialize_sql('WITH x AS (COPY (SELECT 1) TO ''{lake}/x.csv'') SELECT 1'))",
    "COPY (PIVOT regime_scores ON regime USING count(*)) TO '{lake}/x.csv'",
    "EXPLAIN ANALYZE COPY (SELECT 1) TO '{lake}/x.csv'",
    "EXPLAIN (ANALYZE) COPY (SELECT 1) TO '{lake}/x.csv'",
    "EXPORT DATABASE '{lake}/x'",
    "ATTACH '{lake}/x.db'",
    "ATTACH ':memory:' AS x",
    "DETACH gex",
    "CREATE TABLE x AS SELECT 1",
    "CREATE TABLE memory.x AS SELECT 1",
    "CREATE OR REPLACE VIEW silver_gex AS SELECT 1",
    "DROP VIEW silver_gex",
    "INSERT INTO regime_scores SELECT * FROM regime_scores",
    "WITH x AS (INSERT INTO regime_scores FROM regime_scores RETURNING *) FROM x",
    "UPDATE regime_scores SET product = 'NQ'",
    "DELETE FROM regime_scores",
    "SET threads = 64",
    "SET enable_external_access = true",
    "PRAGMA enable_profiling",
    "PRAGMA profile_output = '{lake}/x.json'",
    "SELECT * FROM enable_logging(storage = 'file', storage_path = '{lake}/x')",
    "SELECT * FROM enable_profiling(save_location = '{lake}/x.json')",
    "CALL enable_logging()",
    "INSTALL httpfs",
    "LOAD httpfs",
    "USE memory",
    "BEGIN",
    "SELECT 1; SELECT 2",
    "SELECT 1; DROP VIEW silver_gex",
    "",
    "-- nothing",
    "PIVOT regime_scores ON regime USING count(*)",
    "FROM read_text('{lake}/gex.duckdb')",
    "SELECT (SELECT count(*) FROM glob('{lake}/**'))",
    "SELECT * FROM '{lake}/regime_scores/product=ES/date=2026-01-06/data.parquet'",
    "DESCRIBE '{lake}/regime_scores/product=ES/date=2026-01-06/data.parquet'",
    "WITH x AS (FROM parquet_metadata('{lake}/**/*.parquet')) FROM x",
    "SELECT list_transform([1], lambda x: (SELECT count(*) FROM read_blob('{lake}/**')))",
    "SELECT * FROM query('FROM query(''FROM read_text({lake}/gex.duckdb)'')')",
    "SELECT * FROM query('FROM ' || 'duckdb_settings()')",
    "SELECT * FROM query_table(['regime_scores'])",
    "FROM duckdb_settings()",
    "FROM duckdb_databases",
    "EXPLAIN FROM read_text('{lake}/gex.duckdb')",
    "EXPLAIN (FORMAT JSON) FROM glob('{lake}/*')",
    "SELECT " + "(" * 3_000 + "1" + ")" * 3_000,
]


@pytest.mark.parametrize("sql", REFUSED)
def test_whatever_does_more_than_read_is_refused_in_one_line_and_leaves_nothing(lake, reader, sql):
    before = all_files(folder_of(lake))
    with pytest.raises(LakeError) as refusal:
        reader.query(sql.format(lake=folder_of(lake)))
    assert str(refusal.value).startswith("Expected ")
    assert "\n" not in str(refusal.value)
    assert all_files(folder_of(lake)) == before
    assert reader.query("SELECT count(*) AS n FROM regime_scores").to_pylist() == [{"n": 3}]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_csv('{outside}')",
        'WITH "{outside}" AS (SELECT 1 AS a) FROM "{outside}"',
        """SELECT * FROM '{outside}', (WITH "{outside}" AS (SELECT 1 AS a) SELECT 1 AS b) AS t""",
        """SELECT * FROM duckdb_settings, (WITH duckdb_settings AS (SELECT 1 AS a) SELECT 1 AS b) AS t""",
        "SELECT * FROM '{outside}'",
        "SELECT * FROM read_text('{outside}')",
        "SELECT * FROM glob('{outside}')",
        "SELECT * FROM sniff_csv('{outside}')",
        "SELECT * FROM read_text('{lake}/../outside.csv')",
    ],
)
def test_files_outside_the_lake_are_out_of_reach(lake, reader, sql):
    outside = folder_of(lake).parent / "outside.csv"
    outside.write_text("secret\n1\n")
    with pytest.raises(LakeError) as refusal:
        reader.query(sql.format(outside=outside, lake=folder_of(lake)))
    assert "secret" not in str(refusal.value)


def test_variables_of_the_program_are_out_of_reach(lake):
    regimes = {"a": [1]}
    with pytest.raises(LakeError, match="regimes does not exist"):
        query(lake, "SELECT * FROM regimes")
    assert regimes


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("SELEC 1", "syntax error"),
        ("SELECT * FROM silver_gx", "Table with name silver_gx does not exist: did you mean silver_gex"),
        ("SELECT * FROM regime_score", "Table with name regime_score does not exist: did you mean regime_scores"),
        ("SELECT * FROM qqqqqqqq", "Table with name qqqqqqqq does not exist: SHOW TABLES lists the views"),
        ("SELECT strike_9 FROM silver_gex", "strike_9"),
        ("SELECT error('my words')", "my words"),
    ],
)
def test_bad_sql_is_one_clear_line(reader, sql, said):
    with pytest.raises(LakeError) as refusal:
        reader.query(sql)
    assert str(refusal.value).startswith("Expected a query that can be answered, was: ")
    assert said in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_limits_are_those_asked_for_and_senseless_ones_are_refused(lake):
    with connect(lake, memory_limit="200MB", threads=2) as reader:
        assert reader.query("SELECT current_setting('threads') AS n").to_pylist() == [{"n": 2}]
        assert "190" in reader.query("SELECT current_setting('memory_limit') AS m").to_pylist()[0]["m"]
    with pytest.raises(LakeError, match="Expected to open the views"):
        connect(lake, memory_limit="a lot")


def test_a_connection_goes_on_after_a_refusal_and_while_the_views_are_renewed(tmp_path):
    lake = Lake(tmp_path)
    with connect(lake) as reader:
        with pytest.raises(LakeError):
            reader.query("SELECT nothing")
        publish(lake, SCORES, nulls(SCORES, 2))
        assert query(lake, "SELECT count(*) AS n FROM regime_scores").to_pylist() == [{"n": 2}]
        assert reader.query("SELECT 1 AS a").to_pylist() == [{"a": 1}]
        with connect(lake) as later:
            assert later.query("SELECT count(*) AS n FROM regime_scores").to_pylist() == [{"n": 2}]


def test_a_path_is_as_good_as_a_lake(lake):
    assert query(folder_of(lake), "SELECT 1 AS a").to_pylist() == query(os.fspath(folder_of(lake)), "SELECT 1 AS a").to_pylist()


def test_questions_are_answered_while_the_day_is_replaced(tmp_path):
    lake = Lake(tmp_path)
    publish(lake, SCORES, nulls(SCORES, 10))

    def ask(is_over, note):
        with connect(lake) as reader:
            while not is_over():
                note(reader.query("SELECT count(*) AS n FROM regime_scores").to_pylist()[0]["n"])

    states = [partial(publish, lake, SCORES, nulls(SCORES, rows)) for rows in (500, 10)]
    (counts,) = answers_meanwhile(ask, states)
    assert set(counts) == {10, 500}
