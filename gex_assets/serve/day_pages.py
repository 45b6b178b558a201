"""The page of a day over HTTP: as it was published, or drawn now where it never was; alive, because a server stands behind it."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from threading import Lock
from typing import Any, Final

from gex_assets.pages.bundle import day_page_contract
from gex_assets.pages.day_page import day_page, whole_heatmap
from gex_assets.pages.day_tables import DayTables
from gex_assets.pages.picture.page import json_text
from gex_assets.schemas.pages import DAY_PAGE
from gex_assets.serve.answers.row_pages import ReplacedError
from gex_assets.serve.catalogue import PAGES, PublishedDay
from gex_assets.serve.service import Service

__all__ = ["DayPages", "live_page", "page_policy"]

_MOST_PAGES: Final = 4
_POLICY: Final = (
    "default-src 'none'; script-src {scripts}; style-src 'unsafe-inline'; img-src data: blob: 'self'; worker-src blob:;"
    " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_DAY: Final = re.compile(rb'(<script type="application/json" id="gex-day">)(.*?)(</script>)', re.DOTALL)
_SCRIPT: Final = re.compile(rb"<script>(.*?)</script>", re.DOTALL)


@dataclass(frozen=True, eq=False)
class DayPages:
    """Pages of days, the last few drawn ones kept."""

    service: Service
    _drawn: OrderedDict[str, bytes] = field(default_factory=OrderedDict)
    _lock: Lock = field(default_factory=Lock)

    def find(self, product: str, day: date, *, until_ns: int | None = None) -> tuple[str, Callable[[], bytes]]:
        """The identity of a page, and a function that gives it.

        Parameters
        ----------
        until_ns : end of the last window shown, for a page that gets the others one by one. [UNIX ns UTC]
        """
        catalogue, snapshot = self.service.catalogue, self.service.catalogue.snapshot
        published = snapshot.day(PAGES, product, day)
        if published is not None and until_ns is None:
            return catalogue.sha256(published), lambda: self._stored(published)
        depends_on = [
            day_page_contract().version,
            self.service.settings.digest(DAY_PAGE.settings),
            snapshot.state(product, day),
        ]
        identity = hashlib.sha256(json.dumps([product, str(day), until_ns, depends_on], default=str).encode()).hexdigest()
        return identity, lambda: self._drawn_now(identity, product, day, until_ns)

    def _stored(self, published: PublishedDay) -> bytes:
        file, info = self.service.lake.fs.open(published.key)
        if info.tag != published.tag:
            raise ReplacedError
        page = bytes(file.read())
        self.service.catalogue.note_page(published, page)
        return page

    def _drawn_now(self, identity: str, product: str, day: date, until_ns: int | None) -> bytes:
        with self._lock:
            found = self._drawn.get(identity)
            if found is None:
                tables = DayTables(self.service.lake, product=product, day=day)
                conventions = tuple(self.service.conventions.values())
                digest = self.service.settings.digest(DAY_PAGE.settings)
                if until_ns is None:
                    found, _ = day_page(tables, conventions=conventions, settings_hash=digest)
                else:  # the sections below the picture know the whole day
                    found = whole_heatmap(tables, conventions=conventions, settings_hash=digest, until_ns=until_ns)[1]
                self._drawn[identity] = found
            self._drawn.move_to_end(identity)
            while len(self._drawn) > _MOST_PAGES:
                self._drawn.popitem(last=False)
            return found


def live_page(page: bytes, events: Callable[[dict[str, Any]], str], *, grows: bool) -> bytes:
    """The page with the address of its events in its header; a page without a header as it is.

    Parameters
    ----------
    events : the address, of the page's header.
    grows : whether windows come too, and not only news of the day.
    """

    def changed(found: re.Match[bytes]) -> bytes:
        header = json.loads(found[2])
        header["live"] = {"events": events(header), "grows": grows}
        return found[1] + json_text(header).encode() + found[3]

    return _DAY.sub(changed, page, count=1)


def page_policy(page: bytes) -> str:
    """What a browser may do with a page: run the scripts that stand in it and no other, and hear of this server's events."""
    hashes = " ".join(
        f"'sha256-{base64.b64encode(hashlib.sha256(script).digest()).decode()}'"
        for script in dict.fromkeys(_SCRIPT.findall(page))
    )
    return _POLICY.format(scripts=hashes or "'none'")
