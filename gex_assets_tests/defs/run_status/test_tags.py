"""Whose runs are whose, and who started them."""

from __future__ import annotations

import socket
from datetime import date
from pathlib import Path

import pytest

from gex_assets.defs.execution.run_tags import DAY_IS_HELD, WHY, lake_name, own_tags
from gex_assets.defs.run_status.tags import day_of_tags, is_of_lake, started_by
from gex_assets.defs.run_status.wanted import Wanted


def test_a_run_of_this_process_names_its_lake_and_its_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    own = own_tags(Path("data"))
    assert own == {"gex/lake": f"{tmp_path}/data", ".gex/host": socket.gethostname()}
    assert is_of_lake(own, lake_name(tmp_path / "data"), is_settings_lake=False)
    assert not is_of_lake(own, lake_name(tmp_path / "other"), is_settings_lake=True)


def test_a_run_without_the_tag_is_of_the_settings_lake() -> None:
    assert is_of_lake({}, "/data", is_settings_lake=True)
    assert not is_of_lake({}, "/data", is_settings_lake=False)


@pytest.mark.parametrize(
    ("tags", "by"),
    [
        ({WHY: "gex run --select x"}, "gex run --select x"),
        ({WHY: "statistics of 2026-01-07 arrived", DAY_IS_HELD: "true"}, "gex run"),
        ({"dagster/sensor_name": "delivered_files"}, "the sensor delivered_files"),
        ({"dagster/schedule_name": "morning_brief"}, "the schedule morning_brief"),
        ({"dagster/backfill": "abcdefgh"}, "the backfill abcdefgh"),
        ({}, "the UI"),
    ],
)
def test_who_started_a_run(tags: dict[str, str], by: str) -> None:
    assert started_by(tags) == by


def test_a_partition_that_is_no_day_is_none() -> None:
    assert [day_of_tags(tags) for tags in ({}, {"dagster/partition": "ES"}, {"dagster/partition": "2026-01-06"})] == [
        *(None, None, date(2026, 1, 6))
    ]


def test_a_failure_of_a_day_that_the_lake_does_not_know_is_told_where_the_run_names_the_lake() -> None:
    right, wrong, other = date(2026, 1, 6), date(2026, 1, 7), date(2026, 1, 8)
    wanted = Wanted(lake="/data", is_settings_lake=True, days={right: True, wrong: False})
    assert [wanted.may_be_failed(day, {}) for day in (right, wrong, other)] == [False, True, False]
    assert [wanted.may_be_failed(day) for day in (right, wrong, other)] == [False, True, True]
    assert wanted.may_be_failed(other, {"gex/lake": "/data"})
