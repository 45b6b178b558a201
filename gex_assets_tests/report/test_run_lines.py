"""The lines and the JSON objects about runs: what a person reads at 80 columns, what a program gets."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from gex_assets.defs.run_status.states import Backfill, FailedRun, QueuedRun, RunningRun, RunStates
from gex_assets.report.run_lines import run_documents, run_lines

NOON = datetime(2026, 1, 20, 12, 0, tzinfo=UTC).timestamp()
TUESDAY = date(2026, 1, 6)
RUN = "0dc219c8-de24-4fb3-ab25-9289b92bcbae"


def failed(day: date | None, reason: str = "raw_option_mbo: no room", **choices: Any) -> FailedRun:
    given: dict[str, Any] = {"job": "one_day", "at": NOON - 240.0, "by": "gex run", "is_gone": False} | choices
    return FailedRun(run_id=RUN, day=day, reason=reason, **given)


def lines(states: RunStates, *, rejected: set[date] | None = None, whole: bool = False) -> list[str]:
    return [*run_lines(states, rejected=rejected or set(), now=NOON, whole=whole)]


def test_nothing_is_said_where_there_is_nothing() -> None:
    assert lines(RunStates()) == []
    assert [*run_documents(RunStates(), rejected=set())] == []


def test_a_running_day() -> None:
    one = RunningRun(
        run_id=RUN,
        job="one_day",
        day=TUESDAY,
        state="running",
        since=NOON - 480.0,
        by="gex run",
        tables=("silver_option_quotes", "silver_forward", "silver_gex_chain"),
        made=12,
        of=34,
    )
    (said,) = lines(RunStates(running=[one]))
    tables = "silver_option_quotes, silver_forward and 1 more, 12 of 34 tables"
    assert said == f"running: 2026-01-06, {tables}, since 11:52 UTC (8 min), by gex run (run 0dc219c8)"
    assert lines(RunStates(running=[one] * 12))[-1] == "… 2 more runs in hand"
    (said,) = lines(RunStates(running=[replace(one, host="night", heard=NOON - 300.0)]))
    assert "since 11:52 UTC (8 min), on night, last heard of at 11:55 UTC (5 min), by gex run" in said
    (document,) = map(json.loads, run_documents(RunStates(running=[replace(one, host="night", heard=NOON)]), rejected=set()))
    assert (document["host"], document["heard"]) == ("night", "2026-01-20T12:00:00+00:00")


def test_what_waits_is_counted_by_day() -> None:
    waiting = [
        QueuedRun(run_id=RUN, job="one_day", day=TUESDAY + timedelta(days=number), since=NOON, by="the UI")
        for number in (1, 2, 2, 8)
    ]
    history = QueuedRun(run_id=RUN, job="regime_history", day=None, since=NOON, by="the UI")
    assert lines(RunStates(queued=[*waiting, history])) == [
        "queued: 3 days in 4 runs, 2026-01-07 to 2026-01-08, 2026-01-14",
        "queued: regime_history",
    ]
    every_other = [
        QueuedRun(run_id=RUN, job="one_day", day=date(2026, 2, 2) + timedelta(days=7 * number), since=NOON, by="the UI")
        for number in range(9)
    ]
    assert lines(RunStates(queued=every_other))[0].endswith("2026-03-09 and 3 more spans")


def test_a_backfill() -> None:
    one = Backfill(
        backfill_id="abcdefgh", name="first year", days=40, done=21, failed=2, since=NOON - 3_600.0, seconds_left=2_660.9
    )
    assert lines(RunStates(backfills=[one])) == [
        "backfill first year (abcdefgh): 40 days, 21 done, 2 failed, 17 left, about 44 min left at this pace"
    ]
    unknown = Backfill(backfill_id="abcdefgh", name="", days=None, done=1, failed=0, since=NOON, seconds_left=None)
    assert lines(RunStates(backfills=[unknown])) == ["backfill (abcdefgh): days, 1 done, 0 failed"]


def test_failed_days_are_in_one_place_with_the_commands_that_resume() -> None:
    days = [failed(TUESDAY), failed(TUESDAY + timedelta(days=1), more=2), failed(TUESDAY + timedelta(days=9))]
    said = lines(RunStates(failed=days), rejected={TUESDAY})
    assert said == [
        "failed, and not made since: 3 days",
        "  2026-01-06: raw_option_mbo: no room (ended 11:56 UTC (4 min), by gex run)",
        "  2026-01-07: raw_option_mbo: no room; and 2 more steps (ended 11:56 UTC (4 min), by gex run)",
        "  2026-01-15: raw_option_mbo: no room (ended 11:56 UTC (4 min), by gex run)",
        "  resume: gex refresh --date 2026-01-07 --to 2026-01-15",
        "  once what was rejected is another: gex run --date 2026-01-06",
    ]


def test_many_failed_days_are_listed_where_all_are_asked_for() -> None:
    days = [failed(date(2026, 2, 1) + timedelta(days=number)) for number in range(15)]
    said = lines(RunStates(failed=days))
    assert said[1] == "  … 2026-02-01 to 2026-02-05"
    assert len(said) == 13
    assert len(lines(RunStates(failed=days), whole=True)) == 17


def test_the_history_and_a_process_that_is_gone() -> None:
    gone = failed(TUESDAY, "process 7 is gone", is_gone=True, at=NOON - 86_400.0)
    said = lines(RunStates(failed=[failed(None, "x" * 400, job="regime_history"), gone]))
    assert said[1] == "  2026-01-06: process 7 is gone (begun 2026-01-19 12:00 UTC (24 h 0 min), by gex run)"
    assert said[2] == "  resume: gex run --date 2026-01-06"
    assert said[3].startswith(f"failed: regime_history: {'x' * 300}… (")
    assert said[3].endswith("resume: gex history")


def test_why_nothing_is_known_and_what_could_steer_a_terminal() -> None:
    (line,) = lines(RunStates(unknown="/home: no \x1b[2J file"))
    assert line == r"what runs is not known: /home: no \x1b[2J file"


def test_a_program_gets_an_object_of_each_named_by_its_first_key() -> None:
    running = RunningRun(
        run_id=RUN, job="one_day", day=TUESDAY, state="running", since=NOON, by="the UI", tables=("silver_gex",), made=1, of=2
    )
    waiting = QueuedRun(run_id=RUN, job="one_day", day=TUESDAY, since=NOON, by="the UI")
    backfill = Backfill(backfill_id="abc", name="", days=4, done=1, failed=1, since=NOON, seconds_left=60.0)
    states = RunStates(running=[running], queued=[waiting], backfills=[backfill], failed=[failed(None)], unknown="why")
    found = [json.loads(line) for line in run_documents(states, rejected=set())]
    assert [next(iter(one)) for one in found] == ["runs_unknown", "running", "queued", "backfill", "failed"]
    assert found[1] == {
        "running": RUN,
        "job": "one_day",
        "day": "2026-01-06",
        "by": "the UI",
        "since": "2026-01-20T12:00:00+00:00",
        "state": "running",
        "tables": ["silver_gex"],
        "made": 1,
        "of": 2,
        "host": None,
        "heard": None,
    }
    assert found[3]["left"] == 2
    assert found[4]["resume"] == "gex history"
