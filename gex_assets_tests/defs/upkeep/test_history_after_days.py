"""The history is requested once after days were made: not while others are still to come, and not again while it fails."""

from __future__ import annotations

import os
import time
from datetime import date, timedelta
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.execution.backfill import BulkActionStatus, PartitionBackfill
from dagster._core.remote_origin import RegisteredCodeLocationOrigin, RemoteJobOrigin, RemoteRepositoryOrigin
from dagster._core.test_utils import create_run_for_test

from gex_assets.defs.build import build_defs
from gex_assets.defs.resources import LakeResource
from gex_assets.defs.upkeep.history_after_days import (
    Asked,
    Changed,
    Unfinished,
    changed_days,
    history_after_days,
    next_step,
    unfinished,
)
from gex_assets.lake.keys import table_day_key
from gex_assets.lake.tables import Lake
from gex_assets_tests.conftest import settings_for
from gex_assets_tests.defs.backfills import add_backfill

DAY = date(2026, 1, 6)
CURSOR = Asked(began=1_800_000_000)
NOTHING = Unfinished()
ORIGIN = RemoteJobOrigin(RemoteRepositoryOrigin(RegisteredCodeLocationOrigin("here"), "there"), "one_day")
"""Where a queued run's job is found; nobody looks."""


def put(root: Path, table: str, day: date = DAY, *, age_s: int = 0, product: str = "ES") -> None:
    """An object under a table-day's key: the sensor opens none."""
    path = root / table_day_key(table, product=product, day=day)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"")
    os.utime(path, (1_800_000_000 - age_s,) * 2)


def test_it_waits_for_days_to_come_and_one_more_tick_and_asks_once() -> None:
    cursor, keys = CURSOR, []
    said = []
    for state, going_on in (
        ("a", Unfinished(backfilled=14, days=2)),
        ("b", Unfinished(backfilled=1, days=1)),
        ("c", Unfinished(histories=1)),
        ("d", NOTHING),
        ("d", NOTHING),
        ("d", NOTHING),
        ("d", Unfinished(histories=1)),
    ):
        key, cursor, why = next_step(Changed(state=state, days=15), Asked.parsed(cursor.text(), now_s=0), going_on)
        keys.append(key)
        said.append(why)
    assert keys == [None] * 4 + ["1800000000:d", None, None]
    waits = "it waits: 14 days of backfills still to come, 2 runs of days in progress"
    assert said[0] == f"15 days changed since the history was updated; {waits}"
    assert said[2].endswith("it waits: the history is being updated")
    assert said[3].endswith("one more tick without another change")
    assert "see the last run of regime_history" in said[5]


def test_a_state_that_comes_back_is_another_one_and_a_reset_cursor_asks_again() -> None:
    cursor = Asked(began=1, seen="b", asked="a")
    key, after, _ = next_step(Changed(state="b", days=1), cursor, NOTHING)
    assert (key, after.asked) == ("1:b", "b")
    key, _, _ = next_step(Changed(state="b", days=1), Asked(began=2, seen="b"), NOTHING)
    assert key == "2:b"


def test_without_a_change_nothing_is_asked_for() -> None:
    key, after, why = next_step(Changed(state="a", days=0), CURSOR, NOTHING)
    assert (key, after.asked, why) == (None, "", "the history is up to date: no published day changed since")


@pytest.mark.parametrize("text", [None, "", "no cursor", "[]", '{"began": 1}', '{"began": null, "seen": "", "asked": ""}'])
def test_a_cursor_that_cannot_be_read_is_replaced(text: str | None) -> None:
    assert Asked.parsed(text, now_s=7) == Asked(began=7)


