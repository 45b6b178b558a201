"""Rows of several tables, one stretch of time after the other, however each table is grouped."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, pairwise
from operator import itemgetter

import numpy as np
import pyarrow as pa

__all__ = ["in_blocks"]


def in_blocks(inputs: Sequence[Iterable[pa.Table]], *, block_ns: int) -> Iterator[list[pa.Table | None]]:
    """Walk over tables in step.

    Parameters
    ----------
    inputs : row groups of each table in order of time, with `ts_window_end`.
    block_ns : length of a block; blocks lie on the UTC grid. [ns]

    Yields
    ------
    For each block with rows: the rows of each input with `ts_window_end` in (k block_ns, (k + 1) block_ns]; None without rows.
    At most one row group of each input is read beyond the block.
    """
    merged = heapq.merge(*(_pieces(groups, place, block_ns) for place, groups in enumerate(inputs)), key=itemgetter(0, 1))
    for _, pieces in groupby(merged, key=itemgetter(0)):
        block: list[list[pa.Table]] = [[] for _ in inputs]
        for _, place, piece in pieces:
            block[place].append(piece)
        yield [_joined(own) for own in block]


def _pieces(groups: Iterable[pa.Table], place: int, block_ns: int) -> Iterator[tuple[int, int, pa.Table]]:
    """Row groups of an input cut where a block ends: number of the block, place of the input, rows."""
    for group in groups:
        number = (group["ts_window_end"].to_numpy() - 1) // block_ns
        cuts = np.flatnonzero(np.diff(number)) + 1
        for first, stop in pairwise([0, *cuts.tolist(), number.size]):
            if stop > first:
                yield int(number[first]), place, group.slice(first, stop - first) if cuts.size else group


def _joined(pieces: Sequence[pa.Table]) -> pa.Table | None:
    if len(pieces) < 2:
        return pieces[0] if pieces else None
    return pa.concat_tables(pieces)
