"""Whether yesterday's files have come: a check without a day, which a sensor keeps up to date and no run of days evaluates."""

from __future__ import annotations

import shutil
from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace

import dagster as dg
import pytest

from gex_assets.defs.build import build_defs
from gex_assets.defs.partitions import daily
from gex_assets.defs.product_assets import ProductAssets
from gex_assets.defs.resources import LakeResource
from gex_assets.defs.upkeep import latest_day
from gex_assets.defs.upkeep.latest_day import latest_day_sensor, latest_day_verdict
from gex_assets.lake.tables import Lake
from gex_assets.schemas.check_guide import said_of
from gex_assets_tests.conftest import DAY, settings_for

CHECK = dg.AssetCheckKey(dg.AssetKey("raw_option_mbo"), "latest_day_has_come")


def assets_of(lake: Path, **choices: object) -> ProductAssets:
    return ProductAssets(product="ES", settings=settings_for(lake, **choices), partitions=daily(date(2026, 1, 5)))


def at(hour: int, day: int) -> datetime:
    """In winter Chicago is six hours behind."""
    return datetime(2026, 1, day, hour + 6, tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "due", "passed", "said"),
    [
        (at(8, 7), None, True, "The latest day that is due, 2026-01-06, has come: 4 kinds of files"),
        (at(6, 8), None, True, "2026-01-06, has come"),  # that of the 7th is due at 07:00
        (at(8, 8), None, False, "of the latest day that is due, 2026-01-07, by 07:00 in Chicago on the day after, was no file"),
        (at(8, 8), "09:30", True, "2026-01-06, has come"),
        (datetime(2026, 6, 8, 18, tzinfo=UTC), None, True, "Nothing is expected of the latest day that is due, 2026-06-07"),
    ],
)
def test_what_is_due_and_has_not_come_is_said(delivered: Path, now: datetime, due: str | None, passed: bool, said: str) -> None:
    choices = {"notices": {"delivery_due": due}} if due else {}
    found = latest_day_verdict(assets_of(delivered, **choices), Lake(delivered), now=now)
    assert (found.passed, found.severity) == (passed, "warn")
    assert said in said_of(found)
    assert passed or said_of(found).endswith("what is done there comes in with `gex ingest FOLDER`.")


def test_it_looks_at_names_only(delivered: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A backfill of the graph evaluates it in each of its runs, and an archive has thousands of files."""
    lake = Lake(delivered)
    monkeypatch.setattr(type(lake.fs), "info", lambda *_: pytest.fail("looked at a file"))
    monkeypatch.setattr(type(lake.fs), "list", lambda *_: pytest.fail("looked at all files"))
    assert latest_day_verdict(assets_of(delivered), lake, now=at(8, 7)).passed


def test_a_kind_that_is_lacking_is_named(fresh: Path) -> None:
    for one in [path for path in fresh.rglob("*20260106*") if path.is_file() and "statistics" not in path.name]:
        shutil.copy(one, one.with_name(one.name.replace("20260106", "20260107")))
    found = latest_day_verdict(assets_of(fresh), Lake(fresh), now=at(8, 8))
    assert not found.passed
    assert "was no option statistics. To do: " in said_of(found)


def test_the_sensor_reports_a_verdict_once_and_starts_nothing(delivered: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sensor, cursor, reported = latest_day_sensor([assets_of(delivered)]), None, []
    with dg.DagsterInstance.ephemeral() as instance:
        for now in (at(8, 7), at(9, 7), at(8, 8)):
            monkeypatch.setattr(latest_day, "datetime", SimpleNamespace(now=lambda _, moment=now: moment))
            with dg.build_sensor_context(
                instance=instance, cursor=cursor, resources={"lake": LakeResource(root=str(delivered))}
            ) as context:
                result = sensor(context)
            assert isinstance(result, dg.SensorResult)
            assert not result.run_requests
            cursor = result.cursor
            reported.append([one.passed for one in result.asset_events])
            for one in result.asset_events:
                instance.report_runless_asset_event(one)
        kept = instance.event_log_storage.get_latest_asset_check_execution_by_key([CHECK])[CHECK]
    assert reported == [[True], [], [False]]
    assert kept.evaluation is not None
    assert not kept.evaluation.passed
    with dg.build_sensor_context(resources={"lake": LakeResource(root=str(delivered / "none"))}) as context:
        assert "Expected a lake" in str(sensor(context).skip_message)


def test_no_job_over_days_evaluates_it_and_the_ui_can(fresh: Path) -> None:
    definitions = build_defs(settings_for(fresh))
    repository = definitions.get_repository_def()
    for name in set(repository.job_names) - {"__ASSET_JOB"}:
        assert CHECK not in repository.get_job(name).asset_layer.asset_graph.asset_check_keys
    whole = definitions.resolve_implicit_global_asset_job_def()
    with dg.DagsterInstance.ephemeral() as instance:
        alone = whole.get_subset(asset_check_selection={CHECK}).execute_in_process(instance=instance)
        assert [one.check_name for one in alone.get_asset_check_evaluations()] == [CHECK.name]
        # materialized from the graph of assets, a day's table is checked with everything that is a check of it
        day = whole.execute_in_process(partition_key=str(DAY), instance=instance, asset_selection=[CHECK.asset_key])
        assert day.success
        partitions = {one.check_name: one.partition for one in day.get_asset_check_evaluations()}
    assert partitions.pop(CHECK.name) is None
    assert set(partitions.values()) == {str(DAY)}
