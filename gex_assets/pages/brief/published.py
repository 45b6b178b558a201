"""The page of a brief as a day publishes it: of the session that follows, from the day's own tables alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from markupsafe import Markup

from gex_assets.brief.facts import Brief, with_changes, with_partial
from gex_assets.lake.lineage import Lineage
from gex_assets.lake.pages.stored import LINEAGE_ID, lineage_text
from gex_assets.pages.addresses import history_file, index_file
from gex_assets.pages.brief.page import brief_page, page_without_levels
from gex_assets.pages.bundle import brief_page_contract
from gex_assets.pages.day_tables import DayTables
from gex_assets.pages.markup import tag
from gex_assets.schemas.pages import BRIEF_PAGE

__all__ = ["published_brief"]

_FIRST: Final = "field"
"""The convention that the page is of, where there are several."""

_UP: Final = "../../.."
"""From the folder of the page to the folder of the pages about all days."""


def published_brief(tables: DayTables, *, settings_hash: str) -> tuple[bytes, Lineage]:
    """The page of the session that follows a day, and what it was drawn from.

    The night, the regime and the flow come later: whoever asks `gex brief` or the server has them. A day without levels has a
    page too, which says so.

    Parameters
    ----------
    settings_hash : the digest of the settings that `BRIEF_PAGE` names.
    """
    for name in BRIEF_PAGE.shows:
        tables.stored(name)
    lineage = Lineage(
        table=BRIEF_PAGE.name,
        product=tables.product,
        day=tables.day,
        code_version=brief_page_contract().version,
        settings_hash=settings_hash,
        inputs=dict(sorted(tables.inputs.items())),
        partial_until_ns=tables.partial_until_ns,
    )
    about = Markup(lineage_text(lineage))  # noqa: S704 (`lineage_text` escapes what ends a script)
    head = tag("script", about, type="application/json", id=LINEAGE_ID)
    links = [("days", f"{_UP}/{index_file(tables.product)}"), ("history", f"{_UP}/{history_file(tables.product)}")]
    stored = tables.stored("open_levels")
    rows = [] if stored is None else stored.read().to_pylist()
    if not rows:
        why = f"No levels for the session after {tables.day} are published: definitions or statistics have not come."
        return page_without_levels(tables.product, why, links=links, head=head).encode(), lineage
    names = {row["convention"] for row in rows}
    made = Brief.of(rows, [], product=tables.product, convention=_FIRST if _FIRST in names else min(names))

    def read(name: str, columns: Sequence[str] | None) -> list[dict[str, Any]] | None:
        table = tables.stored(name)
        return None if table is None else table.read(columns).to_pylist()

    told = with_partial(with_changes(made, read), until_ns=tables.partial_until_ns)
    return brief_page(told, links=links, head=head).encode(), lineage
