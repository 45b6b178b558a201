"""Tasks over a raw file in memory: decompression alone, the kernel, and both: the limit, and what is spent above it."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import numpy as np
import zstandard

from benchmarks import ours

__all__ = ["decompression", "kernel_beside_decompression", "quotes_in_memory"]

BUFFER = 1 << 18


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


def kernel_beside_decompression(*, file: str, day: str, instruments: int, rounds: int) -> dict[str, Any]:
    """Books of the busiest outrights over a whole file, and decompression of the same file, in turn; the least of each.

    Said beside: records handed in and applied, rows of windows, `kernel` [s] within the kernel, `whole` [s] with decoding.
    """
    path, ends = Path(file), ours.window_ends(date.fromisoformat(day))
    ids = ours.busiest(path, instruments)
    warm_up(ids, ends)
    zstd, kernel, whole = [], [], []
    for _ in range(rounds):
        started = process_time()
        decompressed_bytes(path)
        zstd.append(process_time() - started)
        started = process_time()
        done = ours.run_books(ours.books_of(ids, ends), ours.blocks(path))
        whole.append(process_time() - started)
        kernel.append(done.kernel)
    return {
        "cpu": min(kernel),
        "wall": 0.0,
        "decompression": min(zstd),
        "whole": min(whole),
        "records": done.records,
        "applied": done.counts["records"],
        "instruments": len(ids),
        "rows": done.rows,
        "bytes": path.stat().st_size,
    }


def quotes_in_memory(*, file: str, day: str, instruments: int) -> dict[str, Any]:
    """From the raw file to quotes in memory, once."""
    path, ends = Path(file), ours.window_ends(date.fromisoformat(day))
    ids = ours.busiest(path, instruments)
    warm_up(ids, ends)
    started, clock = process_time(), perf_counter()
    done = ours.run_books(ours.books_of(ids, ends), ours.blocks(path))
    return {"cpu": process_time() - started, "wall": perf_counter() - clock, "records": done.records, "rows": done.rows}


def warm_up(ids: np.ndarray[Any, np.dtype[np.uint32]], ends: np.ndarray[Any, np.dtype[np.int64]]) -> None:
    """Have everything compiled or loaded from its cache before anything is timed."""
    ours.run_books(ours.books_of(ids[:2], ends[:2]), iter([ours.no_records()]))
