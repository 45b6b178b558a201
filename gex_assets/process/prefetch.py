"""Items made in one thread and taken in another, with bounded room between them.

Reading a day and writing a table are of about the same weight and both let other threads run while they compute, so that
one beside the other costs the longer of the two. What the items are is not known here.
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
class _Made(Generic[T]):
    """An item on its way."""

    item: T


@dataclass(frozen=True, slots=True)
class _End:
    """What follows the last item: why there is no more, None where all were made."""

    error: BaseException | None


def prefetched(items: Iterable[T], *, room: int = 1) -> Generator[T]:
    """Yield `items` in their order, made by a thread of their own that is at most `room` of them ahead of the caller.

    The thread begins when the first item is asked for, and begins an item only when fewer than `room` wait to be taken: with
    the one the caller works on, `room` + 1 are in memory at most. It is over when this generator is: at the end, after an
    error, or when it is closed early, which waits for the item in the making. Close it (`contextlib.closing`) where the
    caller may fail: an exception that is held somewhere would hold the thread too.

    What `items` change besides (a tally they count on) is theirs while they run, and the caller's when they have ended. They
    run in a copy of the caller's context variables, and are closed in their own thread.

    Parameters
    ----------
    items : run in the other thread only.
    room : at least 1.

    Raises
    ------
    BaseException
        What `items` raise, with its traceback, after the items before it.
    """
    if room < 1:
        raise ValueError(f"Expected room for at least 1 item, was {room}")
    return _ahead(items, room)


def _ahead(items: Iterable[T], room: int) -> Generator[T]:
    made: SimpleQueue[_Made[T] | _End] = SimpleQueue()
    free = threading.Semaphore(room)
    unwanted = threading.Event()
    run = contextvars.copy_context().run
    # A daemon: a caller that forgets its generator on the way out of the program shall not keep it from ending.
    thread = threading.Thread(target=run, args=(_make, items, made, free, unwanted), name="gex-prefetch", daemon=True)
    thread.start()
    try:
        while isinstance(parcel := made.get(), _Made):
            free.release()
            yield parcel.item
            del parcel  # its item would be in memory until the next is there
        if parcel.error is not None:
            raise parcel.error
    finally:
        unwanted.set()
        free.release()
        thread.join()
        parcel = _End(None)  # an error's traceback names this frame, which shall not name the error


def _make(items: Iterable[T], made: SimpleQueue[_Made[T] | _End], free: threading.Semaphore, unwanted: threading.Event) -> None:
    """Run `items` until they end, fail or are no longer wanted; which of these it was is handed over last."""
    error: BaseException | None = None
    try:
        with contextlib.ExitStack() as stack:
            source = iter(items)
            if isinstance(source, Generator):
                stack.enter_context(contextlib.closing(source))
            free.acquire()
            # `map` keeps no item by a name: this thread would hold the last one while it makes the next.
            for _ in map(made.put, map(_Made, source)):
                free.acquire()
                if unwanted.is_set():
                    break
    except BaseException as raised:  # noqa: BLE001 - whatever it is, the caller has to hear of it in its own thread
        error = raised
    made.put(_End(error))
    error = None  # its traceback names this frame
