"""Which days are requested, as a function of listings, of what a look finds, and of what was seen before."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

import pytest

from gex_assets.defs.sensor_cursor import Cursor, Seen, short_listing
from gex_assets.defs.sensors import Look, Request, requests

NOW = 1_800_000_000
DAY = date(2026, 1, 6)
RAW = ("raw_option_mbo",)


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass
class Files:
    """What lies there: a word for each day. `A;7` are the files of A under other tags, `A,7` A with touched sidecars."""

    words: dict[date, str]
    looks: Mapping[date, Look] = field(default_factory=dict)
    looked: list[date] = field(default_factory=list)
    most_looks: int = 1_000

    def look(self, day: date, seen: Seen | None, watched: bool) -> Look | None:
        if len(self.looked) >= self.most_looks:
            return None
        self.looked.append(day)
        found = self.looks.get(day, Look(tables=RAW))
        if found.waits and watched:
            found = Look(tables=RAW)
        return found if found.waits else Look(state=digest(self.words[day].split(",")[0].split(";")[0]), **_of(found))


def _of(found: Look) -> dict[str, object]:
    return {"tables": found.tables, "blocked": found.blocked, "why_not": found.why_not}


def outside(day: date) -> str | None:
    return "Saturdays have no session" if day.weekday() == 5 else None


def ask(files: Files, cursor: Cursor | None = None, *, now: int = NOW, **options) -> tuple[list[Request], Cursor, list[str]]:
    given = {"settle_seconds": 60, "start_from": None, "most": 10, "why_outside": outside} | options
    return requests(
        {day: short_listing(digest(word.split(",")[0]), digest(word)) for day, word in files.words.items()},
        cursor=cursor or Cursor(NOW),
        look=files.look,
        now_ns=now * 1_000_000_000,
        **given,
    )


def one(word: str = "A", **looks: Look) -> Files:
    return Files({DAY: word}, {DAY: looks["look"]} if looks else {})


def test_a_new_file_is_asked_for_once():
    asked, cursor, _ = ask(one())
    assert [(request.day, request.tables) for request in asked] == [(DAY, RAW)]
    files = one()
    assert ask(files, cursor)[0] == []
    assert files.looked == []


@pytest.mark.parametrize("words", ["ABA", "ABAB", "ABCBA"])
def test_each_change_of_a_day_starts_one_run_with_a_key_of_its_own(words):
    cursor, keys = None, []
    for word in words:
        for _ in range(2):
            asked, cursor, _ = ask(one(word), cursor)
            keys += [request.run_key for request in asked]
    assert len(keys) == len(set(keys)) == len(words)
    assert all(key.startswith(f"{DAY}:") for key in keys)


def test_a_new_cursor_gives_other_keys_for_the_same_state():
    first, *_ = ask(one(), Cursor(NOW))
    second, *_ = ask(one(), Cursor(NOW + 1))
    assert first[0].run_key != second[0].run_key


def test_a_sidecar_that_says_nothing_new_of_a_day_starts_nothing_and_is_not_looked_at_again():
    _, cursor, _ = ask(one("A"))
    asked, cursor, _ = ask(one("A,touched"), cursor)
    assert asked == []
    files = one("A,touched")
    assert ask(files, cursor)[0] == []
    assert files.looked == []
    assert len(ask(one("B"), cursor)[0]) == 1


def test_other_tags_alone_are_compared_by_hashes_and_start_a_run_only_where_these_differ():
    """`chmod` or a link changes the tags of a whole archive; other bytes may come under the size and time of the file before."""
    first, cursor, _ = ask(one("A"))
    asked, cursor, _ = ask(one("A;chmod", look=Look()), cursor)
    assert (asked, cursor.days[DAY].serial) == ([], 1)
    assert ask(one("A;chmod"), cursor)[0] == []
    asked, cursor, _ = ask(one("A;other bytes"), cursor)
    assert len(asked) == 1
    assert asked[0].run_key != first[0].run_key


def test_a_day_waits_with_its_reason_and_is_looked_at_again():
    asked, cursor, words = ask(one(look=Look(waits="b is still being written")))
    assert (asked, cursor.days, words) == ([], {}, [f"{DAY}: b is still being written"])
    assert len(ask(one(), cursor)[0]) == 1


@pytest.mark.parametrize("most", [10, 0])
def test_a_day_is_watched_until_it_has_not_changed_for_the_settle_time_also_where_there_is_no_room_for_it(most):
    growing = Look(waits="b may still be growing")
    asked, cursor, _ = ask(one(look=growing), most=most)
    assert asked == []
    for seconds in (30, 59):
        asked, cursor, _ = ask(one(look=growing), cursor, now=NOW + seconds, most=most)
        assert asked == []
    for seconds in (61, 91, 120):  # it changed: the time begins again
        asked, cursor, _ = ask(one("A grows", look=growing), cursor, now=NOW + seconds, most=most)
        assert asked == []
    asked, cursor, _ = ask(one("A grows", look=growing), cursor, now=NOW + 121)
    assert len(asked) == 1
    assert cursor.watched == {}


def test_a_thousand_days_are_watched_at_the_same_time():
    days = [day for n in range(1_400) if (day := DAY - timedelta(days=n)).weekday() != 5]
    files = Files(dict.fromkeys(days, "A"), dict.fromkeys(days, Look(waits="b may still be growing")))
    _, cursor, _ = ask(files, most=1_000)
    assert len(cursor.watched) == len(days) == 1_200
    assert len(cursor.text()) < 1_200 * 11
    _, cursor, _ = ask(Files(files.words, files.looks), cursor, now=NOW + 30, most=1_000)
    asked, _, _ = ask(Files(files.words, files.looks), cursor, now=NOW + 60, most=1_000)
    assert [request.day for request in asked] == days[:1_000]


def test_what_the_lake_was_computed_from_is_not_asked_for_until_it_changes():
    asked, cursor, words = ask(one(look=Look()))
    assert (asked, words) == ([], [])
    assert cursor.days[DAY].serial == 0
    assert len(ask(one("B"), cursor)[0]) == 1


def test_what_starts_nothing_says_why_once():
    asked, cursor, words = ask(one(look=Look(why_not="statistics alone start no run")))
    assert (asked, words) == ([], [f"{DAY}: statistics alone start no run"])
    assert ask(one(), cursor)[2] == []


def test_days_before_the_start_and_days_outside_the_calendar_are_left_alone():
    assert ask(one(), start_from=date(2026, 1, 7))[0] == []
    saturday = Files({date(2026, 1, 10): "A"})
    asked, cursor, words = ask(saturday)
    assert (asked, cursor.days, saturday.looked) == ([], {}, [])
    assert words == ["2026-01-10: Saturdays have no session"]


def test_the_newest_days_come_first_and_the_rest_waits_for_the_next_tick():
    files = Files({date(2026, 1, 5 + n): "A" for n in range(4)})
    asked, cursor, words = ask(files, most=2)
    assert [request.day.day for request in asked] == [8, 7]
    assert words == ["2 more days wait for the next tick (2 at once)"]
    assert files.looked == [date(2026, 1, 8), date(2026, 1, 7)]
    later, *_ = ask(files, cursor, most=2)
    assert [request.day.day for request in later] == [6, 5]


def test_days_that_the_tick_had_no_time_for_come_in_the_next_ones():
    days = [date(2026, 1, 5 + n) for n in range(4)]
    files = Files(dict.fromkeys(days, "A"), dict.fromkeys(days, Look()), most_looks=3)
    asked, cursor, words = ask(files)
    assert (asked, words) == ([], ["1 more day is looked at in the next ticks"])
    rest = Files(dict.fromkeys(days, "A"))
    asked, cursor, _ = ask(rest, cursor)
    assert rest.looked == [date(2026, 1, 5)]
    assert len(asked) == 1


def test_one_request_per_day_and_tick_whatever_changed():
    days = {DAY + timedelta(days=n): "A" for n in range(3)}
    both = Look(tables=("raw_future_mbo", "raw_option_mbo"), blocked=("raw_option_statistics",))
    asked, *_ = ask(Files(days, dict.fromkeys(days, both)))
    assert len({request.day for request in asked}) == len(asked) == 3
    assert {(request.tables, request.blocked) for request in asked} == {(both.tables, both.blocked)}
