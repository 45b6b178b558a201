"""Posting to a real server of this machine that is slow, down, busy, broken or fine; nothing says the address."""

from __future__ import annotations

import json
import logging
import os
from pathlib import Path
from time import monotonic

import pytest

from gex_assets.errors import DeliveryError, SettingsError
from gex_assets.lake.local_filesystem import LocalFileSystem
from gex_assets.notice_settings import NoticeSettings
from gex_assets.notices.channels import channels_of
from gex_assets.notices.delivery import Clock, Postman
from gex_assets.notices.notice import SCHEMA
from gex_assets.notices.posting import Address, post_json, retry_after_seconds
from gex_assets_tests.notices.made_up import made_up
from gex_assets_tests.notices.servers import Answer, hook, nobody_listens

NAMES = {"discord": "GEX_NOTICES_DISCORD", "slack": "GEX_NOTICES_SLACK", "webhook": "GEX_NOTICES_WEBHOOK"}


def address(text: str) -> Address:
    return Address(text, name="GEX_NOTICES_WEBHOOK")


@pytest.mark.parametrize("status", [200, 201, 204])
def test_a_success_is_one_request(status: int) -> None:
    with hook(Answer(status)) as there:
        post_json(address(there.address), {"a": "é ±"}, seconds=5)
    assert there.bodies == [{"a": "é ±"}]
    assert there.heads[0]["content-type"] == "application/json"


@pytest.mark.parametrize(
    ("answer", "says", "is_final", "retry_after"),
    [
        (Answer(400), "was refused with 400", True, None),
        (Answer(404), "was refused with 404", True, None),
        (Answer(302, {"Location": "http://127.0.0.1/elsewhere"}), "was a redirection with 302", True, None),
        (Answer(429, {"Retry-After": "7"}), "was refused with 429", False, 7.0),
        (Answer(429), "was refused with 429", False, None),
        (Answer(503, {"Retry-After": "soon"}), "was refused with 503", False, None),
        (Answer(500), "was refused with 500", False, None),
        (Answer(how="cut"), "was a connection that ended before", False, None),
        (Answer(how="closed"), "was a connection that ended before", False, None),
    ],
)
def test_a_refusal_says_whether_to_try_again(answer: Answer, says: str, *, is_final: bool, retry_after: float | None) -> None:
    with hook(answer) as there, pytest.raises(DeliveryError, match="Expected") as caught:
        post_json(address(there.address), {}, seconds=5)
    assert says in str(caught.value)
    assert (caught.value.is_final, caught.value.retry_after) == (is_final, retry_after)
    assert "SECRET" not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("how", ["never", "drip"])
def test_a_slow_server_is_left_in_time(how: str) -> None:
    begin = monotonic()
    with hook(Answer(how=how)) as there, pytest.raises(DeliveryError, match=r"Expected an answer within 0\.8 s, was none"):
        post_json(address(there.address), {}, seconds=0.8)
    assert monotonic() - begin < 8


def test_nobody_there_is_tried_again_later() -> None:
    with pytest.raises(DeliveryError, match="was refused: nobody listens") as caught:
        post_json(address(f"http://127.0.0.1:{nobody_listens()}/SECRET"), {}, seconds=5)
    assert not caught.value.is_final


def test_a_server_without_tls_is_no_https() -> None:
    with hook() as there, pytest.raises(DeliveryError, match="was no TLS connection") as caught:
        post_json(address(there.address.replace("http:", "https:")), {}, seconds=5)
    assert "SECRET" not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "http://example.com/SECRET",
        "ftp://127.0.0.1/SECRET",
        "SECRET",
        "https://",
        "https://a b/SECRET",
        "https://u:SECRET@a.b/",
        "https://[SECRET",
    ],
)
def test_an_address_that_cannot_be_used_is_refused_without_being_quoted(text: str) -> None:
    with pytest.raises(SettingsError, match="GEX_NOTICES_WEBHOOK: Expected an https address") as caught:
        address(text)
    assert "SECRET" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_an_address_shows_its_host_alone() -> None:
    assert repr(address("https://discord.com/api/webhooks/1/SECRET?wait=SECRET")) == "Address('https://discord.com/…')"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("0", 0.0), ("-5", 0.0), ("1e400", None), ("nan", None), ("Wed, 21 Oct 2026 07:28:00 GMT", 0.0), ("", None)],
)
def test_odd_waits_are_none_or_nothing(text: str, seconds: float | None) -> None:
    assert retry_after_seconds(text, now=2e9) == seconds


@pytest.mark.parametrize("channel", NAMES)
def test_a_busy_server_gets_the_notice_in_the_end(tmp_path: Path, channel: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with hook(Answer(429, {"Retry-After": "0.2"}), Answer(500), Answer(200)) as there:
        channels = channels_of(NoticeSettings(), {NAMES[channel]: there.address, "GEX_NOTICES_WEBHOOK_TOKEN": "TOKEN"})
        sender = Postman(LocalFileSystem(tmp_path), NoticeSettings(), channels, clock=Clock(sleep=lambda _: None))
        sender.put([made_up(1)])
        assert sender.send().sent == {channel: 1}
    assert len(there.bodies) == 3
    assert there.bodies[0] == there.bodies[2]
    body, head = there.bodies[0], there.heads[0]
    if channel == "webhook":
        assert (body["schema"], body["key"], head["idempotency-key"]) == (SCHEMA, made_up(1).key, made_up(1).key)
        assert head["authorization"] == "Bearer TOKEN"
    else:
        assert "authorization" not in head
        assert "notice 1" in (body["content"] if channel == "discord" else body["text"])
    kept = "".join(one.read_text() for one in tmp_path.rglob("*.json"))
    assert "SECRET" not in caplog.text + kept
    assert "TOKEN" not in caplog.text + kept


def test_nothing_is_configured_unless_the_environment_says_so() -> None:
    assert channels_of(NoticeSettings(), {}) == []
    assert channels_of(NoticeSettings(), {"GEX_NOTICES_SLACK": ""}) == []
    assert not [name for name in os.environ if name.startswith("GEX_NOTICES")]


def test_a_secret_of_many_lines_is_refused() -> None:
    with pytest.raises(SettingsError, match="Expected a token of printable letters") as caught:
        channels_of(NoticeSettings(), {NAMES["webhook"]: "https://a.b/c", "GEX_NOTICES_WEBHOOK_TOKEN": "SEC\nRET"})
    assert "SEC" not in json.dumps(str(caught.value)).replace("NOTICES", "")
