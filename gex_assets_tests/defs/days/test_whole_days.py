"""Whole days of the sample market through every asset: the truth of the busy hour, a Sunday, and an expiration day."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import pytest

from gex_assets.defs.run import run_days
from gex_assets.demo import keep_settings
from gex_assets.lake.queries import query
from gex_assets.lake.tables import Lake
from gex_assets.sample.files.defects import RECORD_FAULTS
from gex_assets.sample.market import make_sample
from gex_assets.sample.staging import stage
from gex_assets_tests.conftest import settings_for

pytestmark = pytest.mark.long

HOUR = 720


def publish(lake: Path, day: date, *, seed: int, version: int, profile: str = "small") -> None:
    make_sample(lake, start=day, days=1, profile=profile, seed=seed, defects=RECORD_FAULTS, dbn_version=version)
    (done,) = run_days(settings_for(lake), [day])
    assert done.success, done.failure


def test_a_whole_day_recovers_the_truth_of_its_busy_hour(tmp_path):
    day = date(2026, 1, 6)
    publish(tmp_path, day, seed=5, version=3)
    lake = Lake(tmp_path)
    truth = f"'{tmp_path}/truth/product=ES/date={day}"
    paths = {
        name: f"'{lake.open(name, product='ES', day=day).uri}'"
        for name in ("silver_forward", "silver_gex_chain", "silver_gex_levels")
    }
    windows, rmse = duckdb.sql(
        f"""SELECT count(f.forward), sqrt(avg((f.forward - t.forward)^2)) FROM {paths["silver_forward"]} f
            JOIN {truth}/windows.parquet' t USING (ts_window_end, ts_expiration) WHERE t.is_busy"""
    ).fetchall()[0]
    assert windows == HOUR
    assert rmse < 0.06
    (gamma,) = duckdb.sql(
        f"""SELECT quantile_cont(abs(g.gamma / t.gamma - 1), 0.99) FROM {paths["silver_gex_chain"]} g
            JOIN {truth}/surface.parquet' t USING (ts_window_end, ts_expiration, strike)
            JOIN {truth}/windows.parquet' w USING (ts_window_end, ts_expiration)
            WHERE w.is_busy AND abs(g.strike - g.forward) < 300"""
    ).fetchall()[0]
    assert gamma < 0.005
    levels, walls, net = duckdb.sql(
        f"""SELECT count(*), count(*) FILTER (WHERE l.call_wall = t.call_wall AND l.put_wall = t.put_wall),
                   max(abs(l.net_gex / t.net_gex_usd - 1))
            FROM {paths["silver_gex_levels"]} l JOIN {truth}/levels.parquet' t USING (ts_window_end)
            WHERE l.convention = 'field' AND l.scope = 'selected' AND l.forward_quality = 'ok'"""
    ).fetchall()[0]
    assert levels > 0.98 * 23 * HOUR
    assert walls > 0.995 * levels
    assert net < 0.02
    session = query(lake, "SELECT count(DISTINCT ts_window_end) AS n, min(session_date) AS d FROM silver_gex").to_pylist()
    assert session == [{"n": 23 * HOUR, "d": day}]


def test_a_sunday_has_the_hour_after_its_opening(tmp_path):
    day = date(2026, 1, 11)
    publish(tmp_path, day, seed=3, version=1)
    answer = query(Lake(tmp_path), "SELECT count(*) AS n, min(session_date) AS d FROM silver_gex").to_pylist()
    assert answer == [{"n": HOUR, "d": date(2026, 1, 12)}]


def test_on_an_expiration_day_the_successor_takes_over_at_its_moment(tmp_path):
    """ESH6 expires on 2026-03-20 at 08:30 Chicago, 13:30 UTC: chain and slots change hands in that window."""
    day = date(2026, 3, 20)
    publish(tmp_path, day, seed=4, version=2)
    answer = query(
        Lake(tmp_path),
        """SELECT underlying, strftime(make_timestamp_ns(min(ts_window_end)), '%H:%M:%S') AS first,
                  strftime(make_timestamp_ns(max(ts_window_end)), '%H:%M:%S') AS last
           FROM silver_gex_chain GROUP BY ALL ORDER BY underlying""",
    ).to_pylist()
    assert answer == [
        {"underlying": "ESH6", "first": "00:00:05", "last": "13:29:55"},
        {"underlying": "ESM6", "first": "13:30:00", "last": "21:00:00"},
    ]
    forward = query(Lake(tmp_path), "SELECT count(DISTINCT ts_expiration) AS n FROM silver_forward").to_pylist()
    assert forward == [{"n": 2}]


def test_a_staged_day_recovers_the_truth_of_its_dailies_and_its_walls(tmp_path):
    """With the settings of the demo: the day's own options, the next session's and the front quarterly."""
    day = date(2026, 1, 6)
    keep_settings(tmp_path)
    publish(tmp_path, day, seed=7, version=3, profile="lively")
    lake = Lake(tmp_path)
    truth = f"'{tmp_path}/truth/product=ES/date={day}"
    paths = {name: f"'{lake.open(name, product='ES', day=day).uri}'" for name in ("silver_forward", "silver_gex_levels")}
    forwards = duckdb.sql(
        f"""SELECT ts_expiration, count(f.forward) / count(*) AS share, sqrt(avg((f.forward - t.forward)^2)) AS rmse
            FROM {paths["silver_forward"]} f JOIN {truth}/windows.parquet' t USING (ts_window_end, ts_expiration)
            WHERE f.ts_window_end < (SELECT min(ts_expiration) FROM {truth}/windows.parquet') - 3_600_000_000_000
            GROUP BY ts_expiration ORDER BY ts_expiration"""
    ).fetchall()
    assert len(forwards) == 3
    for _, share, rmse in forwards:
        assert share > 0.99
        assert rmse < 0.06
    levels = duckdb.sql(
        f"""SELECT l.scope, count(*) AS n, count(*) FILTER (WHERE l.call_wall = t.call_wall AND l.put_wall = t.put_wall) AS walls,
                   quantile_cont(abs(l.net_gex - t.net_gex_usd) / t.gross_gex_usd, 0.99) AS net
            FROM {paths["silver_gex_levels"]} l
            JOIN {truth}/series_levels.parquet' t ON l.ts_window_end = t.ts_window_end
                AND l.scope = 'exp:' || strftime(make_timestamp_ns(t.ts_expiration), '%Y-%m-%d')
            WHERE l.convention = 'field' AND l.net_gex IS NOT NULL
                AND t.ts_expiration - t.ts_window_end > 3_600_000_000_000 AND t.net_gex_usd IS NOT NULL
            GROUP BY l.scope ORDER BY l.scope"""
    ).fetchall()
    assert [scope for scope, *_ in levels] == ["exp:2026-01-06", "exp:2026-01-07", "exp:2026-03-20"]
    for _, n, walls, net in levels:
        assert n > 12_000
        assert walls > 0.97 * n  # where two round strikes weigh nearly the same, the wall is either
        assert net < 0.05
    told = stage(product="ES", day=day, seed=7)
    held = query(
        lake,
        f"""SELECT avg((call_wall = {told.call_wall})::INT) AS held FROM silver_gex_levels
            WHERE scope = '0dte' AND convention = 'field' AND ts_window_end BETWEEN
                  epoch_ns(TIMESTAMP '{day} 16:00') AND epoch_ns(TIMESTAMP '{day} 18:00')""",
    ).to_pylist()
    assert held[0]["held"] > 0.98
