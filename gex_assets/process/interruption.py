"""Ctrl-C and termination: the first one ends the work in order, the second one ends the process at once.

The first SIGINT or SIGTERM raises KeyboardInterrupt in the main thread, so that what is being written is discarded on the way
out. Other code may hold handlers of its own for a while, as Dagster does between steps, and C code may turn an exception that is
raised during an import into another one. So the signal is also noted apart from any handler: the interpreter writes its number to
a socket (`signal.set_wakeup_fd`), and a thread reads it there. Long loops ask `stop_if_asked` between two pieces of work.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Final, NoReturn

__all__ = ["EXIT_CODE", "interruptible", "stop_if_asked", "was_asked"]

EXIT_CODE: Final = 130
"""Exit code of a process that Ctrl-C has ended: 128 and the number of SIGINT."""

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)
_asked: Final = threading.Event()


def was_asked() -> bool:
    """Whether the process was asked to end, within `interruptible`."""
    return _asked.is_set()


def stop_if_asked() -> None:
    """Raise KeyboardInterrupt if the process was asked to end; call it where work can be left off."""
    if _asked.is_set():
        raise KeyboardInterrupt


@contextlib.contextmanager
def interruptible(*, said: Callable[[], object] = lambda: None, end: Callable[[int], object] = os._exit) -> Iterator[None]:
    """Heed SIGINT and SIGTERM within. In another thread than the main one, signals cannot be heeded and nothing is changed.

    Parameters
    ----------
    said : called once, in a thread of its own, when the first signal came.
    end : called in that thread with `EXIT_CODE` when the second came; it ends the process without any cleaning up.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    _asked.clear()
    read, write = socket.socketpair()
    write.settimeout(0.0)
    before = {number: signal.getsignal(number) for number in _SIGNALS}
    woken = signal.set_wakeup_fd(write.fileno(), warn_on_full_buffer=False)
    watcher = threading.Thread(target=_watch, args=(read, said, end), name="gex-interruption", daemon=True)
    watcher.start()
    try:
        for number in _SIGNALS:
            signal.signal(number, _interrupt)
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler if handler is not None else signal.SIG_DFL)
        signal.set_wakeup_fd(woken, warn_on_full_buffer=False)
        write.close()  # ends the thread
        watcher.join()
        read.close()
        _asked.clear()


def _interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
    _asked.set()
    raise KeyboardInterrupt


def _watch(read: socket.socket, said: Callable[[], object], end: Callable[[int], object]) -> None:
    """Count the signals that ask for an end. The interpreter writes each signal's number as one byte."""
    seen = 0
    while numbers := read.recv(64):
        for _ in (number for number in numbers if number in _SIGNALS):
            seen += 1
            if seen == 1:
                _asked.set()
                said()
            else:
                end(EXIT_CODE)
