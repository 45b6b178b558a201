"""Order ids that share one home in the hash of orders, found by trying: the worst that a feed's numbering can do to the books."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numba import njit

from gex_assets.kernels.order_book import tables as order_book_tables

PLACES = 512
"""Ids collide in tables of up to so many places."""


@cache
def colliding_ids(book: int, *, tried: int = 1 << 15) -> tuple[int, ...]:
    """Some dozens of ids whose search begins, in the book listed as the n-th, at the table's last place: they wrap around."""
    return tuple(_searched(order_book_tables._home, 2 * (book + 1), tried).tolist())


def _searched(home: Any, number: int, tried: int) -> Any:
    @njit
    def search() -> Any:
        found = np.zeros(tried, np.uint64)
        count = 0
        for candidate in range(tried):
            order_id = np.uint64(candidate)
            if home(order_id, np.int64(number), PLACES) == PLACES - 1:
                found[count] = order_id
                count += 1
        return found[:count]

    return search()
