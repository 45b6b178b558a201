"""One JSON object posted to an address that is a secret: neither errors nor logs name it.

The standard library's client is used: those of `requests`, `urllib3` and `httpx` write whole addresses into the log.
"""

from __future__ import annotations

import contextlib
import json
import math
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from time import time
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

from gex_assets.errors import DeliveryError, SettingsError

__all__ = ["Address", "post_json", "retry_after_seconds"]

_LOCAL: Final = ("localhost", "127.0.0.1", "::1")
_MOST_BYTES: Final = 65_536
_LATER: Final = (408, 425, 429)
"""Statuses below 500 after which the same may succeed."""


class Address:
    """A checked address whose text appears nowhere.

    Parameters
    ----------
    text : https, or http to this machine itself.
    name : the variable that it was read from.

    Raises
    ------
    SettingsError
        It is no such address; the message does not quote it.
    """

    def __init__(self, text: str, *, name: str) -> None:
        try:
            parts = urlsplit(text.strip())
            host, self.port = parts.hostname, parts.port
        except ValueError:
            raise SettingsError(f"{name}: Expected an https address, was none that can be read") from None
        if not host or any(not "!" <= letter <= "~" for letter in text.strip()) or parts.username is not None:
            raise SettingsError(f"{name}: Expected an https address without spaces and passwords, was another text")
        if parts.scheme != "https" and not (parts.scheme == "http" and host in _LOCAL):
            raise SettingsError(f"{name}: Expected an https address (http to this machine alone), was scheme {parts.scheme!r}")
        self.host = host
        self.is_https = parts.scheme == "https"
        self._parts: SplitResult = parts

    def __repr__(self) -> str:
        return f"Address({self.masked!r})"

    @property
    def masked(self) -> str:
        """Scheme and host: what may be shown."""
        return f"{self._parts.scheme}://{self.host}/…"

    @property
    def target(self) -> str:
        """The secret part, for the request line alone."""
        return (self._parts.path or "/") + (f"?{self._parts.query}" if self._parts.query else "")


def post_json(address: Address, payload: Mapping[str, Any], *, headers: Mapping[str, str] | None = None, seconds: float) -> None:
    """Post once.

    Parameters
    ----------
    seconds : for everything, from the name's look-up to the answer's head; a server that sends a byte now and then is cut off.

    Raises
    ------
    DeliveryError
        The answer was not a success, or there was none.
    """
    body = json.dumps(payload, separators=(",", ":"), allow_nan=False).encode()
    kind = {"Content-Type": "application/json", "User-Agent": "gex-assets", "Connection": "close"}
    connection = (
        HTTPSConnection(address.host, address.port, timeout=seconds, context=ssl.create_default_context())
        if address.is_https
        else HTTPConnection(address.host, address.port, timeout=seconds)
    )
    try:
        with _cut_off(connection, seconds):
            connection.request("POST", address.target, body=body, headers={**kind, **(headers or {})})
            answer = connection.getresponse()
            status, wait = answer.status, answer.getheader("Retry-After")
            with contextlib.suppress(OSError, HTTPException):  # the status is known: what follows does not matter
                answer.read(_MOST_BYTES)
    except TimeoutError:
        raise DeliveryError(f"Expected an answer within {seconds:g} s, was none") from None
    except ssl.SSLCertVerificationError as error:
        raise DeliveryError(f"Expected a certificate of {address.host}, was refused: {error.verify_message}") from None
    except (OSError, HTTPException, ValueError) as error:
        raise DeliveryError(f"Expected an answer, was {_reason(error)}") from None  # a ValueError quotes the request line
    finally:
        connection.close()
    if not 200 <= status < 300:
        said = "was a redirection" if 300 <= status < 400 else "was refused"
        raise DeliveryError(
            f"Expected status 200 to 299, {said} with {status}",
            is_final=not (status in _LATER or status >= 500),
            retry_after=retry_after_seconds(wait, now=time()),
        )


def retry_after_seconds(text: str | None, *, now: float) -> float | None:
    """How long a server asks to wait, given as seconds or as a date (RFC 9110, 10.2.3); None where it does not say.

    Parameters
    ----------
    now : the time now. [UNIX s]

    Examples
    --------
    >>> retry_after_seconds("2.5", now=0.0), retry_after_seconds("Thu, 01 Jan 1970 00:01:00 GMT", now=20.0)
    (2.5, 40.0)
    >>> retry_after_seconds("soon", now=0.0), retry_after_seconds(None, now=0.0)
    (None, None)
    """
    if text is None:
        return None
    try:
        wait = float(text)
    except ValueError:
        try:
            moment = parsedate_to_datetime(text)
        except (ValueError, OverflowError):
            return None
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
        wait = (moment - datetime.fromtimestamp(now, tz=UTC)).total_seconds()
    return max(wait, 0.0) if math.isfinite(wait) else None


@contextlib.contextmanager
def _cut_off(connection: HTTPConnection, seconds: float) -> Iterator[None]:
    """End the connection when the time is over: a socket's own limit begins again with every byte."""
    is_over = threading.Event()

    def cut() -> None:
        is_over.set()
        with contextlib.suppress(OSError, AttributeError):  # it may not be open yet, or closed already
            connection.sock.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(seconds, cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    except (OSError, HTTPException):
        if is_over.is_set():
            raise TimeoutError from None
        raise
    finally:
        timer.cancel()


def _reason(error: Exception) -> str:
    if isinstance(error, ConnectionRefusedError):
        return "refused: nobody listens"
    if isinstance(error, socket.gaierror):
        return "no host of that name"
    if isinstance(error, ssl.SSLError):
        return "no TLS connection"
    if isinstance(error, (ConnectionError, HTTPException)):
        return "a connection that ended before"
    return "no connection"
