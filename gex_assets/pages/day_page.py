"""The page of a day: the picture on top, the sections below it, the lineage of both in its head."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from gex_assets.conventions import Convention
from gex_assets.lake.lineage import Lineage, while_running
from gex_assets.pages.bundle import bundle, day_page_contract
from gex_assets.pages.day_links import day_links
from gex_assets.pages.day_tables import DayTables
from gex_assets.pages.markup import joined, paragraph
from gex_assets.pages.picture.header import day_notes
from gex_assets.pages.picture.page import LARGEST_FILE, Picture, has_windows, heatmap_page, page_html, page_that_fits
from gex_assets.pages.sections import sections
from gex_assets.pages.shell import contents, section_html, theme_script
from gex_assets.schemas.pages import DAY_PAGE

__all__ = ["day_page", "day_page_lineage", "whole_heatmap"]


def day_page(
    tables: DayTables, *, conventions: Sequence[Convention], settings_hash: str, largest: int = LARGEST_FILE
) -> tuple[bytes, Lineage]:
    """The page of a day from its published tables, and what it was drawn from.

    A day without a window has a page too, which says what is missing.

    Parameters
    ----------
    settings_hash : the digest of the settings that `DAY_PAGE` names.
    largest : as of `picture.page.page_that_fits`.
    """
    for name in DAY_PAGE.shows:  # also where nothing is drawn: what is published later makes the page stale
        tables.stored(name)
    drawn = has_windows(tables)
    below = sections(tables) if drawn else []
    until = tables.partial_until_ns
    partial = [] if until is None else [paragraph(f"Partial day: {while_running(until)}.")]
    parts = partial if drawn else [paragraph(note) for note in _without_windows(tables)]
    listed = [contents(below)] if below else []
    body = joined([day_links(tables.product), *parts, *listed, *(section_html(section) for section in below)], Markup("\n"))

    def draw(packed: Picture | None) -> bytes:
        return page_html(
            title=f"{tables.product} · {tables.day}",
            lineage=day_page_lineage(tables, settings_hash=settings_hash),
            packed=packed,
            head=theme_script(),
            below=Markup(body),  # noqa: S704 (made of escaped parts)
            styles=[bundle("web/page.css")],
        )

    page = page_that_fits(tables, conventions=conventions, draw=draw, largest=largest)[1] if drawn else draw(None)
    return page, day_page_lineage(tables, settings_hash=settings_hash)


def whole_heatmap(
    tables: DayTables, *, conventions: Sequence[Convention], settings_hash: str, until_ns: int | None = None
) -> tuple[Picture, bytes]:
    """The picture of a day alone, and its page.

    Parameters
    ----------
    settings_hash, until_ns : as of `day_page` and `picture.page.picture`.
    """

    def draw(packed: Picture) -> bytes:
        return heatmap_page(packed, lineage=day_page_lineage(tables, settings_hash=settings_hash))

    return page_that_fits(tables, conventions=conventions, draw=draw, until_ns=until_ns)


def day_page_lineage(tables: DayTables, *, settings_hash: str) -> Lineage:
    """What a page drawn from these tables depends on: what was read of them so far."""
    return Lineage(
        table=DAY_PAGE.name,
        product=tables.product,
        day=tables.day,
        code_version=day_page_contract().version,
        settings_hash=settings_hash,
        inputs=dict(sorted(tables.inputs.items())),
        partial_until_ns=tables.partial_until_ns,
    )


def _without_windows(tables: DayTables) -> list[str]:
    return [f"{tables.product} {tables.day}: no windows are published, so there is nothing to draw.", *day_notes(tables)]
