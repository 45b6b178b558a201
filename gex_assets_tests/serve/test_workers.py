"""Reading has few threads, a bounded queue and a time: beyond them the answer says so at once."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest

from gex_assets.serve.answers.problems import ProblemError
from gex_assets.serve.workers import Workers


def test_work_is_done_in_a_thread() -> None:
    workers = Workers()

    async def run() -> bool:
        return await workers.run(lambda _deadline: threading.current_thread() is not threading.main_thread())

    assert asyncio.run(run())


def test_more_than_may_wait_are_refused_and_the_others_answered() -> None:
    workers = Workers(threads=1, waiting=1, seconds=20.0)
    go = threading.Event()

    async def run() -> list[object]:
        tasks = [asyncio.create_task(workers.run(lambda _deadline: go.wait(20))) for _ in range(4)]
        await asyncio.sleep(0.1)
        go.set()
        return list(await asyncio.gather(*tasks, return_exceptions=True))

    found = asyncio.run(run())
    assert found[:2] == [True, True]
    for refused in found[2:]:
        assert isinstance(refused, ProblemError)
        assert (refused.status, refused.headers) == (503, {"Retry-After": "1"})


def test_what_takes_too_long_is_ended_where_it_looks_at_the_time() -> None:
    workers = Workers(threads=1, seconds=0.1)
    ended = threading.Event()

    def work(deadline: object) -> None:
        try:
            while True:
                time.sleep(0.01)
                deadline()  # type: ignore[operator]
        finally:
            ended.set()

    async def run() -> None:
        with pytest.raises(ProblemError, match=r"Expected an answer within 0\.1 s"):
            await workers.run(work)

    asyncio.run(run())
    assert ended.wait(5)


def test_there_are_never_more_threads_than_said() -> None:
    """Who has waited too long is answered, but its thread is still at work: another in its place would be one too many."""
    workers = Workers(threads=2, waiting=1, seconds=0.05)
    go, lock, seen = threading.Event(), threading.Lock(), [0, 0]

    def work(_deadline: object) -> None:
        with lock:
            seen[0] += 1
            seen[1] = max(seen)
        go.wait(20)
        with lock:
            seen[0] -= 1

    async def refused() -> ProblemError:
        with pytest.raises(ProblemError) as raised:
            await workers.run(work)
        return raised.value

    async def run() -> list[str]:
        begun = await asyncio.gather(*(refused() for _ in range(3)))
        full = [await refused() for _ in range(3)]  # the third of the begun never had a thread: its place is free
        go.set()
        return [one.detail.partition(",")[0] for one in (*begun, *full)]

    assert asyncio.run(run()) == ["Expected an answer within 0.05 s"] * 6
    assert seen[1] <= 2


def test_work_that_nobody_waits_for_counts_until_it_ends() -> None:
    workers = Workers(threads=1, waiting=0, seconds=0.05)
    begun, go = threading.Event(), threading.Event()

    def work(_deadline: object) -> None:
        begun.set()
        go.wait(20)

    async def run() -> None:
        while not begun.is_set():  # a slow machine may withdraw it before it has begun
            with pytest.raises(ProblemError, match="Expected an answer within"):
                await workers.run(work)
        with pytest.raises(ProblemError, match="Expected at most 0 requests waiting"):
            await workers.run(lambda _deadline: None)
        go.set()
        for _ in range(200):
            try:
                assert await workers.run(lambda _deadline: "done") == "done"
            except ProblemError:
                await asyncio.sleep(0.02)
            else:
                return
        raise AssertionError("the place stays taken")

    asyncio.run(run())


def test_at_the_end_nothing_further_is_begun() -> None:
    workers = Workers(threads=1, waiting=5)
    begun, ended = threading.Event(), threading.Event()

    def work(deadline: object) -> None:
        begun.set()
        try:
            while True:
                time.sleep(0.01)
                deadline()  # type: ignore[operator]
        finally:
            ended.set()

    async def run() -> None:
        first = asyncio.create_task(workers.run(work))
        await asyncio.to_thread(begun.wait, 20)
        workers.close()
        with pytest.raises(ProblemError):
            await first
        with pytest.raises(ProblemError):
            await workers.run(lambda _deadline: None)

    asyncio.run(run())
    assert ended.wait(20)


def test_an_error_of_the_work_is_its_own() -> None:
    async def run() -> None:
        await Workers().run(lambda _deadline: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        asyncio.run(run())
