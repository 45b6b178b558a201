"""Every call into the package whose speed is measured: one place to follow when the package changes.

Nothing is compared or judged here. The tasks say what is timed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from time import process_time
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from gex_assets.kernels.order_book.books import BookRows, OrderBooks, Records
from gex_assets.lake.dbn.reader import MBO_DTYPE, DbnFile, read_header
from gex_assets.market.sessions import sessions
from gex_assets.stages.windows import WINDOWS_PER_GROUP, windows_of

__all__ = [
    "BLOCK_RECORDS",
    "Pass",
    "blocks",
    "books_of",
    "busiest",
    "outrights",
    "records_of",
    "run_books",
    "selected",
    "window_ends",
]

BLOCK_RECORDS: Final = 65_536
_SPREADS: Final = ("UD:", "-")


@dataclass(kw_only=True)
class Pass:
    """What one pass over records took and met.

    Attributes
    ----------
    kernel : CPU time within the kernel. [s]
    records : given to the kernel.
    rows : rows of windows it gave out.
    counts : the kernel's own.
    """

    kernel: float = 0.0
    records: int = 0
    rows: int = 0
    counts: Counter[str] = field(default_factory=Counter)


def outrights(file: Path) -> dict[int, str]:
    """Instrument ids and symbols of the outright options that a file's header names."""
    found: dict[int, str] = {}
    for mapping in read_header(file).mappings:
        if not any(part in mapping.raw_symbol for part in _SPREADS):
            found |= {int(interval.symbol): mapping.raw_symbol for interval in mapping.intervals if interval.symbol}
    return found


def busiest(file: Path, count: int) -> NDArray[np.uint32]:
    """Of the outrights with records in a file, those with the most, ascending."""
    known = np.array(sorted(outrights(file)), np.uint32)
    met = np.zeros(len(known), np.int64)
    for block in blocks(file):
        ids = block["instrument_id"]
        at = np.minimum(np.searchsorted(known, ids), len(known) - 1)
        met += np.bincount(at[known[at] == ids], minlength=len(known))
    most = np.argsort(-met, kind="stable")[:count]
    return np.sort(known[most[met[most] > 0]])


def window_ends(file: Path, day: date) -> NDArray[np.int64]:
    """Ends of the windows of a day within what a file was asked for. [UNIX ns UTC]."""
    header = read_header(file)
    return windows_of(sessions(product="ES", day=day, start_ns=header.start_ns, end_ns=header.end_ns)).ends


def blocks(file: Path, *, in_cache: bool = False) -> Iterator[NDArray[np.void]]:
    """The records of a file, verified as the lake verifies them; in small blocks of the same memory, each good until the next."""
    with DbnFile(file) as opened:
        yield from opened.blocks(block_records=BLOCK_RECORDS // 4 if in_cache else BLOCK_RECORDS, reuse=in_cache)


def records_of(block: NDArray[np.void]) -> Records:
    """A block as the kernel takes it, nothing copied."""
    return Records(
        ts_recv=block["ts_recv"].view(np.int64),
        instrument_id=block["instrument_id"],
        order_id=block["order_id"],
        action=block["action"].view(np.uint8),
        side=block["side"].view(np.uint8),
        price=block["price"],
        size=block["size"],
        flags=block["flags"],
    )


def books_of(
    ids: NDArray[np.uint32], ends: NDArray[np.int64], *, windows_in_cache: int | None = None, **listed: Any
) -> OrderBooks:
    """Empty books of these instruments; rows come as row groups in fresh memory, or of so many windows in the same memory."""
    groups = windows_in_cache or WINDOWS_PER_GROUP
    books = OrderBooks(window_ends=ends, windows_per_group=groups, reuse_rows=windows_in_cache is not None)
    books.list_instruments(instrument_ids=ids, **listed)
    return books


def run_books(books: OrderBooks, stream: Iterable[NDArray[np.void]], *, keep: list[BookRows] | None = None) -> Pass:
    """Apply a stream to books and finish them; only the kernel's own time is counted."""
    done = Pass()

    def take(groups: Iterator[BookRows]) -> None:
        for rows in groups:
            done.rows += int(np.count_nonzero(rows.present))
            if keep is not None:
                keep.append(rows)

    for block in stream:
        records = records_of(block)
        started = process_time()
        take(books.apply(records))
        done.kernel += process_time() - started
        done.records += len(block)
    started = process_time()
    take(books.finish())
    done.kernel += process_time() - started
    done.counts = books.counts
    return done


def selected(lake: Path, day: date) -> dict[str, NDArray[Any]]:
    """What the graph's quotes list: instruments, when they were listed and expire; ascending ids."""
    from gex_assets.lake.tables import Lake

    table = Lake(lake).open("bronze_option_instruments", product="ES", day=day).read()
    table = table.filter(table["selected"])
    table = table.filter(table["ts_listed"].is_valid()).sort_by("instrument_id")
    return {
        "instrument_ids": table["instrument_id"].to_numpy(),
        "listed": table["ts_listed"].to_numpy(),
        "expiration": table["ts_expiration"].to_numpy(),
    }


def no_records() -> NDArray[np.void]:
    """An empty block."""
    return np.empty(0, MBO_DTYPE)
