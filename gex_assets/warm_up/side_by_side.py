"""Units compiled in processes of their own, as many at a time as there are cores."""

from __future__ import annotations

import multiprocessing
import signal
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self

from gex_assets.process.machine import cores
from gex_assets.warm_up.units import UNITS, Unit, User

__all__ = ["Compiling", "State", "time_left"]


_BELIEVED: Final = 10.0
"""How much of the estimates is believed whatever the units done took. [s]"""


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """How far it is.

    Attributes
    ----------
    done, total : units.
    elapsed : since the start. [s]
    rest : estimate of what is left; 0 where it takes longer than was estimated. [s]
    """

    done: int
    total: int
    elapsed: float
    rest: float


def time_left(*, elapsed: float, workers: int, spent: float, done: float, running: float, total: float) -> float:
    """Estimate what is left of work done side by side [s]; 0 where it takes longer than was estimated.

    The pace is that of what is done, next to as much as `_BELIEVED` at the pace of the estimates: a first small unit says little.
    It is at least that at which half of what runs would be done by now. So it slows down while a unit takes long, and not at
    once when that unit is done.

    Parameters
    ----------
    elapsed : since the start. [s]
    workers : that work at a time.
    spent : seconds that the units took that are done.
    done, running, total : estimates of what is done, of what runs, and of all. [s]
    """
    pace = max((spent + _BELIEVED) / (done + _BELIEVED), workers * elapsed / (done + running / 2.0) if done + running else 0.0)
    return max(0.0, pace * total / workers - elapsed)


class Compiling:
    """Compiles units in the order given; a context manager that waits for all of them at its end.

    Parameters
    ----------
    units : what is compiled.
    workers : processes.
    finished : called, in some thread, with each unit that is done and the state then.
    clock : seconds.
    """

    def __init__(
        self,
        units: Sequence[Unit] = UNITS,
        *,
        workers: int | None = None,
        finished: Callable[[Unit, State], None] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._workers = min(workers or cores(), len(units))
        self._clock, self._began = clock, clock()
        self._spent = 0.0
        self._left = dict.fromkeys(units)
        self._units = tuple(units)
        # A fork would copy the caller's threads half way; a new interpreter is clean.
        self._pool = ProcessPoolExecutor(
            self._workers, mp_context=multiprocessing.get_context("spawn"), initializer=_leave_interrupts_to_the_caller
        )
        self._futures: dict[Unit, Future[float]] = {}
        for unit in units:
            self._futures[unit] = self._pool.submit(_seconds_of_call, unit)
            self._futures[unit].add_done_callback(lambda _, unit=unit: self._done(unit, finished))  # type: ignore[misc]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if isinstance(error, KeyboardInterrupt):  # a unit takes up to a minute, which nobody waits for who wants to leave
            for worker in multiprocessing.active_children():
                worker.terminate()
        self._pool.shutdown(wait=True, cancel_futures=error is not None)

    @property
    def state(self) -> State:
        """How far it is now."""
        left = tuple(self._left)
        elapsed, known = self._clock() - self._began, sum(unit.seconds for unit in self._units if unit not in self._left)
        rest = time_left(
            elapsed=elapsed,
            workers=self._workers,
            spent=self._spent,
            done=known,
            running=sum(unit.seconds for unit in left[: self._workers]),
            total=sum(unit.seconds for unit in self._units),
        )
        return State(done=len(self._units) - len(left), total=len(self._units), elapsed=elapsed, rest=rest if left else 0.0)

    def wait_for(self, user: User) -> None:
        """Wait until all units of the sample or of the graph are done.

        Where a process is killed (memory), the kernels are compiled by the caller when it needs them.
        """
        for unit, future in self._futures.items():
            if unit.user == user:
                try:
                    future.result()
                except BrokenProcessPool:
                    return

    def _done(self, unit: Unit, finished: Callable[[Unit, State], None] | None) -> None:
        future = self._futures[unit]
        if future.cancelled() or future.exception() is not None:
            return
        self._spent += future.result()
        self._left.pop(unit, None)
        if finished is not None:
            finished(unit, self.state)


def _leave_interrupts_to_the_caller() -> None:
    """Ctrl-C at a terminal reaches all its processes; the caller ends the workers."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _seconds_of_call(unit: Unit) -> float:
    """Make the call in a worker process, and measure it."""
    began = time.monotonic()
    unit.call()
    return time.monotonic() - began
