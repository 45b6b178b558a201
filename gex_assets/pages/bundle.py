"""What is inlined into pages: the browser's half as built from `web/`, styles, templates.

A new script draws other pages of the same tables. So the version of a page has a digest of all that is inlined.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from functools import cache
from importlib.resources import files
from typing import Final

from gex_assets.errors import GexError
from gex_assets.schemas.pages import DAY_PAGE, PageContract

__all__ = ["bundle", "day_page_contract"]

_INLINED: Final = ("web/heatmap.js", "web/heatmap.css", "web/page.css", "picture/templates/page.html")


def bundle(name: str) -> str:
    """A file that pages are made of, by its path in `gex_assets/pages`.

    Raises
    ------
    GexError
        The package was installed without it.
    """
    place = files("gex_assets.pages").joinpath(*name.split("/"))
    if not place.is_file():
        raise GexError(f"Expected {name} in the installed package, was nothing: install gex_assets anew from a complete wheel")
    return place.read_text(encoding="utf-8")


@cache
def day_page_contract() -> PageContract:
    """The contract of the page of a day, in the version of what is installed."""
    digest = hashlib.sha256()
    for name in _INLINED:
        digest.update(bundle(name).encode())
    return replace(DAY_PAGE, version=f"{DAY_PAGE.version}-{digest.hexdigest()[:8]}")
