"""Tasks that processes of their own work off, one at a time each, and what becomes of a task whose process dies.

A process dies where the system kills it for its memory, or by a fault in a library. It takes nothing with it but the task in
hand, which is tried once more in a fresh process. Whatever a process answers is final: what failed in order is not tried again.

Parent and worker speak over one socket in pickles of their own classes; both run the same code. Where the parent's end closes,
the worker ends. So no worker outlives its parent, however that one ended. `gex_assets.process.working` is the worker's side.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import signal
import subprocess
import tempfile
from collections import deque
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, Pipe, wait
from typing import Any, Final, Generic, Protocol, TypeVar

from gex_assets.errors import GexError
from gex_assets.process.interruption import EXIT_CODE

__all__ = ["ASKED_TO_END", "Begun", "Crashed", "Ended", "Event", "RefusedError", "Said", "Worker", "WorkerProcess", "supervised"]

_ATTEMPTS: Final = 2
_MISSTARTS: Final = 2
"""So many processes in a row that end before they are ready end everything: the next one would, too."""

ASKED_TO_END: Final = "was asked to end"
"""How a process ended that discarded what it was writing, as after Ctrl-C."""

T = TypeVar("T")
R = TypeVar("R")
Given_contra = TypeVar("Given_contra", contravariant=True)


@dataclass(frozen=True, slots=True)
class Begun(Generic[T]):
    """A task was given to a worker."""

    task: T
    attempt: int


@dataclass(frozen=True, slots=True)
class Said(Generic[T]):
    """A line for people, from a task that goes on."""

    task: T
    text: str


@dataclass(frozen=True, slots=True)
class Ended(Generic[T, R]):
    """A task has its result, whether it failed or not.

    Attributes
    ----------
    written : what it wrote to standard output, where that is kept.
    """

    task: T
    result: R
    written: str


@dataclass(frozen=True, slots=True)
class Crashed(Generic[T]):
    """The worker of a task died without an answer.

    Attributes
    ----------
    worker : the name of the worker.
    how : how it died, in words.
    is_final : whether the task is not tried once more.
    written : as of `Ended`.
    """

    task: T
    worker: str
    how: str
    is_final: bool
    written: str


Event = Begun[T] | Said[T] | Ended[T, R] | Crashed[T]


class RefusedError(GexError):
    """A worker refuses to go on with any task, for a reason that holds for all of them. Its message is the worker's."""


class Worker(Protocol[Given_contra]):
    """A process that works off tasks, as its parent sees it."""

    @property
    def name(self) -> str:
        """A name that no other worker has."""

    @property
    def connection(self) -> Connection:
        """Where its answers come from."""

    def give(self, task: Given_contra, attempt: int) -> None:
        """Give it a task; OSError where it is gone."""

    def stop(self) -> None:
        """Ask it to leave off what it does."""

    def end(self) -> str:
        """Close the connection and wait until it is gone; how it ended, in words."""

    def written(self) -> str:
        """What it wrote to standard output since it was asked last, where that is kept."""


class WorkerProcess(Generic[T]):
    """A process of its own session, so that Ctrl-C at the terminal reaches its parent alone.

    Parameters
    ----------
    command : how it is started; the number of its end of the connection is added.
    setup : what it needs to know before its first task.
    keeps : whether what it writes to standard output is kept for its parent, instead of being shown at once.
    environment : of the process; by default this one's.
    """

    def __init__(
        self,
        command: Sequence[str],
        setup: Any,
        *,
        name: str,
        keeps: bool = False,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.name = name
        self._kept = tempfile.TemporaryFile() if keeps else None  # noqa: SIM115 (closed with the worker)
        self.connection, theirs = Pipe()
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 (our own module)
                [*command, str(theirs.fileno())],
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                stdout=self._kept,
                env=environment,
                start_new_session=True,
            )
        self._read = 0
        with contextlib.suppress(OSError):  # it is gone, which its connection tells
            self.connection.send(setup)

    def give(self, task: T, attempt: int) -> None:
        """Give it a task; OSError where it is gone."""
        self.connection.send((task, attempt))

    def stop(self) -> None:
        """Ask it to leave off what it does."""
        with contextlib.suppress(OSError):
            self.connection.send(None)

    def end(self) -> str:
        """Close the connection and wait until it is gone; how it ended, in words."""
        self.connection.close()
        code = self._process.wait()
        return how_ended(code)

    def written(self) -> str:
        """What it wrote to standard output since it was asked last, where that is kept."""
        if self._kept is None:
            return ""
        text = os.pread(self._kept.fileno(), os.fstat(self._kept.fileno()).st_size - self._read, self._read)
        self._read += len(text)
        return text.decode(errors="replace")


