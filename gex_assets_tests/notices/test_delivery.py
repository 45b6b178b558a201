"""What reaches a channel, once, also across restarts; what waits, and why."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gex_assets.errors import DeliveryError, LakeError
from gex_assets.lake.local_filesystem import LocalFileSystem
from gex_assets.notices.notice import MOST_LETTERS
from gex_assets.notices.outbox import MOST_AGE_S, Outbox
from gex_assets_tests.notices.made_up import NOON, Hands, Tape, made_up, postman


def always(**how: object) -> Tape:
    return Tape(fails=lambda _: DeliveryError("Expected an answer, was none", **how))


def test_a_notice_is_sent_once_to_each_channel_across_restarts(tmp_path: Path) -> None:
    one, other = Tape("one"), Tape("other")
    for _ in range(3):
        sender = postman(tmp_path, one, other)
        sender.put([made_up(1)])
        sender.send()
    assert (one.titles, other.titles) == (["notice 1"], ["notice 1"])


def test_what_was_put_is_sent_by_the_next_process(tmp_path: Path) -> None:
    tape = Tape()
    assert postman(tmp_path, tape).put([made_up(1), made_up(2), made_up(1)]) == 2
    assert postman(tmp_path, tape).send().sent == {"tape": 2}
    assert tape.titles == ["notice 1", "notice 2"]
    assert postman(tmp_path, tape).put([made_up(2)]) == 0


def test_without_a_channel_nothing_is_kept(tmp_path: Path) -> None:
    sender = postman(tmp_path)
    assert sender.put([made_up(1)]) == 0
    assert sender.send().lines() == []
    assert list(tmp_path.iterdir()) == []


def test_a_failure_is_tried_again_and_then_later(tmp_path: Path) -> None:
    hands = Hands()
    tape = Tape(fails=lambda n: DeliveryError("Expected an answer, was none") if n <= 2 else None)
    sender = postman(tmp_path, tape, hands=hands)
    sender.put([made_up(1)])
    assert sender.send().sent == {"tape": 1}
    assert hands.slept == [0.5, 1.0]


def test_a_channel_that_is_down_is_left_alone_longer_and_longer_and_holds_up_no_other(tmp_path: Path) -> None:
    hands, down, up = Hands(), always(), Tape("up")
    sender = postman(tmp_path, down, up, hands=hands)
    sender.put([made_up(1)])
    found = sender.send()
    assert found.waits["tape"].startswith("tried again in 60 s: a tape: Expected an answer")
    assert found.sent == {"up": 1}
    assert down.attempts == 3
    assert "is left alone until" in postman(tmp_path, down, hands=hands).send().waits["tape"]
    assert down.attempts == 3
    pauses = []
    for _ in range(8):
        hands.wait(3_600)
        said = postman(tmp_path, down, hands=hands).send().waits["tape"]
        pauses.append(said.split(" s:")[0].removeprefix("tried again in "))
    assert pauses[:3] == ["120", "240", "480"]
    assert pauses[-1] == "3,600"


def test_a_wait_that_the_server_asks_for_is_honoured(tmp_path: Path) -> None:
    hands = Hands()
    short = Tape(fails=lambda n: DeliveryError("429", retry_after=3.0) if n == 1 else None)
    sender = postman(tmp_path, short, hands=hands)
    sender.put([made_up(1)])
    assert sender.send().sent == {"tape": 1}
    assert hands.slept == [3.0]
    long = Tape("long", fails=lambda n: DeliveryError("429", retry_after=90.0) if n == 1 else None)
    sender = postman(tmp_path, long, hands=hands)
    sender.put([made_up(1)])
    assert sender.send().waits["long"].startswith("tried again in 90 s")
    hands.wait(89)
    assert sender.send().sent == {}
    assert long.attempts == 1
    hands.wait(2)
    assert sender.send().sent == {"long": 1}


def test_what_a_channel_refuses_is_dropped_and_the_next_is_sent(tmp_path: Path) -> None:
    tape = Tape(fails=lambda n: DeliveryError("refused with 400", is_final=True) if n == 1 else None)
    sender = postman(tmp_path, tape)
    sender.put([made_up(1), made_up(2)])
    found = sender.send()
    assert (found.sent, tape.titles) == ({"tape": 1}, ["notice 2"])
    assert found.dropped == {"tape": "1 notice not taken: a tape: refused with 400"}
    assert sender.put([made_up(1)]) == 0


def test_quiet_hours_hold_and_are_summed_up_after(tmp_path: Path) -> None:
    hands, tape = Hands(datetime(2026, 1, 7, 5, 0, tzinfo=UTC)), Tape()  # 23:00 in Chicago
    sender = postman(tmp_path, tape, hands=hands, quiet_hours="22:00-06:00")
    sender.put([made_up(1), made_up(2)])
    assert sender.send().waits == {"tape": "2 notices wait: quiet hours 22:00-06:00 Chicago"}
    hands.wait(7 * 3_600)
    sender.put([made_up(3)])
    assert sender.send().sent == {"tape": 3}
    assert tape.titles == ["2 notices", "notice 3"]
    assert "- Tue 08:30 notice 1" in tape.got[0].text
    assert [one["title"] for one in tape.got[0].document["notices"]] == ["notice 1", "notice 2"]


def test_many_notices_are_one(tmp_path: Path) -> None:
    tape = Tape()
    sender = postman(tmp_path, tape)
    sender.put(map(made_up, range(200)))
    assert sender.send().sent == {"tape": 200}
    assert tape.titles == ["200 notices"]
    text = tape.got[0].text
    assert len(text) <= MOST_LETTERS
    assert "- Tue 08:30 notice 0" in text
    assert " more\n" in text
    assert text.endswith("Not financial advice.")
    assert len(tape.got[0].document["notices"]) == 200


def test_a_channel_gets_no_more_within_a_minute_than_its_limit(tmp_path: Path) -> None:
    hands, tape = Hands(), Tape()
    sender = postman(tmp_path, tape, hands=hands, max_per_minute=2)
    sender.put(map(made_up, range(3)))
    assert sender.send().waits == {"tape": "more wait: 2 a minute is the limit"}
    assert postman(tmp_path, tape, hands=hands, max_per_minute=2).send().sent == {}
    hands.wait(61)
    sender.send()
    assert tape.titles == ["notice 0", "notice 1", "notice 2"]


def test_what_waited_for_too_long_is_dropped_and_said(tmp_path: Path) -> None:
    hands, down = Hands(), always()
    sender = postman(tmp_path, down, hands=hands)
    sender.put([made_up(1)])
    sender.send()
    hands.wait(MOST_AGE_S + 1)
    assert sender.send().dropped == {"tape": "1 notice waited for more than 48 h (a tape: Expected an answer, was none)"}
    assert down.attempts == 3


def test_a_slow_channel_leaves_the_others_their_time(tmp_path: Path) -> None:
    hands = Hands()
    slow = Tape("slow")

    def send(notice: object, seconds: float) -> None:
        hands.wait(seconds)
        raise DeliveryError("Expected an answer, was none")

    object.__setattr__(slow.channel, "send", send)
    other = Tape("other")
    sender = postman(tmp_path, slow, other, hands=hands)
    sender.put([made_up(1)])
    assert sender.send().sent == {"other": 1}
    assert hands.at - NOON <= timedelta(seconds=20)


def test_where_too_many_wait_one_notice_says_how_many_of_the_oldest_are_left_out(tmp_path: Path) -> None:
    sender, outbox = postman(tmp_path, Tape()), Outbox(LocalFileSystem(tmp_path))
    sender.put(map(made_up, range(503)))
    assert [one.notice.title for one in outbox.state("tape").waiting[:2]] == ["4 notices left out", "notice 4"]
    sender.put([made_up(503), made_up(0)])  # what was left out is not put again
    waiting = outbox.state("tape").waiting
    assert (len(waiting), [one.notice.title for one in waiting[:2]]) == (500, ["5 notices left out", "notice 5"])


@pytest.mark.parametrize(
    "kept", ['{"tape": 5}', '{"tape": {"told": "x"}}', '{"tape": {"order": ["a"], "waiting": {"a": {}}}}', "[]", "{"]
)
def test_an_outbox_that_cannot_be_read_is_refused_in_words(tmp_path: Path, kept: str) -> None:
    (tmp_path / "_ledgers").mkdir()
    (tmp_path / "_ledgers" / "notices.json").write_text(kept)
    with pytest.raises(LakeError, match=r"Expected .*_ledgers/notices\.json, was"):
        postman(tmp_path, Tape()).send()


def test_two_processes_do_not_send_at_once(tmp_path: Path) -> None:
    inner = Tape("inner")
    outer = Tape("outer")

    def send(notice: object, seconds: float) -> None:
        assert postman(tmp_path, inner).send().waits == {"inner": "another process is sending"}

    object.__setattr__(outer.channel, "send", send)
    sender = postman(tmp_path, outer, inner)
    sender.put([made_up(1)])
    assert sender.send().sent == {"outer": 1, "inner": 1}


def test_the_outbox_holds_no_address(tmp_path: Path) -> None:
    sender = postman(tmp_path, always())
    sender.put([made_up(1)])
    sender.send()
    kept = json.loads((tmp_path / "_ledgers" / "notices.json").read_text())
    assert kept["tape"]["trouble"] == "a tape: Expected an answer, was none"
