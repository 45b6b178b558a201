from __future__ import annotations

from datetime import date

from gex_assets.defs.sensors import Delivered, requests

NOW = 1_800_000_000_000_000_000
DAY = date(2026, 1, 6)
SECOND = 1_000_000_000


def file(path: str = "a", *, day: date = DAY, size: int = 10, age_s: int = 3600, **facts: object) -> Delivered:
    given = {"raw_table": "raw_option_mbo", "complete": False, "plausible": True, "registered": False} | facts
    return Delivered(day=day, path=path, size_bytes=size, mtime_ns=NOW - age_s * SECOND, **given)


def ask(files, cursor=None, **options):
    given = {"settle_seconds": 60, "start_from": None, "most": 10, "is_partition": lambda day: day.weekday() != 5} | options
    return requests(files, cursor=cursor or {}, now_ns=NOW, **given)


def test_a_new_file_is_asked_for_once():
    asked, cursor, _ = ask([file()])
    assert [request.day for request in asked] == [DAY]
    assert asked[0].raw_tables == ("raw_option_mbo",)
    again, cursor, _ = ask([file()], cursor)
    assert again == []


def test_a_file_delivered_again_gets_another_run_key():
    first, cursor, _ = ask([file()])
    second, _, _ = ask([file(size=11)], cursor)
    assert first[0].run_key != second[0].run_key


def test_one_request_per_day_for_all_its_kinds():
    asked, _, _ = ask([file("a"), file("b", raw_table="raw_future_mbo")])
    assert len(asked) == 1
    assert asked[0].raw_tables == ("raw_future_mbo", "raw_option_mbo")


def test_a_day_waits_while_one_of_its_files_is_still_written():
    asked, cursor, waiting = ask([file("a"), file("b", age_s=5)])
    assert asked == []
    assert cursor == {}
    assert "b is still being written" in waiting[0]


def test_a_manifest_that_names_the_size_settles_a_file_at_once():
    asked, _, _ = ask([file(age_s=1, complete=True)])
    assert len(asked) == 1


def test_an_empty_file_or_one_without_a_header_waits():
    assert ask([file(plausible=False)])[0] == []


def test_days_before_the_start_and_days_outside_the_calendar_are_left_alone():
    assert ask([file()], start_from=date(2026, 1, 7))[0] == []
    asked, _, waiting = ask([file(day=date(2026, 1, 10))])
    assert asked == []
    assert "not a day of the calendar" in waiting[0]


def test_the_rest_waits_for_the_next_tick():
    files = [file(str(n), day=date(2026, 1, 5 + n)) for n in range(3)]
    asked, cursor, waiting = ask(files, most=2)
    assert [request.day.day for request in asked] == [5, 6]
    assert len(waiting) == 1
    later, _, _ = ask(files, cursor, most=2)
    assert [request.day.day for request in later] == [7]


def test_what_is_registered_already_is_not_asked_for_until_it_changes():
    asked, cursor, _ = ask([file(registered=True)])
    assert asked == []
    assert len(ask([file(size=12)], cursor)[0]) == 1
