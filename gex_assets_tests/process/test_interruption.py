"""Signals are noted whatever handler is in place: the first asks for an end, the second ends at once."""

from __future__ import annotations

import os
import signal
import threading

import pytest

from gex_assets.process.interruption import EXIT_CODE, interruptible, stop_if_asked, was_asked

PATIENCE = 60.0


def kill_and_wait(number: int, said: threading.Event) -> None:
    os.kill(os.getpid(), number)
    assert said.wait(PATIENCE)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_raises_in_the_main_thread(number: int) -> None:
    said = threading.Event()
    with interruptible(said=said.set):
        with pytest.raises(KeyboardInterrupt):
            kill_and_wait(number, said)
        assert was_asked()
        assert said.wait(PATIENCE)
        with pytest.raises(KeyboardInterrupt):
            stop_if_asked()
    assert not was_asked()


def test_a_signal_that_another_handler_swallows_is_noted() -> None:
    said, swallowed = threading.Event(), []
    with interruptible(said=said.set):
        signal.signal(signal.SIGINT, lambda number, _: swallowed.append(number))
        os.kill(os.getpid(), signal.SIGINT)
        assert said.wait(PATIENCE)
        assert was_asked()
    assert swallowed == [signal.SIGINT]


def test_the_second_signal_ends_the_process_at_once() -> None:
    ended, codes = threading.Event(), []

    def end(code: int) -> None:
        codes.append(code)
        ended.set()

    with interruptible(end=end):
        signal.signal(signal.SIGINT, lambda *_: None)
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)
        assert ended.wait(PATIENCE)
    assert codes == [EXIT_CODE]


def test_other_signals_ask_for_nothing_and_handlers_come_back() -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    heard = threading.Event()
    usual = signal.signal(signal.SIGUSR1, lambda *_: heard.set())
    try:
        with interruptible():
            os.kill(os.getpid(), signal.SIGUSR1)
            assert heard.wait(PATIENCE)
            assert not was_asked()
    finally:
        signal.signal(signal.SIGUSR1, usual)
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


def test_another_thread_changes_nothing() -> None:
    before = signal.getsignal(signal.SIGINT)
    seen = []

    def work() -> None:
        with interruptible():
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [before]
