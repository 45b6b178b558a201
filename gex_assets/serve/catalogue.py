"""What is published now: a picture of the lake's objects, renewed by looking at their names, sizes and times.

Requests are answered from the latest picture, so that none of them has to list folders. A table-day's state is its tag. The hash
of its bytes is asked for where an answer needs it, and remembered with the tag. Pages show more than the tables that are served:
a picture also has a digest of everything that lies there of a day, refused deliveries too.
"""

from __future__ import annotations

import threading
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final, NamedTuple

from gex_assets.lake.filesystem import ObjectInfo
from gex_assets.lake.keys import DayKey, parsed_day_key, parsed_page_key, parsed_reason_key
from gex_assets.lake.notes.day_states import digest_of
from gex_assets.lake.ranges.latest import has_rows, last_with_rows
from gex_assets.lake.tables import Lake
from gex_assets.pages.day_links import Neighbours, content_sha256, neighbours_of
from gex_assets.schemas.pages import DAY_PAGE
from gex_assets.schemas.registry import TABLES

__all__ = ["PAGES", "Catalogue", "Change", "PublishedDay", "Snapshot"]

PAGES: Final = DAY_PAGE.name
"""The name under which a day's rendered page is published."""

_REJECTED: Final = "_rejected"


class PublishedDay(NamedTuple):
    """One published object of a day.

    Attributes
    ----------
    tag : changes whenever the object is replaced.
    content : changes with the tag, but for a page that is known to have got other links alone.
    published_ns : when it was published. [UNIX ns UTC]
    """

    day: date
    key: str
    tag: str
    content: str
    size_bytes: int
    published_ns: int


