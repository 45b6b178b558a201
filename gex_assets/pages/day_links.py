"""Links from a day's page to its neighbours, to all days, the history and the brief, both from disk and from `gex serve`.

A page is one object with one text. On disk it lies in its day's folder of the lake; a server has addresses of its own. So each
link has both, and a line of script takes the one that fits. Without scripts the links are those on disk.

Which days have pages changes after a page was drawn: today's page makes yesterday's need a link. So a page is drawn without
neighbours, from its tables alone, and whoever publishes or serves it sets the links in that moment (`with_neighbours`).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from datetime import date
from typing import Final

from markupsafe import Markup

from gex_assets.pages.addresses import (
    brief_address,
    brief_file,
    history_address,
    history_file,
    index_address,
    index_file,
    neighbour_page,
    page_address,
)
from gex_assets.pages.markup import joined, tag, with_code

__all__ = ["Neighbours", "content_sha256", "day_links", "neighbours_of", "with_neighbours"]

_CHOOSE: Final = (
    'if (location.protocol.startsWith("http")) { '
    'for (const link of document.querySelectorAll("a[data-served]")) link.href = link.dataset.served; '
    'document.querySelector(".days-nearby small").remove(); }'
)
_ON_DISK: Final = "(the last three are files of `gex pages`, as they were when it last ran)"
"""A server makes them when they are asked for."""
_UP: Final = "../../.."
"""From the folder of a day's page to the folder of the pages about all days."""

_LINKS: Final = re.compile(rb'<nav class="contents days-nearby".*?</nav>', re.DOTALL)

Neighbours = tuple[date | None, date | None]
"""The days before and after that have a page."""


def neighbours_of(days: Iterable[date], day: date) -> Neighbours:
    """Those of a day among days with pages.

    >>> neighbours_of([date(2026, 1, 5), date(2026, 1, 6), date(2026, 1, 9)], date(2026, 1, 6))
    (datetime.date(2026, 1, 5), datetime.date(2026, 1, 9))
    """
    known = set(days)
    return max((one for one in known if one < day), default=None), min((one for one in known if one > day), default=None)


def day_links(product: str, neighbours: Neighbours = (None, None)) -> Markup:
    """The days before and after, all days, the history, and the brief of the latest session."""
    links = [
        (f"{arrow} {which}", neighbour_page(which), page_address(product, which))
        for arrow, which in zip("←→", neighbours, strict=True)
        if which is not None
    ]
    links += [
        ("all days", f"{_UP}/{index_file(product)}", index_address(product)),
        ("history", f"{_UP}/{history_file(product)}", history_address(product)),
        ("brief", f"{_UP}/{brief_file(product)}", brief_address(product)),
    ]
    shown = [tag("a", text, href=on_disk, data_served=served) for text, on_disk, served in links]
    parts = joined(shown), tag("small", with_code(_ON_DISK)), tag("script", Markup(_CHOOSE))  # noqa: S704 (our own text)
    return tag("nav", *parts, class_="contents days-nearby", aria_label="Other days")


def content_sha256(page: bytes) -> str:
    """Hash of a page without its links, which say nothing of the day: two states of a page with one hash show the same."""
    return hashlib.sha256(_LINKS.sub(b"", page, count=1)).hexdigest()


def with_neighbours(page: bytes, product: str, neighbours: Neighbours) -> bytes:
    """The page with links to these neighbours in place of those that it has; a page without links as it is."""
    links = str(day_links(product, neighbours)).encode()
    return _LINKS.sub(lambda _: links, page, count=1)
