"""Which records of a file are read: by instrument and moment, in compiled passes.

A cover says for every instrument of a file in which stretches of time its records are read, and why not in others. Only numbers:
what claims are, and which file is read before which, is in `lake.raw.claims`.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from gex_assets.kernels.numba_tools.compiled_unit import fingerprint
from gex_assets.kernels.records import id_table as records_id_table
from gex_assets.kernels.records.id_table import IdTable, id_table, slot_of

__all__ = [
    "END",
    "READ",
    "START",
    "STATUS",
    "SUPERSEDED",
    "UNCLAIMED",
    "UNMAPPED",
    "Cover",
    "Part",
    "cover_of",
    "nothing_known",
    "part_at",
    "statuses",
]

READ: Final = 0
UNMAPPED: Final = 1
"""No name is known for the instrument at that moment."""
UNCLAIMED: Final = 2
"""The record lies outside the time that the file was asked for, or its instrument's name does not hold any longer."""
SUPERSEDED: Final = 3
"""A better file has the instrument at that moment: this status plus that file's rank, which starts at 1."""


NO_START, NO_END = np.iinfo(np.int64).min, np.iinfo(np.int64).max

START, END, STATUS = range(3)
"""Columns of what is known of a pattern or an instrument: the stretch around the last moment asked for, and its status."""


def nothing_known(rows: int) -> NDArray[np.int64]:
    """Room for what is known, (rows, 3): no moment lies in an empty stretch."""
    known = np.zeros((rows, 3), dtype=np.int64)
    known[:, START] = NO_END
    return known


class Part(NamedTuple):
    """Records of an instrument with a moment in [start, end) have this status. [UNIX ns UTC]."""

    start: int
    end: int
    status: int


class Cover(NamedTuple):
    """Statuses by instrument and moment.

    Attributes
    ----------
    table : pattern by instrument id; an id that it does not have is `UNMAPPED`.
    first : (patterns + 1,) where a pattern's parts begin.
    starts, ends, statuses : (parts,) in order of time within a pattern; outside them a record is `UNCLAIMED`.
    """

    table: IdTable
    first: NDArray[np.int64]
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    statuses: NDArray[np.int16]


def cover_of(patterns: Mapping[tuple[Part, ...], Sequence[int] | NDArray[np.uint32]]) -> Cover:
    """Make a cover.

    Parameters
    ----------
    patterns : the instruments of which the same is read, by parts in order of time that do not overlap. Each instrument once.
    """
    ids = [np.asarray(same, dtype=np.uint32) for same in patterns.values()]
    codes = [np.full(len(same), code, dtype=np.int32) for code, same in enumerate(ids)]
    nothing = np.zeros(0, dtype=np.uint32)
    parts = [part for pattern in patterns for part in pattern]
    return Cover(
        table=id_table(ids=np.concatenate([nothing, *ids]), codes=np.concatenate([nothing.astype(np.int32), *codes])),
        first=np.cumsum([0, *(len(pattern) for pattern in patterns)], dtype=np.int64),
        starts=np.array([part.start for part in parts], dtype=np.int64),
        ends=np.array([part.end for part in parts], dtype=np.int64),
        statuses=np.array([part.status for part in parts], dtype=np.int16),
    )


@njit(forceinline=True)
def part_at(cover: Cover, pattern: int | np.int64, moment: int | np.int64) -> tuple[np.int64, np.int64, np.int64]:
    """The stretch of time [start, end) around a moment in which a pattern's records have one status, and that status.

    A pattern of -1 is an instrument that the cover does not have.
    """
    start, end, status = np.int64(NO_START), np.int64(NO_END), np.int64(UNMAPPED if pattern < 0 else UNCLAIMED)
    if pattern >= 0:
        for at in range(cover.first[pattern], cover.first[pattern + 1]):
            if moment < cover.starts[at]:
                end = cover.starts[at]
                break
            if moment < cover.ends[at]:
                start, end, status = cover.starts[at], cover.ends[at], np.int64(cover.statuses[at])
                break
            start = cover.ends[at]
    return start, end, status


def _compiled(unit: int) -> Any:
    @njit(cache=True, nogil=True)
    def look_up(
        instrument_ids: NDArray[np.uint32],
        moments: NDArray[np.int64],
        cover: Cover,
        known: NDArray[np.int64],
        found: NDArray[np.int16],
    ) -> None:
        """Find the status of each record; `known` has each pattern's last stretch, its last row that of unknown instruments."""
        unit  # noqa: B018
        for i in range(len(instrument_ids)):
            pattern = np.int64(cover.table.codes[slot_of(cover.table, instrument_ids[i])])
            moment = moments[i]
            if moment < known[pattern, START] or moment >= known[pattern, END]:
                known[pattern, START], known[pattern, END], known[pattern, STATUS] = part_at(cover, pattern, moment)
            found[i] = known[pattern, STATUS]

    return look_up


_look_up: Final = _compiled(fingerprint(sys.modules[__name__], records_id_table))


def statuses(*, instrument_ids: NDArray[np.uint32], moments: NDArray[np.int64], cover: Cover) -> NDArray[np.int16]:
    """The status of each of (n,) records; the arrays may be fields of a structured array. Moments in UNIX ns UTC."""
    found = np.empty(len(instrument_ids), dtype=np.int16)
    # Copies: fields of records and columns of tables would each be compiled for.
    _look_up(np.array(instrument_ids), np.array(moments), cover, nothing_known(len(cover.first)), found)
    return found
