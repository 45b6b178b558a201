"""The side of `gex_assets.process.fork_server` that forks: `python -m gex_assets.process.forking FD WORK DIED MODULE…`.

It starts no thread: a fork may hold a lock for ever that another thread held. Threads that libraries start as they are imported
(of jemalloc, of Polars) wait, and hold none.

What tasks import as they go is learned: a process that ends in order says which modules it has imported since its fork. Those are
imported here too, so that the processes after it have them. So nobody keeps a list, and nothing is imported that no task needs.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import importlib
import json
import os
import select
import signal
import socket
import sys
import threading
import traceback
from collections.abc import Callable, Collection, Sequence
from multiprocessing.connection import Connection
from typing import Any, Final, NoReturn

from gex_assets.process.garbage import loading
from gex_assets.process.workers import how_ended

__all__ = ["main"]

_LEFT_TO_TASKS: Final = (signal.SIGINT, signal.SIGTERM)
"""Signals for a whole group of processes: tasks heed them, and this process ends after its tasks."""


_MOST_BYTES: Final = 1 << 20
"""Of what a process says of its imports. A run of all tables says 60 kB."""


class _Forks:
    """The processes that were forked, and the tasks of those that are not gone."""

    def __init__(self, connection: Connection, work: Callable[[Any], int], died: Callable[[Any, str], int]) -> None:
        self._connection: Connection | None = connection
        self._work, self._died = work, died
        self._tasks: dict[int, Any] = {}
        self._reports: set[int] = set()
        self._woken, self._wakes = socket.socketpair()
        self._wakes.settimeout(0.0)
        self._learned, self._learns = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._learns.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _MOST_BYTES)
        self._handlers = {number: signal.getsignal(number) for number in (*_LEFT_TO_TASKS, signal.SIGCHLD)}

    def serve(self) -> Callable[[], int] | None:
        """Until the connection is closed and all are gone. In a forked process: what it is to do, at once."""
        signal.set_wakeup_fd(self._wakes.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda _number, _frame: None)  # noted by its number in the socket
        for number in _LEFT_TO_TASKS:
            signal.signal(number, signal.SIG_IGN)
        while self._connection is not None or self._tasks or self._reports:
            ready, _, _ = select.select(self._ends(), [], [])
            if self._learned in ready:
                _import(json.loads(self._learned.recv(_MOST_BYTES)))
            todo = self._reaped() if self._woken in ready else None
            if todo is None and self._connection in ready:
                todo = self._asked()
            if todo is not None:
                return todo
        return None

    def _asked(self) -> Callable[[], int] | None:
        assert self._connection is not None  # noqa: S101 (it was ready)
        try:
            task = self._connection.recv()
        except (EOFError, OSError):
            self._connection.close()
            self._connection = None
            return None
        error = ""
        try:
            pid = os.fork()
        except OSError as refused:
            pid, error = -1, str(refused)
        if pid == 0:
            self._forget()
            return lambda: self._worked(task)
        if pid > 0:
            self._tasks[pid] = task
        with contextlib.suppress(OSError):  # nobody is left who wants to know; the task goes on
            self._connection.send((pid if pid > 0 else None, error))
        return None

    def _worked(self, task: Any) -> int:
        """In a forked process: the task, and what was imported for it."""
        before = {*sys.modules}
        code = self._work(task)
        with contextlib.suppress(OSError):  # nobody is left who wants to know, or has the room for it
            self._learns.send(json.dumps([name for name in sys.modules if name not in before]).encode())
        return code

    def _reaped(self) -> Callable[[], int] | None:
        """Take note of those that are gone."""
        self._woken.recv(4096)
        while self._tasks or self._reports:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                break
            self._reports.discard(pid)
            code = os.waitstatus_to_exitcode(status)
            if pid not in self._tasks:
                continue
            task = self._tasks.pop(pid)
            if code != 0:
                report = os.fork()
                if report == 0:
                    self._forget()
                    return lambda: self._died(task, how_ended(code))
                self._reports.add(report)
        return None

    def _forget(self) -> None:
        """In a forked process: leave to the other one what is its own."""
        signal.set_wakeup_fd(-1)
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        self._wakes.close()
        for end in self._ends():
            end.close()

    def _ends(self) -> list[socket.socket | Connection]:
        """Where something may come from."""
        return [self._woken, self._learned, *([self._connection] if self._connection is not None else [])]


def _ended(code: int) -> NoReturn:
    """End a forked process, as `multiprocessing` does, without the interpreter's own end.

    That one takes apart every object of every library, and so copies the memory that both share: as long as a small task.
    """
    atexit.unregister(gc.unfreeze)  # of `loading`
    threading._shutdown()  # type: ignore[attr-defined]  # noqa: SLF001 (it waits for threads, as the interpreter's end does)
    atexit._run_exitfuncs()  # noqa: SLF001 (as the interpreter's end does)
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):  # it is closed
            stream.flush()
    os._exit(code)


def _import(modules: Collection[str]) -> None:
    """Import what a task has imported, where that goes by its name: a module may have been put there in another way."""
    with loading():
        for module in modules:
            if module not in sys.modules:
                try:
                    importlib.import_module(module)
                except Exception as error:  # noqa: BLE001 (whatever a module does; a task that needs it says what is wrong)
                    sys.stderr.write(f"{module} is imported by each process for itself: {error}\n")


def _function(name: str) -> Callable[..., int]:
    module, _, function = name.partition(":")
    found: Callable[..., int] = getattr(importlib.import_module(module), function)
    return found


def main(arguments: Sequence[str]) -> int:
    """Serve; in a forked process, its exit code."""
    descriptor, work, died, *modules = arguments
    connection = Connection(int(descriptor))
    os.set_inheritable(connection.fileno(), False)  # noqa: FBT003 (its form)
    with loading():
        for module in modules:
            importlib.import_module(module)
        forks = _Forks(connection, _function(work), _function(died))
    todo = forks.serve()
    if todo is None:
        return 0
    code = 1
    try:
        code = todo()
    except BaseException:  # noqa: BLE001 (as the interpreter's end does)
        traceback.print_exc()
    _ended(code)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
