from __future__ import annotations

import ctypes
import threading
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from gex_assets.process.freed_memory import give_back

STATM = Path("/proc/self/statm")


def resident_pages() -> int:
    return int(STATM.read_text().split()[1])


@pytest.mark.skipif(
    not (STATM.exists() and hasattr(ctypes.CDLL(None), "malloc_trim")), reason="only glibc on Linux keeps and can give back"
)
def test_what_a_thread_freed_below_something_that_stays_is_given_back() -> None:
    stays: list[np.ndarray] = []

    def work() -> None:
        goes = []
        for _ in range(1_000):
            goes.append(np.ones(100_000, dtype=np.uint8))
            stays.append(np.ones(1_000, dtype=np.uint8))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    before = resident_pages()
    give_back()
    assert (before - resident_pages()) * 4096 > 50e6
    assert all(one.sum() == 1_000 for one in stays)


def test_what_is_in_use_stays() -> None:
    rows = pa.array(range(100_000))
    held = pa.default_memory_pool().bytes_allocated()
    give_back()
    assert pa.default_memory_pool().bytes_allocated() == held
    assert rows.to_pylist() == list(range(100_000))
