"""NQ and ES in one lake: each from its own files, in one unit, and neither touched by a run of the other."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pytest

from gex_assets.defs.run import run_days, run_history
from gex_assets.lake.pages.stored import find_page
from gex_assets.lake.queries import query
from gex_assets.lake.tables import Lake
from gex_assets.schemas.pages import PAGES
from gex_assets.schemas.registry import DAY_TABLES, TABLES
from gex_assets_tests.conftest import DAY, SESSION, settings_for

BOTH = ("ES", "NQ")


@pytest.fixture(scope="module")
def nasdaq(tmp_path_factory) -> Path:
    """A lake with the files of NQ alone."""
    from gex_assets.sample.market import make_sample

    lake = tmp_path_factory.mktemp("nasdaq")
    make_sample(lake, start=DAY, days=1, seed=11, session=SESSION, dbn_version=3, product="NQ")
    return lake


@pytest.fixture(scope="module")
def both(published: Path, nasdaq: Path, tmp_path_factory) -> Path:
    """The published day of ES and that of NQ, which a run of both products published."""
    lake = tmp_path_factory.mktemp("both") / "lake"
    shutil.copytree(published, lake)
    shutil.copytree(nasdaq, lake, dirs_exist_ok=True)
    (done,) = run_days(settings_for(lake, products=BOTH), [DAY])
    assert done.success, done.failure
    assert set(done.materialized) == {*DAY_TABLES, *PAGES, *(f"NQ/{name}" for name in (*DAY_TABLES, *PAGES))}
    assert set(done.reused) == {*DAY_TABLES, *PAGES}
    assert run_history(settings_for(lake, products=BOTH)).success
    return lake


def hashes(lake: Path, product: str, names=DAY_TABLES) -> dict[str, str]:
    return {name: Lake(lake).open(name, product=product, day=DAY).sha256() for name in names}


def files(lake: Path, product: str) -> dict[str, tuple[int, int]]:
    """Which file each table is: another one, even of equal bytes, has another inode or time."""
    uris = {name: Lake(lake).open(name, product=product, day=DAY).uri for name in TABLES}
    uris |= {name: page.uri for name in PAGES if (page := find_page(Lake(lake), name, product=product, day=DAY))}
    found = {name: Path(uri).stat() for name, uri in uris.items()}
    return {name: (stat.st_ino, stat.st_mtime_ns) for name, stat in found.items()}


@pytest.mark.long
def test_a_second_product_changes_no_byte_of_the_first_and_comes_to_what_it_is_alone(both, published, nasdaq, tmp_path):
    assert hashes(both, "ES") == hashes(published, "ES")
    alone = tmp_path / "alone"
    shutil.copytree(nasdaq, alone)
    (done,) = run_days(settings_for(alone, products=("NQ",)), [DAY])
    assert set(done.materialized) == {*DAY_TABLES, *PAGES}
    assert hashes(alone, "NQ") == hashes(both, "NQ")


@pytest.mark.long
def test_running_one_again_never_touches_the_other(both, tmp_path):
    lake = tmp_path / "lake"
    shutil.copytree(both, lake)
    settings = settings_for(lake, products=BOTH)
    for product, select in (("NQ", 'key:"NQ/*"'), ("ES", 'key:"silver_forward"+')):
        other = "ES" if product == "NQ" else "NQ"
        before, own = files(lake, other), files(lake, product)
        (done,) = run_days(settings, [DAY], select=select, force=True)
        assert done.success, done.failure
        assert files(lake, other) == before
        made = {name for name, file in files(lake, product).items() if file != own[name]}
        assert made == {name.removeprefix("NQ/") for name in done.materialized}
        assert "regime_scores" in made
    assert hashes(lake, "ES", TABLES) == hashes(both, "ES", TABLES)
    assert hashes(lake, "NQ", TABLES) == hashes(both, "NQ", TABLES)


def test_the_market_of_nq_looks_like_nq_and_its_truth_is_recovered(both):
    lake = Lake(both)
    truth = f"'{both}/truth/product=NQ/date={DAY}"
    paths = {name: f"'{lake.open(name, product='NQ', day=DAY).uri}'" for name in TABLES}
    windows, error = duckdb.sql(
        f"""SELECT count(f.forward), sqrt(avg((f.forward / t.forward - 1)^2)) FROM {paths["silver_forward"]} f
            JOIN {truth}/windows.parquet' t USING (ts_window_end, ts_expiration) WHERE f.quality = 'ok'"""
    ).fetchall()[0]
    assert windows == 96
    assert error < 0.06 / 6_900
    net, walls = duckdb.sql(
        f"""SELECT max(abs(l.net_gex / t.net_gex_usd - 1)),
                   count(*) FILTER (WHERE l.call_wall = t.call_wall AND l.put_wall = t.put_wall)
            FROM {paths["silver_gex_levels"]} l JOIN {truth}/levels.parquet' t USING (ts_window_end)
            WHERE l.convention = 'field' AND l.scope = 'selected'"""
    ).fetchall()[0]
    assert net < 0.02
    assert walls == 96
    (facts,) = duckdb.sql(
        f"""SELECT any_value(multiplier), min(raw_symbol) LIKE 'NQH6 C%', median(strike) BETWEEN 20000 AND 30000
            FROM {paths["bronze_option_instruments"]} WHERE selected"""
    ).fetchall()
    assert facts == (20.0, True, True)
    (ticks,) = duckdb.sql(
        f"SELECT count(*) FILTER (WHERE bid_price * 4 != round(bid_price * 4)) FROM {paths['silver_future_quotes']}"
    ).fetchall()
    assert ticks == (0,)


def test_exposures_stand_side_by_side_in_one_unit(both):
    rows = query(
        both,
        """SELECT product, count(*) AS windows, count(DISTINCT convention) AS conventions, any_value(underlying) AS underlying,
                  max(abs(net_usd_per_1pct / net_contracts_per_1pct / (reference_price * multiplier) - 1)) AS off,
                  bool_and(future_volume_so_far >= future_volume) AS counted, sum(future_volume) AS volume
           FROM exposure_by_product WHERE net_contracts_per_1pct != 0 GROUP BY product ORDER BY product""",
    ).to_pylist()
    assert [(row["product"], row["underlying"], row["conventions"]) for row in rows] == [("ES", "ESH6", 3), ("NQ", "NQH6", 3)]
    assert all(row["off"] < 1e-12 and row["counted"] and row["volume"] > 0 for row in rows)
    magic8 = query(
        both,
        """SELECT max(abs(a.net_usd_per_1pct / (b.net_gex * b.reference_price * 0.01) - 1)) AS off
           FROM exposure_by_product a JOIN silver_gex_levels b USING (product, date, ts_window_end, convention)
           WHERE b.scope = 'selected' AND convention = 'magic8'""",
    ).to_pylist()
    assert magic8[0]["off"] < 1e-12


def test_each_has_its_history(both):
    rows = query(both, "SELECT product, count(*) AS n, max(sessions_seen) AS seen FROM regime_history GROUP BY 1 ORDER BY 1")
    assert rows.to_pylist() == [{"product": "ES", "n": 3, "seen": 0}, {"product": "NQ", "n": 3, "seen": 0}]
