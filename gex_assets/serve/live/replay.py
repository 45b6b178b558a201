"""A stored day played window by window, at a chosen speed, as the same events that a live day sends.

Each stream is a session of its own with a clock: it can be paused, sped up and moved while it runs. Windows are read in a thread,
a few ahead of the clock, so that a long day takes no more memory than a short one.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import date
from itertools import islice
from time import monotonic
from typing import Any, Final

from gex_assets.serve.live.events import comment, event
from gex_assets.time_units import SECOND_NS, WINDOW_NS

__all__ = ["FASTEST", "SLOWEST", "Replay", "Replays", "Windows"]

SLOWEST: Final = 0.1
FASTEST: Final = 10_000.0
"""Bounds of the speed: seconds of the day per second."""

_READ_AHEAD: Final = 24
"""Windows read at a time."""
_HEARTBEAT: Final = 15.0
_LONGEST_GAP: Final = 2.0
"""Closed hours within a day take no longer than this. [s]"""

Window = dict[str, Any]
Windows = Callable[[int], Iterator[Window]]
"""Windows of a day from a number on."""


class Replay:
    """One day being played to one reader.

    Parameters
    ----------
    windows : gives the day's windows from a number on.
    day : whose windows they are.
    start : number of the first window.
    speed : seconds of the day per second.

    Attributes
    ----------
    id : by which it can be changed while it runs.
    """

    def __init__(self, windows: Windows, *, day: date, start: int, speed: float) -> None:
        self.id = secrets.token_urlsafe(12)
        self.day = day
        self.speed = speed
        self.is_paused = False
        self.at = start
        self._windows = windows
        self._is_over = False
        self._sought: int | None = start
        self._changed = asyncio.Event()

    def change(self, *, speed: float | None = None, pause: bool | None = None, seek: int | None = None) -> None:
        """Go on faster or slower, stop or go on, or go on at another window."""
        self.speed = self.speed if speed is None else speed
        self.is_paused = self.is_paused if pause is None else pause
        self._sought = self._sought if seek is None else seek
        self._changed.set()

    def stop(self) -> None:
        """End it."""
        self._is_over = True
        self._changed.set()

    @property
    def state(self) -> dict[str, Any]:
        """What a reader is told of it."""
        return {"session": self.id, "speed": self.speed, "paused": self.is_paused, "k": self.at}

    async def events(self) -> AsyncIterator[bytes]:
        """`replay` with its state at the start and after every change, `window` for each window, `end` after the last."""
        ready: list[Window] = []
        source: Iterator[Window] = iter(())
        before: int | None = None
        due = monotonic()
        yield event("replay", self.state)
        while not self._is_over:
            if self._sought is not None:
                source, ready, before = self._windows(self._sought), [], None
                self.at, self._sought, due = self._sought, None, monotonic()
            if not ready:
                ready = await asyncio.to_thread(_some, source)
                if not ready:
                    yield event("end", self.state)
                    return
            one = ready[0]
            step = 0.0 if before is None else (one["k"] - before) * WINDOW_NS / SECOND_NS / self.speed
            due = max(due + min(step, max(_LONGEST_GAP, WINDOW_NS / SECOND_NS / self.speed)), monotonic() - 1.0)
            async for said in self._waited(due):
                yield said
            if self._sought is not None or self._is_over:
                continue
            ready.pop(0)
            before = self.at = one["k"]
            yield event("window", one, id=str(one["k"]))

    async def _waited(self, due: float) -> AsyncIterator[bytes]:
        """Wait until the moment, or longer while paused; comments and changes are said meanwhile."""
        begin, speed = monotonic(), self.speed
        while self._sought is None and not self._is_over and (self.is_paused or monotonic() < due):
            left = _HEARTBEAT if self.is_paused else min(_HEARTBEAT, due - monotonic())
            try:
                await asyncio.wait_for(self._changed.wait(), max(0.0, left))
            except TimeoutError:
                if left >= _HEARTBEAT:
                    yield comment("still there")
                continue
            self._changed.clear()
            yield event("replay", self.state)
            if self.speed != speed:  # what is left of the step passes at the new speed
                due = monotonic() + max(0.0, due - max(begin, monotonic())) * speed / self.speed
                speed = self.speed


class Replays:
    """The replays that run, by their ids.

    Parameters
    ----------
    most : that may run at the same time.
    """

    def __init__(self, most: int = 50) -> None:
        self._most = most
        self._running: dict[str, Replay] = {}

    @property
    def is_full(self) -> bool:
        """Whether no further one may be started."""
        return len(self._running) >= self._most

    def find(self, name: str) -> Replay | None:
        """A replay that runs."""
        return self._running.get(name)

    def close(self) -> None:
        """End all of them."""
        for replay in self._running.values():
            replay.stop()

    async def play(self, replay: Replay) -> AsyncIterator[bytes]:
        """The events of a replay, which is known by its id until they end."""
        self._running[replay.id] = replay
        try:
            async for one in replay.events():
                yield one
        finally:
            self._running.pop(replay.id, None)


def _some(source: Iterator[Window]) -> list[Window]:
    return list(islice(source, _READ_AHEAD))
