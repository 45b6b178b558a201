"""What an instance tells of runs: made-up ones in every state, made through Dagster; and homes that cannot be read."""

from __future__ import annotations

import shutil
import socket
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from gex_assets.defs.run_status import reading
from gex_assets.defs.run_status.failures import SILENT_SECONDS
from gex_assets.defs.run_status.reading import run_states
from gex_assets.defs.run_status.states import RunStates
from gex_assets.defs.run_status.wanted import Wanted
from gex_assets_tests.defs.run_status.made_up_home import FIRST, MadeUpHome, dead_process

LAKE = "/data/lake"


def day(number: int) -> date:
    return FIRST + timedelta(days=number)


EVERY = Wanted(lake=LAKE, is_settings_lake=True, days={day(number): number == 0 for number in range(20)})
"""Of all days the first one is right."""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MadeUpHome]:
    made = MadeUpHome(tmp_path_factory.mktemp("home"))
    with made.instance:
        made.failed_quickly(day(0))
        made.ended(day(1), why="no room\nsecond line", lake=LAKE, by="gex run")
        made.ended(day(2), why="no power")
        made.ended(day(2))
        made.failed_without_a_step(day(3), "the daemon gave it up")
        made.started(day(4), done=1, lake=LAKE, by="gex run", host=socket.gethostname())
        made.started(day(5), pid=dead_process(), host=socket.gethostname())
        made.started(day(6), pid=dead_process(), host="another machine")
        made.failed_quickly(day(7), backfill="abcdefgh")
        made.queued(day(7), backfill="abcdefgh")
        made.backfill("abcdefgh", [day(number) for number in (7, 8, 9, 10)], since=time.time() - 600.0)
        made.failed_quickly(day(11), lake="/other/lake")
        made.queued(day(12), lake="/other/lake")
        made.failed_quickly(day(30))
        made.failed_quickly(day(31), lake=LAKE)
        made.history_failed()
        yield made


@pytest.fixture(scope="module")
def found(home: MadeUpHome) -> RunStates:
    return run_states(home.folder, EVERY)


def test_a_running_day_says_which_table_is_being_made_and_how_many_are(found: RunStates) -> None:
    (one,) = [one for one in found.running if one.day == day(4)]
    assert (one.state, one.tables, one.made, one.of, one.by) == ("running", ("silver_gex",), 1, 2, "gex run")
    assert abs(one.since - time.time()) < 600.0


def test_a_process_that_is_gone_is_a_failure_and_one_of_another_machine_is_not_judged(found: RunStates) -> None:
    (one,) = [one for one in found.failed if one.is_gone]
    assert one.day == day(5)
    assert one.reason.startswith("process ")
    assert one.reason.endswith(" is gone: it was killed, or the machine stopped")
    assert {each.day for each in found.running} == {day(4), day(6)}
    elsewhere = {each.day: (each.host, each.heard is None) for each in found.running}
    assert elsewhere == {day(4): ("", True), day(6): ("another machine", False)}


def test_a_run_of_another_machine_of_which_nothing_is_heard_counts_as_failed(
    home: MadeUpHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = time.time()
    for later, is_running in ((SILENT_SECONDS - 60.0, True), (SILENT_SECONDS + 60.0, False)):
        monkeypatch.setattr(reading.time, "time", lambda later=later: now + later)
        states = run_states(home.folder, EVERY)
        assert (day(6) in {one.day for one in states.running}) is is_running
        assert day(4) in {one.day for one in states.running}  # its process is here, and lives
        said = [one.reason for one in states.failed if one.day == day(6)]
        assert is_running is not bool(said)
    assert said[0].startswith("nothing was heard of it for more than 2 h, from another machine: its process was killed")


def test_what_waits_is_queued_and_no_run_of_another_lake(found: RunStates) -> None:
    assert [(one.day, one.by) for one in found.queued] == [(day(7), "the backfill abcdefgh")]


def test_a_backfill_counts_the_latest_run_of_each_day(found: RunStates) -> None:
    (one,) = found.backfills
    assert (one.name, one.days, one.done, one.failed, one.left) == ("the first week", 4, 0, 0, 4)  # the failed day waits again
    assert one.seconds_left is None


def test_failures_are_told_of_days_that_are_not_right_and_were_not_made_since(found: RunStates) -> None:
    told = {one.day: (one.reason, one.by) for one in found.failed if not one.is_gone}
    assert told == {
        None: ("no reason is known", "the UI"),
        day(1): ("raw_option_mbo: ValueError: no room", "gex run"),
        day(3): ("the daemon gave it up", "the UI"),
        day(31): ("no reason is known", "the UI"),  # unknown to the lake, and the run names it
    }


def test_a_later_run_of_other_tables_makes_nothing_good(home: MadeUpHome) -> None:
    home.ended(day(1), select="day_page", lake=LAKE)
    only = replace(EVERY, only=day(1))
    assert [one.day for one in run_states(home.folder, only).failed] == [day(1)]


def test_one_day_alone_tells_nothing_of_others(home: MadeUpHome) -> None:
    one = run_states(home.folder, replace(EVERY, only=day(4)))
    assert ([each.day for each in one.running], one.queued, one.backfills, one.failed) == ([day(4)], [], [], [])


def test_a_lake_that_is_not_the_settings_has_the_runs_that_name_it(home: MadeUpHome) -> None:
    other = run_states(home.folder, replace(EVERY, lake="/other/lake", is_settings_lake=False))
    assert other.running == []
    assert [one.day for one in other.queued] == [day(12)]
    assert [one.day for one in other.failed] == [day(11)]
    assert other.backfills == []


def test_runs_are_not_known_where_the_file_is_none_or_of_another_time(home: MadeUpHome, tmp_path: Path) -> None:
    for name, spoil in (("broken", b"no database"), ("old", None)):
        folder = tmp_path / name
        shutil.copytree(home.folder, folder)
        runs = folder / "history" / "runs.db"
        if spoil is not None:
            runs.write_bytes(spoil)
        else:
            with sqlite3.connect(runs) as there:
                there.execute("ALTER TABLE runs RENAME TO runs_of_before")
        found = run_states(folder, EVERY)
        assert found == RunStates(unknown=found.unknown)
        assert found.unknown.startswith(f"{folder}: ")


def test_a_file_that_another_process_holds_is_said_soon(home: MadeUpHome, tmp_path: Path) -> None:
    shutil.copytree(home.folder, tmp_path / "held")
    runs = tmp_path / "held" / "history" / "runs.db"
    there = sqlite3.connect(runs, isolation_level=None)
    there.execute("PRAGMA journal_mode=DELETE")
    there.execute("BEGIN EXCLUSIVE")
    assert run_states(tmp_path / "held", EVERY).unknown == f"another process holds {runs}: ask again"
    there.close()


def test_a_configuration_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    (tmp_path / "dagster.yaml").write_text("storage:\n  nothing: [\n")
    assert run_states(tmp_path, EVERY).unknown.startswith(f"{tmp_path}: ")
