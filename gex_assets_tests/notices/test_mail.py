"""Mail to a real server of this machine that takes it, refuses it, is slow or down."""

from __future__ import annotations

from datetime import UTC, datetime
from email import message_from_string, policy
from time import monotonic

import pytest

from gex_assets.errors import DeliveryError, SettingsError
from gex_assets.notice_settings import MailSettings, NoticeSettings
from gex_assets.notices.channels import channels_of
from gex_assets.notices.mail import mail_of, send_mail
from gex_assets.notices.notice import Notice
from gex_assets_tests.notices.made_up import made_up
from gex_assets_tests.notices.servers import mailbox, nobody_listens

SECRET = "a secret that nobody may read"  # noqa: S105 (made up, and looked for in what is said)


def to(port: int, **more: object) -> MailSettings:
    return MailSettings.model_validate(
        {"host": "127.0.0.1", "port": port, "security": "none", "sender": "gex@example.com", "to": ["me@example.com"]} | more
    )


def test_a_notice_arrives_as_text(caplog: pytest.LogCaptureFixture) -> None:
    with mailbox() as there:
        send_mail(made_up(1), to(there.port, user="me"), password=SECRET, seconds=5)
    mail = message_from_string(there.mails[0], policy=policy.default)
    assert (mail["Subject"], mail["To"], mail["From"]) == ("notice 1", "me@example.com", "gex@example.com")
    assert mail["Message-ID"] == f"<{made_up(1).key}@example.com>"
    assert mail.get_content().replace("\r\n", "\n") == made_up(1).text + "\n"
    assert any(one.startswith("AUTH") for one in there.commands)
    assert SECRET not in caplog.text


def test_a_title_begins_no_header_of_its_own() -> None:
    notice = Notice(kind="text", identity=("a",), title="run\nBcc: you@example.com failed")
    mail = mail_of(notice, to(25), now=datetime(2026, 1, 6, tzinfo=UTC))
    assert mail["Bcc"] is None
    assert mail["Subject"] == "run\\nBcc: you@example.com failed"


@pytest.mark.parametrize(
    ("replies", "says", "is_final"),
    [
        ({"AUTH": "535 no"}, "Expected user and password that 127.0.0.1 takes, was refused with 535", True),
        ({"AUTH": "454 later"}, "was refused with 454", False),
        ({"RCPT": "550 nobody"}, "Expected somebody of `to` to be taken, was refused with 550", True),
        ({"RCPT": "450 busy"}, "was refused with 450", False),
        ({"MAIL": "553 not you"}, "Expected mail to be taken, was refused with 553", True),
        ({"MAIL": "421 going down"}, "was refused with 421", False),
        ({"DATA": "552 too large"}, "was refused with 552", True),
        ({"greeting": "554 go away"}, "was refused with 554", True),
        ({"greeting": "HTTP/1.1 200"}, "Expected mail to be taken, was an answer of no mail server", False),
        ({"greeting": "close"}, "Expected an answer of 127.0.0.1, was no connection or one that ended", False),
    ],
)
def test_a_refusal_says_whether_to_try_again(replies: dict[str, str], says: str, *, is_final: bool) -> None:
    with mailbox(replies) as there, pytest.raises(DeliveryError) as caught:
        send_mail(made_up(1), to(there.port, user="me"), password=SECRET, seconds=5)
    assert says in str(caught.value)
    assert caught.value.is_final == is_final
    assert SECRET not in str(caught.value)
    assert there.mails == []


def test_one_address_that_is_refused_keeps_mail_from_no_other(caplog: pytest.LogCaptureFixture) -> None:
    with mailbox({"RCPT": "250 fine"}) as there:
        send_mail(made_up(1), to(there.port, to=["me@example.com", "you@example.com"]), password=None, seconds=5)
    assert len(there.mails) == 1
    assert caplog.text == ""


def test_a_server_without_tls_gets_no_password() -> None:
    with mailbox() as there, pytest.raises(DeliveryError, match="to offer TLS and a login, was one without") as caught:
        send_mail(made_up(1), to(there.port, user="me", security="starttls"), password=SECRET, seconds=5)
    assert caught.value.is_final
    assert not any(one.startswith("AUTH") for one in there.commands)


@pytest.mark.parametrize("security", ["none", "tls"])
def test_a_slow_server_is_left_in_time(security: str) -> None:
    begin = monotonic()
    with mailbox({"greeting": "drip"}) as there, pytest.raises(DeliveryError, match="Expected an answer"):
        send_mail(made_up(1), to(there.port, security=security), password=None, seconds=0.8)
    assert monotonic() - begin < 8


def test_nobody_there_is_tried_again_later() -> None:
    with pytest.raises(DeliveryError, match="was no connection") as caught:
        send_mail(made_up(1), to(nobody_listens()), password=None, seconds=5)
    assert not caught.value.is_final


def test_a_user_needs_a_password() -> None:
    choices = NoticeSettings(mail=to(25, user="me"))
    with pytest.raises(SettingsError, match="Expected GEX_NOTICES_SMTP_PASSWORD in the environment"):
        channels_of(choices, {})
    (channel,) = channels_of(choices, {"GEX_NOTICES_SMTP_PASSWORD": SECRET})
    assert (channel.name, channel.where) == ("mail", "127.0.0.1:25 to me@example.com")
