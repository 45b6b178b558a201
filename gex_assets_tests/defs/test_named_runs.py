"""What the list of runs says of a run: a job's name, the product, and why it was started."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

import dagster as dg
import pytest

from gex_assets.defs.build import build_defs
from gex_assets.defs.execution.run_tags import DAY_IS_HELD, LAKE, PRODUCT, VIEWS_LATER, WHY, lake_name, starter_does
from gex_assets.defs.jobs import job_of
from gex_assets.defs.resources import LakeResource
from gex_assets.defs.run import run_days, run_history
from gex_assets.schemas.registry import PREMARKET
from gex_assets_tests.conftest import DAY, settings_for

SELECTED = "key:raw_future_mbo"


def requests_of(lake: Path, sensor_name: str, **choices: object) -> list[dg.RunRequest]:
    """What the sensor asks for, with the job that Dagster finds for it."""
    definitions = build_defs(settings_for(lake, **choices))
    (sensor,) = (one for one in definitions.sensors or () if one.name == sensor_name)
    repository = definitions.get_repository_def()
    with dg.build_sensor_context(
        resources={"lake": LakeResource(root=str(lake))}, repository_def=repository, sensor_name=sensor_name
    ) as context:
        found = sensor.evaluate_tick(context).run_requests
    for request in found:
        keys = repository.get_job(request.job_name).asset_layer.executable_asset_keys
        assert set(request.asset_selection) <= set(keys)
    return list(found)


def test_what_the_sensor_requests_says_its_job_and_what_arrived(fresh: Path) -> None:
    found = {request.partition_key: request for request in requests_of(fresh, "delivered_files")}
    day, before = found[str(DAY)], found[str(DAY - timedelta(days=1))]
    assert (day.job_name, before.job_name) == ("one_day", "before_the_session")
    assert day.tags[PRODUCT] == "ES"
    assert day.tags[WHY].startswith("files arrived: ")
    assert {"option_mbo", "option_statistics"} <= set(day.tags[WHY].removeprefix("files arrived: ").split(", "))
    assert before.tags[WHY] == "files arrived: option_statistics"


def test_with_several_products_the_sensor_of_each_names_the_job_of_its_own(fresh: Path) -> None:
    assert not requests_of(fresh, "NQ__delivered_files", products=("ES", "NQ"))
    found = requests_of(fresh, "delivered_files", products=("ES", "NQ"))
    assert {request.job_name for request in found} == {"ES__one_day", "ES__before_the_session"}


def test_commands_name_their_runs_in_the_instance_that_the_ui_shows(
    fresh: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("DAGSTER_HOME", str(home))
    settings = settings_for(fresh)
    assert all(one.success for one in run_days(settings, [DAY], select=SELECTED))
    only = {DAY: [dg.AssetKey("raw_future_mbo")]}
    assert all(one.success for one in run_days(settings, [DAY], only=only))
    assert run_history(settings).success
    with dg.DagsterInstance.get() as instance:
        runs = [
            (run.job_name, run.tags.get("dagster/partition"), run.tags[PRODUCT], run.tags[WHY]) for run in instance.get_runs()
        ]
    assert runs[::-1] == [
        ("one_day", str(DAY), "ES", f"gex run --select {SELECTED}"),
        ("refresh", str(DAY), "ES", "gex refresh"),
        ("regime_history", None, "ES", "gex history"),
    ]


def test_a_run_that_is_tried_again_leaves_nothing_to_the_process_that_started_the_first() -> None:
    first = dg.DagsterRun(job_name="one_day", tags={DAY_IS_HELD: "true"})
    assert starter_does(first, DAY_IS_HELD)
    assert not starter_does(first, VIEWS_LATER)
    second = dg.DagsterRun(job_name="one_day", tags=first.tags, parent_run_id=first.run_id, root_run_id=first.run_id)
    assert not starter_does(second, DAY_IS_HELD)


def test_one_product_has_its_jobs_and_several_have_some_more_each(tmp_path: Path) -> None:
    alone = set(build_defs(settings_for(tmp_path)).get_repository_def().job_names)
    repository = build_defs(settings_for(tmp_path, products=("ES", "NQ"))).get_repository_def()
    more = set(repository.job_names) - alone
    assert alone <= set(repository.job_names)
    by_product = {"one_day", "before_the_session", "refresh"}
    assert more == {f"{product}__{name}" for product in ("ES", "NQ") for name in by_product}
    assert job_of("one_day", product="ES", products=("ES",)) == "one_day"
    for product, names in (("ES", lambda key: len(key.path) == 1), ("NQ", lambda key: key.path[0] == "NQ")):
        keys = repository.get_job(f"{product}__before_the_session").asset_layer.executable_asset_keys
        assert {key.path[-1] for key in keys} == {*PREMARKET, "brief_page"}
        assert all(names(key) for key in keys)


def test_runs_of_every_job_say_their_lake_however_they_are_started(tmp_path: Path) -> None:
    """Of sensors and the launchpad they have the job's `run_tags`, of a backfill its `tags`."""
    repository = build_defs(settings_for(tmp_path)).get_repository_def()
    jobs = [repository.get_job(name) for name in repository.job_names if not name.startswith("__")]
    assert len(jobs) == 7
    for job in jobs:
        assert job.run_tags[LAKE] == job.tags[LAKE] == lake_name(tmp_path), job.name
        assert job.run_tags[PRODUCT] == job.tags[PRODUCT] == "ES"


def test_the_history_says_its_lake_also_where_its_asset_alone_is_materialized(published: Path, tmp_path: Path) -> None:
    shutil.copytree(published, tmp_path / "lake")
    job = build_defs(settings_for(tmp_path / "lake")).resolve_implicit_global_asset_job_def()
    with dg.DagsterInstance.ephemeral() as instance:
        assert job.execute_in_process(asset_selection=[dg.AssetKey("regime_history")], instance=instance).success
        (run,) = instance.get_runs()
    assert run.tags[LAKE] == lake_name(tmp_path / "lake")


def test_runs_that_the_ui_starts_say_their_product_too(tmp_path: Path) -> None:
    repository = build_defs(settings_for(tmp_path, products=("ES", "NQ"))).get_repository_def()
    said = {
        name: repository.get_job(name).run_tags[PRODUCT] for name in ("one_day", "ES__refresh", "NQ__one_day", "regime_history")
    }
    assert said == {"one_day": "ES, NQ", "ES__refresh": "ES", "NQ__one_day": "NQ", "regime_history": "ES, NQ"}
