"""Slow, obvious claims: which file is read for an instrument at a moment, one record at a time, in plain Python."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

__all__ = ["DeliveredFile", "merged", "status"]


@dataclass(frozen=True)
class DeliveredFile:
    """A file and what it claims; of several the one with the larger rank is read.

    `since` are instruments that definitions add, from a moment on; `mapped` are those of the header.
    """

    name: str
    rank: tuple[Any, ...]
    start: int
    end: int
    mapped: frozenset[int]
    records: np.ndarray
    since: Mapping[int, int] = field(default_factory=dict)

    def claims(self, instrument_id: int, moment: int) -> bool:
        known = instrument_id in self.mapped or self.since.get(instrument_id, moment + 1) <= moment
        return known and self.start <= moment < self.end


def status(file: DeliveredFile, others: Sequence[DeliveredFile], instrument_id: int, moment: int) -> str:
    """`read`, `unmapped`, `unclaimed`, or the name of the better file."""
    if not file.claims(instrument_id, moment):
        is_named = instrument_id in file.mapped or file.since.get(instrument_id, moment + 1) <= moment
        return "unclaimed" if is_named else "unmapped"
    better = [other for other in others if other.rank > file.rank and other.claims(instrument_id, moment)]
    return max(better, key=lambda other: other.rank).name if better else "read"


def merged(files: Sequence[DeliveredFile]) -> list[tuple[np.void, str]]:
    """Records in order of their file's running maximum of ts_recv, then from the best file on; and what becomes of each."""
    rows = []
    ranked = sorted(files, key=lambda file: file.rank, reverse=True)
    for place, file in enumerate(ranked):
        largest = -(2**63)
        for at, record in enumerate(file.records):
            largest = max(largest, int(record["ts_recv"].astype(np.int64)))
            rows.append(((largest, place, at), record, status(file, files, int(record["instrument_id"]), largest)))
    return [(record, said) for _, record, said in sorted(rows, key=lambda row: row[0])]
