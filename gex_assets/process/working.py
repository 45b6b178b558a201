"""A worker's side of `gex_assets.process.workers`: tasks come one at a time, each is answered once.

A thread listens while the task in hand is worked on. Where the parent asks to leave off, or is gone, the process gets the signal
that Ctrl-C gives a command (`gex_assets.process.interruption`).
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from queue import SimpleQueue
from typing import Any, Final

from gex_assets.process.interruption import EXIT_CODE

__all__ = ["Working"]

_GRACE: Final = 60.0
"""A worker whose parent is gone has so long to discard what it was writing. [s]"""


def _interrupt() -> None:
    os.kill(os.getpid(), signal.SIGTERM)


class Working:
    """The tasks of this process.

    Parameters
    ----------
    descriptor : of the connection to the parent.
    interrupt : ends the task in hand in order.
    end : ends this process at once.
    """

    def __init__(
        self,
        descriptor: int,
        *,
        interrupt: Callable[[], object] = _interrupt,
        end: Callable[[int], object] = os._exit,
        grace: float = _GRACE,
    ) -> None:
        self._connection = Connection(descriptor)
        os.set_inheritable(descriptor, False)  # noqa: FBT003 (its form)
        self._interrupt, self._end, self._grace = interrupt, end, grace
        self._given: SimpleQueue[Any] = SimpleQueue()
        self._tasks = self._answers = 0  # each is counted by one thread alone
        self.setup = self._connection.recv()
        threading.Thread(target=self._listen, name="gex-working", daemon=True).start()

    def tasks(self) -> Iterator[tuple[Any, int]]:
        """Each task with the number of its attempt, until the parent has no more."""
        self._send("ready", None)
        while (given := self._given.get()) is not None:
            yield given

    def say(self, text: str) -> None:
        """Have the parent show a line."""
        self._send("said", text)

    def answer(self, result: Any) -> None:
        """Answer the task in hand."""
        self._close("result", result)

    def refuse(self, reason: str) -> None:
        """Refuse the task in hand and all others."""
        self._close("refused", reason)

    def _close(self, kind: str, content: Any) -> None:
        sys.stdout.flush()
        self._answers += 1
        self._send(kind, content)

    def _send(self, kind: str, content: Any) -> None:
        try:
            self._connection.send((kind, content))
        except OSError:
            raise KeyboardInterrupt from None  # nobody is left who wants to know

    def _listen(self) -> None:
        with contextlib.suppress(EOFError, OSError):
            while (given := self._connection.recv()) is not None:
                self._tasks += 1
                self._given.put(given)
            self._interrupt()
            self._connection.recv()  # until the parent closes it
        self._given.put(None)
        if self._tasks > self._answers:
            self._interrupt()
            time.sleep(self._grace)
            self._end(EXIT_CODE)
