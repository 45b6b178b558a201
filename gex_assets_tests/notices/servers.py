"""Real servers on this machine that answer as they are told: late, never, with a refusal, or in the middle of a word."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Answer", "Hook", "Mailbox", "hook", "mailbox", "nobody_listens"]


@dataclass(frozen=True, slots=True)
class Answer:
    """How one request is answered.

    Attributes
    ----------
    how : `whole`; `never` says nothing, `drip` sends a byte now and then, `cut` half of a status line, `closed` nothing at all.
    """

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    how: str = "whole"


@dataclass(slots=True)
class Hook:
    """A webhook: its answers come in their order, the last one for ever."""

    address: str
    answers: list[Answer]
    bodies: list[Any] = field(default_factory=list)
    heads: list[dict[str, str]] = field(default_factory=list)
    is_over: threading.Event = field(default_factory=threading.Event)


@contextlib.contextmanager
def hook(*answers: Answer, path: str = "/hooks/SECRET") -> Iterator[Hook]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        found = Hook(f"http://127.0.0.1:{listening.getsockname()[1]}{path}", list(answers) or [Answer()])
        with _serving(listening, lambda connection: _answer(connection, found), found.is_over):
            yield found


@contextlib.contextmanager
def _serving(listening: socket.socket, answer: Callable[[socket.socket], None], is_over: threading.Event) -> Iterator[None]:
    """Answer one connection after the other, in a thread, until it is over."""
    listening.settimeout(0.1)

    def serve() -> None:
        while not is_over.is_set():
            with contextlib.suppress(TimeoutError, ConnectionError):
                connection, _ = listening.accept()
                with connection:
                    connection.settimeout(10)
                    answer(connection)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join(10)


def _answer(connection: socket.socket, found: Hook) -> None:
    with connection.makefile("rb") as reading:
        if not reading.readline().startswith(b"POST "):  # a handshake of TLS
            return
        head: dict[str, str] = {}
        while line := reading.readline().strip():
            name, _, value = line.decode().partition(": ")
            head[name.lower()] = value
        found.bodies.append(json.loads(reading.read(int(head["content-length"]))))
        found.heads.append(head)
    one = found.answers.pop(0) if len(found.answers) > 1 else found.answers[0]
    text = f"HTTP/1.1 {one.status} Said\r\n" + "".join(f"{name}: {value}\r\n" for name, value in one.headers.items())
    whole = (text + "Content-Length: 2\r\n\r\nok").encode()
    if one.how == "whole":
        connection.sendall(whole)
    elif one.how == "cut":
        connection.sendall(whole[:9])
    elif one.how == "never":
        found.is_over.wait(20)
    elif one.how == "drip":
        for letter in whole[:20]:
            if found.is_over.wait(0.2):
                return
            connection.sendall(bytes([letter]))
        found.is_over.wait(20)


def nobody_listens() -> int:
    """A port on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


@dataclass(slots=True)
class Mailbox:
    """A server of mail. `replies` says what it answers to a command in place of 250."""

    port: int
    replies: dict[str, str]
    mails: list[str] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    is_over: threading.Event = field(default_factory=threading.Event)


@contextlib.contextmanager
def mailbox(replies: Mapping[str, str] | None = None) -> Iterator[Mailbox]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        found = Mailbox(listening.getsockname()[1], dict(replies or {}))
        with _serving(listening, lambda connection: _converse(connection, found), found.is_over):
            yield found


def _converse(connection: socket.socket, found: Mailbox) -> None:
    """The commands of RFC 5321 that a client needs, and AUTH PLAIN of RFC 4954."""

    def say(line: str) -> None:
        connection.sendall(f"{line}\r\n".encode())

    if "greeting" in found.replies:
        if found.replies["greeting"] == "drip":
            until = time.monotonic() + 20
            while time.monotonic() < until and not found.is_over.wait(0.2):
                connection.sendall(b"2")
        if found.replies["greeting"] != "close":
            say(found.replies["greeting"])
        return
    say("220 test")
    with connection.makefile("rb") as reading:
        while line := reading.readline().decode().strip():
            found.commands.append(line)
            word = line.split()[0].upper()
            if word in found.replies:
                say(found.replies[word])
                if found.replies[word].startswith("421"):
                    return
            elif word == "EHLO":
                say("250-test")
                say("250 AUTH PLAIN")
            elif word == "AUTH":
                say("235 yes")
            elif word == "DATA":
                say("354 go on")
                mail = []
                while (part := reading.readline().decode()) != ".\r\n":
                    mail.append(part)
                found.mails.append("".join(mail))
                say("250 taken")
            elif word == "QUIT":
                say("221 bye")
                return
            else:
                say("250 fine")
