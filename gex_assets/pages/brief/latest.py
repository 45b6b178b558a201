"""The brief of the latest session of a lake as a page."""

from __future__ import annotations

from collections.abc import Iterable

from gex_assets.brief.facts import read_brief
from gex_assets.errors import GexError, LakeError
from gex_assets.lake.tables import Lake
from gex_assets.pages.brief.page import brief_page, page_without_levels

__all__ = ["latest_brief_page"]


def latest_brief_page(lake: Lake, *, product: str, links: Iterable[tuple[str, str]] = ()) -> str:
    """The page; where no session has levels, one that says so.

    Parameters
    ----------
    links : of the bar: text and address.

    Raises
    ------
    LakeError
        What is published cannot be read.
    """
    try:
        return brief_page(read_brief(lake, product=product, session=None, convention="field"), links=links)
    except LakeError:
        raise
    except GexError as error:
        return page_without_levels(product, str(error), links=links)
