"""Requests that no honest program sends are refused with a reason, and leave no trace of an error in the log."""

from __future__ import annotations

import gzip
import io
import logging
import socket
import time
import zipfile
from collections.abc import Iterator

import pytest

from gex_assets.serve.routes import scores
from gex_assets_tests.serve.servers import Client, running


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A server of a lake without a day: what is refused here is refused before anything is read."""
    with running(tmp_path_factory.mktemp("empty") / "lake") as client:
        yield client


@pytest.mark.parametrize("origin", ["http://[", "http://[::1", "null", "https://evil.example", "http://localhost.evil.example"])
def test_an_origin_that_is_not_ours_is_forbidden_whatever_its_form(empty: Client, origin: str) -> None:
    empty.problem("/v1/score", 403, method="POST", body=b"{}", Content_Type="application/json", Origin=origin)


def zipped(content: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("chain.json", content)
    return file.getvalue()


@pytest.mark.parametrize("body", [gzip.compress(bytes(10**7)), zipped(bytes(10**7))], ids=["gzip", "zip"])
def test_a_body_is_not_unpacked(empty: Client, body: bytes) -> None:
    """Eight MiB of gzip hold gigabytes: the bound counts what arrives."""
    assert len(body) < scores.MOST_BYTES // 100
    said = empty.problem("/v1/score", 415, method="POST", body=body, Content_Type="application/json")
    assert "unpack" in said
    said = empty.problem("/v1/score", 415, method="POST", body=body, Content_Type="application/json", Content_Encoding="gzip")
    assert "Content-Encoding" in said


def test_a_body_that_does_not_arrive_ends(empty: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scores, "_LONGEST_SECONDS", 0.2)
    with socket.create_connection(("127.0.0.1", empty.port), timeout=20) as slow:
        slow.sendall(
            b"POST /v1/score HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{"
        )
        assert slow.recv(100).startswith(b"HTTP/1.1 408 ")


def test_who_leaves_before_the_end_is_no_error_of_the_server(empty: Client, caplog: pytest.LogCaptureFixture) -> None:
    log = logging.getLogger("uvicorn.error")  # which hands nothing on to others
    log.addHandler(caplog.handler)
    with socket.create_connection(("127.0.0.1", empty.port), timeout=20) as leaving:
        leaving.sendall(
            b"POST /v1/score HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{"
        )
        time.sleep(0.3)
    time.sleep(0.5)
    log.removeHandler(caplog.handler)
    assert not [one for one in caplog.records if one.levelno >= logging.ERROR]
    assert empty.ask("/v1").status == 200


@pytest.mark.parametrize("path", ["/products/ZZ", "/history/ZZ"])
def test_a_product_that_is_none_has_no_page(empty: Client, path: str) -> None:
    assert "was ZZ" in empty.problem(path, 404)


def test_a_product_of_the_settings_has_a_page_before_its_first_day(empty: Client) -> None:
    for path in ("/", "/products/ES", "/history/ES"):
        assert empty.ask(path).status == 200
