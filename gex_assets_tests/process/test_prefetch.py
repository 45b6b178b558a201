from __future__ import annotations

import contextvars
import gc
import threading
import traceback
import weakref
from collections.abc import Generator, Iterator
from contextlib import closing

import pytest

from gex_assets.errors import BadFileError
from gex_assets.process.prefetch import prefetched

PATIENCE = 120.0
"""Seconds after which a thread that should have come this far never will."""


def threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "gex-prefetch"]


class Item:
    """Something that can be watched going away."""


@pytest.mark.parametrize("room", [1, 2, 7])
@pytest.mark.parametrize("count", [0, 1, 2, 100])
def test_every_item_comes_once_in_order_from_another_thread(count: int, room: int) -> None:
    makers: set[int] = set()

    def made() -> Iterator[int]:
        for number in range(count):
            makers.add(threading.get_ident())
            yield number

    assert list(prefetched(made(), room=room)) == list(range(count))
    assert threading.get_ident() not in makers
    assert len(makers) == min(count, 1)
    assert threads() == []


def test_what_only_can_be_iterated_is_taken_too() -> None:
    assert list(prefetched([None, 3, "x"])) == [None, 3, "x"]


@pytest.mark.parametrize("room", [1, 2, 3])
def test_no_more_is_made_than_there_is_room_for(room: int) -> None:
    begun: list[int] = []
    at_the_door = threading.Semaphore(0)

    def made() -> Iterator[int]:
        for number in range(10):
            begun.append(number)
            at_the_door.release()
            yield number

    with closing(prefetched(made(), room=room)) as items:
        for number in items:
            # The items after this one that there is room for are begun while it is worked on, and not one more:
            for _ in range(room + 1 if number == 0 else 1):
                if len(begun) < 10 or number + room < 10:
                    assert at_the_door.acquire(timeout=PATIENCE)
            assert begun == list(range(min(number + room + 1, 10)))
    assert threads() == []


def test_both_threads_work_at_the_same_time() -> None:
    """Each waits for the other in the middle of an item: one after the other, neither would ever go on."""
    meeting = threading.Barrier(2)

    def made() -> Iterator[int]:
        yield 0
        meeting.wait(PATIENCE)
        yield 1

    with closing(prefetched(made())) as items:
        assert next(items) == 0
        meeting.wait(PATIENCE)
        assert list(items) == [1]


@pytest.mark.parametrize("before", [0, 1, 3])
@pytest.mark.parametrize("kind", [BadFileError, KeyboardInterrupt, StopAsyncIteration])
def test_an_error_comes_after_the_items_before_it_with_its_traceback(kind: type[BaseException], before: int) -> None:
    def breaks_here() -> None:
        raise kind("Expected sense, was none")

    def made() -> Iterator[int]:
        yield from range(before)
        breaks_here()

    taken: list[int] = []
    with pytest.raises(kind, match="Expected sense, was none") as caught, closing(prefetched(made())) as items:
        taken.extend(items)
    assert taken == list(range(before))
    assert "breaks_here" in [frame.name for frame in traceback.extract_tb(caught.value.__traceback__)]
    assert threads() == []


def test_an_error_while_closing_what_is_made_is_not_lost() -> None:
    def made() -> Iterator[int]:
        try:
            yield 0
        finally:
            raise BadFileError("Expected to close, was stuck")

    items = prefetched(made())
    assert next(items) == 0
    with pytest.raises(BadFileError, match="stuck"):
        list(items)


def test_closed_early_the_maker_is_closed_in_its_own_thread_and_nothing_more_is_made() -> None:
    made_of: list[int] = []
    closed_by: list[int] = []
    last_there_is_room_for = threading.Event()

    def made() -> Generator[int]:
        try:
            for number in range(100):
                made_of.append(number)
                if number == 2:
                    last_there_is_room_for.set()
                yield number
        finally:
            closed_by.append(threading.get_ident())

    items = prefetched(made(), room=2)
    assert next(items) == 0
    (maker,) = threads()
    assert last_there_is_room_for.wait(PATIENCE)
    maker.join(0.05)  # it now stands where there is no room, or will in a moment: it has to be woken there
    items.close()
    assert closed_by == [maker.ident]
    assert made_of == [0, 1, 2]
    assert threads() == []
    assert list(items) == []


def test_a_caller_that_fails_stops_the_thread() -> None:
    def work(items: Iterator[int]) -> None:
        with closing(prefetched(items)) as taken:
            for number in taken:
                assert 1 // number

    with pytest.raises(ZeroDivisionError):
        work(iter(range(100)))
    assert threads() == []


def test_nothing_begins_before_the_first_item_is_asked_for() -> None:
    begun: list[int] = []
    items = prefetched(begun.append(number) for number in range(3))
    assert threads() == []
    items.close()
    assert begun == []


def test_neither_thread_keeps_what_the_caller_has_let_go() -> None:
    """The second item is made only when the first has gone, while the caller already asks for the second."""
    gone = threading.Event()

    def watched() -> Item:
        item = Item()
        weakref.finalize(item, gone.set)
        return item

    def made() -> Iterator[Item]:
        yield watched()
        assert gone.wait(PATIENCE)
        yield Item()

    items = prefetched(made())
    for item in items:
        del item
    assert threads() == []


def test_an_error_that_was_dealt_with_leaves_no_circle_for_the_collector() -> None:
    gc.collect()
    gc.disable()
    try:
        held = Item()
        watched = weakref.ref(held)

        def made(item: Item) -> Iterator[int]:
            raise BadFileError(str(item is None))
            yield 0

        items = prefetched(made(held))
        del held
        with pytest.raises(BadFileError):
            next(items)
        del items
        assert watched() is None
    finally:
        gc.enable()


def test_the_maker_sees_the_callers_context() -> None:
    said: contextvars.ContextVar[str] = contextvars.ContextVar("said", default="nothing")
    token = said.set("something")
    try:
        assert list(prefetched(said.get() for _ in range(1))) == ["something"]
    finally:
        said.reset(token)


def test_room_for_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 1 item, was 0"):
        prefetched([1], room=0)
