"""A published page: its bytes, its hash, what it was drawn from; and how one is published.

A page is judged before it is published. One that fails is not kept: its verdict is in the run, and what was published
before stays.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
from collections.abc import Callable, Iterator
from datetime import date
from functools import cached_property
from typing import Final

from gex_assets.errors import LakeError
from gex_assets.lake.filesystem import NO_WAITING, FileSystem, Waiting, disk_errors
from gex_assets.lake.keys import page_folder, page_key, parsed_page_day
from gex_assets.lake.lineage import LINEAGE_KEY, Lineage
from gex_assets.lake.tables import Lake

__all__ = ["LINEAGE_ID", "StoredPage", "change_page", "find_page", "lineage_text", "page_days", "publish_page"]

LINEAGE_ID: Final = "gex-lineage"
"""The id of the script element that holds the lineage; it stands in the page's head."""

_HEAD: Final = 1 << 16
_LINEAGE: Final = re.compile(rb'<script type="application/json" id="gex-lineage">(.*?)</script>', re.DOTALL)


class StoredPage:
    """One state of a published page.

    Raises
    ------
    FileNotFoundError
        There is none.
    """

    def __init__(self, fs: FileSystem, key: str) -> None:
        info = fs.info(key)
        if info is None:
            raise FileNotFoundError(key)
        self.key = key
        self._fs = fs
        self._info = info

    def __repr__(self) -> str:
        return f"StoredPage({self.key!r})"

    @property
    def uri(self) -> str:
        """How other programs name it."""
        return self._fs.uri(self.key)

    @property
    def size_bytes(self) -> int:
        """Its size."""
        return self._info.size_bytes

    @property
    def tag(self) -> str:
        """Changes whenever the page is replaced."""
        return self._info.tag

    def read(self) -> bytes:
        """The page."""
        return self._fs.read_bytes(self.key)

    @cached_property
    def lineage(self) -> Lineage:
        """What it was drawn from; LakeError if its head does not say."""
        try:
            with contextlib.closing(self._fs.stream(self.key)) as file:
                head = file.read(_HEAD)
        except OSError as error:
            raise LakeError(f"Expected {self.key} to be readable, was: {error}") from error
        found = _LINEAGE.search(head)
        return Lineage.from_footer(None if found is None else {LINEAGE_KEY: found[1]}, where=self.key)

    def sha256(self) -> str:
        """Hash of its bytes, computed once per state and noted."""
        noted = self._fs.noted_sha256(self.key, self._info.tag)
        if noted is None:
            noted = hashlib.sha256(self.read()).hexdigest()
            as_published = self._fs.published_sha256(self.key) == noted
            self._fs.note_sha256(self.key, self._info.tag, noted, stored=as_published)
        return noted

    @property
    def is_as_published(self) -> bool:
        """Whether its bytes have the hash that was stored when it was published."""
        return self._fs.published_sha256(self.key) == self.sha256()


def lineage_text(lineage: Lineage) -> str:
    """The lineage as JSON that may stand inside of a script element."""
    return lineage.to_footer()[LINEAGE_KEY].decode().replace("<", "\\u003c")


def find_page(lake: Lake, name: str, *, product: str, day: date) -> StoredPage | None:
    """The published page of a day, or None."""
    key = page_key(name, product=product, day=day)
    return None if lake.fs.info(key) is None else StoredPage(lake.fs, key)


def page_days(lake: Lake, name: str, product: str) -> list[date]:
    """Days with a published page, in order."""
    found = (parsed_page_day(key, name, product=product) for key in lake.fs.keys(page_folder(name, product=product)))
    return [day for day in found if day is not None]


@contextlib.contextmanager
def _locked(lake: Lake, key: str, waiting: Waiting) -> Iterator[None]:
    with lake.fs.lock(key, waiting):
        lake.fs.clear_staged(key)
        yield


def publish_page(lake: Lake, page: bytes, *, lineage: Lineage, waiting: Waiting = NO_WAITING) -> StoredPage:
    """Make a page the published one of its day, at once.

    Parameters
    ----------
    lineage : its `table` is the page's name.
    waiting : how long to wait while another process replaces the same page.

    Raises
    ------
    LakeError
        The storage is full or refuses.
    """
    key = page_key(lineage.table, product=lineage.product, day=lineage.day)
    with _locked(lake, key, waiting):
        return _put(lake, key, page)


def change_page(
    lake: Lake, name: str, *, product: str, day: date, change: Callable[[bytes], bytes], waiting: Waiting = NO_WAITING
) -> bool:
    """Change what the lineage of a published page says nothing of, such as its links to other pages.

    A page that was changed by hand is left alone: the next run draws it again.

    Parameters
    ----------
    change : gives the page in its new state.
    waiting : as of `publish_page`.

    Returns
    -------
    Whether the page is another one now; False where there is none.

    Raises
    ------
    LakeError
        The storage is full or refuses, or the page cannot be read.
    """
    key = page_key(name, product=product, day=day)
    with _locked(lake, key, waiting):  # reading too: another process may be replacing the page
        stored = find_page(lake, name, product=product, day=day)
        if stored is None or not stored.is_as_published:
            return False
        try:
            before = stored.read()
        except OSError as error:
            raise LakeError(f"Expected {key} to be readable, was: {error}") from error
        after = change(before)
        if after != before:
            _put(lake, key, after)
        return after != before


def _put(lake: Lake, key: str, page: bytes) -> StoredPage:
    """Replace the page, of which the lock is held."""
    staged = lake.fs.stage(key)
    try:
        with disk_errors(key, lambda: staged.path, needs=len(page)):
            staged.path.write_bytes(page)
            staged.publish()
    finally:
        staged.discard()
    stored = StoredPage(lake.fs, key)
    lake.fs.note_sha256(key, stored.tag, hashlib.sha256(page).hexdigest(), stored=True)
    return stored
