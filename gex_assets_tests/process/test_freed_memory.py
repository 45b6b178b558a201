from __future__ import annotations

import ctypes
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest

from gex_assets.process.freed_memory import give_back

STATM = Path("/proc/self/statm")

FREED_BY_A_THREAD = """
import threading
from pathlib import Path
import numpy as np
from gex_assets.process.freed_memory import give_back

stays = []

def work():
    goes = []
    for _ in range(1_000):
        goes.append(np.ones(100_000, dtype=np.uint8))
        stays.append(np.ones(1_000, dtype=np.uint8))

def resident_pages():
    return int(Path("/proc/self/statm").read_text().split()[1])

thread = threading.Thread(target=work)
thread.start()
thread.join()
before = resident_pages()
give_back()
print((before - resident_pages()) * 4096, all(one.sum() == 1_000 for one in stays))
"""
"""In a process of its own: in one that ran other tests a thread finds room that they freed."""


@pytest.mark.skipif(
    not (STATM.exists() and hasattr(ctypes.CDLL(None), "malloc_trim")), reason="only glibc on Linux keeps and can give back"
)
def test_what_a_thread_freed_below_something_that_stays_is_given_back() -> None:
    ran = subprocess.run([sys.executable, "-c", FREED_BY_A_THREAD], capture_output=True, text=True, check=True)
    given_back, is_whole = ran.stdout.split()
    assert int(given_back) > 50e6
    assert is_whole == "True"


def test_what_is_in_use_stays() -> None:
    rows = pa.array(range(100_000))
    held = pa.default_memory_pool().bytes_allocated()
    give_back()
    assert pa.default_memory_pool().bytes_allocated() == held
    assert rows.to_pylist() == list(range(100_000))
