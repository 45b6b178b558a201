"""The same records in each peer's form, the best prices by our books, and a plain dict book over the same records.

The slice is taken from a day's file, outrights only. It is a DBN file for those who read DBN, and numpy arrays for others. A list
of moments says when every book is asked for its best prices. Converting is never part of what is timed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from time import perf_counter, process_time
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from benchmarks import ours
from gex_assets.kernels.order_book.books import BookRows
from gex_assets.lake.dbn.reader import MappingInterval, SymbolMapping, read_header
from gex_assets.lake.dbn.writer import write_dbn
from gex_assets.time_units import WINDOW_NS

__all__ = ["dict_book", "kernel_on_peer_input", "peer_input"]

MOMENTS: Final = 24
SECOND: Final = 10**9
BEST: Final = ("bid_price", "bid_size", "ask_price", "ask_size")


def peer_input(*, file: str, day: str, records: int, into: str) -> dict[str, Any]:
    """Write the slice, unless it is there: `orders` in both forms, `moments`, what is `best` then, `inside`, `symbols`.

    `inside.npy` says at which moments an event of an instrument was not over yet: what a book shows then is its own choice.
    """
    folder, source = Path(into), Path(file)
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "symbols.json").exists():
        symbols = ours.outrights(source)
        taken = _first_outrights(source, np.array(sorted(symbols), np.uint32), records)
        np.save(folder / "orders.npy", taken)
        header, when = read_header(source), date.fromisoformat(day)
        met = np.unique(taken["instrument_id"]).tolist()
        interval = [MappingInterval(when, date.fromordinal(when.toordinal() + 1), str(one)) for one in met]
        write_dbn(
            folder / "orders.dbn.zst",
            version=header.version,
            schema="mbo",
            symbols=["ES.OPT"],
            stype_in="parent",
            start_ns=header.start_ns,
            end_ns=header.end_ns or int(taken["ts_recv"][-1]) + 1,
            mappings=[SymbolMapping(symbols[one], (each,)) for one, each in zip(met, interval, strict=True)],
            blocks=_blocks(taken),
        )
        moments = _moments(taken)
        np.save(folder / "moments.npy", moments)
        kept: list[BookRows] = []
        ours.run_books(ours.books_of(np.array(met, np.uint32), moments), _blocks(taken), keep=kept)
        np.save(folder / "best.npy", best_prices(kept))
        np.save(
            folder / "inside.npy", np.concatenate([rows.columns["mid_event"].astype(np.bool_) & rows.present for rows in kept])
        )
        (folder / "symbols.json").write_text(json.dumps({symbols[one]: one for one in met}), encoding="utf-8")
    return {"cpu": 0.0, "wall": 0.0, "records": len(np.load(folder / "orders.npy", mmap_mode="r"))}


def best_prices(kept: list[BookRows]) -> NDArray[np.int64]:
    """(moments, instruments, 4) prices and sizes of bid and ask by our books, prices in 1e-9 points; 0 for none."""
    planes = []
    for rows in kept:
        plane = np.stack([rows.columns[name].astype(np.float64) for name in BEST], axis=-1)
        plane[~rows.present] = np.nan
        plane[..., (0, 2)] = np.rint(plane[..., (0, 2)] * SECOND)
        planes.append(np.nan_to_num(plane).astype(np.int64))
    return np.concatenate(planes)


def kernel_on_peer_input(*, folder: str, rounds: int) -> dict[str, Any]:
    """Our kernel over the slice, windows at the moments only, as the peers have them; the least of some rounds."""
    records = np.load(Path(folder) / "orders.npy")
    moments = np.load(Path(folder) / "moments.npy")
    ids = np.unique(records["instrument_id"])
    ours.run_books(ours.books_of(ids[:2], moments[:2]), iter([ours.no_records()]))
    found = [ours.run_books(ours.books_of(ids, moments), _blocks(records)).kernel for _ in range(rounds)]
    return {"cpu": min(found), "wall": 0.0, "records": len(records), "instruments": len(ids)}


def dict_book(*, folder: str) -> dict[str, Any]:
    """The tests' dict book over the slice; every column of every row is compared with the kernel's first."""
    from gex_assets_tests.twins.dict_book import DictBooks, Record

    records = np.load(Path(folder) / "orders.npy")
    moments = np.load(Path(folder) / "moments.npy")
    ids = np.unique(records["instrument_id"])
    columns = [records[name].tolist() for name in Record._fields]
    texts = [[value.decode() for value in column] if isinstance(column[0], bytes) else column for column in columns]
    plain = [Record(*row) for row in zip(*texts, strict=True)]
    started, clock = process_time(), perf_counter()
    twin = DictBooks(window_ends=moments.tolist(), instruments=dict.fromkeys(ids.tolist(), (None, None)))
    rows = twin.run(plain)
    took = {"cpu": process_time() - started, "wall": perf_counter() - clock}
    kept: list[BookRows] = []
    done = ours.run_books(ours.books_of(ids, moments), _blocks(records), keep=kept)
    differences = list(_differences(kept, rows, moments))
    differences += [f"counts {name}" for name in twin.counts | done.counts if twin.counts[name] != done.counts[name]]
    return took | {"records": len(records), "rows": len(rows), "differences": len(differences), "first": differences[:3]}


def _differences(kept: list[BookRows], rows: list[dict[str, Any]], moments: NDArray[np.int64]) -> Iterator[str]:
    """Fields in which the kernel's rows and the dict book's are not the same."""
    from gex_assets.kernels.order_book.books import MISSING
    from gex_assets.schemas.book_columns import BOOK_STATES

    expected = {(row["ts_window_end"], row["instrument_id"]): row for row in rows}
    for group in kept:
        for window, at in np.argwhere(group.present).tolist():
            key = (int(moments[group.first + window]), int(group.instrument_ids[at]))
            wanted = expected.pop(key, None)
            if wanted is None:
                yield f"row {key}"
                continue
            for name, plane in group.columns.items():
                value = plane[window, at].item()
                if name == "book_state":
                    value = BOOK_STATES[value]
                value = None if value == MISSING or value != value else value  # noqa: PLR0124
                if name in wanted and value != wanted[name] and not _close(value, wanted[name]):
                    yield f"{name} of {key}: {value} and {wanted[name]}"
    yield from (f"row {key}" for key in expected)


def _close(one: object, other: object) -> bool:
    """Floats may differ in how a mean was rounded."""
    return isinstance(one, float) and isinstance(other, float) and abs(one - other) <= 1e-9 * max(abs(one), 1.0)


def _first_outrights(file: Path, known: NDArray[np.uint32], records: int) -> NDArray[np.void]:
    taken: list[NDArray[np.void]] = []
    count = 0
    for block in ours.blocks(file):
        at = np.minimum(np.searchsorted(known, block["instrument_id"]), len(known) - 1)
        mine = block[known[at] == block["instrument_id"]][: records - count]
        taken.append(mine)
        count += len(mine)
        if count >= records:
            break
    return np.concatenate(taken)


def _moments(records: NDArray[np.void]) -> NDArray[np.int64]:
    """Ends of windows, evenly over the records; every record before the last of them counts in a book at least once."""
    clock = np.maximum.accumulate(records["ts_recv"].astype(np.int64))
    at = clock[np.linspace(len(clock) // MOMENTS, len(clock) - 1, MOMENTS).astype(np.int64)]
    return np.unique(at // WINDOW_NS * WINDOW_NS)


def _blocks(records: NDArray[np.void]) -> Iterator[NDArray[np.void]]:
    for first in range(0, len(records), ours.BLOCK_RECORDS):
        yield records[first : first + ours.BLOCK_RECORDS]
