"""Memory that was freed and is still this process's: given back to the operating system between two tables.

Allocators keep what was freed for the next request of the same kind, and each thread's allocator keeps its own: after a day of
orders that is some hundred MB which the next table, made of other kinds of arrays, could not use.
"""

from __future__ import annotations

import ctypes

import pyarrow as pa

__all__ = ["give_back"]


def give_back() -> None:
    """Give back what pyarrow and, where it is glibc's, the C library's allocator hold unused; takes milliseconds."""
    pa.default_memory_pool().release_unused()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(ctypes.c_size_t(0))
