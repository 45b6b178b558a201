"""Failed runs as notices: one by one, many as one, and when those that follow the first are sent."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

from gex_assets.errors import DeliveryError
from gex_assets.lake.local_filesystem import LocalFileSystem
from gex_assets.notices.delivery import COLLECT_S
from gex_assets.notices.failures import as_one, failure_notice, folded
from gex_assets.notices.notice import MOST_LETTERS, Notice
from gex_assets.notices.outbox import Outbox
from gex_assets_tests.notices.made_up import Hands, Tape, made_up, postman

FIRST = date(2026, 1, 5)


def failed(number: int, *, reason: str = "raw_option_mbo: Expected 3 files, was 2", group: str = "backfill abc") -> Notice:
    day = (FIRST + timedelta(days=number)).isoformat()
    return failure_notice(
        run_id=f"{number:036}", first=f"{number:036}", job="one_day", day=day, reasons=[reason], root="/lake", group=group
    )


def test_a_failure_names_files_within_the_lake_and_is_one_by_run_and_reason() -> None:
    one = failed(0, reason="raw: /lake/raw/a.dbn: Expected a frame")
    assert one.text == "run of 2026-01-05 failed\nraw: raw/a.dbn: Expected a frame\nrun 00000000"
    assert one.key == failed(0, reason="raw: raw/a.dbn: Expected a frame", group="another").key
    assert one.key != failed(0).key
    history = failure_notice(run_id="1", first="1", job="regime_history", day=None, reasons=["a", "b"], root="/lake")
    assert history.text == "run of regime_history failed\na\nand 1 more steps\nrun 1"


def test_many_failures_are_counted_by_day_and_by_step() -> None:
    bad = [failed(number) for number in (0, 1, 2, 3, 4, 8)] + [failed(9, reason="silver_gex: no room")]
    one = as_one(bad)
    assert one.title == "7 days failed"
    assert one.text.splitlines() == [
        *("7 days failed", "2026-01-05 to 2026-01-09, 2026-01-13 to", "2026-01-14"),
        *("- 6 × raw_option_mbo: Expected 3 files,", "  was 2", "- 1 × silver_gex: no room", "gex status --failed says more"),
    ]
    assert (one.kind, one.document["notices"][0]["fields"]["date"]) == ("combined", "2026-01-05")
    assert not one.is_of_the_market


def test_two_failures_of_a_day_are_two_runs() -> None:
    assert as_one([failed(0), failed(0, reason="silver_gex: no room")]).title == "2 runs failed"


def test_failures_among_other_notices_are_one_line() -> None:
    assert as_one([made_up(1), failed(0), failed(1)]).lines[:2] == ("- Tue 08:30 notice 1", "- 2 days failed")
    assert as_one([failed(0)]) == failed(0)


def test_two_hundred_failures_fit_a_message() -> None:
    every_other = [failed(2 * number, reason=f"step_{number % 9}: {'x' * 300}") for number in range(200)]
    one = as_one(every_other)
    assert len(one.text) <= MOST_LETTERS
    assert "200 days failed" in one.text
    assert "and others" in one.text


def test_the_first_of_a_group_is_told_at_once_and_those_that_follow_as_one(tmp_path: Path) -> None:
    hands, tape = Hands(), Tape()
    for number in range(200):  # a backfill in which every day fails, one a minute
        sender = postman(tmp_path, tape, hands=hands)
        sender.put([failed(number)])
        sender.send()
        hands.wait(60.0)
    assert tape.titles == ["run of 2026-01-05 failed", "60 days failed", "60 days failed", "60 days failed"]
    assert postman(tmp_path, tape, hands=hands).waiting_groups() == {"backfill abc"}
    sender = postman(tmp_path, tape, hands=hands)
    sender.send(released=["backfill abc"])
    assert tape.titles[4:] == ["19 days failed"]
    assert sender.waiting_groups() == set()


def test_more_failures_than_the_outbox_holds_are_one_counted_notice(tmp_path: Path) -> None:
    """Ten years of days that all fail, while the channel is down: none is lost, and one message says how many."""
    hands, down, tape = Hands(), Tape(fails=lambda _: DeliveryError("none")), Tape()
    days = [failed(number, reason=f"step_{number % 3}: Expected {number}, was none") for number in range(2_520)]
    for start in range(0, len(days), 300):
        sender = postman(tmp_path, down, hands=hands)
        sender.put(days[start : start + 300])
        sender.send()
        hands.wait(60.0)
        assert len(Outbox(LocalFileSystem(tmp_path)).state("tape").waiting) <= 500
    hands.wait(3_600)
    sender = postman(tmp_path, tape, hands=hands)
    assert sender.put(days[:3]) == 0  # those that were folded are known
    sender.send()
    assert tape.titles == ["2,520 days failed"]
    text = " ".join(tape.got[0].text.split())
    assert "2026-01-05 to 2026-01-09" in text
    assert all(f"- 840 × step_{step}: Expected {step}, was none" in text for step in range(3))
    assert Outbox(LocalFileSystem(tmp_path)).state("tape").waiting == ()


def test_failures_of_many_groups_are_folded_too_and_other_notices_stay(tmp_path: Path) -> None:
    sender, tape = postman(tmp_path, Tape()), Tape()
    sender.put([made_up(number) for number in range(499)])
    sender.put([failed(number, group=f"steps {number}") for number in range(3)])
    waiting = Outbox(LocalFileSystem(tmp_path)).state("tape").waiting
    assert [one.notice.title for one in waiting][-2:] == ["notice 498", "3 days failed"]
    assert postman(tmp_path, tape).send().sent == {"tape": 500}


def test_a_folded_notice_keeps_a_reason_of_as_many_steps_as_it_has_room_for() -> None:
    one = folded([failed(number, reason=f"step_{number}: no room") for number in range(100)])
    again = folded([one, failed(100, reason="step_0: no room")])
    assert again.title == "101 days failed"
    assert sum(again.fields["steps"].values()) == 101
    assert len(again.fields["step_reasons"]) == 41
    assert Notice.restored(again.kept()).document["fields"]["folded"] == 101


def test_another_group_and_other_notices_do_not_wait(tmp_path: Path) -> None:
    hands, tape = Hands(), Tape()
    sender = postman(tmp_path, tape, hands=hands)
    sender.put([failed(0)])
    sender.send()
    sender.put([failed(1), failed(2, group="steps silver_gex"), made_up(1)])
    assert sender.send().waits == {"tape": "1 failure collected, to be told as one"}
    assert tape.titles == ["run of 2026-01-05 failed", "run of 2026-01-07 failed", "notice 1"]
    hands.wait(COLLECT_S)
    sender.send()
    assert tape.titles[3:] == ["run of 2026-01-06 failed"]


def test_what_waited_before_there_were_groups_is_sent(tmp_path: Path) -> None:
    tape = Tape()
    sender = postman(tmp_path, tape)
    sender.put([failed(0)])
    (ledger,) = tmp_path.rglob("notices.json")
    kept = json.loads(ledger.read_text())
    text = json.dumps(kept).replace('"group": "backfill abc", ', "").replace(', "group": "backfill abc"', "")
    assert "backfill abc" not in text
    ledger.write_text(text)
    assert Outbox(LocalFileSystem(tmp_path)).state("tape").waiting[0].notice.group == ""
    assert postman(tmp_path, tape).send().sent == {"tape": 1}
