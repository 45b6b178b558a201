"""Links from a day's page to its neighbours, to all days and to the history, both from disk and from `gex serve`.

A page is one object with one text. On disk it lies in its day's folder of the lake; a server has addresses of its own. So each
link has both, and a line of script takes the one that fits. Without scripts the links are those on disk.
"""

from __future__ import annotations

from typing import Final

from markupsafe import Markup

from gex_assets.pages.day_tables import DayTables
from gex_assets.pages.markup import joined, tag

__all__ = ["day_links"]

_CHOOSE: Final = (
    'if (location.protocol.startsWith("http")) for (const link of document.querySelectorAll("a[data-served]")) '
    "link.href = link.dataset.served;"
)
_UP: Final = "../../.."
"""From the folder of a day's page to the folder of the pages about all days."""


def day_links(day: DayTables) -> Markup:
    """The day before and after, as far as they were published when the page was drawn, all days, and the history."""
    before, after = day.neighbours()
    links = [
        (f"{text} {which}", f"../date={which}/page.html", f"/days/{day.product}/{which}")
        for text, which in (("←", before), ("→", after))
        if which is not None
    ]
    links += [("all days", f"{_UP}/index.html", "/"), ("history", f"{_UP}/history-{day.product}.html", f"/history/{day.product}")]
    shown = [tag("a", text, href=on_disk, data_served=served) for text, on_disk, served in links]
    return tag("nav", joined(shown), tag("script", Markup(_CHOOSE)), class_="contents days-nearby", aria_label="Other days")  # noqa: S704 (our own text)
