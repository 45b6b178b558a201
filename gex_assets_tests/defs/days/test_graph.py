"""A delivered day through every asset: what is published, what is said about it, and that it is the same every time."""

from __future__ import annotations

import hashlib
import shutil
import threading
from types import SimpleNamespace

import dagster as dg
import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from gex_assets.defs.build import build_defs
from gex_assets.defs.partitions import daily
from gex_assets.defs.product_assets import ProductAssets
from gex_assets.defs.run import days_between, run_days
from gex_assets.defs.table_day import TableDay
from gex_assets.errors import GexError, SettingsError
from gex_assets.lake.lineage import source_of
from gex_assets.lake.queries import query
from gex_assets.lake.status import status
from gex_assets.lake.tables import Lake
from gex_assets.schemas.registry import DAY_TABLES, OPEN_TABLES
from gex_assets_tests.conftest import DAY, SESSION, settings_for

WINDOWS = (SESSION[1].hour * 60 + SESSION[1].minute - SESSION[0].hour * 60 - SESSION[0].minute) * 12


def hashes(lake_root) -> dict[str, str]:
    lake = Lake(lake_root)
    return {name: lake.open(name, product="ES", day=DAY).sha256() for name in DAY_TABLES}


def test_every_table_is_published_and_none_is_stale(published):
    settings = settings_for(published)
    states = status(
        Lake(published), tables=DAY_TABLES, products=["ES"], day=DAY, digest=lambda table: settings.digest(table.settings)
    )
    assert {state.table: state.state for state in states} == dict.fromkeys(DAY_TABLES, "published")
    assert all(state.rows > 0 for state in states)


def test_every_window_of_the_session_has_its_rows(published):
    answer = query(
        published,
        """SELECT (SELECT count(DISTINCT ts_window_end) FROM silver_option_quotes) AS quotes,
                  (SELECT count(DISTINCT ts_window_end) FROM silver_future_quotes) AS futures,
                  (SELECT count(*) FROM silver_forward) AS forward,
                  (SELECT count(DISTINCT ts_window_end) FROM silver_gex_chain) AS chain,
                  (SELECT count(*) FROM silver_gex) AS gex,
                  (SELECT count(DISTINCT ts_window_end) FROM silver_gex_levels) AS levels,
                  (SELECT count(*) FROM silver_vacuum) AS vacuum,
                  (SELECT count(*) FROM regime_scores) AS regimes""",
    ).to_pylist()[0]
    assert answer.pop("regimes") == 3 * WINDOWS
    assert answer == dict.fromkeys(answer, WINDOWS)


def test_the_truth_of_the_busy_minutes_is_recovered(published):
    """The sample keeps what its makers knew: forward, gamma and what passive parties took on."""
    lake = Lake(published)
    truth = f"'{lake.uri}/truth/product=ES/date={DAY}"
    forward = duckdb.sql(
        f"""SELECT sqrt(avg((f.forward - t.forward)^2)) AS rmse, count(f.forward) AS n
            FROM '{lake.open("silver_forward", product="ES", day=DAY).uri}' f
            JOIN {truth}/windows.parquet' t USING (ts_window_end, ts_expiration) WHERE t.is_busy"""
    ).fetchall()[0]
    assert forward[1] > 20
    assert forward[0] < 0.06
    chain = lake.open("silver_gex_chain", product="ES", day=DAY).uri
    gamma = duckdb.sql(
        f"""SELECT max(abs(g.gamma / t.gamma - 1)) FROM '{chain}' g
            JOIN {truth}/surface.parquet' t USING (ts_window_end, ts_expiration, strike)
            WHERE abs(g.strike - g.forward) < 200"""
    ).fetchall()[0]
    assert gamma[0] < 0.005
    instruments = lake.open("bronze_option_instruments", product="ES", day=DAY).uri
    inventory = duckdb.sql(
        f"""SELECT count(*), count(*) FILTER (WHERE t.passive_with_spreads =
                   CASE i."right" WHEN 'C' THEN g.call_flow_inventory ELSE g.put_flow_inventory END)
            FROM '{chain}' g JOIN '{instruments}' i ON i.strike = g.strike AND i.ts_expiration = g.ts_expiration
            JOIN {truth}/inventory.parquet' t ON t.ts_window_end = g.ts_window_end AND t.instrument_id = i.instrument_id"""
    ).fetchall()[0]
    assert inventory[0] > 0
    assert inventory[0] == inventory[1]


def test_two_runs_in_any_blocks_and_threads_give_the_same_bytes(published, fresh, monkeypatch):
    settings = settings_for(fresh, block_records=1_009, threads=1)
    begun, start = [], threading.Thread.start
    monkeypatch.setattr(threading.Thread, "start", lambda thread: (begun.append(thread.name), start(thread)))
    assert all(run.success for run in run_days(settings, [DAY]))
    assert "gex-prefetch" not in begun
    assert hashes(fresh) == hashes(published)


