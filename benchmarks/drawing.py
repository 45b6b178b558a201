"""Tasks over a published day: its page is drawn and judged; the columns of the chain that it packs are read and nothing else."""

from __future__ import annotations

from datetime import date
from time import perf_counter, process_time
from typing import Any

from gex_assets.conventions import conventions
from gex_assets.lake.tables import Lake
from gex_assets.pages.day_page import day_page
from gex_assets.pages.day_tables import DayTables
from gex_assets.pages.picture.judging import page_is_whole
from gex_assets.pages.picture.reading import packed_columns

__all__ = ["chain_read", "drawn_page"]

KEYS = ("ts_window_end", "ts_expiration", "strike", "gamma", "gamma_se", "quote_age_ns")
"""What is read of the chain whatever the weights."""


def drawn_page(*, lake: str, day: str, product: str = "ES") -> dict[str, Any]:
    """Draw the page of a day and judge it, as a run does; nothing is published."""
    tables = DayTables(Lake(lake), product=product, day=date.fromisoformat(day))
    began, cpu = perf_counter(), process_time()
    page, _ = day_page(tables, conventions=conventions(), settings_hash="")
    drawn = process_time() - cpu
    verdict = page_is_whole(page, tables)
    taken = {"cpu": process_time() - cpu, "wall": perf_counter() - began, "drawn": drawn, "whole": verdict.passed}
    header = packed_columns(page).header
    weights = [one["name"] for one in header["columns"] if one["blob"].startswith("weight-")]
    cells = {"lines": len(header["lines"]), "windows": header["windows"], "stride": header["stride"]}
    return {**taken, **cells, "bytes": len(page), "weights": weights}


def chain_read(*, lake: str, day: str, weights: list[str], product: str = "ES") -> dict[str, Any]:
    """Read the columns of the chain that a page packs, each once, a row group at a time."""
    stored = Lake(lake).open("silver_gex_chain", product=product, day=date.fromisoformat(day))
    began, cpu, rows = perf_counter(), process_time(), 0
    for group in stored.groups([*KEYS, *weights]):
        rows += group.num_rows
    return {"cpu": process_time() - cpu, "wall": perf_counter() - began, "rows": rows}
