"""What the sensors of notices tell, and when: a day once, a failed run once for each reason, nothing of a backfill."""

import json
import os
import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.execution.backfill import BulkActionStatus, PartitionBackfill

from gex_assets.defs.build import build_defs
from gex_assets.defs.notices.sensors import news, notice_sensors, told_failure
from gex_assets.errors import SettingsError
from gex_assets.lake.tables import Lake
from gex_assets.notice_settings import KINDS, NoticeSettings
from gex_assets.notices.channels import channels_of
from gex_assets.notices.delivery import Postman
from gex_assets_tests.conftest import DAY, settings_for
from gex_assets_tests.notices.servers import Answer, hook

NOON = datetime(2026, 1, 7, 18, 0, tzinfo=UTC)
EACH = NoticeSettings(kinds=KINDS[1:], conventions=("field", "magic8"), near_sigmas=9.0, rearm_sigmas=10.0, beyond_sigmas=0.0)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Asks for what a day says, noted in place of an answer."""
    days: list[object] = []

    class Nothing:
        notices = ()

    def asked(lake: Lake, choices: NoticeSettings, *, product: str, day: date) -> Nothing:
        days.append(day)
        return Nothing()

    monkeypatch.setattr("gex_assets.notices.telling.notices_of_day", asked)
    return days


def test_a_published_day_is_looked_at_once_and_again_when_it_changed(published: Path, tmp_path: Path, told: list[date]) -> None:
    lake = tmp_path / "lake"
    shutil.copytree(published, lake)
    _, cursor, _ = news(Lake(lake), EACH, products=["ES"], cursor=None, now=NOON)
    _, cursor, _ = news(Lake(lake), EACH, products=["ES"], cursor=cursor, now=NOON)
    assert told == [DAY]
    (file,) = (lake / "regime_scores").rglob("*.parquet")
    file.write_bytes(file.read_bytes())
    news(Lake(lake), EACH, products=["ES"], cursor=cursor, now=NOON)
    assert told == [DAY, DAY]


def test_a_backfill_is_silent(published: Path, told: list[date]) -> None:
    for days in (5, 400):
        news(Lake(published), EACH, products=["ES"], cursor=None, now=datetime(2026, 1, 6, 18, tzinfo=UTC) + timedelta(days=days))
    assert told == []


@pytest.mark.parametrize("cursor", ["", "{", "[]", '{"ES": 5}'])
def test_a_cursor_that_cannot_be_read_looks_anew(published: Path, told: list[date], cursor: str) -> None:
    _, after, words = news(Lake(published), EACH, products=["ES"], cursor=cursor, now=NOON)
    assert (told, words) == ([DAY], [])
    assert json.loads(after)["ES"].startswith(f"{DAY} ")


def test_what_cannot_be_told_is_said_and_not_tried_in_every_tick(published: Path) -> None:
    choices = EACH.model_copy(update={"conventions": ("feild",)})
    found, cursor, words = news(Lake(published), choices, products=["ES"], cursor=None, now=NOON)
    assert (found, len(words)) == ([], 1)
    assert "was feild" in words[0]
    assert news(Lake(published), choices, products=["ES"], cursor=cursor, now=NOON)[2] == []


def test_a_delivery_that_has_not_come_is_news(published: Path, told: list[date]) -> None:
    choices = EACH.model_copy(update={"delivery_due": "07:00"})
    found, _, _ = news(Lake(published), choices, products=["ES"], cursor=None, now=NOON + timedelta(days=1))
    assert [one.title for one in found] == ["ES 2026-01-07: no file has come"]


def test_without_a_channel_there_are_no_sensors(tmp_path: Path) -> None:
    assert notice_sensors(settings_for(tmp_path)) == []


def test_with_a_channel_the_sensors_run_and_an_unusable_one_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEX_NOTICES_SLACK", "https://example.com/SECRET")
    sensors = build_defs(settings_for(tmp_path), upkeep=False).sensors
    status = {one.name: one.default_status.value for one in sensors}
    ours = {name: state for name, state in status.items() if name.startswith("notices")}
    assert ours == {"notices": "RUNNING", "notices_of_failed_runs": "RUNNING"}
    monkeypatch.setenv("GEX_NOTICES_SLACK", "http://example.com/SECRET")
    with pytest.raises(SettingsError, match="GEX_NOTICES_SLACK: Expected an https address") as caught:
        build_defs(settings_for(tmp_path))
    assert "SECRET" not in str(caught.value)


@dg.op
def breaks(context: dg.OpExecutionContext) -> None:
    raise ValueError(context.run.tags["why"])


@dg.job
def broken() -> None:
    breaks()


def test_a_failed_run_is_told_once_for_each_reason_by_the_next_tick(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with hook(Answer(200)) as there, dg.DagsterInstance.ephemeral() as instance:
        monkeypatch.setenv("GEX_NOTICES_WEBHOOK", there.address)
        notices, failures = notice_sensors(settings_for(tmp_path))
        root = ""
        for why in ("no room", "no room", "no power"):
            tags = {"why": why, "dagster/partition": "2026-01-06"} | ({"dagster/root_run_id": root} if root else {})
            run = broken.execute_in_process(instance=instance, raise_on_error=False, tags=tags)
            root = root or run.run_id
            context = dg.build_run_status_sensor_context(
                sensor_name=failures.name,
                dagster_instance=instance,
                dagster_run=run.dagster_run,
                dagster_event=next(
                    one for one in run.all_events if one.is_failure and one.event_type_value == "PIPELINE_FAILURE"
                ),
            ).for_run_failure()
            failures(context)
        for _ in range(2):
            notices(dg.build_sensor_context(instance=instance))
    assert [body["kind"] for body in there.bodies] == ["combined"]
    parts = [part["fields"]["reasons"] for part in there.bodies[0]["notices"]]
    assert parts == [["breaks: ValueError: no room"], ["breaks: ValueError: no power"]]
    assert there.bodies[0]["text"].startswith("2 runs failed\n2026-01-06\n- 2 × breaks: ValueError: no room\n")


def test_failures_of_a_backfill_are_told_as_one_once_it_is_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    week = [date(2026, 1, day) for day in range(5, 10)]
    with hook(Answer(200)) as there, dg.DagsterInstance.ephemeral() as instance:
        monkeypatch.setenv("GEX_NOTICES_WEBHOOK", there.address)
        notices, _ = notice_sensors(settings_for(tmp_path))
        backfill = PartitionBackfill("abcdefgh", BulkActionStatus.REQUESTED, False, {}, 0.0, partition_names=[])
        instance.add_backfill(backfill)
        for day in week:
            run = dg.DagsterRun(job_name="one_day", tags={"dagster/partition": str(day), "dagster/backfill": "abcdefgh"})
            event = dg.DagsterEvent(event_type_value="PIPELINE_FAILURE", job_name="one_day", message="no room")
            found = told_failure(run, [], event, root=str(tmp_path))
            assert found is not None
            Postman(Lake(tmp_path).fs, NoticeSettings(), channels_of(NoticeSettings(), os.environ)).put([found])
            notices(dg.build_sensor_context(instance=instance))
        assert [body["title"] for body in there.bodies] == ["run of 2026-01-05 failed"]
        instance.update_backfill(backfill.with_status(BulkActionStatus.COMPLETED_FAILED))
        notices(dg.build_sensor_context(instance=instance))
    assert [body["title"] for body in there.bodies[1:]] == ["4 days failed"]


def test_a_run_without_a_failed_step_says_what_dagster_says() -> None:
    run = dg.DagsterRun(job_name="one_day", run_id="0" * 36)
    event = dg.DagsterEvent(
        event_type_value="PIPELINE_FAILURE", job_name="one_day", message="/home/me/lake/raw/a.dbn: the process died"
    )
    found = told_failure(run, [], event, root="/home/me/lake")
    assert found is not None
    assert found.text.startswith("run of one_day failed\nraw/a.dbn: the process died\n")


@pytest.mark.parametrize(("hour", "count"), [(14, 1), (23, 0)])
def test_a_brief_is_news_until_its_session_is_over(published: Path, told: list[date], hour: int, count: int) -> None:
    now = datetime(2026, 1, 7, hour, tzinfo=UTC)
    found, cursor, words = news(Lake(published), NoticeSettings(), products=["ES"], cursor=None, now=now)
    assert ([one.kind for one in found], words) == (["brief"] * count, [])
    assert news(Lake(published), NoticeSettings(), products=["ES"], cursor=cursor, now=now)[0] == []


def test_the_sensors_can_be_evaluated_as_the_daemon_does(published: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with hook(Answer(200)) as there, dg.DagsterInstance.ephemeral() as instance:
        monkeypatch.setenv("GEX_NOTICES_WEBHOOK", there.address)
        definitions = build_defs(settings_for(published))
        sensor = definitions.get_repository_def().get_sensor_def("notices")
        done = sensor.evaluate_tick(dg.build_sensor_context(instance=instance, repository_def=definitions.get_repository_def()))
    assert done.run_requests == []
    assert done.skip_message == "nothing new"
    assert there.bodies == []
