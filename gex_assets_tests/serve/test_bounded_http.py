"""Heads of requests have bounds of size and time, and what is refused is said as problem details."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from gex_assets.lake.tables import Lake
from gex_assets.serve import bounded_http
from gex_assets.serve.bounded_http import BoundedHttp
from gex_assets.serve.server import listen, make_server
from gex_assets.settings import load
from gex_assets_tests.serve.servers import Client, running

HEAD = b"GET /v1 HTTP/1.1\r\nHost: localhost\r\n"
POST = b"POST /v1/score HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n"
NO_REQUESTS = {
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "a tunnel": b"CONNECT localhost:80 HTTP/1.1\r\n\r\n",
}


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    with running(tmp_path_factory.mktemp("empty") / "lake") as client:
        yield client


@pytest.fixture
def sending(empty: Client) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", empty.port), timeout=20) as client:
        yield client


def all_of(client: socket.socket) -> bytes:
    """Everything until the server ends the connection."""
    parts = []
    try:
        while part := client.recv(65_536):
            parts.append(part)
    except ConnectionResetError:  # what the server did not read any more
        pass
    return b"".join(parts)


def answers_of(client: socket.socket) -> list[tuple[int, bytes]]:
    """Status and body of each answer until the server ends the connection; each has a length."""
    rest, found = all_of(client), []
    while rest:
        head, _, rest = rest.partition(b"\r\n\r\n")
        length = next(int(line.split(b":")[1]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        found.append((int(head.split()[1]), rest[:length]))
        rest = rest[length:]
    return found


def problem_of(client: socket.socket, status: int) -> str:
    """The detail of the only answer, with which the connection ends."""
    said = all_of(client)
    head, _, body = said.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 %d " % status), said
    assert b"\r\nconnection: close" in head
    assert b"\r\ncontent-type: application/problem+json" in head
    found: dict[str, Any] = json.loads(body)
    assert found["status"] == status
    return str(found["detail"])


def test_the_server_reads_with_it() -> None:
    listening = listen("127.0.0.1", 0)
    with listening.socket:
        assert make_server(Lake("nothing"), load(), listening).config.http is BoundedHttp


@pytest.mark.parametrize(
    "sent",
    [HEAD + b"X: " + b"x" * 40_000, HEAD + b"X: " + b"x" * 40_000 + b"\r\n\r\n", b"GET /" + b"x" * 40_000, b"\r\n" * 20_000],
    ids=["part of a header", "whole headers", "address", "empty lines"],
)
def test_a_head_has_a_bound(sending: socket.socket, sent: bytes) -> None:
    sending.sendall(sent)
    assert problem_of(sending, 431) == "Expected at most 32 KiB of address and headers, was more: send less"


def test_a_head_within_the_bound_is_answered(sending: socket.socket) -> None:
    sending.sendall(HEAD + b"Connection: close\r\nX: " + b"x" * 30_000 + b"\r\n\r\n")
    assert [status for status, _ in answers_of(sending)] == [200]


def test_a_head_may_come_in_pieces(sending: socket.socket) -> None:
    for piece in (b"\r\n", HEAD[:3], HEAD[3:20], HEAD[20:], b"Connection: close\r\n", b"\r\n"):
        sending.sendall(piece)
    assert [status for status, _ in answers_of(sending)] == [200]


def test_a_head_that_does_not_arrive_ends(empty: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounded_http, "_LONGEST_SECONDS", 1.0)
    with socket.create_connection(("127.0.0.1", empty.port), timeout=20) as slow:
        slow.sendall(HEAD + b"\r\n")  # the second request of a connection has its own time
        assert slow.recv(65_536).startswith(b"HTTP/1.1 200 ")
        slow.sendall(HEAD)
        assert problem_of(slow, 408) == "Expected whole headers within 1 s, was a part: send them at once"
    with socket.create_connection(("127.0.0.1", empty.port), timeout=20) as silent:
        assert all_of(silent) == b""


@pytest.mark.parametrize("sent", NO_REQUESTS.values(), ids=NO_REQUESTS)
def test_what_is_no_http_is_refused(sending: socket.socket, sent: bytes) -> None:
    sending.sendall(sent)
    assert problem_of(sending, 400) == "Expected a request of HTTP/1.1, was something else: send one"


def test_requests_one_after_the_other_without_waiting_are_answered(sending: socket.socket) -> None:
    """A large body counts for no head: the next request begins in what arrives with it."""
    body = b"[" + b" " * 100_000 + b"]"
    post = POST % len(body) + b"\r\n"
    sending.sendall(post + body + HEAD + b"\r\n" + post + body + HEAD[:10])
    sending.sendall(HEAD[10:] + b"Connection: close\r\n\r\n")
    assert [status for status, _ in answers_of(sending)] == [422, 200, 422, 200]


def test_an_offer_of_another_protocol_is_not_taken(sending: socket.socket) -> None:
    """Java's client offers HTTP/2 with every first request, also with one that has a body."""
    offer = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABk\r\n"
    body = b'{"symbol": 1}'
    sending.sendall(POST % len(body) + offer + b"\r\n" + body[:5])
    sending.sendall(body[5:] + HEAD + offer + b"\r\n" + HEAD + b"Connection: close\r\n\r\n")
    (first, said), second, third = answers_of(sending)
    assert first == 422
    assert b"JSON, was another text" not in said  # its body was read
    assert (second[0], third[0]) == (200, 200)
