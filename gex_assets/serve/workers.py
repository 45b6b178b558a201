"""Where files are read: in a few threads, off the event loop, within a time, and with a bounded queue before them."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from time import monotonic
from typing import TypeVar

import anyio
import anyio.to_thread

from gex_assets.serve.answers.problems import ProblemError

__all__ = ["Workers"]

Result = TypeVar("Result")


class Workers:
    """Threads that read.

    Parameters
    ----------
    threads : that read at the same time.
    waiting : requests that may wait for a thread; more are refused.
    seconds : from the request to the end of reading.
    """

    def __init__(self, *, threads: int = 2, waiting: int = 64, seconds: float = 30.0) -> None:
        self._threads = threads
        self._waiting = waiting
        self._seconds = seconds
        self._limiter: anyio.CapacityLimiter | None = None
        self._present = 0

    async def run(self, work: Callable[[Callable[[], None]], Result]) -> Result:
        """Do the work in a thread. It is handed a function to call between two pieces, which raises when the time is over.

        Raises
        ------
        ProblemError
            Too many wait, or the time is over.
        """
        if self._present >= self._threads + self._waiting:
            raise ProblemError(
                HTTPStatus.SERVICE_UNAVAILABLE,
                f"Expected at most {self._waiting} requests waiting, was more: ask again in a second",
                {"Retry-After": "1"},
            )
        if self._limiter is None:
            self._limiter = anyio.CapacityLimiter(self._threads)  # it belongs to the running loop
        end = monotonic() + self._seconds

        def deadline() -> None:
            if monotonic() > end:
                raise TimeoutError

        self._present += 1
        try:
            with anyio.fail_after(self._seconds):
                return await anyio.to_thread.run_sync(work, deadline, limiter=self._limiter, abandon_on_cancel=True)
        except TimeoutError:
            raise ProblemError(
                HTTPStatus.SERVICE_UNAVAILABLE,
                f"Expected an answer within {self._seconds:g} s, was a longer one: ask for fewer days, columns or rows",
                {"Retry-After": "5"},
            ) from None
        finally:
            self._present -= 1
