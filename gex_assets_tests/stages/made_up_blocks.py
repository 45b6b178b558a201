"""A made-up day as a live feed hands it over: block by block of whole windows, and only what is known by each block's end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import pyarrow as pa

from gex_assets.schemas.bronze_option_instruments import BRONZE_OPTION_INSTRUMENTS
from gex_assets.schemas.bronze_option_statistics import BRONZE_OPTION_STATISTICS
from gex_assets.schemas.bronze_option_trades import BRONZE_OPTION_TRADES
from gex_assets.schemas.silver_quotes import SILVER_FUTURE_QUOTES, SILVER_OPTION_QUOTES
from gex_assets_tests.stages.in_blocks import blocks
from gex_assets_tests.stages.made_up_day import MadeUpDay, Row, table_of


@dataclass(frozen=True, kw_only=True)
class Block:
    """Rows of some windows, and what became known of instruments, statistics and trades since the block before."""

    ends: list[int]
    instruments: pa.Table
    quotes: pa.Table
    futures: pa.Table
    statistics: pa.Table
    trades: pa.Table


def only_listed(day: MadeUpDay) -> MadeUpDay:
    """The day with quotes from each option's listing on, as order books give them."""
    listed = {row["instrument_id"]: row["ts_listed"] for row in day.instruments}

    def there(row: Row) -> bool:
        since = listed.get(row["instrument_id"])
        return since is not None and since < row["ts_window_end"]

    return replace(day, quotes=[row for row in day.quotes if there(row)])


def handed_over(day: MadeUpDay, sizes: Sequence[int], *, names_known: bool) -> Iterator[Block]:
    """The day's blocks.

    Parameters
    ----------
    names_known : whether instruments that are not listed yet are known by name, or not at all.
    """
    seen = 0
    for ends in blocks(day.ends, sizes):
        last = ends[-1]
        instruments = [
            row if _is_listed(row, last) else {**row, "ts_listed": None}
            for row in day.instruments
            if names_known or _is_listed(row, last)
        ]
        yield Block(
            ends=ends,
            instruments=table_of(BRONZE_OPTION_INSTRUMENTS, instruments),
            quotes=table_of(SILVER_OPTION_QUOTES, of_windows(day.quotes, ends)),
            futures=table_of(SILVER_FUTURE_QUOTES, of_windows(day.futures, ends)),
            statistics=table_of(BRONZE_OPTION_STATISTICS, [row for row in day.statistics if seen <= row["ts_recv"] < last]),
            trades=table_of(BRONZE_OPTION_TRADES, [row for row in day.trades if seen <= _clock(row) < last]),
        )
        seen = last


def of_windows(rows: Sequence[Row], ends: Sequence[int]) -> list[Row]:
    """The rows of these windows."""
    chosen = set(ends)
    return [row for row in rows if row["ts_window_end"] in chosen]


def _is_listed(row: Row, end: int) -> bool:
    return row["ts_listed"] is not None and row["ts_listed"] < end


def _clock(row: Row) -> int:
    return row["ts_recv"] + row["ts_recv_behind"]
