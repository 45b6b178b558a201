"""Drawing and publishing the page of a day, unless it is up to date."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Final

from gex_assets.conventions import conventions
from gex_assets.defs.product_assets import ProductAssets
from gex_assets.errors import GexError
from gex_assets.lake.filesystem import NO_WAITING, Waiting
from gex_assets.lake.freshness import Freshness
from gex_assets.lake.pages.stored import StoredPage, change_page, find_page, page_days, publish_page
from gex_assets.lake.tables import Lake
from gex_assets.pages.bundle import day_page_contract
from gex_assets.pages.day_tables import RunNotes
from gex_assets.schemas.checks import Verdict
from gex_assets.schemas.pages import DAY_PAGE, PAGE_CHECKS
from gex_assets.schemas.registry import TABLES

__all__ = ["Drawn", "drawn", "say_rejection"]

_LOG: Final = logging.getLogger("gex_assets")
_UNCHANGED: Final = "unchanged since it was published and judged"


@dataclass(frozen=True, slots=True)
class Drawn:
    """What became of a page.

    Attributes
    ----------
    page : the published page; None where a check failed and nothing was published.
    reused : whether it was up to date.
    """

    page: StoredPage | None
    verdicts: tuple[Verdict, ...]
    reused: bool = False


def drawn(
    assets: ProductAssets,
    lake: Lake,
    day: date,
    *,
    force: bool = False,
    waiting: Waiting = NO_WAITING,
    run: Callable[[], RunNotes] | None = None,
    log: logging.Logger = _LOG,
    is_running: bool = False,
) -> Drawn:
    """Draw the page of a day, judge it and publish it, unless the published one is up to date.

    Parameters
    ----------
    force : whether it is drawn although it is up to date.
    waiting : how long to wait while another process replaces the same page.
    run : asks the instance for verdicts and timings of the day. They are no part of the lineage: a page that is up to date keeps
        those of the moment when it was drawn.
    is_running : whether the day is not over: a page of partial tables is up to date.
    """
    from gex_assets.pages.day_links import neighbours_of, with_neighbours
    from gex_assets.pages.day_page import day_page
    from gex_assets.pages.day_tables import DayTables
    from gex_assets.pages.picture.judging import page_is_small_enough, page_is_whole
    from gex_assets.pages.picture.page import LARGEST_FILE

    digest = assets.settings.digest(DAY_PAGE.settings)
    stored = find_page(lake, DAY_PAGE.name, product=assets.product, day=day)
    if stored is not None and not force and stored.is_as_published:
        freshness = Freshness(lake, TABLES, lambda _: digest, running=day if is_running else None)
        if not freshness.why_recompute(stored, day_page_contract(), assets.product, day):
            return Drawn(stored, tuple(Verdict(name=name, passed=True, text=_UNCHANGED) for name in PAGE_CHECKS), reused=True)
    tables = DayTables(lake, product=assets.product, day=day, run=None if run is None else run())
    page, lineage = day_page(tables, conventions=conventions(assets.settings.conventions), settings_hash=digest)
    verdicts = page_is_whole(page, tables), page_is_small_enough(page, most=LARGEST_FILE)
    if not all(verdict.passed for verdict in verdicts):
        return Drawn(None, verdicts)
    neighbours = neighbours_of(page_days(lake, DAY_PAGE.name, assets.product), day)
    published = publish_page(lake, with_neighbours(page, assets.product, neighbours), lineage=lineage, waiting=waiting)
    for other in neighbours:
        if other is not None:
            _renew_links(lake, assets.product, other, waiting=waiting, log=log)
    return Drawn(published, verdicts)


def _renew_links(lake: Lake, product: str, day: date, *, waiting: Waiting, log: logging.Logger) -> None:
    """Let a published page link to the pages next to it, of which one is new. What prevents it is logged: that one is there."""
    from gex_assets.pages.day_links import neighbours_of, with_neighbours

    neighbours = neighbours_of(page_days(lake, DAY_PAGE.name, product), day)

    def change(page: bytes) -> bytes:
        return with_neighbours(page, product, neighbours)

    try:
        change_page(lake, DAY_PAGE.name, product=product, day=day, change=change, waiting=waiting)
    except GexError as error:
        log.warning("The page of %s has no link to the page next to it: %s", day, error)


def say_rejection(
    assets: ProductAssets, lake: Lake, day: date, *, log: logging.Logger, run: Callable[[], RunNotes] | None = None
) -> None:
    """Draw the published page of a day once more, after a table of the day was rejected: the page says so.

    Assets below a rejected table do not run, and the page is one of them. A day without a page gets none. What keeps the page
    from being drawn, whatever it is, is logged: the rejection is the news.

    Parameters
    ----------
    run : as of `drawn`.
    """
    try:
        if find_page(lake, DAY_PAGE.name, product=assets.product, day=day) is None:
            return
        done = drawn(assets, lake, day, force=True, run=run, log=log)
    except Exception:  # raised further, it would take the place of the rejection
        log.exception("The page of %s does not say what was rejected", day)
        return
    for verdict in done.verdicts:
        if not verdict.passed:
            log.warning("The page of %s does not say what was rejected: %s", day, verdict.text)
