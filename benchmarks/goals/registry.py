"""Which goals there are, and where each is."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from typing import Final, cast

from benchmarks.lines import Line
from benchmarks.session import Session

__all__ = ["GOALS", "lines_of"]

GOALS: Final = {
    "1": ("kernel_and_decompression", "order-book kernel next to decompression"),
    "2": ("raw_to_quotes", "raw to quotes, in memory and as materialized"),
    "3": ("other_books", "order-book kernel next to a dict book, nautilus_trader, itch-book, hftbacktest"),
    "4": ("raw_to_bronze", "raw to bronze next to DBNStore.to_parquet"),
    "5": ("memory", "peak memory, and a day under a limit of 1 GiB"),
    "6": ("volatility", "implied volatility next to vanilla-option-pricers and pyvolr"),
    "7": ("queries", "one instrument, five minutes"),
    "8": ("one_chain", "one chain through analyze"),
    "9": ("small_day_and_tail", "a one-minute day; the tail of a full one"),
    "10": ("growth", "linear growth; two workers"),
    "11": ("served_levels", "levels from memory over HTTP next to bare starlette"),
    "12": ("drawn_page", "a day's page next to reading what it packs; its memory"),
}
"""Goal by number: its module, and what it is about."""


def lines_of(goal: str, session: Session) -> Iterator[Line]:
    """Measure a goal."""
    module = importlib.import_module(f"benchmarks.goals.{GOALS[goal][0]}")
    yield from cast("Iterator[Line]", module.lines(session))
