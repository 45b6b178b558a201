"""A real server in a thread, on a port of its own, and a small client that shows the bytes."""

from __future__ import annotations

import contextlib
import gzip
import http.client
import io
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from gex_assets.lake.tables import Lake
from gex_assets.serve.server import Listening, Server, listen, make_server
from gex_assets.settings import load

__all__ = ["Answer", "Client", "running"]


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def plain(self) -> bytes:
        """The body without its compression."""
        encoding = self.headers.get("content-encoding")
        if encoding == "gzip":
            return gzip.decompress(self.body)
        if encoding == "zstd":
            with pa.CompressedInputStream(io.BytesIO(self.body), "zstd") as stream:
                return bytes(stream.read())
        return self.body

    def json(self) -> Any:
        def refused(word: str) -> Any:
            raise AssertionError(f"{word} is no JSON")

        return json.loads(self.plain, parse_constant=refused)


class Client:
    """One request, one connection."""

    def __init__(self, port: int) -> None:
        self.port = port

    def ask(self, path: str, *, method: str = "GET", body: bytes | None = None, **headers: str) -> Answer:
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.putrequest(method, path, skip_host="Host" in given, skip_accept_encoding=True)
            for name, value in given.items():
                connection.putheader(name, value)
            if body is not None:
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body)
            answer = connection.getresponse()
            return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
        finally:
            connection.close()

    def json(self, path: str) -> Any:
        answer = self.ask(path)
        assert answer.status == 200, answer.body
        return answer.json()

    def problem(self, path: str, status: int, **how: Any) -> str:
        """The detail of a problem, whose form is checked."""
        answer = self.ask(path, **how)
        assert answer.status == status, (answer.status, answer.body)
        assert answer.headers["content-type"] == "application/problem+json"
        found = answer.json()
        assert found["status"] == status
        assert found["title"]
        assert "xpected" in found["detail"], found
        return str(found["detail"])

    @contextlib.contextmanager
    def events(self, path: str, **headers: str) -> Iterator[Iterator[dict[str, str]]]:
        """Events of a stream; comments come as {"comment": text}."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        connection.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        assert answer.status == 200, answer.read()
        assert answer.headers["content-type"].startswith("text/event-stream")
        try:
            yield _events(answer)
        finally:
            answer.close()
            connection.close()


def _events(answer: http.client.HTTPResponse) -> Iterator[dict[str, str]]:
    fields: dict[str, str] = {}
    while line := answer.readline():
        text = line.decode().rstrip("\n")
        if not text:
            if fields:
                yield fields
            fields = {}
        elif text.startswith(":"):
            fields["comment"] = text[1:].strip()
        else:
            name, _, value = text.partition(": ")
            fields[name] = value


@contextlib.contextmanager
def running(lake: Path, *, host: str = "127.0.0.1", token: str | None = None, poll_seconds: float = 0.1) -> Iterator[Client]:
    """A server of a lake."""
    listening: Listening = listen(host, 0)
    started = threading.Event()
    server: Server = make_server(
        Lake(lake), load(lake=lake), listening, token=token, poll_seconds=poll_seconds, started=started.set
    )
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening.socket]}, daemon=True)
    thread.start()
    assert started.wait(30)
    try:
        yield Client(listening.port)
    finally:
        server.stop()
        thread.join(20)
        listening.socket.close()
    for _ in range(100):
        if not thread.is_alive():
            return
        time.sleep(0.1)
    raise AssertionError("the server does not end")
