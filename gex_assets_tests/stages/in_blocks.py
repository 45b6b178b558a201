"""Blocks of whole windows of any sizes, and tables without the dictionaries that depend on what a block has seen."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from itertools import cycle

import pyarrow as pa

SIZES = [[1], [7], *([dice.randint(1, 9) for _ in range(50)] for dice in map(random.Random, range(4)))]
"""Windows of one block after another, from the beginning again where there are more blocks: single ones, sevens, random."""


def blocks(ends: Sequence[int], sizes: Sequence[int]) -> Iterator[list[int]]:
    """Ends of the windows of each block."""
    first = 0
    for size in cycle(sizes):
        if first >= len(ends):
            return
        yield list(ends[first : first + size])
        first += size


def plain(table: pa.Table) -> pa.Table:
    """The same values in one chunk, words as strings."""
    columns = [column.cast(pa.string()) if pa.types.is_dictionary(column.type) else column for column in table.columns]
    return pa.table(dict(zip(table.column_names, columns, strict=True))).combine_chunks()


def in_windows(table: pa.Table, ends: Sequence[int]) -> pa.Table:
    """Rows of these windows."""
    chosen = set(ends)
    return table.filter(pa.array([end in chosen for end in table["ts_window_end"].to_pylist()], pa.bool_()))
