"""What a table depends on is what it declares: the settings that each asset reads while it runs, against `Table.settings`."""

from __future__ import annotations

from typing import Any, NamedTuple

import dagster as dg
import pytest

from gex_assets.defs.build import build_defs
from gex_assets.defs.execution.run_tags import FORCE
from gex_assets.defs.partitions import daily
from gex_assets.defs.product_assets import ProductAssets
from gex_assets.defs.table_day import TableDay
from gex_assets.errors import SettingsError
from gex_assets.lake.tables import Lake
from gex_assets.schemas.registry import DAY_TABLES, TABLES
from gex_assets.settings import CHANGE_NO_ROWS, Settings
from gex_assets_tests.conftest import DAY, settings_for

READ: set[str] = set()


class RecordingSettings(Settings):
    """Settings that record which of them are read."""

    def __getattribute__(self, name: str) -> Any:
        if name in Settings.model_fields:
            READ.add(name)
        return super().__getattribute__(name)


class Step(NamedTuple):
    """Tables that one pass makes, and the settings that it read."""

    tables: frozenset[str]
    read: frozenset[str]


@pytest.fixture(scope="module")
def read(delivered, tmp_path_factory) -> dict[str, Step]:
    """The step of each table; every table is made from its inputs."""
    import shutil

    lake = tmp_path_factory.mktemp("recorded") / "lake"
    shutil.copytree(delivered, lake)
    definitions = build_defs(RecordingSettings(lake=lake), upkeep=False)  # its check asks for the settings of all tables
    graph = definitions.resolve_asset_graph()
    job = definitions.resolve_implicit_global_asset_job_def()
    found: dict[str, Step] = {}
    with dg.DagsterInstance.ephemeral() as instance:
        for name in DAY_TABLES:
            if name in found:
                continue
            together = sorted({dg.AssetKey(name), *graph.get(dg.AssetKey(name)).execution_set_asset_keys})
            READ.clear()
            result = job.execute_in_process(
                partition_key=DAY.isoformat(), instance=instance, asset_selection=together, tags={FORCE: "true"}
            )
            assert result.success
            names = frozenset(key.path[-1] for key in together)
            found |= dict.fromkeys(names, Step(names, frozenset(READ)))
        READ.clear()
        assert definitions.resolve_job_def("regime_history").execute_in_process(instance=instance).success
        found["regime_history"] = Step(frozenset({"regime_history"}), frozenset(READ))
    return found


@pytest.mark.parametrize("name", TABLES)
def test_tables_declare_the_settings_that_their_step_reads_and_no_other(read, name):
    """Which of them each table of a pass depends on is held by `test_unchanged_days`, from the bytes."""
    declared = {setting for table in read[name].tables for setting in TABLES[table].settings}
    assert read[name].read - set(CHANGE_NO_ROWS) == declared


def test_every_setting_is_declared_by_a_table_or_changes_no_row():
    declared = {setting for table in TABLES.values() for setting in table.settings}
    assert declared | set(CHANGE_NO_ROWS) == set(Settings.model_fields)
    assert not declared & set(CHANGE_NO_ROWS)


def test_a_setting_that_is_not_declared_cannot_be_read(tmp_path):
    settings = settings_for(tmp_path)
    assets = ProductAssets(product="ES", settings=settings, partitions=daily(settings.start_date))
    day = TableDay(assets=assets, name="silver_forward", day=DAY, lake=Lake(tmp_path))
    assert (day.settings.rate, day.settings.threads) == (settings.rate, settings.threads)
    with pytest.raises(SettingsError, match=r"declares \(expirations, rate, reference_price\), was max_dte"):
        day.settings.max_dte  # noqa: B018