def test_days_that_changed_are_those_with_newer_scores_or_none(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    assert changed_days(lake, ("ES", "NQ")).days == 0
    for back, (scores, history) in enumerate([(20, 10), (10, 20), (10, None), (None, 10)]):
        day = DAY - timedelta(days=back)
        if scores is not None:
            put(tmp_path, "regime_scores", day, age_s=scores)
        if history is not None:
            put(tmp_path, "regime_history", day, age_s=history)
    assert changed_days(lake, ("ES", "NQ")).days == 3
    before = changed_days(lake, ("ES", "NQ")).state
    put(tmp_path, "regime_history", age_s=5)
    assert changed_days(lake, ("ES", "NQ")).state == before
    put(tmp_path, "regime_scores", product="NQ")
    after = changed_days(lake, ("ES", "NQ"))
    assert (after.state != before, after.days) == (True, 4)


def test_runs_and_backfills_of_the_instance_are_what_is_unfinished(tmp_path: Path) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        assert unfinished(instance) == NOTHING
        day = {"dagster/partition": str(DAY)}
        for status in (dg.DagsterRunStatus.QUEUED, dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.SUCCESS):
            create_run_for_test(instance, job_name="one_day", status=status, tags=day, remote_job_origin=ORIGIN)
        create_run_for_test(instance, job_name="regime_history", status=dg.DagsterRunStatus.STARTED)
        assert unfinished(instance) == Unfinished(days=2, histories=1)
        graph = build_defs(settings_for(tmp_path)).resolve_asset_graph()
        keys = [dg.AssetKey("regime_scores"), dg.AssetKey("regime_events")]
        days = [date(2026, 1, 5), date(2026, 1, 6), date(2026, 1, 7)]
        backfill = add_backfill(instance, graph, name="many", keys=keys, days=days)
        of_job = PartitionBackfill(
            backfill_id="of a job",
            status=BulkActionStatus.REQUESTED,
            from_failure=False,
            tags={},
            backfill_timestamp=time.time(),
            partition_names=["2026-01-08", "2026-01-09", "2026-01-11"],
        )
        instance.add_backfill(of_job)
        done = {"dagster/partition": "2026-01-08", "dagster/backfill": "of a job"}
        create_run_for_test(instance, job_name="one_day", status=dg.DagsterRunStatus.SUCCESS, tags=done, remote_job_origin=ORIGIN)
        assert unfinished(instance) == Unfinished(days=2, histories=1, backfilled=5)
        instance.update_backfill(backfill.with_status(BulkActionStatus.COMPLETED_SUCCESS))
        instance.update_backfill(of_job.with_status(BulkActionStatus.CANCELED))
        assert unfinished(instance).backfilled == 0


def test_a_tick_says_what_it_waits_for_and_then_requests_the_job(tmp_path: Path) -> None:
    put(tmp_path, "regime_scores")
    sensor = history_after_days(("ES",))
    repository = build_defs(settings_for(tmp_path)).get_repository_def()
    with dg.DagsterInstance.ephemeral() as instance:
        run = create_run_for_test(
            instance,
            job_name="one_day",
            status=dg.DagsterRunStatus.QUEUED,
            tags={"dagster/partition": str(DAY)},
            remote_job_origin=ORIGIN,
        )
        cursor, said, asked = None, [], []
        for tick in range(4):
            if tick == 1:
                instance.delete_run(run.run_id)
            with dg.build_sensor_context(
                instance=instance,
                cursor=cursor,
                resources={"lake": LakeResource(root=str(tmp_path))},
                repository_def=repository,
                sensor_name="history_after_days",
            ) as context:
                data = sensor.evaluate_tick(context)
            cursor = data.cursor
            said.append(data.skip_message or "")
            asked += [(sensor.job_name, request.tags["gex/why"]) for request in data.run_requests or ()]
    assert said[0].endswith("it waits: 1 run of days in progress")
    assert asked == [("regime_history", "1 day changed since the history was updated")]
    assert said[3].endswith("Asked again when a day changes")


def test_without_a_lake_the_tick_says_so(tmp_path: Path) -> None:
    with (
        dg.DagsterInstance.ephemeral() as instance,
        dg.build_sensor_context(instance=instance, resources={"lake": LakeResource(root=str(tmp_path / "none"))}) as context,
    ):
        said = history_after_days(("ES",))(context)
    assert isinstance(said, dg.SkipReason)
    assert "Expected a lake" in str(said.skip_message)
