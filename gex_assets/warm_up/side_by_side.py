"""Units compiled in processes of their own, as many at a time as there are cores."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from gex_assets.warm_up.units import UNITS, Unit, User

__all__ = ["Compiling", "State", "cores"]


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


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


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
        """How far it is now. The rest assumes that units take as long as those that are done, relative to their estimates."""
        elapsed, left = self._clock() - self._began, sum(unit.seconds for unit in tuple(self._left))
        known = sum(unit.seconds for unit in self._units) - left
        pace = self._spent / known if known else 1.0
        return State(
            done=len(self._units) - len(self._left),
            total=len(self._units),
            elapsed=elapsed,
            rest=max(0.0, (self._spent + pace * left) / self._workers - elapsed) if self._left else 0.0,
        )

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
