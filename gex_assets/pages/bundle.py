"""What is inlined into pages, the browser's half as built from `web/`, styles and templates, and what draws them.

Another script or another section makes another page of the same tables. Pages change with every word and line, so nobody would
remember to count a version up. So the version of a page has a digest of all files that draw it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Final

from gex_assets.errors import GexError
from gex_assets.schemas.pages import BRIEF_PAGE, DAY_PAGE, PageContract

__all__ = ["brief_page_contract", "bundle", "day_page_contract", "drawing_digest", "drawing_files"]

_INLINED: Final = ("web/heatmap.js", "web/heatmap.css", "web/page.css", "picture/templates/page.html")
_DRAW: Final = ("pages", "kernels/packing", "analytics/reach.py")
"""Files and folders of the package that a day's page is drawn by."""
_OF_OTHER_PAGES: Final = frozenset(
    {
        *("pages/chain_page.py", "pages/history.py", "pages/index.py", "pages/many_days.py", "pages/previews"),
        *("pages/brief", "pages/web/brief.css", "pages/web/chain.js"),
    }
)
"""Below `_DRAW`, what a day's page has no part of."""
_DRAW_BRIEFS: Final = (
    *("analytics/reach.py", "brief", "pages/brief", "pages/charts", "pages/markup.py", "pages/shell.py", "pages/words.py"),
    *("pages/web/brief.css", "pages/web/page.css", "wording.py"),
)
"""Files and folders of the package that the page of a brief is drawn by."""
_SUFFIXES: Final = (".py", ".html", ".css", ".js")


def bundle(name: str) -> str:
    """A file that pages are made of, by its path in `gex_assets/pages`.

    Raises
    ------
    GexError
        The package was installed without it.
    """
    place = files("gex_assets.pages").joinpath(*name.split("/"))
    if not place.is_file():
        raise GexError(f"Expected {name} in the installed package, was nothing: install gex_assets again from a complete wheel")
    return place.read_text(encoding="utf-8")


@cache
def day_page_contract() -> PageContract:
    """The contract of the page of a day, in the version of what is installed."""
    for name in _INLINED:
        bundle(name)  # an incomplete package is said here, and not by a page without a picture
    return replace(DAY_PAGE, version=f"{DAY_PAGE.version}-{drawing_digest(files('gex_assets'))[:8]}")


@cache
def brief_page_contract() -> PageContract:
    """The contract of the page of a brief, in the version of what is installed."""
    package = files("gex_assets")
    drawn_by = (found for name in _DRAW_BRIEFS for found in _all_below(name, package.joinpath(*name.split("/"))))
    return replace(BRIEF_PAGE, version=f"{BRIEF_PAGE.version}-{_digest(drawn_by)[:8]}")


def drawing_digest(package: Traversable) -> str:
    """A digest of all files that draw a day's page, a few milliseconds' work.

    Parameters
    ----------
    package : the folder of the package.
    """
    return _digest(drawing_files(package))


def _digest(files_in_order: Iterable[tuple[str, Traversable]]) -> str:
    digest = hashlib.sha256()
    for name, place in files_in_order:
        digest.update(f"{name}\n".encode() + hashlib.sha256(place.read_bytes()).digest())
    return digest.hexdigest()


def drawing_files(package: Traversable) -> Iterator[tuple[str, Traversable]]:
    """The files that draw a day's page with their names in the package, in the order of the names."""
    for name in _DRAW:
        yield from _files_below(name, package.joinpath(*name.split("/")))


def _all_below(name: str, place: Traversable) -> Iterator[tuple[str, Traversable]]:
    if place.is_dir():
        for one in sorted(place.iterdir(), key=lambda one: one.name):
            yield from _all_below(f"{name}/{one.name}", one)
    elif name.endswith(_SUFFIXES):
        yield name, place


def _files_below(name: str, place: Traversable) -> Iterator[tuple[str, Traversable]]:
    if name in _OF_OTHER_PAGES:
        return
    if place.is_dir():
        for one in sorted(place.iterdir(), key=lambda one: one.name):
            yield from _files_below(f"{name}/{one.name}", one)
    elif name.endswith(_SUFFIXES):
        yield name, place
