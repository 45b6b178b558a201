"""Tells open pages what was published: one look at the lake for all of them, and a bounded queue for each.

A page that reads too slowly is told so and dropped. It comes back, says which event it saw last, and gets what it missed.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
from collections import deque
from collections.abc import AsyncIterator, Callable
from time import monotonic
from typing import Any, Final

from gex_assets.errors import GexError
from gex_assets.serve.catalogue import PAGES, Catalogue, Change, Snapshot
from gex_assets.serve.live.events import comment, event

__all__ = ["Hub"]

_QUEUE: Final = 100
"""Events that wait for one page."""
_REMEMBERED: Final = 2_000
"""Events that a page which was away can still get."""
_LARGEST_SHARE: Final = 0.05
"""Share of the time that looking at the lake may take: a large lake is looked at less often."""
_RETRY_MS: Final = 2_000

Wanted = Callable[[Change], bool]
"""Whether a reader wants to hear of a change."""

_log = logging.getLogger(__name__)


def _all(_change: Change) -> bool:
    return True


def _data(change: Change) -> dict[str, Any]:
    return {
        "product": change.product,
        "date": change.day.isoformat(),
        "tables": [name for name in change.tables if name != PAGES],
        "removed": [name for name in change.removed if name != PAGES],
        "page": PAGES in change.tables,
    }


class _Reader:
    """One open page, and which days it wants to hear of."""

    def __init__(self, wants: Wanted) -> None:
        self.wants = wants
        self.waiting: deque[bytes] = deque()
        self.has_more = asyncio.Event()
        self.is_slow = False

    def put(self, one: bytes) -> None:
        """Let an event wait for the page; with too many waiting, the page is too slow."""
        if len(self.waiting) >= _QUEUE:
            self.is_slow = True
            self.waiting.clear()
        if not self.is_slow:
            self.waiting.append(one)
        self.has_more.set()


class Hub:
    """Looks at the lake and tells all readers.

    Parameters
    ----------
    seconds : between two looks, or more where a look takes long.
    heartbeat : seconds without an event after which a comment is sent.
    most_readers : open streams; more are refused.

    Attributes
    ----------
    ends_with_it : called when all streams are to end, for streams of another kind.
    """

    def __init__(self, catalogue: Catalogue, *, seconds: float = 1.0, heartbeat: float = 15.0, most_readers: int = 1_000) -> None:
        self._catalogue = catalogue
        self._told = catalogue.snapshot
        self._seconds = seconds
        self._heartbeat = heartbeat
        self._most_readers = most_readers
        self._readers: set[_Reader] = set()
        self._past: deque[tuple[int, Change, bytes]] = deque(maxlen=_REMEMBERED)
        self._last = 0
        self._run = secrets.token_hex(4)  # numbers begin again with every start of the server
        self.ends_with_it: list[Callable[[], object]] = []
        self._is_over = False
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def is_full(self) -> bool:
        """Whether no further stream can be opened."""
        return len(self._readers) >= self._most_readers

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Look at the lake while the block runs; then end all streams."""
        self._loop = asyncio.get_running_loop()
        looking = asyncio.create_task(self._look())
        try:
            yield
        finally:
            looking.cancel()
            await asyncio.gather(looking, return_exceptions=True)
            self.close()

    def close(self) -> None:
        """End all streams; it may be called from a signal's handler or another thread."""
        self._is_over = True
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._wake)

    def _wake(self) -> None:
        for end in self.ends_with_it:
            end()
        for reader in self._readers:
            reader.has_more.set()

    def tell(self, change: Change) -> None:
        """Tell all readers of one day's change."""
        self._last += 1
        one = event("published", _data(change), id=f"{self._run}-{self._last}")
        self._past.append((self._last, change, one))
        for reader in self._readers:
            if reader.wants(change):
                reader.put(one)

    async def stream(
        self, last_event_id: str = "", wants: Wanted = _all, news: Callable[[Snapshot], Change | None] | None = None
    ) -> AsyncIterator[bytes]:
        """Events for one reader that it wants, from the one after `last_event_id`.

        `reset` says that events may have been missed: the server was started again, or too many have come since.

        Parameters
        ----------
        news : what is known by the reader's own state to be new for it, at the moment from which on events wait. It takes the
            place of events that were missed.
        """
        reader = _Reader(wants)
        # What was missed is taken at the moment from which on events wait: none comes twice, and none is left out.
        self._readers.add(reader)
        if news is None:
            missed = self._missed(last_event_id, wants)
        else:
            new = news(self._catalogue.snapshot)
            missed = [] if new is None else [event("published", _data(new))]
        at = None if last_event_id and news is None else f"{self._run}-{self._last}"
        try:
            yield f"retry: {_RETRY_MS}\n".encode() + event("hello", {"run": self._run}, id=at)
            for one in missed:
                yield one
            while not self._is_over:
                try:
                    await asyncio.wait_for(reader.has_more.wait(), self._heartbeat)
                except TimeoutError:
                    yield comment("still there")
                    continue
                reader.has_more.clear()
                if reader.is_slow:
                    yield event(
                        "dropped", {"reason": f"Expected a reader with at most {_QUEUE} events waiting, was a slower one"}
                    )
                    return
                while reader.waiting:
                    yield reader.waiting.popleft()
        finally:
            self._readers.discard(reader)

    def _missed(self, last_event_id: str, wants: Wanted) -> list[bytes]:
        if not last_event_id:
            return []
        run, _, number = last_event_id.partition("-")
        first = self._past[0][0] if self._past else self._last + 1
        if run != self._run or not (number.isascii() and number.isdigit()) or not first - 1 <= int(number) <= self._last:
            reason = "events may have been missed: what is shown may be old"
            return [event("reset", {"reason": reason}, id=f"{self._run}-{self._last}")]
        return [one for at, change, one in self._past if at > int(number) and wants(change)]

    async def _look(self) -> None:
        pause = self._seconds
        while True:
            await asyncio.sleep(pause)
            begin = monotonic()
            try:
                await asyncio.to_thread(self._catalogue.refresh)
                self._tell_news()
            except (OSError, GexError) as error:
                _log.warning("the lake cannot be looked at: %s", error)
            except Exception:  # noqa: BLE001 (logged; the next look may succeed, and without looks open pages wait for ever)
                _log.exception("the lake cannot be looked at")
            pause = max(self._seconds, (monotonic() - begin) / _LARGEST_SHARE)

    def _tell_news(self) -> None:
        """Tell what differs from what was told last. Requests renew the catalogue too, so a look's own changes may be none."""
        now = self._catalogue.snapshot
        changes = list(now.changes_since(self._told))
        self._told = now
        for change in changes:
            self.tell(change)
