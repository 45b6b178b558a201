"""Where pages are: on disk, as `gex pages` and the runs write them, and on a server. Whoever links asks here."""

from __future__ import annotations

from datetime import date
from typing import Final

__all__ = [
    "FIRST_INDEX",
    "brief_address",
    "brief_file",
    "history_address",
    "history_file",
    "index_address",
    "index_file",
    "neighbour_page",
    "page_address",
]

FIRST_INDEX: Final = "index.html"
"""The index that a browser opens in a folder: that of the settings' first product, once more."""


def index_file(product: str) -> str:
    """The file of a product's index of days.

    >>> index_file("ES"), history_file("ES")
    ('index-ES.html', 'history-ES.html')
    """
    return f"index-{product}.html"


def history_file(product: str) -> str:
    """The file of a product's history."""
    return f"history-{product}.html"


def brief_file(product: str) -> str:
    """The file of the brief of a product's latest session.

    >>> brief_file("ES"), brief_address("ES"), brief_address("ES", date(2026, 1, 7))
    ('brief-ES.html', '/briefs/ES', '/briefs/ES/2026-01-07')
    """
    return f"brief-{product}.html"


def neighbour_page(day: date) -> str:
    """A day's page as seen from the page of another day of the same product, on disk."""
    return f"../date={day}/page.html"


def index_address(product: str) -> str:
    """The index of a product's days on a server.

    >>> index_address("ES"), history_address("ES"), page_address("ES", date(2026, 1, 6))
    ('/products/ES', '/history/ES', '/days/ES/2026-01-06')
    """
    return f"/products/{product}"


def history_address(product: str) -> str:
    """The history of a product on a server."""
    return f"/history/{product}"


def page_address(product: str, day: date) -> str:
    """A day's page on a server."""
    return f"/days/{product}/{day}"


def brief_address(product: str, session: date | None = None) -> str:
    """The brief of a session on a server; of the latest one that has levels without a date."""
    return f"/briefs/{product}" if session is None else f"/briefs/{product}/{session}"
