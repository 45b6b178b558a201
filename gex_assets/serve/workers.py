"""Where files are read: in a few threads, off the event loop, within a time, and with a bounded queue before them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from http import HTTPStatus
from threading import Lock
from time import monotonic
from typing import TypeVar

from gex_assets.serve.answers.problems import ProblemError

__all__ = ["Workers"]

Result = TypeVar("Result")


class Workers:
    """Threads that read. There are never more of them: work that nobody waits for any more holds its thread until it ends.

    Parameters
    ----------
    threads : that read at the same time.
    waiting : requests that may wait for a thread; more are refused.
    seconds : from the request to the end of reading.
    """

    def __init__(self, *, threads: int = 2, waiting: int = 64, seconds: float = 30.0) -> None:
        self._most = threads + waiting
        self._waiting = waiting
        self._seconds = seconds
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="gex-serve")
        self._lock = Lock()
        self._present = 0
        self._is_over = False

    async def run(self, work: Callable[[Callable[[], None]], Result]) -> Result:
        """Do the work in a thread. It is handed a function to call between two pieces, which raises when the time is over.

        Raises
        ------
        ProblemError
            Too many wait, or the time is over.
        """
        end = monotonic() + self._seconds

        def deadline() -> None:
            if self._is_over or monotonic() > end:
                raise TimeoutError

        found = self._submit(lambda: work(deadline))
        try:
            # at the end of the time, work that waits is withdrawn; work that was begun ends at its next call of `deadline`
            return await asyncio.wait_for(asyncio.wrap_future(found), self._seconds)
        except TimeoutError:
            raise ProblemError(
                HTTPStatus.SERVICE_UNAVAILABLE,
                f"Expected an answer within {self._seconds:g} s, was a longer one: ask for fewer days, columns or rows",
                {"Retry-After": "5"},
            ) from None

    def _submit(self, work: Callable[[], Result]) -> Future[Result]:
        with self._lock:
            if self._is_over or self._present >= self._most:
                raise ProblemError(
                    HTTPStatus.SERVICE_UNAVAILABLE,
                    f"Expected at most {self._waiting} requests waiting, was more: ask again in a second",
                    {"Retry-After": "1"},
                )
            self._present += 1
            found = self._pool.submit(work)
        found.add_done_callback(self._left)
        return found

    def _left(self, _work: Future[Result]) -> None:
        with self._lock:
            self._present -= 1

    def close(self) -> None:
        """End: work that waits is withdrawn, and what was begun ends at its next look at the time."""
        with self._lock:
            self._is_over = True
        self._pool.shutdown(wait=False, cancel_futures=True)
