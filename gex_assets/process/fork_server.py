"""Processes that need not import what they work with: one process has imported it, and forks another one for each task.

Starting Python and importing the libraries of a run takes seconds, which a task that itself takes less than one pays each time.
Here it is paid once. `gex_assets.process.forking` is the side of the process that forks.

Where the connection closes, the process that forks takes no more tasks and ends after those in hand. So whoever started them may
end, and they end in order.
"""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Sequence
from multiprocessing.connection import Pipe
from typing import Any, Final

from gex_assets.errors import GexError
from gex_assets.process.own_module import command_of, environment_of_own
from gex_assets.process.workers import how_ended

__all__ = ["ForkServer", "ForkServerGoneError"]

_MODULE: Final = "gex_assets.process.forking"


class ForkServerGoneError(GexError):
    """The process that forks has died. Another one may be started."""


class ForkServer:
    """The process that forks, as its parent sees it.

    Parameters
    ----------
    work : `module:function`, which a process of its own calls with its task; what it returns is the exit code.
    died : `module:function`, which is called with a task and with words where its process died or ended with a code. It is
        called in a process of its own, too.
    modules : to import before the first task.
    """

    def __init__(self, *, work: str, died: str, modules: Sequence[str]) -> None:
        self._lock = threading.Lock()
        self._connection, theirs = Pipe()
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 (our own module)
                [*command_of(_MODULE), str(theirs.fileno()), work, died, *modules],
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                env=environment_of_own(),
            )

    @property
    def pid(self) -> int:
        """The process that forks."""
        return self._process.pid

    def start(self, task: Any) -> int:
        """Start a process for a task; its number.

        Raises
        ------
        ForkServerGoneError
            The process that forks has died; the task was not begun.
        GexError
            The system has no room for another process.
        """
        with self._lock:
            try:
                self._connection.send(task)
                pid, error = self._connection.recv()
            except (EOFError, OSError) as gone:
                code = self._process.poll()
                how = "has ended" if code is None else how_ended(code)
                raise ForkServerGoneError(
                    f"Expected a process that starts others, was one that {how}: see what it wrote to standard error"
                ) from gone
        if pid is None:
            raise GexError(
                f"Expected room for another process, was none ({error}): end other programs, or run fewer days at once"
            )
        return int(pid)

    def close(self) -> None:
        """Take no more tasks. Those in hand go on, and nobody waits for them."""
        self._connection.close()
        self._process.poll()
