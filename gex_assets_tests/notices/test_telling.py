"""What commands and sensors ask for: the notices of a day, a test of the channels, their state."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from gex_assets.errors import DeliveryError, GexError, LakeError
from gex_assets.lake.tables import Lake
from gex_assets.notice_settings import NoticeSettings
from gex_assets.notices.notice import DISCLAIMER, text_notice
from gex_assets.notices.telling import notices_of_day, send_notices, state_lines, try_channels
from gex_assets_tests.notices.made_up import Hands, Tape, made_up


def test_the_latest_day_is_told_unless_another_is_asked_for(published: Path) -> None:
    found = notices_of_day(Lake(published), NoticeSettings(), product="ES", day=None)
    assert found.said == f"ES 2026-01-06, field, selected: {len(found.notices)} notices"
    with pytest.raises(LakeError, match="2026-01-07"):
        notices_of_day(Lake(published), NoticeSettings(), product="ES", day=date(2026, 1, 7))


def test_a_lake_without_a_day_and_an_unknown_convention_are_refused(published: Path, tmp_path: Path) -> None:
    with pytest.raises(GexError, match="Expected a published day of ES, was none"):
        notices_of_day(Lake(tmp_path), NoticeSettings(), product="ES", day=None)
    with pytest.raises(LakeError, match=r"Expected a convention of .*, was feild: did you mean field"):
        notices_of_day(Lake(published), NoticeSettings(conventions=("feild",)), product="ES", day=None)


def test_any_text_is_sent_once_and_says_once_that_it_is_no_advice(tmp_path: Path) -> None:
    tape, one = Tape(), text_notice("ES, session of Wed", f"call wall 7,000.00\n{DISCLAIMER}", identity=("brief", "2026-01-07"))
    assert (
        one.text == "ES, session of Wed\ncall wall 7,000.00\nUnder the convention's assumption on\ndealers. Not financial advice."
    )
    for _ in range(2):
        send_notices(Lake(tmp_path), NoticeSettings(), [tape.channel], [one], clock=Hands().clock)
    assert tape.titles == ["ES, session of Wed"]


def test_each_channel_is_tried(tmp_path: Path) -> None:
    fine, broken = Tape("fine"), Tape("broken", fails=lambda _: DeliveryError("Expected an answer, was none", is_final=True))
    found = list(try_channels([fine.channel, broken.channel], clock=Hands().clock))
    assert found == [("fine: a tape took a test", True), ("broken: a tape: Expected an answer, was none", False)]
    assert fine.got[0].text == "gex: a test of this channel\nsent 2026-01-06 12:00:00 Chicago\n(18:00:00 UTC)"
    with pytest.raises(GexError, match="Expected a channel, was none"):
        list(try_channels([]))


def test_the_state_says_what_waits_and_what_was_wrong(tmp_path: Path) -> None:
    choices, lake = NoticeSettings(quiet_hours="22:00-06:00", delivery_due="07:00"), Lake(tmp_path)
    assert next(state_lines(lake, choices, [])) == "notices are off: no channel is configured; docs/notices.md says how"
    down = Tape("down", fails=lambda _: DeliveryError("Expected an answer, was none"))
    send_notices(lake, choices, [down.channel], [made_up(1)], clock=Hands().clock)
    lines = list(state_lines(lake, choices, [down.channel]))
    assert lines[0].startswith("down: a tape, 1 notice waiting, until 18:01:0")
    assert lines[1] == "  last trouble: a tape: Expected an answer, was none"
    assert lines[-2:] == ["quiet hours 22:00-06:00 Chicago", "deliveries expected by 07:00 Chicago"]
