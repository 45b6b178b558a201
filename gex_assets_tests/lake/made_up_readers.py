"""Readers that ask without a pause while a table-day is replaced, however slow the machine is."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import TypeVar

Answer = TypeVar("Answer")

PATIENCE = 120.0
"""Seconds after which answers that should have come never will."""

ROUNDS = 40
"""Fewest replacements."""

EVERY = 5
"""After so many replacements the writer waits for every reader; odd, so that it waits in both of two states."""


def answers_meanwhile(
    ask: Callable[[Callable[[], bool], Callable[[Answer], None]], None],
    states: Sequence[Callable[[], object]],
    *,
    readers: int = 1,
) -> list[Counter[Answer]]:
    """What each reader was answered while `states` were published in turn.

    The writer goes on until every reader has answered twice after each state: one of the two began when it was published.

    Parameters
    ----------
    ask : run in each reader's thread; called with "is it over" and with what notes an answer.
    states : each publishes one state. Two of them.
    """
    found: list[Counter[Answer]] = [Counter() for _ in range(readers)]
    errors: list[BaseException] = []
    over = threading.Event()
    changed = threading.Condition()

    def read(own: Counter[Answer]) -> None:
        def note(answer: Answer) -> None:
            with changed:
                own[answer] += 1
                changed.notify_all()

        try:
            ask(over.is_set, note)
        except BaseException as error:  # noqa: BLE001 - it is raised again where the test can see it
            with changed:
                errors.append(error)
                changed.notify_all()

    threads = [threading.Thread(target=read, args=(own,)) for own in found]
    for thread in threads:
        thread.start()
    end = time.monotonic() + PATIENCE
    try:
        for number in range(ROUNDS):
            states[number % len(states)]()
            if number % EVERY == EVERY - 1:
                with changed:
                    wanted = [own.total() + 2 for own in found]
                    changed.wait_for(
                        lambda wanted=wanted: (
                            errors or all(own.total() >= count for own, count in zip(found, wanted, strict=True))
                        ),
                        timeout=end - time.monotonic(),
                    )
                    assert errors or all(own.total() >= count for own, count in zip(found, wanted, strict=True)), found
            if errors:
                break
    finally:
        over.set()
        for thread in threads:
            thread.join()
    if errors:
        raise errors[0]
    return found