def test_materializations_say_rows_path_dropped_speed_and_memory(fresh):
    definitions = build_defs(settings_for(fresh))
    with dg.DagsterInstance.ephemeral() as instance:
        result = definitions.resolve_job_def("raw_to_bronze").execute_in_process(
            partition_key=DAY.isoformat(), instance=instance, run_config={"loggers": {"progress": {}}}
        )
    events = {
        event.asset_key.to_user_string(): event.materialization.metadata for event in result.get_asset_materialization_events()
    }
    assert set(events) == {name for name, table in DAY_TABLES.items() if table.layer in {"raw", "bronze"}}
    for metadata in events.values():
        assert {
            "dagster/partition_row_count",
            "dagster/uri",
            "dropped",
            "records_per_second",
            "seconds",
            "peak_memory_mb",
            "lineage",
            "preview",
        } <= set(metadata)
    lineage = events["bronze_option_instruments"]["lineage"].value
    assert lineage["settings"] == {"option_families": ["quarterly"], "max_dte": 45, "expirations": "front"}
    assert len(lineage["settings_hash"]) == len(next(iter(lineage["inputs"].values()))) == 64
    dropped = events["bronze_option_mbo"]["dropped"].value
    assert dropped["user_defined_spread"] > 0
    rows = events["bronze_option_mbo"]["dagster/partition_row_count"].value
    refused = sum(
        dropped.get(reason, 0)
        for reason in (
            "user_defined_spread",
            "calendar_spread",
            "other_root",
            "other_family",
            "unparseable",
            "unknown_instrument",
        )
    )
    raw = Lake(fresh).open("raw_option_mbo", product="ES", day=DAY).read(["records"])
    assert rows + refused == pc.sum(raw["records"]).as_py()


def test_checks_are_evaluated_for_their_partition(fresh):
    definitions = build_defs(settings_for(fresh))
    with dg.DagsterInstance.ephemeral() as instance:
        result = definitions.resolve_job_def("raw_to_bronze").execute_in_process(
            partition_key=DAY.isoformat(), instance=instance, run_config={"loggers": {"progress": {}}}
        )
        evaluations = result.get_asset_check_evaluations()
    assert {evaluation.partition for evaluation in evaluations} == {DAY.isoformat()}
    assert "something_was_selected" in {evaluation.check_name for evaluation in evaluations}


def test_a_run_of_several_partitions_is_refused(fresh):
    """Dagster would write one check evaluation for all of them and leave the others planned for ever."""
    settings = settings_for(fresh)
    assets = ProductAssets(product="ES", settings=settings, partitions=daily(settings.start_date))
    context = SimpleNamespace(partition_keys=["2026-01-06", "2026-01-07"])
    with pytest.raises(GexError, match="Expected one partition a run, was 2"):
        TableDay.of(context, assets, "raw_option_mbo", Lake(fresh))


def test_a_changed_setting_makes_stale_only_what_depends_on_it(published):
    settings = settings_for(published, min_strikes_required=11)
    states = status(
        Lake(published), tables=DAY_TABLES, products=["ES"], day=DAY, digest=lambda table: settings.digest(table.settings)
    )
    assert [state.table for state in states if state.state == "stale"] == ["regime_scores", "regime_events"]


def test_a_changed_rate_reaches_what_is_made_from_it(published):
    settings = settings_for(published, rate=0.05)
    states = status(
        Lake(published), tables=DAY_TABLES, products=["ES"], day=DAY, digest=lambda table: settings.digest(table.settings)
    )
    stale = [state.table for state in states if state.state == "stale"]
    silver = ["silver_forward", "silver_gex_chain", "silver_gex", "silver_gex_levels", "silver_gex_profile"]
    assert stale == [*OPEN_TABLES, *silver, "gold_trigger_vectors", "gold_trigger_outcomes", "regime_scores", "regime_events"]


def test_a_selection_runs_the_tables_that_one_pass_makes_together(published, tmp_path):
    lake = tmp_path / "lake"
    shutil.copytree(published, lake)
    (run,) = run_days(settings_for(lake), [DAY], select='key:"bronze_option_trades"')
    assert set(run.materialized) == {"bronze_option_mbo", "bronze_option_trades"}


@pytest.mark.parametrize("select", ['key:"no_such_table"', "+++"])
def test_a_selection_of_nothing_is_refused(fresh, select):
    with pytest.raises(SettingsError, match="Expected a selection"):
        next(run_days(settings_for(fresh), [DAY], select=select))


def test_days_without_a_partition_are_refused(fresh):
    assert len(days_between(DAY, DAY.replace(day=12))) == 6
    with pytest.raises(SettingsError, match="Expected --to on or after"):
        days_between(DAY, DAY.replace(day=1))
    for settings, day in (
        (settings_for(fresh, start_date=DAY), DAY.replace(year=2016)),
        (settings_for(fresh), DAY.replace(day=10)),  # a Saturday
    ):
        with pytest.raises(SettingsError, match="Expected a day of the calendar"):
            next(run_days(settings, [day]))


