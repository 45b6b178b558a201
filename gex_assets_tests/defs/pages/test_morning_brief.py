"""The morning's schedule: on which days it asks for a run, and of which date."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from pathlib import Path

import dagster as dg
import pytest

from gex_assets.defs.build import build_defs
from gex_assets.defs.pages.morning_brief import day_before
from gex_assets.lake.keys import page_key
from gex_assets.lake.tables import Lake
from gex_assets.market.expirations import chicago
from gex_assets.schemas.pages import BRIEF_PAGE
from gex_assets.schemas.registry import PREMARKET
from gex_assets_tests.conftest import DAY, settings_for


def tick(lake: Path, day: date) -> dg.ScheduleExecutionData:
    definitions = build_defs(settings_for(lake))
    at = datetime.combine(day, time(7, 30), tzinfo=chicago())
    with dg.build_schedule_context(
        scheduled_execution_time=at, repository_def=definitions.get_repository_def(), resources=definitions.resources
    ) as context:
        return definitions.resolve_schedule_def("morning_brief").evaluate_tick(context)


def test_it_is_off_and_at_half_past_seven_in_chicago() -> None:
    schedule = build_defs(settings_for(Path("nowhere"))).resolve_schedule_def("morning_brief")
    assert schedule.default_status is dg.DefaultScheduleStatus.STOPPED
    ticks = schedule.execution_timezone, schedule.cron_schedule
    assert ticks == ("America/Chicago", "30 7 * * 1-5")
    # the same clock in summer and in winter, after the night's and before the regular hours' beginning
    moments = schedule.job_name, [next(dg_ticks(schedule, month)).astimezone(UTC).hour for month in (1, 7)]
    assert moments == ("before_the_session", [13, 12])


def dg_ticks(schedule: dg.ScheduleDefinition, month: int) -> Iterator[datetime]:
    from dagster._utils.schedules import schedule_execution_time_iterator

    start = datetime(2026, month, 5, tzinfo=UTC).timestamp()
    return schedule_execution_time_iterator(start, schedule.cron_schedule, schedule.execution_timezone, ascending=True)


def test_a_trade_date_asks_for_the_date_before(delivered: Path) -> None:
    (request,) = tick(delivered, date(2026, 1, 7)).run_requests
    assert (request.partition_key, request.run_key) == (DAY.isoformat(), f"2026-01-07 {DAY}")


@pytest.mark.parametrize(
    ("day", "said"),
    [
        (date(2026, 1, 19), "2026-01-19 is no trade date"),
        (date(2026, 1, 13), "no statistics were delivered of a date before the session of 2026-01-13"),
        (date(2026, 1, 8), "no statistics were delivered of a date before the session of 2026-01-08"),
    ],
)
def test_other_mornings_ask_for_nothing_and_say_why(delivered: Path, day: date, said: str) -> None:
    done = tick(delivered, day)
    assert not done.run_requests
    assert done.skip_message == said


def test_its_run_makes_the_levels_and_the_page(delivered: Path, tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    shutil.copytree(delivered, lake)
    definitions = build_defs(settings_for(lake))
    job = definitions.resolve_job_def("before_the_session")
    with dg.DagsterInstance.ephemeral() as instance:
        done = job.execute_in_process(partition_key=DAY.isoformat(), instance=instance)
    made = {key.to_user_string() for event in done.get_asset_materialization_events() if (key := event.asset_key) is not None}
    assert made == {*PREMARKET, BRIEF_PAGE.name}
    assert (lake / page_key(BRIEF_PAGE.name, product="ES", day=DAY)).is_file()


def test_a_monday_takes_sunday_where_it_has_statistics_and_friday_else(delivered: Path, tmp_path: Path) -> None:
    source = next(path for path in delivered.rglob("*statistics*.dbn*") if "option" in str(path))
    lake = tmp_path / "lake"
    for day in (date(2026, 1, 9), date(2026, 1, 11)):
        target = lake / Path(str(source.relative_to(delivered)).replace(DAY.isoformat(), day.isoformat()))
        target = target.with_name(target.name.replace(f"{DAY:%Y%m%d}", f"{day:%Y%m%d}"))
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target)
        assert day_before(Lake(lake), product="ES", session_date=date(2026, 1, 12)) == day
    assert day_before(Lake(lake), product="ES", session_date=date(2026, 1, 13)) is None
