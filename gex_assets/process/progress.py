"""How far long work is: tasks report rows or bytes, and a person at a terminal sees the one at hand in a line that is redrawn.

Work reports always (`task`, `advance`), which costs next to nothing. Only `live_line` shows it, and only where standard output is
a terminal: nothing that is redrawn belongs into a log or a pipe.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TextIO, cast

__all__ = ["Task", "advance", "amount_text", "erase_left_line", "live_line", "speed_text", "task", "task_text"]

Unit = Literal["rows", "bytes"]

_PAUSE: Final = 0.5
_SHOWN_AFTER: Final = 1.0
"""Age of a task from which on it is shown: most tables are done before. [s]"""

_ERASE: Final = "\r\x1b[2K"


@dataclass(slots=True)
class Task:
    """A piece of work.

    Attributes
    ----------
    what : its name; nothing is shown while it is empty.
    total : of the unit; None where it is not known.
    share : how much is done, where that is known from something else than `done`. [0 to 1]
    began : [s, of `time.monotonic`]
    """

    what: str
    unit: Unit
    total: float | None = None
    done: float = 0.0
    share: float | None = None
    began: float = field(default_factory=time.monotonic)


_tasks: Final[list[Task]] = []


@contextlib.contextmanager
def task(what: str, *, unit: Unit, total: float | None = None) -> Iterator[Task]:
    """Name the work within. Of tasks within tasks the innermost is shown."""
    one = Task(what, unit, total)
    _tasks.append(one)
    try:
        yield one
    finally:
        _tasks.remove(one)


def advance(count: int, unit: Unit) -> None:
    """Report what was done of the task at hand, if it counts in this unit."""
    if _tasks and _tasks[-1].unit == unit:
        _tasks[-1].done += count


def task_text(one: Task, *, seconds: float) -> str:
    """The line of a task.

    >>> task_text(Task("raw_option_mbo", "bytes", total=4e9, done=1e9), seconds=10.0)
    'raw_option_mbo: 1.0 GB of 4.0 GB, 100.0 MB/s, about 30 s left'
    """
    if not one.done and seconds >= 1.0:  # no rate of nothing: rows come late where inputs are read first
        return f"{one.what}: begun {seconds:.0f} s ago"
    done = amount_text(one.done, one.unit)
    parts = [f"{one.what}: {done} of {amount_text(one.total, one.unit)}" if one.total else f"{one.what}: {done}"]
    parts.append(speed_text(one.done, seconds, one.unit))
    share = min(one.done / one.total, 1.0) if one.total else one.share
    if share is not None and share >= 0.01:  # an estimate from less is none
        parts.append(f"about {seconds * (1.0 - share) / share:,.0f} s left")
    return ", ".join(parts)


def speed_text(done: float, seconds: float, unit: Unit) -> str:
    """A rate, e.g. `310,000 rows/s`.

    >>> speed_text(3e9, 20.0, "bytes"), speed_text(10, 0.0, "rows")
    ('150.0 MB/s', '10 rows/s')
    """
    return f"{amount_text(done / seconds if seconds > 0 else done, unit)}/s"


def amount_text(count: float, unit: Unit) -> str:
    """An amount in words, e.g. `1.2 GB`."""
    if unit == "rows":
        return f"{count:,.0f} rows"
    for name in ("B", "kB", "MB"):
        if count < 1000:
            return f"{count:.0f} {name}" if name == "B" else f"{count:.1f} {name}"
        count /= 1000
    return f"{count:.1f} GB"


@contextlib.contextmanager
def live_line(*, is_terminal: Callable[[], bool] | None = None) -> Iterator[None]:
    """Show the task at hand within, where standard output is a terminal. Whatever else is written there takes the line's place.

    Parameters
    ----------
    is_terminal : whether the line is shown; by default where standard output can redraw a line.
    """
    plain = sys.stdout
    if not (is_terminal or _can_redraw)():
        yield
        return
    line = _Line(plain)
    ended = threading.Event()

    def redraw() -> None:
        while not ended.wait(_PAUSE):
            line.redraw()

    thread = threading.Thread(target=redraw, name="gex-live-line", daemon=True)
    sys.stdout = cast("TextIO", line)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
        line.erase()
        sys.stdout = plain


def erase_left_line() -> None:
    """Take away the line that another process has drawn at this terminal and left there when it died."""
    if _can_redraw():
        sys.stdout.write(_ERASE)
        sys.stdout.flush()


def _can_redraw() -> bool:
    return sys.stdout.isatty() and os.environ.get("TERM") != "dumb"


class _Line:
    """Standard output with one line at its end that is redrawn, and erased before anything else is written."""

    def __init__(self, plain: TextIO) -> None:
        self._plain = plain
        self._lock = threading.RLock()
        self._is_shown = False
        self._is_at_start = True

    def __getattr__(self, name: str) -> Any:
        return getattr(self._plain, name)

    def write(self, text: str) -> int:
        with self._lock:
            self.erase()
            if text:
                self._is_at_start = text.endswith("\n")
            return self._plain.write(text)

    def writelines(self, lines: list[str]) -> None:
        for text in lines:
            self.write(text)

    def redraw(self) -> None:
        """Draw the task at hand, unless somebody else's line is not finished."""
        one = _tasks[-1] if _tasks else None
        with self._lock:
            if one is None or not one.what or not self._is_at_start:
                self.erase()
                return
            seconds = time.monotonic() - one.began
            if seconds < _SHOWN_AFTER:
                self.erase()
                return
            width = shutil.get_terminal_size().columns
            self._plain.write(_ERASE + f"  … {task_text(one, seconds=seconds)}"[: max(width - 1, 20)])
            self._plain.flush()
            self._is_shown = True

    def erase(self) -> None:
        """Take the line away."""
        with self._lock:
            if self._is_shown:
                self._plain.write(_ERASE)
                self._plain.flush()
                self._is_shown = False