def test_a_footer_names_every_input_by_its_hash(published):
    lake = Lake(published)
    lineage = lake.open("silver_gex_chain", product="ES", day=DAY).lineage
    for key, sha256 in lineage.inputs.items():
        assert hashlib.sha256(lake.fs.read_bytes(key)).hexdigest() == sha256
    assert {key.split("/")[0] for key in lineage.inputs} == {
        "bronze_option_instruments",
        "bronze_option_trades",
        "bronze_option_statistics",
        "silver_option_quotes",
        "silver_forward",
    }


def test_the_edges_of_the_graph_are_what_was_read(published):
    """An edge in the UI that is not in the lineage, or the other way round, misleads whoever looks for a cause."""
    graph, lake = build_defs(settings_for(published)).resolve_asset_graph(), Lake(published)
    for name in DAY_TABLES:
        inputs = lake.open(name, product="ES", day=DAY).lineage.inputs
        read = {place[0] for place in (lake.table_day(source_of(key)) for key in inputs) if place is not None}
        assert read == {key.to_user_string() for key in graph.get(dg.AssetKey(name)).parent_keys}, name


def test_the_profile_is_there_on_every_minute_with_a_price_and_changes_sign_at_the_flip(published):
    answer = query(
        published,
        """WITH neighbours AS (
               SELECT ts_window_end, convention, scope, price AS low, net_gex AS below,
                      lead(price) OVER same AS high, lead(net_gex) OVER same AS above
               FROM silver_gex_profile WINDOW same AS (PARTITION BY ts_window_end, convention, scope ORDER BY price)),
           found AS (
               SELECT ts_window_end, convention, scope, any_value(list_sort(zero_gamma_roots)) AS roots,
                      count(*) FILTER ((below > 0) != (above > 0)) AS changes,
                      count(*) FILTER ((below > 0) != (above > 0) AND zero_gamma BETWEEN low AND high) AS at_flip
               FROM neighbours JOIN silver_gex_levels USING (ts_window_end, convention, scope)
               WHERE high IS NOT NULL AND convention != 'magic8' GROUP BY ALL)
           SELECT (SELECT count(DISTINCT (ts_window_end, convention, scope)) FROM silver_gex_profile) AS profiles,
                  (SELECT count(*) FROM silver_gex_levels
                   WHERE ts_window_end % 60000000000 = 0 AND reference_price IS NOT NULL AND strikes > 0) AS expected,
                  (SELECT count(*) FROM found) AS found, (SELECT count(*) FROM found WHERE len(roots) = 1) AS single,
                  (SELECT count(*) FROM found WHERE len(roots) = 1 AND changes = 1 AND at_flip = 1) AS agree""",
    ).to_pylist()[0]
    assert answer["profiles"] == answer["expected"] > 0
    assert answer["agree"] == answer["single"] > 0


def test_net_exposure_has_an_error_and_its_change_adds_up(published):
    answer = query(
        published,
        """SELECT count(*) FILTER (net_gex IS NOT NULL AND net_gex_se IS NULL) AS unsure,
                  count(*) FILTER (zero_gamma IS NOT NULL AND convention != 'magic8' AND zero_gamma_se IS NULL) AS unsure_flip,
                  count(*) FILTER ((call_wall IS NULL) = (call_wall_reason IS NULL)) AS no_reason,
                  count(net_gex_change) AS changes,
                  count(*) FILTER (abs(net_gex_change - net_gex_change_price - net_gex_change_time - net_gex_change_volatility
                                       - net_gex_change_weight - net_gex_change_relabel) > 1e-12 * gross_gex + 1e-6) AS left_over
           FROM silver_gex_levels""",
    ).to_pylist()[0]
    assert answer.pop("changes") > WINDOWS
    assert answer == {"unsure": 0, "unsure_flip": 0, "no_reason": 0, "left_over": 0}


def test_nothing_that_is_missing_is_a_zero(published):
    """0DTE has no expiration on this day: its totals are NULL, its windows are there."""
    answer: pa.Table = query(
        published, "SELECT count(*) AS n, count(net_gex) AS known FROM silver_gex_levels WHERE scope = '0dte'"
    )
    assert answer.to_pylist() == [{"n": 3 * WINDOWS, "known": 0}]


def test_the_views_show_every_table_after_the_first_run(published, tmp_path, monkeypatch):
    """Any DuckDB in the lake's folder may open them, also where no command of ours was ever typed."""
    monkeypatch.chdir(published)
    with duckdb.connect(str(shutil.copy(published / "gex.duckdb", tmp_path)), read_only=True) as connection:
        for name in DAY_TABLES:
            rows = connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0]
            assert rows == Lake(published).open(name, product="ES", day=DAY).num_rows
