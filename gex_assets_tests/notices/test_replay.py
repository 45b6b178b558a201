"""What a channel would have got over a day: when, how many as one, and what quiet hours hold."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from gex_assets.lake.tables import Lake
from gex_assets.notice_settings import NoticeSettings
from gex_assets.notices.notice import CHICAGO, Notice
from gex_assets.notices.replay import messages_of, replayed_day
from gex_assets_tests.conftest import DAY
from gex_assets_tests.notices.made_up import NOON, made_up


def at(number: int, moment: datetime) -> Notice:
    return replace(made_up(number), ts_known=int(moment.timestamp()) * 1_000_000_000)


def messages(*notices: Notice, **choices: object) -> list[tuple[str, str]]:
    found = messages_of(notices, NoticeSettings.model_validate(choices))
    return [(f"{moment.astimezone(CHICAGO):%H:%M:%S}", one.title) for moment, one in found]


def test_each_is_told_at_the_next_look_and_many_as_one() -> None:
    five = [at(number, NOON + timedelta(seconds=121 + number)) for number in range(5)]
    assert messages(at(9, NOON), at(8, NOON + timedelta(seconds=5)), *five) == [
        *(("12:00:00", "notice 9"), ("12:01:00", "notice 8"), ("12:03:00", "5 notices")),
    ]


def test_quiet_hours_hold_what_comes_then_and_tell_it_as_one() -> None:
    night = [at(number, datetime(2026, 1, 7, 4 + number, 30, tzinfo=UTC)) for number in range(2)]
    assert messages(*night, at(5, NOON + timedelta(days=1)), quiet_hours="22:00-06:00") == [
        *(("06:00:00", "2 notices"), ("12:00:00", "notice 5")),
    ]


def test_no_more_than_the_limit_within_a_minute() -> None:
    three = [at(number, NOON) for number in range(3)]
    assert [moment for moment, _ in messages(*three, max_per_minute=1)] == ["12:00:00", "12:01:00", "12:02:00"]


def test_a_published_day_is_replayed_and_nothing_of_it_is_kept(published: Path) -> None:
    before = set(published.rglob("*"))
    choices = NoticeSettings(conventions=("field", "flow", "magic8"), beyond_sigmas=0.0, hold_seconds=5, combine_above=1_000)
    count, told = replayed_day(Lake(published), choices, product="ES", day=DAY)
    assert len(told) == count > 0
    assert all(0 <= moment.timestamp() - (one.ts_known or 0) / 1e9 < 60 for moment, one in told if one.ts_known)
    assert set(published.rglob("*")) == before
