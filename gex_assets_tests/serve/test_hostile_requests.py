"""Requests that no honest program sends are refused with a reason, and leave no trace of an error in the log."""

from __future__ import annotations

import gzip
import inspect
import io
import logging
import socket
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.routing import APIRoute

from gex_assets.lake.tables import Lake
from gex_assets.serve.answers import bodies
from gex_assets.serve.answers.parameters import refuse_unknown
from gex_assets.serve.app import make_app
from gex_assets.serve.routes import scores
from gex_assets.settings import load
from gex_assets_tests.conftest import DAY
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
    monkeypatch.setattr(bodies, "_LONGEST_SECONDS", 0.2)
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


def test_a_change_of_a_replay_is_small(empty: Client) -> None:
    body = b'{"speed": 60, "seek": "' + b"1" * 5_000 + b'"}'
    said = empty.problem("/v1/replay-sessions/x", 413, method="POST", body=body, Content_Type="application/json")
    assert "Expected at most 4 KiB" in said
    for wrong in (b"", b"{", b"[]", b'{"speed": NaN}', b"[" * 4_000):
        empty.problem("/v1/replay-sessions/x", 422, method="POST", body=wrong, Content_Type="application/json")


def routes_of(routers: Any) -> Iterator[APIRoute]:
    for one in routers.routes:
        if isinstance(one, APIRoute):
            yield one
        elif hasattr(one, "original_router"):
            yield from routes_of(one.original_router)


def test_no_route_reads_a_body_without_a_bound(tmp_path: Path) -> None:
    """FastAPI reads a body that a signature names, whatever its size: `answers.bodies` is the one place that reads bodies."""
    routes = list(routes_of(make_app(Lake(tmp_path), load(lake=tmp_path)).api))
    assert {"/v1/score", "/v1/replay-sessions/{session}"} <= {route.path for route in routes}
    assert [route.path for route in routes if route.body_field is not None] == []


def test_nothing_of_a_route_runs_in_threads_of_the_frameworks(tmp_path: Path) -> None:
    """Plain functions would: in dozens of threads, next to the few that `workers` bounds."""
    routes = list(routes_of(make_app(Lake(tmp_path), load(lake=tmp_path)).api))
    assert all(inspect.iscoroutinefunction(route.endpoint) for route in routes)
    assert inspect.iscoroutinefunction(refuse_unknown)


def test_an_error_of_the_lake_is_in_the_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    lake = Lake(tmp_path / "lake")
    staged = lake.fs.stage(lake.key("silver_gex_levels", product="ES", day=DAY))
    staged.path.write_bytes(b"no Parquet")
    staged.publish()
    with running(tmp_path / "lake") as client:
        said = client.problem("/v1/levels/ES/latest", 500)
    (record,) = [one for one in caplog.records if one.levelno >= logging.ERROR]
    assert record.getMessage() == f"GET /v1/levels/ES/latest: {said}"
    assert record.exc_info