def how_ended(code: int) -> str:
    """How a process ended, of its return code.

    >>> how_ended(-9), how_ended(-11), how_ended(1)
    ('was killed by SIGKILL', 'was killed by SIGSEGV', 'ended with code 1')
    """
    if code == EXIT_CODE:
        return ASKED_TO_END
    if code >= 0:
        return f"ended with code {code}"
    try:
        return f"was killed by {signal.Signals(-code).name}"
    except ValueError:
        return f"was killed by signal {-code}"


@dataclass(slots=True)
class _Busy(Generic[T]):
    worker: Worker[T]
    task: T
    attempt: int


def supervised(tasks: Iterable[T], start: Callable[[], Worker[T]], *, jobs: int) -> Generator[Event[T, Any]]:
    """Work off tasks in their order, `jobs` at once. Every task ends with one `Ended` or one final `Crashed`.

    The first worker is alone until it is ready: what all of them share, and find missing, is made by one.

    Parameters
    ----------
    start : makes a worker.

    Raises
    ------
    RefusedError
        What a worker refuses all tasks for, after the tasks in hand have ended.
    GexError
        Workers end before they are ready.
    KeyboardInterrupt
        The process was asked to end. Workers were told to leave off, and what they finished meanwhile was yielded.
    """
    crew = _Crew(tasks, start, jobs)
    try:
        try:
            yield from crew.work()
        except KeyboardInterrupt:
            yield from crew.left_off()
            raise
    finally:
        crew.end()
    if crew.refused is not None:
        raise crew.refused


class _Crew(Generic[T]):
    """The workers there are, and the tasks that wait."""

    def __init__(self, tasks: Iterable[T], start: Callable[[], Worker[T]], jobs: int) -> None:
        self._waiting = deque((task, 1) for task in tasks)
        self._start, self._jobs = start, jobs
        self._busy: dict[Connection, _Busy[T]] = {}
        self._idle: list[Worker[T]] = []
        self._ready: set[str] = set()
        self._misstarts = 0
        self.refused: RefusedError | None = None

    def work(self) -> Generator[Event[T, Any]]:
        """Until no task is left, or a worker refuses all of them."""
        while self._busy or (self._waiting and self.refused is None):
            while self._waiting and self.refused is None and len(self._busy) < (self._jobs if self._ready else 1):
                yield self._given(*self._waiting.popleft())
            while self._idle:  # nothing is left for them, and they hold memory
                self._idle.pop().end()
            yield from self._heard()

    def left_off(self) -> Generator[Event[T, Any]]:
        """Ask all to leave off, and hear them out: what a worker was writing is discarded before it ends."""
        self._waiting.clear()
        for one in self._busy.values():
            one.worker.stop()
        while self._busy:
            yield from (event for event in self._heard() if isinstance(event, Ended))

    def end(self) -> None:
        """Wait until no worker is left."""
        with contextlib.suppress(GexError):
            for _ in self.left_off():
                pass
        while self._idle:
            self._idle.pop().end()

    def _given(self, task: T, attempt: int) -> Begun[T]:
        """Give a task to a worker that is idle, else to a fresh one; a second attempt always to a fresh one."""
        worker = self._idle.pop() if self._idle and attempt == 1 else self._start()
        try:
            worker.give(task, attempt)
        except OSError:  # it died while it was idle, or at once: that costs the task nothing
            if worker.name in self._ready:
                worker.end()
                return self._given(task, attempt)
        self._busy[worker.connection] = _Busy(worker, task, attempt)
        return Begun(task, attempt)

    def _heard(self) -> Generator[Event[T, Any]]:
        """Wait for answers and take those that are there."""
        for connection in wait([*self._busy]):
            assert isinstance(connection, Connection)  # noqa: S101 (of the keys above)
            one = self._busy[connection]
            try:
                kind, content = connection.recv()
            except (EOFError, OSError, pickle.UnpicklingError):
                del self._busy[connection]
                yield self._crashed(one)
                continue
            if kind == "ready":
                self._ready.add(one.worker.name)
                self._misstarts = 0
            elif kind == "said":
                yield Said(one.task, content)
            else:
                del self._busy[connection]
                self._idle.append(one.worker)
                if kind == "refused":
                    self.refused = RefusedError(content)
                else:
                    yield Ended(one.task, content, one.worker.written())

    def _crashed(self, one: _Busy[T]) -> Crashed[T]:
        how, written = one.worker.end(), one.worker.written()
        if one.worker.name not in self._ready:
            self._misstarts += 1
            if self._misstarts >= _MISSTARTS:
                raise GexError(f"Expected a process that works off tasks, was one that {how} before its first: see what it said")
        # Whoever ends the process in order, and is not this parent, does not want its task to be tried again.
        is_final = one.attempt >= _ATTEMPTS or how == ASKED_TO_END
        if not is_final:
            self._waiting.appendleft((one.task, one.attempt + 1))
        return Crashed(one.task, one.worker.name, how, is_final, written)
