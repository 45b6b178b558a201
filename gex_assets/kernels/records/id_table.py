"""A hash table from instrument ids to codes, for compiled loops over records."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = ["IdTable", "fill", "free_table", "id_table", "slot_of"]

_GOLDEN: Final = np.uint32(2654435769)
"""2^32 divided by the golden ratio: neighbouring ids fall far apart (Knuth, TAOCP 3, 6.4)."""


class IdTable(NamedTuple):
    """A hash table from instrument ids to codes: `keys` and `codes` of a length that is a power of two, code -1 for free."""

    keys: NDArray[np.uint32]
    codes: NDArray[np.int32]
    shift: np.uint32


@njit(forceinline=True)
def slot_of(table: IdTable, instrument_id: np.uint32) -> np.int64:
    """Where an id stands, or would: the first slot from its hash on that is its own or free."""
    mask = len(table.keys) - 1
    at = np.int64((np.uint32(instrument_id) * _GOLDEN & np.uint32(0xFFFFFFFF)) >> table.shift)
    while table.codes[at] >= 0 and table.keys[at] != instrument_id:
        at = (at + 1) & mask
    return at


@njit(cache=True, nogil=True)
def fill(table: IdTable, ids: NDArray[np.uint32], codes: NDArray[np.int32]) -> None:
    """Enter (n,) ids and their codes; the table needs room for them."""
    for i in range(len(ids)):
        at = slot_of(table, ids[i])
        table.keys[at] = ids[i]
        table.codes[at] = codes[i]


def free_table(slots: int) -> IdTable:
    """A table without ids that has at least this many slots."""
    bits = max(1, int(slots - 1).bit_length())
    return IdTable(np.zeros(1 << bits, dtype=np.uint32), np.full(1 << bits, -1, dtype=np.int32), np.uint32(32 - bits))


def id_table(*, ids: NDArray[np.uint32], codes: NDArray[np.int32]) -> IdTable:
    """Hash table from ids to codes, at most half full.

    Parameters
    ----------
    ids : (n,) instrument ids, each once.
    codes : (n,) what each stands for, at least 0.
    """
    table = free_table(2 * max(len(ids), 1))
    fill(table, ids, codes)
    return table
