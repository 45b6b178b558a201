"""A notice as mail over SMTP, by the standard library's client."""

from __future__ import annotations

import contextlib
import logging
import smtplib
import socket
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Final

from gex_assets.errors import DeliveryError
from gex_assets.escaping import visible
from gex_assets.notice_settings import MailSettings
from gex_assets.notices.notice import Notice

__all__ = ["mail_of", "send_mail"]

_LOG: Final = logging.getLogger("gex_assets")


def mail_of(notice: Notice, mail: MailSettings, *, now: datetime) -> EmailMessage:
    """The message. Its id is the notice's, so that mail programs know a second copy."""
    message = EmailMessage()
    message["Subject"] = visible(notice.title)[:150]
    message["From"] = mail.sender
    message["To"] = ", ".join(mail.to)
    message["Date"] = format_datetime(now)
    message["Message-ID"] = f"<{notice.key}@{mail.sender.partition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(notice.text + "\n")
    return message


def send_mail(notice: Notice, mail: MailSettings, *, password: str | None, seconds: float) -> None:
    """Send once.

    Parameters
    ----------
    seconds : for everything.

    Raises
    ------
    DeliveryError
        The server did not take it, for anybody of `to`.
    """
    message = mail_of(notice, mail, now=datetime.now(UTC))
    try:
        with _client(mail, seconds) as client:
            if mail.security == "starttls":
                client.starttls(context=ssl.create_default_context())
            if mail.user is not None:
                client.login(mail.user, password or "")
            refused = client.send_message(message)
            if refused:  # the others have it, so that another attempt would be a second mail to them
                _LOG.warning("mail: %d of %d addresses were refused", len(refused), len(mail.to))
    except smtplib.SMTPAuthenticationError as error:
        raise DeliveryError(
            f"Expected user and password that {mail.host} takes, was refused with {error.smtp_code}",
            is_final=error.smtp_code >= 500,
        ) from None
    except smtplib.SMTPRecipientsRefused as error:
        codes = [code for code, _ in error.recipients.values()]
        raise DeliveryError(
            f"Expected somebody of `to` to be taken, was refused with {codes[0]}", is_final=min(codes) >= 500
        ) from None
    except smtplib.SMTPResponseException as error:
        was = f"refused with {error.smtp_code}" if error.smtp_code > 0 else "an answer of no mail server"
        raise DeliveryError(f"Expected mail to be taken, was {was}", is_final=error.smtp_code >= 500) from None
    except smtplib.SMTPNotSupportedError:
        raise DeliveryError(f"Expected {mail.host} to offer TLS and a login, was one without", is_final=True) from None
    except TimeoutError:
        raise DeliveryError(f"Expected an answer within {seconds:g} s, was none") from None
    except (OSError, smtplib.SMTPException):
        raise DeliveryError(f"Expected an answer of {mail.host}, was no connection or one that ended") from None


class _Plain(smtplib.SMTP):
    """A client that is known to whoever cuts it off before it has connected."""

    def __init__(self, mail: MailSettings, seconds: float, opened: list[smtplib.SMTP]) -> None:
        opened.append(self)
        super().__init__(mail.host, mail.port, timeout=seconds)


class _Encrypted(smtplib.SMTP_SSL):
    """The same, encrypted from its first byte on."""

    def __init__(self, mail: MailSettings, seconds: float, opened: list[smtplib.SMTP]) -> None:
        opened.append(self)
        super().__init__(mail.host, mail.port, timeout=seconds, context=ssl.create_default_context())


@contextlib.contextmanager
def _client(mail: MailSettings, seconds: float) -> Iterator[smtplib.SMTP]:
    """A connection that ends when the time is over: a socket's own limit begins again with every byte."""
    is_over, opened = threading.Event(), list[smtplib.SMTP]()

    def cut() -> None:
        is_over.set()
        for one in opened:
            sock = getattr(one, "sock", None)
            if sock is not None:
                with contextlib.suppress(OSError):  # it may be closed already
                    sock.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(seconds, cut)
    timer.daemon = True
    timer.start()
    try:
        client = (_Encrypted if mail.security == "tls" else _Plain)(mail, seconds, opened)
        try:
            yield client
        finally:
            client.close()
    except (OSError, smtplib.SMTPException):
        if is_over.is_set():
            raise TimeoutError from None
        raise
    finally:
        timer.cancel()
