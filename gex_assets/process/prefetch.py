"""Prefetch: items are computed in a second thread while the caller works on the ones before, with a bounded queue.

Reading a day and writing a table take about equally long, and both release the interpreter while they compute. In two threads
they take the longer of both times instead of the sum.
"""

from __future__ import annotations

import contextlib
import contextvars
import threading
from collections.abc import Generator, Iterable
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Generic, TypeVar

__all__ = ["prefetched"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Item(Generic[T]):
    """An item in the queue."""

    item: T


@dataclass(frozen=True, slots=True)
class _End:
    """The end of the queue: the error that ended it, None where all items were computed."""

    error: BaseException | None


def prefetched(items: Iterable[T], *, room: int = 1) -> Generator[T]:
    """Yield `items` in order, computed by a thread of their own, at most `room` items ahead of the caller.

    The thread starts when the first item is asked for. It starts an item only when fewer than `room` items wait, so that at
    most `room` + 1 are in memory: those and the one in the caller's hands. The thread ends with this generator: at its end,
    after an error, or when it is closed early. Closing waits for the item in progress. Close the generator
    (`contextlib.closing`) where the caller may fail: a stored exception would keep it, and so the thread, alive.

    Other objects that `items` change, such as a tally, must not be used by the caller before `items` have ended. `items` run
    in a copy of the caller's context variables and are closed in their own thread.

    Parameters
    ----------
    items : run in the other thread only.
    room : at least 1.

    Raises
    ------
    BaseException
        Whatever `items` raise, with its traceback, after the items before it.
    """
    if room < 1:
        raise ValueError(f"Expected room for at least 1 item, was {room}")
    return _prefetched(items, room)


def _prefetched(items: Iterable[T], room: int) -> Generator[T]:
    queue: SimpleQueue[_Item[T] | _End] = SimpleQueue()
    free = threading.Semaphore(room)
    unwanted = threading.Event()
    run = contextvars.copy_context().run
    # A daemon thread: a generator that was never closed must not keep the program from ending.
    thread = threading.Thread(target=run, args=(_fill, items, queue, free, unwanted), name="gex-prefetch", daemon=True)
    thread.start()
    try:
        while isinstance(parcel := queue.get(), _Item):
            free.release()
            yield parcel.item
            del parcel  # or its item would stay in memory until the next arrives
        if parcel.error is not None:
            raise parcel.error
    finally:
        unwanted.set()
        free.release()
        thread.join()
        parcel = _End(None)  # breaks the cycle of the error, its traceback and this frame


def _fill(items: Iterable[T], queue: SimpleQueue[_Item[T] | _End], free: threading.Semaphore, unwanted: threading.Event) -> None:
    """Run `items` until they end, fail or are no longer wanted, and put the reason last."""
    error: BaseException | None = None
    try:
        with contextlib.ExitStack() as stack:
            source = iter(items)
            if isinstance(source, Generator):
                stack.enter_context(contextlib.closing(source))
            free.acquire()
            # `map` binds no name to an item: a name would keep the last one in memory while the next is computed.
            for _ in map(queue.put, map(_Item, source)):
                free.acquire()
                if unwanted.is_set():
                    break
    except BaseException as raised:  # noqa: BLE001 - raised again in the caller's thread
        error = raised
    queue.put(_End(error))
    error = None  # breaks the cycle of the error, its traceback and this frame
