"""The checks of a day are answered by one job, also after a run that failed, and are kept as evaluations of these checks."""

from __future__ import annotations

from pathlib import Path

import dagster as dg
import pytest
from dagster._core.storage.dagster_run import DagsterRunStatus

from gex_assets.defs.build import build_defs
from gex_assets.defs.checks import JUDGES
from gex_assets.defs.partitions import daily
from gex_assets.defs.product_assets import ProductAssets
from gex_assets.defs.upkeep.check_day import check_day_job, checks_after_failure
from gex_assets.schemas.pages import PAGES
from gex_assets.schemas.registry import DAY_TABLES
from gex_assets_tests.conftest import DAY, settings_for

STATISTICS = dg.AssetKey("raw_option_statistics")
READS_THEM = dg.AssetKey("bronze_option_statistics")


def latest(instance: dg.DagsterInstance, name: str, *keys: dg.AssetKey) -> dict[dg.AssetKey, object]:
    """What the instance has of the checks of this name: the last evaluation, or None of one that is only planned."""
    from dagster._core.storage.event_log.base import PartitionKeyFilter

    wanted = [dg.AssetCheckKey(key, name) for key in keys]
    found = instance.event_log_storage.get_latest_asset_check_execution_by_key(
        wanted, partition_filter=PartitionKeyFilter(key=str(DAY))
    )
    return {key.asset_key: record.evaluation for key, record in found.items()}


def test_after_a_failed_run_the_job_says_what_is_missing(fresh: Path) -> None:
    (path,) = fresh.rglob(f"*{DAY:%Y%m%d}.statistics.dbn.zst")
    path.write_bytes(path.read_bytes()[:-1])
    definitions = build_defs(settings_for(fresh))
    with dg.DagsterInstance.ephemeral() as instance:
        whole = definitions.resolve_implicit_global_asset_job_def()
        made = whole.execute_in_process(
            partition_key=str(DAY), instance=instance, asset_selection=[STATISTICS, READS_THEM], raise_on_error=False
        )
        assert not made.success
        planned = latest(instance, "is_up_to_date", READS_THEM)[READS_THEM]
        assert not isinstance(planned, dg.AssetCheckEvaluation)  # its step waited for one that failed

        checked = definitions.resolve_job_def("check_day").execute_in_process(partition_key=str(DAY), instance=instance)
        assert checked.success
        assert not checked.get_asset_materialization_events()
        steps = {event.step_key for event in checked.all_events if event.event_type_value == "STEP_START"}
        assert len(steps) == 1
        keys = [dg.AssetKey(name) for name in (*DAY_TABLES, *PAGES)]
        found = latest(instance, "is_up_to_date", *keys)
        unjudged = latest(instance, "statistics_are_usable", READS_THEM)[READS_THEM]
    assert set(found) == set(keys)
    said = {key: one for key, one in found.items() if isinstance(one, dg.AssetCheckEvaluation)}
    assert set(said) == set(keys)
    assert {one.partition for one in said.values()} == {str(DAY)}
    assert isinstance(unjudged, dg.AssetCheckEvaluation)
    assert (unjudged.passed, unjudged.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert "was none: there is nothing to judge. To do: " in str(unjudged.description)
    assert "was rejected" in str(said[STATISTICS].description)
    assert "gex run --date" in str(said[STATISTICS].description)
    assert "Expected a published state, was none. To do: " in str(said[READS_THEM].description)


def test_a_published_day_gets_a_verdict_of_every_check(published: Path) -> None:
    definitions = build_defs(settings_for(published))
    with dg.DagsterInstance.ephemeral() as instance:
        assert definitions.resolve_job_def("check_day").execute_in_process(partition_key=str(DAY), instance=instance).success
        for name, _, tables, _ in JUDGES:
            keys = [dg.AssetKey(table) for table in tables]
            found = latest(instance, name, *keys)
            assert all(isinstance(one, dg.AssetCheckEvaluation) for one in found.values())
            assert set(found) == set(keys)


@pytest.mark.parametrize(
    ("job", "tags", "asked"),
    [
        ("one_day", {"dagster/partition": str(DAY)}, True),
        ("regime_history", {}, False),
        ("check_day", {"dagster/partition": str(DAY)}, False),  # else a check that fails would be asked for without end
    ],
)
def test_a_failed_run_of_a_day_asks_for_its_checks(tmp_path: Path, job: str, tags: dict[str, str], asked: bool) -> None:
    settings = settings_for(tmp_path)
    assets = ProductAssets(product="ES", settings=settings, partitions=daily(settings.start_date))
    sensor = checks_after_failure(check_day_job([assets]), products=["ES"])
    run = dg.DagsterRun(job_name=job, tags=tags, status=DagsterRunStatus.FAILURE)
    event = dg.DagsterEvent(event_type_value="PIPELINE_FAILURE", job_name=job)
    with dg.DagsterInstance.ephemeral() as instance:
        context = dg.build_run_status_sensor_context(
            sensor_name=sensor.name, dagster_event=event, dagster_instance=instance, dagster_run=run
        ).for_run_failure()
        found = sensor(context)
    assert isinstance(found, dg.RunRequest) is asked
    if isinstance(found, dg.RunRequest):
        assert (found.run_key, found.partition_key) == (run.run_id, str(DAY))
        assert found.tags["gex/why"] == f"run {run.run_id[:8]} failed"
