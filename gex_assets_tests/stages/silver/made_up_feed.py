"""A day's order records as a live feed brings them: block by block of whole windows, nothing before its time."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from itertools import repeat
from typing import Any

import numpy as np
import pyarrow as pa


def sizes(kind: str, seed: int = 0) -> Iterable[int]:
    """Numbers of windows per block: always `1`, always `7`, or `random`."""
    dice = random.Random(seed)
    return iter(lambda: dice.choice([1, 1, 2, 12, 100]), 0) if kind == "random" else repeat(int(kind))


def blocks(orders: pa.Table, ends: Sequence[int], windows: Iterable[int]) -> Iterator[tuple[Sequence[int], pa.Table]]:
    """Ends of the windows of each block, and the records before the last of them; in the end no windows and what is left."""
    clocks = np.maximum.accumulate(orders["ts_recv"].to_numpy() + orders["ts_recv_behind"].to_numpy())
    first = record = 0
    for size in windows:
        if first >= len(ends):
            break
        taken = ends[first : first + size]
        stop = int(np.searchsorted(clocks, taken[-1]))
        yield taken, orders.slice(record, stop - record)
        first, record = first + size, stop
    yield [], orders.slice(record)


def bits(tables: Iterable[pa.Table]) -> dict[str, Any]:
    """All rows, column by column: numbers as their bits, so that 0.0 and -0.0 are two."""
    whole = pa.concat_tables(tables)
    found: dict[str, Any] = {}
    for name in whole.column_names:
        column = whole[name]
        if pa.types.is_floating(column.type):
            found[name] = (column.to_numpy().tobytes(), column.is_null().to_pylist())
        else:
            found[name] = column.to_pylist()
    return found
