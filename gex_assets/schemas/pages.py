"""The contracts of the pages about a day: which there are, and what their bytes depend on besides the tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from gex_assets.schemas.registry import DAY_TABLES, OPEN_TABLES

__all__ = ["BRIEF_PAGE", "DAY_PAGE", "PAGES", "PAGE_CHECKS", "PageContract"]

PAGE_CHECKS: Final = ("page_is_whole", "page_is_small_enough")
"""Checks that keep a page from being published when they fail."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageContract:
    """One kind of page, of which each product and day has one.

    Attributes
    ----------
    name : the same everywhere: asset key, folder, check.
    about : one sentence that says what it shows.
    draws : the tables that its picture is drawn from.
    shows : every table of which it says anything, if only that it is published. The page waits for them.
    settings : names of the settings that it depends on directly.
    version : changes when the same tables give another page; part of the lineage.
    spans_days : False: a page is about one day.
    """

    name: str
    about: str
    draws: tuple[str, ...]
    shows: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    version: str = "2"
    spans_days: bool = False


DAY_PAGE: Final = PageContract(
    name="day_page",
    about="The page of a day: its picture of exposure by strike over time, as one HTML file.",
    draws=(
        "bronze_option_instruments",
        "bronze_option_statistics",
        "silver_forward",
        "silver_gex_chain",
        "silver_gex_levels",
        "silver_gex_profile",
        "silver_vacuum",
        "regime_scores",
        "regime_events",
    ),
    shows=tuple(name for name, table in DAY_TABLES.items() if not any(away > 0 for away in table.statistics_days)),
    settings=("conventions",),
)

BRIEF_PAGE: Final = PageContract(
    name="brief_page",
    about="The brief of the session that follows: levels, what changed, what rolls off, what is missing, for a phone's width.",
    draws=("open_levels",),
    shows=OPEN_TABLES,
    version="1",
)

PAGES: Final = {page.name: page for page in (DAY_PAGE, BRIEF_PAGE)}
"""All pages that each day has."""
