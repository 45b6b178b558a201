"""The sections of a day's page below the picture, each made from published tables. What is missing is said in words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from gex_assets.pages.day_tables import DayTables
from gex_assets.pages.markup import Section
from gex_assets.pages.sections.events import events
from gex_assets.pages.sections.exposure import exposure
from gex_assets.pages.sections.forward import forward
from gex_assets.pages.sections.levels import levels
from gex_assets.pages.sections.origin import checks, lineage, refused, timings
from gex_assets.pages.sections.profile import profile
from gex_assets.pages.sections.quality import quality
from gex_assets.pages.sections.smile import smile
from gex_assets.pages.sections.summary import summary

__all__ = ["Section", "sections"]

_SECTIONS: Final[tuple[Callable[[DayTables], Section], ...]] = (
    *(summary, levels, profile, smile, forward, exposure, events),
    *(quality, checks, refused, timings, lineage),
)


def sections(day: DayTables) -> list[Section]:
    """All sections, in the order of the page."""
    return [make(day) for make in _SECTIONS]
