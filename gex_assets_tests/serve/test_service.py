"""An answer is made once for all who ask for it at the same time, and its errors are theirs."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Any

import pytest
from starlette.requests import Request

from gex_assets.lake.tables import Lake
from gex_assets.serve.answers.problems import ProblemError
from gex_assets.serve.catalogue import Catalogue
from gex_assets.serve.service import Made, Service
from gex_assets.serve.table_specs import SERVED
from gex_assets.settings import load


@pytest.fixture
def service(tmp_path: Path) -> Service:
    return Service(Catalogue(Lake(tmp_path), SERVED), load(lake=tmp_path))


def asking(path: str, query: bytes = b"", **headers: str) -> Request:
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "method": "GET", "path": path, "query_string": query, "headers": raw})


async def together(service: Service, requests: list[Request], make: Any, go: threading.Event) -> list[Any]:
    """The answers to requests that all have arrived before the first answer is made."""
    asked = [asyncio.create_task(service.answer(one, make, media="text/plain")) for one in requests]
    for _ in range(3):
        await asyncio.sleep(0)
    go.set()
    return list(await asyncio.gather(*asked, return_exceptions=True))


def test_what_many_ask_for_at_once_is_made_once(service: Service) -> None:
    go, made = threading.Event(), []

    def make(_deadline: object) -> tuple[str, Any]:
        go.wait(20)
        made.append(1)
        return "a" * 32, lambda: Made(b"body")

    equal = [asking("/a") for _ in range(20)]
    others = [asking("/b"), asking("/a", b"x=1"), asking("/a", accept="text/csv"), asking("/a", if_none_match='W/"b"')]
    found = asyncio.run(together(service, equal + others, make, go))
    assert {one.body for one in found} == {b"body"}
    assert len(made) == 1 + len(others)


def test_an_error_is_everybodys_and_is_not_kept(service: Service) -> None:
    go, made = threading.Event(), []

    def make(_deadline: object) -> tuple[str, Any]:
        go.wait(20)
        made.append(1)
        raise ProblemError(404, "Expected a day, was none")  # type: ignore[arg-type]

    async def run() -> list[Any]:
        return [*await together(service, [asking("/a")] * 5, make, go), *await together(service, [asking("/a")], make, go)]

    found = asyncio.run(run())
    assert all(isinstance(one, ProblemError) for one in found)
    assert len(made) == 2


def test_who_leaves_does_not_end_it_for_the_others(service: Service) -> None:
    go = threading.Event()

    def make(_deadline: object) -> tuple[str, Any]:
        go.wait(20)
        return "a" * 32, lambda: Made(b"body")

    async def run() -> bytes:
        first, second = (asyncio.create_task(service.answer(asking("/a"), make, media="text/plain")) for _ in range(2))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        first.cancel()
        go.set()
        return bytes((await second).body)

    assert asyncio.run(run()) == b"body"
