"""Where the calendar begins: at the first delivered day, unless the settings say it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from gex_assets.defs.build import build_defs
from gex_assets.defs.partitions import calendar_start, daily, why_outside
from gex_assets.defs.run import run_days
from gex_assets.errors import SettingsError
from gex_assets.lake.raw.layout import raw_file_name, raw_folder
from gex_assets_tests.conftest import DAY, settings_for

EARLIER = date(2023, 12, 24)


def test_it_begins_with_the_first_file(delivered: Path) -> None:
    before = DAY - timedelta(days=1)  # the sample delivers statistics of the day before, too
    assert calendar_start(settings_for(delivered)) == before
    assert calendar_start(settings_for(delivered), reaching=EARLIER) == EARLIER
    assert calendar_start(settings_for(delivered), reaching=DAY) == before
    assert calendar_start(settings_for(delivered, products=["NQ"])) == date(2026, 1, 1)


def test_of_an_archive_only_names_are_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten years have ten thousand files, and every run asks."""
    for day in (EARLIER, DAY):
        folder = tmp_path / raw_folder(kind="future_mbo", product="ES", job_id=f"GLBX-{day:%Y%m%d}-ABC")
        folder.mkdir(parents=True)
        (folder / raw_file_name(kind="future_mbo", day=day)).write_bytes(b"orders")
        (folder / "glbx-mdp3-20239999.mbo.dbn.zst").write_bytes(b"no day")
        (folder / "glbx-mdp3-20200101.statistics.dbn.zst").write_bytes(b"another kind")
    monkeypatch.setattr("gex_assets.lake.local_filesystem._info", lambda *args: pytest.fail("a file was asked"))
    assert calendar_start(settings_for(tmp_path)) == EARLIER


@pytest.mark.parametrize("there", [True, False])
def test_without_files_it_begins_with_the_default(tmp_path: Path, there: bool) -> None:
    if there:
        (tmp_path / "lake").mkdir()
    assert calendar_start(settings_for(tmp_path / "lake")) == date(2026, 1, 1)


def test_a_chosen_start_counts(delivered: Path) -> None:
    settings = settings_for(delivered, start_date=date(2026, 1, 2))
    assert calendar_start(settings, reaching=EARLIER) == date(2026, 1, 2)
    expected = (
        r"Expected a day of the calendar, was 2023-\d\d-\d\d: the calendar begins with 2026-01-02: set start_date to that day"
    )
    with pytest.raises(SettingsError, match=expected):
        next(run_days(settings, [EARLIER]))


def test_the_days_shown_are_those_from_there_on(delivered: Path) -> None:
    graph = build_defs(settings_for(delivered)).resolve_asset_graph()
    (partitions,) = {graph.get(key).partitions_def for key in graph.get_all_asset_keys() if graph.get(key).is_partitioned}
    assert partitions is not None
    assert partitions.get_first_partition_key() == f"{DAY - timedelta(days=1)}"


@pytest.mark.parametrize("ago", [0, 1, 2, 40])
def test_days_of_the_calendar_are_those_that_dagster_has(ago: int) -> None:
    now = datetime.now(UTC)
    days = [now.date() + timedelta(days=n) for n in range(-ago - 3, 4)]
    for with_today in (False, True):
        partitions = daily(now.date() - timedelta(days=ago), with_today=with_today)
        why = why_outside(partitions, now=now)
        assert [day for day in days if why(day) is None] == [day for day in days if partitions.has_partition_key(day.isoformat())]


def test_each_day_outside_of_the_calendar_has_its_own_reason() -> None:
    why = why_outside(daily(date(2026, 1, 2)), now=datetime(2026, 1, 13, 1, tzinfo=UTC))
    assert why(date(2026, 1, 12)) is None
    assert (why(date(2026, 1, 13)) or "").startswith("today is still running: ")
    assert (why(date(2026, 1, 14)) or "").startswith("that day has not begun")
    assert (why(date(2026, 1, 1)) or "").startswith("the calendar begins with 2026-01-02: set start_date")
    assert (why(date(2026, 1, 10)) or "").startswith("Saturdays have no session")
