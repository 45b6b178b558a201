"""Pages of published days for tests: with a lineage, without the browser's half."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from gex_assets.conventions import conventions
from gex_assets.lake.lineage import Lineage
from gex_assets.lake.tables import Lake
from gex_assets.pages.day_tables import DayTables
from gex_assets.pages.picture.page import heatmap_page, picture


def tables_of(lake: Path, day: date, product: str = "ES") -> DayTables:
    return DayTables(Lake(lake), product=product, day=day)


def page_of(tables: DayTables) -> bytes:
    lineage = Lineage(
        table="day_page", product=tables.product, day=tables.day, code_version="1", settings_hash="", inputs=tables.inputs
    )
    return heatmap_page(picture(tables, conventions=conventions()), lineage=lineage, script="")
