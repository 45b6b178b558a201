"""Freed memory is returned to the operating system between two tables.

Allocators keep freed memory for later requests of the same kind, each thread's allocator for itself. After a day of orders
that is some hundred MB, which the next table cannot use.
"""

from __future__ import annotations

import ctypes

import pyarrow as pa

__all__ = ["give_back"]


def give_back() -> None:
    """Return the unused memory of pyarrow's allocator and of the C library's, where that is glibc. Takes milliseconds."""
    pa.default_memory_pool().release_unused()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(ctypes.c_size_t(0))
