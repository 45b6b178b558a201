"""Runs a function in a process of its own and kills it at its n-th system call, as the kernel counts them.

The process asks to be traced and stops before it begins. From then on it stops at each entry to and exit from the kernel. Only
its main thread is counted, and the kill ends all threads. Whoever calls this should have no other threads: it forks.
"""

from __future__ import annotations

import ctypes
import os
import signal
import traceback
from collections.abc import Callable
from typing import NoReturn

__all__ = ["forked", "traced"]

_TRACEME, _NEXT_CALL, _SET_OPTIONS, _EXIT_WITH_TRACER = 0, 24, 0x4200, 0x100000


def forked(work: Callable[[], object]) -> None:
    """Do the work in a forked process that nobody watches.

    Raises
    ------
    RuntimeError
        It failed.
    """
    pid = os.fork()
    if pid == 0:
        _end_with(work)
    _, status = os.waitpid(pid, 0)
    if status:
        raise RuntimeError(f"Expected the work to be done, was status {status}")


def traced(work: Callable[[], object], *, stop_at: int | None = None) -> int | None:
    """Do the work in a forked process; return how often it stopped, or None where it was killed at its stop `stop_at`.

    Raises
    ------
    OSError
        The kernel does not let a process be traced.
    RuntimeError
        The work itself failed.
    """
    pid = os.fork()
    if pid == 0:
        _end_with(lambda: _stopped_first(work))
    _, status = os.waitpid(pid, 0)
    if not os.WIFSTOPPED(status):
        raise OSError("Expected a kernel that lets a process trace its child, was one that does not")
    _ptrace(_SET_OPTIONS, pid, _EXIT_WITH_TRACER)
    stops, passed_on = 0, 0
    while True:
        _ptrace(_NEXT_CALL, pid, passed_on)
        _, status = os.waitpid(pid, 0)
        if not os.WIFSTOPPED(status):
            break
        received = os.WSTOPSIG(status)
        passed_on = 0 if received == signal.SIGTRAP else received
        if not passed_on:
            stops += 1
            if stops == stop_at:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
                return None
    if os.WIFSIGNALED(status) or os.WEXITSTATUS(status):
        raise RuntimeError(f"Expected the work to be done, was status {status}")
    return stops


def _end_with(work: Callable[[], object]) -> NoReturn:
    code = 1
    try:
        work()
        code = 0
    except BaseException:
        traceback.print_exc()
        raise
    finally:
        os._exit(code)


def _stopped_first(work: Callable[[], object]) -> None:
    _ptrace(_TRACEME, 0)
    os.kill(os.getpid(), signal.SIGSTOP)
    work()


def _ptrace(request: int, pid: int, data: int = 0) -> None:
    library = ctypes.CDLL(None, use_errno=True)
    library.ptrace.argtypes = [ctypes.c_long] * 4
    library.ptrace.restype = ctypes.c_long
    if library.ptrace(request, pid, 0, data) < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
