"""Which days `gex run` takes: those that are over, and with --partial the one that is still running."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import click
import dagster as dg
import pytest
from click.testing import CliRunner

from gex_assets.cli.main import gex
from gex_assets.cli.options import time_source
from gex_assets.cli.running_day import checked_days_are_over, first_day, running_moment
from gex_assets.defs.partitions import daily
from gex_assets.errors import SettingsError

NOW = datetime(2026, 1, 6, 14, 35, tzinfo=UTC)
YESTERDAY, TODAY, TOMORROW = date(2026, 1, 5), date(2026, 1, 6), date(2026, 1, 7)


@pytest.fixture
def now() -> Iterator[None]:
    """The commands' clock stands still on 2026-01-06 at 14:35 UTC."""
    before = time_source.set(lambda: NOW)
    yield
    time_source.reset(before)


def said(lake: Path, *words: str) -> str:
    """What a command is refused with."""
    done = CliRunner().invoke(gex, ["run", *words, "--lake", str(lake)])
    assert done.exit_code
    assert not list(lake.iterdir())
    return f"{done.output}{done.exception}"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (
            ("--date", str(YESTERDAY), "--partial"),
            "Expected today (2026-01-06 UTC) with --partial, was 2026-01-05: that day is over",
        ),
        (("--date", str(TOMORROW), "--partial"), "with --partial, was 2026-01-07: that day has not begun"),
        (("--date", "today", "--to", "today", "--partial"), "Expected one day with --partial, was --to 2026-01-06 too"),
        (
            ("--date", "today"),
            "was 2026-01-06: today is still running: wait until it is over, or compute what has come",
        ),
        (("--date", str(YESTERDAY), "--to", str(TOMORROW)), "Expected days that are over, to 2026-01-05 (UTC), was 2026-01-06"),
        ((), "--date"),
    ],
)
def test_other_days_are_refused_with_what_to_do(tmp_path: Path, now: None, words: tuple[str, ...], expected: str) -> None:
    assert expected in said(tmp_path, *words)


def test_the_day_that_is_running_needs_no_date() -> None:
    assert first_day(None, partial=True, now=NOW) == TODAY
    assert first_day(YESTERDAY, partial=False, now=NOW) == YESTERDAY
    assert running_moment(TODAY, None, now=NOW) == 1_767_710_100 * 10**9
    with pytest.raises(click.MissingParameter):
        first_day(None, partial=False, now=NOW)


def test_a_range_that_ends_on_a_saturday_ends_on_the_friday(tmp_path: Path) -> None:
    friday, saturday = date(2026, 1, 9), datetime(2026, 1, 10, 12, tzinfo=UTC)
    checked_days_are_over([friday], now=saturday)
    with pytest.raises(SettingsError, match="today is still running"):
        checked_days_are_over([friday], now=datetime(2026, 1, 9, 23, 59, tzinfo=UTC))


def test_a_saturday_has_nothing_to_run(tmp_path: Path) -> None:
    before = time_source.set(lambda: datetime(2026, 1, 10, 12, tzinfo=UTC))
    try:
        done = CliRunner().invoke(gex, ["run", "--date", "today", "--partial", "--lake", str(tmp_path)])
    finally:
        time_source.reset(before)
    assert (done.exit_code, done.output.strip()) == (0, "2026-01-10 is a Saturday, which has no session: nothing to run")


def test_only_the_calendar_of_a_partial_run_has_today() -> None:
    today = datetime.now(UTC).date()
    usual, reaching = (daily(YESTERDAY, with_today=with_today) for with_today in (False, True))
    assert not usual.has_partition_key(str(today))
    assert reaching.has_partition_key(str(today)) is (today.weekday() != 5)


def test_a_partial_run_is_kept_in_no_instance_of_the_ui_and_status_says_what_it_is(
    fresh: Path, tmp_path: Path, now: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DAGSTER_HOME", str(home))
    monkeypatch.setenv("GEX_LAKE", str(fresh))
    done = CliRunner().invoke(gex, ["run", "--partial", "--select", "group:raw"])
    assert done.exit_code == 0, f"{done.output}{done.exception}"
    assert "4 tables published, 4 warnings, made while the day was still running, until 14:35 UTC" in done.output
    with dg.DagsterInstance.from_config(str(home)) as instance:
        assert instance.get_runs() == []
    shown = CliRunner().invoke(gex, ["status"])
    assert "ES 2026-01-06 is still running: what came until 14:35 UTC is made." in shown.output
    assert "The UI's calendar ends with yesterday, 2026-01-05." in shown.output
    time_source.set(lambda: datetime(2026, 1, 7, tzinfo=UTC))
    shown = CliRunner().invoke(gex, ["status", "--date", "2026-01-06"])
    assert "`gex run --date 2026-01-06` makes it of the whole day" in " ".join(shown.output.split())
    assert "is still running: what came" not in shown.output
