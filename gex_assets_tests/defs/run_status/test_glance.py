"""Whether Dagster must be asked: only where a run is in hand, or failed on a day that is not right."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path

from gex_assets.defs.run_status.glance import glance
from gex_assets.defs.run_status.reading import run_states
from gex_assets.defs.run_status.states import RunStates
from gex_assets.defs.run_status.wanted import Wanted
from gex_assets_tests.defs.run_status.made_up_home import FIRST, MadeUpHome

RIGHT = Wanted(lake="/data", is_settings_lake=True, days={FIRST: True})
WRONG = replace(RIGHT, days={FIRST: False})


def test_a_home_without_runs_has_nothing_to_tell_and_is_left_as_it_is(tmp_path: Path) -> None:
    assert run_states(None, WRONG) == run_states(tmp_path, WRONG) == RunStates()
    assert [*tmp_path.iterdir()] == []


def test_dagster_is_asked_where_a_run_failed_on_a_day_that_is_not_right_or_is_in_hand(tmp_path: Path) -> None:
    home = MadeUpHome(tmp_path)
    with home.instance:
        assert glance(tmp_path, WRONG) == "nothing"
        home.failed_quickly(FIRST)
        assert (glance(tmp_path, RIGHT), glance(tmp_path, WRONG)) == ("nothing", "something")
        assert glance(tmp_path, replace(WRONG, only=date(2026, 1, 6))) == "nothing"
        assert run_states(tmp_path, RIGHT) == RunStates()
        home.backfill("abcdefgh", [FIRST], since=0.0)
        assert glance(tmp_path, RIGHT) == "something"
        _forget(tmp_path, "bulk_actions")
        assert glance(tmp_path, RIGHT) == "nothing"
        home.queued(FIRST)
        assert glance(tmp_path, RIGHT) == "something"
        _forget(tmp_path, "runs")
        home.history_failed()
        assert glance(tmp_path, RIGHT) == "something"


def _forget(home: Path, table: str) -> None:
    with closing(sqlite3.connect(home / "history" / "runs.db")) as there:
        there.execute(f"DELETE FROM {table}")
        there.commit()


def test_an_instance_that_keeps_its_runs_elsewhere_is_asked_through_dagster(tmp_path: Path) -> None:
    (tmp_path / "dagster.yaml").write_text("storage:\n  postgres: {}\n")
    assert glance(tmp_path, RIGHT) == "something"
