from __future__ import annotations

import subprocess
import sys

import dagster as dg
import pytest

from gex_assets.defs.build import build_defs
from gex_assets.defs.product_assets import column_schema
from gex_assets.errors import SettingsError, SymbolError
from gex_assets.schemas.checks import BLOCKING
from gex_assets.schemas.pages import PAGE_CHECKS, PAGES
from gex_assets.schemas.registry import DAY_TABLES, TABLES
from gex_assets.settings import load


@pytest.fixture(scope="module")
def definitions(tmp_path_factory) -> dg.Definitions:
    return build_defs(load(lake=tmp_path_factory.mktemp("lake")))


def test_every_table_is_an_asset_of_its_layer_and_all_others_are_pages(definitions):
    graph = definitions.resolve_asset_graph()
    assert {key.to_user_string() for key in graph.get_all_asset_keys()} == {*TABLES, *PAGES}
    for name, table in TABLES.items():
        node = graph.get(dg.AssetKey(name))
        assert node.group_name == table.layer
        assert node.code_version.split("-")[0] == table.version
        assert node.metadata["dagster/column_schema"] == column_schema(table)


def test_the_checks_are_these_and_those_that_reject_are_blocking(definitions):
    graph = definitions.resolve_asset_graph()
    checks = {(key.asset_key.to_user_string(), key.name): graph.get(key).blocking for key in graph.asset_check_keys}
    blocking = {pair for pair, blocks in checks.items() if blocks}
    assert {table for table, name in blocking if name == "matches_schema"} == set(TABLES)
    assert {name for _, name in blocking} == {*BLOCKING, *PAGE_CHECKS}
    non_blocking = {pair for pair, blocks in checks.items() if not blocks}
    assert {name for _, name in non_blocking} == {
        "a_file_is_there",
        "files_are_vouched_for",
        "books_are_complete",
        "claims_are_whole",
        "books_are_sane",
        "names_and_terms_agree",
        "statistics_are_usable",
        "settlements_are_repriced",
        "tables_fit_each_other",
        "forward_is_inside_its_bounds",
        "is_up_to_date",
        "latest_day_has_come",
    }
    assert {table for table, name in non_blocking if name == "is_up_to_date"} == {*DAY_TABLES, *PAGES}


def test_checks_are_kept_per_partition(definitions):
    """Dagster calls this a preview: an upgrade that drops it must fail here and not in somebody's history."""
    graph = definitions.resolve_asset_graph()
    keys = {key for key in graph.asset_check_keys if key.name != "latest_day_has_come"}
    by_partition = {key.asset_key.to_user_string(): graph.get(key).partitions_def is not None for key in keys}
    assert by_partition == {name: not one.spans_days for name, one in {**TABLES, **PAGES}.items()}


def test_the_graph_reads_from_left_to_right(definitions):
    graph = definitions.resolve_asset_graph()
    order = ["raw", "bronze", "silver", "gold", "regime", "pages"]
    for key in graph.get_all_asset_keys():
        for parent in graph.get(key).parent_keys:
            assert order.index(graph.get(parent).group_name) <= order.index(graph.get(key).group_name)


def test_saturdays_have_no_partition_and_sundays_do(definitions):
    graph = definitions.resolve_asset_graph()
    partitions = graph.get(dg.AssetKey("silver_gex")).partitions_def
    assert partitions.has_partition_key("2026-01-11")
    assert not partitions.has_partition_key("2026-01-10")
    assert not partitions.has_partition_key("2017-05-20")


def test_the_jobs_and_the_sensor_have_their_names(definitions):
    repository = definitions.get_repository_def()
    assert {"one_day", "raw_to_bronze", "silver_to_regime", "regime_history"} <= set(repository.job_names)
    for name in ("one_day", "silver_to_regime"):
        assert dg.AssetKey("regime_history") not in repository.get_job(name).asset_layer.executable_asset_keys
    running = {sensor.name: sensor.default_status == dg.DefaultSensorStatus.RUNNING for sensor in repository.sensor_defs}
    assert running == {
        "delivered_files": False,
        "history_after_days": True,
        "latest_day_has_come": True,
        "checks_after_failure": True,
    }


def test_a_second_product_gets_a_prefix_and_no_edge_to_the_first(tmp_path):
    graph = build_defs(load(lake=tmp_path, products=("ES", "NQ"))).resolve_asset_graph()
    keys = graph.get_all_asset_keys()
    assert dg.AssetKey(["NQ", "silver_gex"]) in keys
    assert dg.AssetKey(["silver_gex"]) in keys
    for key in keys:
        assert all(len(parent.path) == len(key.path) for parent in graph.get(key).parent_keys)


def test_an_unusable_convention_or_product_is_refused_when_definitions_load(tmp_path):
    with pytest.raises(SettingsError, match="Expected"):
        build_defs(load(lake=tmp_path, conventions=({"name": "mine", "version": 1, "scale": "usd_per_parsec"},)))
    with pytest.raises(SymbolError, match="Expected"):
        build_defs(load(lake=tmp_path, products=("XX",)))


def test_definitions_load_without_the_heavy_modules():
    code = (
        "import sys, gex_assets.definitions as d; d.defs(); "
        "print([m for m in ('numba', 'scipy', 'databento', 'duckdb', 'pandas', 'pandera') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("products", [("ES",), ("ES", "NQ")])
def test_a_code_server_can_load_them(products, tmp_path):
    """Jobs, assets and ops together, as `dg dev` takes them: two of one name are found here and nowhere before."""
    definitions = build_defs(load(lake=tmp_path, products=products))
    dg.Definitions.validate_loadable(definitions)
    repository = definitions.get_repository_def()
    assert {"one_day", "raw_to_bronze", "silver_to_regime", "regime_history"} <= set(repository.job_names)
    for name in repository.job_names:
        assert repository.get_job(name).name == name
