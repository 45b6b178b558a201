"""Tasks over a raw file in memory: decompression alone, the kernel, and both. That is the limit, and what is spent above it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import date
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import numpy as np
import zstandard

from benchmarks import ours

__all__ = ["decompression", "kernel_and_decompression", "steps_in_memory"]

BUFFER = 1 << 18
IN_CACHE = 8
"""Windows per row group where its rows are to stay in cache."""


def decompressed_bytes(file: Path) -> int:
    """Decompress a file as fast as the library can, into one buffer; how many bytes came out."""
    room, total = bytearray(BUFFER), 0
    with file.open("rb") as handle, zstandard.ZstdDecompressor().stream_reader(handle, read_across_frames=True) as reader:
        while got := reader.readinto(room):
            total += got
    return total


def decompression(*, file: str) -> dict[str, Any]:
    """Decompress a file once."""
    started, clock = process_time(), perf_counter()
    total = decompressed_bytes(Path(file))
    return {"cpu": process_time() - started, "wall": perf_counter() - clock, "bytes": total}


def kernel_and_decompression(*, file: str, day: str, instruments: int, rounds: int) -> dict[str, Any]:
    """Books of the busiest outrights over a whole file, and decompression of the same file, in turn; the least of each.

    `cpu` is the kernel's time with small blocks of records, and rows of `IN_CACHE` windows at a time in the same memory. `fresh`
    is its time with blocks and row groups in memory of their own, as the stage takes them. `whole` [s] is `fresh` with decoding.
    The answer also has the records given and applied, and the rows of windows.
    """
    path = Path(file)
    ends = ours.window_ends(path, date.fromisoformat(day))
    ids = ours.busiest(path, instruments)
    warm_up(ids, ends)
    zstd, kernel, fresh, whole = [], [], [], []
    for _ in range(rounds):
        started = process_time()
        decompressed_bytes(path)
        zstd.append(process_time() - started)
        started = process_time()
        fresh.append(ours.run_books(ours.books_of(ids, ends), ours.blocks(path)).kernel)
        whole.append(process_time() - started)
        done = ours.run_books(ours.books_of(ids, ends, windows_in_cache=IN_CACHE), ours.blocks(path, in_cache=True))
        kernel.append(done.kernel)
    return {
        "cpu": min(kernel),
        "wall": 0.0,
        "decompression": min(zstd),
        "fresh": min(fresh),
        "whole": min(whole),
        "records": done.records,
        "applied": done.counts["records"],
        "instruments": len(ids),
        "rows": done.rows,
        "bytes": path.stat().st_size,
    }


def steps_in_memory(*, file: str, day: str) -> dict[str, Any]:
    """CPU time of what a pass over a raw file is made of, each step measured on its own over the whole file."""
    path = Path(file)
    ends = ours.window_ends(path, date.fromisoformat(day))
    ids = ours.busiest(path, 720)
    warm_up(ids, ends)
    found: dict[str, float] = {}
    counted = 0

    def timed(name: str, run: Callable[[], object]) -> None:
        started = process_time()
        run()
        found[name] = process_time() - started

    def hashed() -> None:
        with path.open("rb") as handle:
            hashlib.file_digest(handle, "sha256")

    def decoded() -> None:
        nonlocal counted
        counted = sum(len(block) for block in ours.blocks(path))

    timed("sha256 of the file", hashed)
    timed("zstd alone", lambda: decompressed_bytes(path))
    timed("verified blocks of records, zstd included", decoded)
    few = ours.run_books(ours.books_of(ids, ends[-1:]), ours.blocks(path))
    all_windows = ours.run_books(ours.books_of(ids, ends), ours.blocks(path))
    none = ours.run_books(ours.books_of(ids[:0], ends[-1:]), ours.blocks(path))
    found["kernel: finding that an instrument is not asked for"] = none.kernel
    found[f"kernel: books of the {len(ids)} busiest, one window"] = few.kernel
    found[f"kernel: the same with {all_windows.rows / max(1, all_windows.counts['records']):.2f} rows of quotes per record"] = (
        all_windows.kernel
    )
    return {"cpu": sum(found.values()), "wall": 0.0, "steps": found, "records": counted}


def warm_up(ids: np.ndarray[Any, np.dtype[np.uint32]], ends: np.ndarray[Any, np.dtype[np.int64]]) -> None:
    """Have everything compiled or loaded from its cache before anything is timed."""
    ours.run_books(ours.books_of(ids[:2], ends[:2]), iter([ours.no_records()]))