class Change(NamedTuple):
    """A product's day of which objects were published or removed; names of tables, or of pages."""

    product: str
    day: date
    tables: tuple[str, ...]
    removed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What was published when somebody looked.

    Attributes
    ----------
    number : rises by one with every change.
    tables : (table, product) -> its published days, in order.
    states : (product, day) -> a digest of names and tags of all that lies there of the day: every table, published, rejected or
        refused, and the page.
    """

    number: int
    tables: Mapping[tuple[str, str], Sequence[PublishedDay]]
    states: Mapping[tuple[str, date], str] = field(default_factory=dict)

    @property
    def products(self) -> list[str]:
        """Products with anything published, sorted."""
        return sorted({product for (_, product), days in self.tables.items() if days})

    def days(self, table: str, product: str, first: date | None = None, last: date | None = None) -> Sequence[PublishedDay]:
        """Published days of a table from `first` to `last`, both included."""
        found = self.tables.get((table, product), ())
        start = 0 if first is None else bisect_left(found, first, key=_day_of)
        stop = len(found) if last is None else bisect_right(found, last, key=_day_of)
        return found[start:stop]

    def day(self, table: str, product: str, day: date) -> PublishedDay | None:
        """One published day of a table."""
        found = self.days(table, product, day, day)
        return found[0] if found else None

    def state(self, product: str, day: date | None = None) -> str:
        """What pages of a product, or of one of its days, depend on: another word whenever anything of it changes."""
        if day is not None:
            return self.states.get((product, day), "")
        return digest_of(f"{one} {state}" for (of, one), state in sorted(self.states.items()) if of == product)

    def page_state(self, product: str, day: date) -> str:
        """Which page of a day is published: another word for every other one, and one for none."""
        page = self.day(PAGES, product, day)
        return digest_of(("no page",) if page is None else (page.key, page.content))

    def neighbours(self, tables: Iterable[str], product: str, day: date) -> Neighbours:
        """The days next to a day, before and after, of which one of these tables or pages is published."""
        return neighbours_of((one.day for table in tables for one in self.tables.get((table, product), ())), day)

    def changes_since(self, before: Snapshot) -> Iterator[Change]:
        """What differs from an earlier picture, by product and day."""
        found: dict[tuple[str, date], tuple[list[str], list[str]]] = {}
        for table, product in sorted({*self.tables, *before.tables}):
            now = {one.day: one.content for one in self.tables.get((table, product), ())}
            then = {one.day: one.content for one in before.tables.get((table, product), ())}
            for day in sorted({*now, *then}):
                if now.get(day) != then.get(day):
                    published, removed = found.setdefault((product, day), ([], []))
                    (published if day in now else removed).append(table)
        for (product, day), (published, removed) in sorted(found.items()):
            yield Change(product, day, tuple(published), tuple(removed))


def _day_of(one: PublishedDay) -> date:
    return one.day


class Catalogue:
    """The latest picture of a lake, and hashes of what it shows.

    Parameters
    ----------
    tables : names of the tables that are served.
    """

    def __init__(self, lake: Lake, tables: Sequence[str]) -> None:
        self.lake = lake
        self._names = tuple(tables)
        self._hashes: dict[str, tuple[str, str]] = {}
        self._shown: dict[str, tuple[str, str]] = {}
        self._have_rows: dict[str, tuple[str, bool]] = {}
        self._lock = threading.Lock()
        self.snapshot = Snapshot(0, {})
        self.refresh()

    def refresh(self) -> list[Change]:
        """Look at the lake again; what is served and has changed since the last look. One thread at a time looks."""
        with self._lock:
            found: dict[tuple[str, str], list[PublishedDay]] = {}
            there: dict[tuple[str, date], list[str]] = {}
            for named, info in self._objects():
                there.setdefault((named.product, named.day), []).append(f"{info.key} {info.tag}")
                if (named.table in self._names or named.table == PAGES) and not info.key.startswith(_REJECTED):
                    content = self._content(named, info) if named.table == PAGES else info.tag
                    found.setdefault((named.table, named.product), []).append(
                        PublishedDay(named.day, info.key, info.tag, content, info.size_bytes, info.modified_ns)
                    )
            for days in found.values():
                days.sort(key=_day_of)
            before = self.snapshot
            renewed = Snapshot(before.number + 1, found, {key: digest_of(sorted(names)) for key, names in there.items()})
            if renewed.states != before.states:
                self.snapshot = renewed
            return list(renewed.changes_since(before))

    def note_page(self, published: PublishedDay, page: bytes) -> None:
        """Remember what a page that is shown to somebody shows: who has it open is not told when only its links change."""
        self._shown[published.key] = published.tag, content_sha256(page)

    def _content(self, named: DayKey, info: ObjectInfo) -> str:
        """The word for what a page shows. Of two states, the one before must have been noted: others count as changed."""
        before = self.snapshot.day(PAGES, named.product, named.day)
        if before is None or before.tag == info.tag:
            return info.tag if before is None else before.content
        known = self._shown.get(info.key)
        if known is None or known[0] != before.tag:
            return info.tag
        try:
            now = content_sha256(self.lake.fs.read_bytes(info.key))
        except OSError:  # replaced or removed in this moment: the next look sees it
            return info.tag
        self._shown[info.key] = info.tag, now
        return before.content if now == known[1] else info.tag

    def _objects(self) -> Iterator[tuple[DayKey, ObjectInfo]]:
        """All objects of days: of tables, rejected ones, reasons of refusals, and pages."""
        for name in dict.fromkeys((*self._names, *TABLES)):
            yield from _named(self.lake.fs.list(name), parsed_day_key)
        yield from _named(self.lake.fs.list(_REJECTED), lambda key: parsed_day_key(key, rejected=True) or parsed_reason_key(key))
        yield from _named(self.lake.fs.list(f"_pages/{PAGES}"), parsed_page_key)

    def latest(self, table: str, product: str) -> PublishedDay | None:
        """The latest published day of a table: the last one that has rows."""
        return last_with_rows(self.snapshot.tables.get((table, product), ()), self._has_rows)

    def _has_rows(self, published: PublishedDay) -> bool:
        known = self._have_rows.get(published.key)
        if known is None or known[0] != published.tag:
            known = self._have_rows[published.key] = published.tag, has_rows(self.lake, published.key)
        return known[1]

    def sha256(self, published: PublishedDay) -> str:
        """The hash of a published object's bytes, as it was noted when it was published; it is read only where none was noted."""
        known = self._hashes.get(published.key)
        if known is not None and known[0] == published.tag:
            return known[1]
        tag, sha256 = self.lake.object_sha256(published.key)
        self._hashes[published.key] = (tag, sha256)
        return sha256

    def known_sha256(self, published: PublishedDay) -> str | None:
        """The hash where it is in memory: asking for it takes no time."""
        known = self._hashes.get(published.key)
        return known[1] if known is not None and known[0] == published.tag else None


def _named(objects: Iterable[ObjectInfo], parsed: Callable[[str], DayKey | None]) -> Iterator[tuple[DayKey, ObjectInfo]]:
    for info in objects:
        named = parsed(info.key)
        if named is not None:
            yield named, info
