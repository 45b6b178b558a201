"""Compiled passes over order records: which instruments occur, and the code of each record's instrument.

Only numbers: an instrument is an id, then a code; the caller decides what a code stands for. `sort` sorts records by code.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = [
    "CodedRecords",
    "IdTable",
    "InstrumentSurvey",
    "Roles",
    "StreamFacts",
    "code_records",
    "id_table",
]

_GOLDEN: Final = np.uint32(2654435769)
"""2^32 divided by the golden ratio: neighbouring ids fall far apart (Knuth, TAOCP 3, 6.4)."""

_NO_TIME: Final = np.iinfo(np.int64).min
_TRADE: Final = ord("T")

_LARGEST, _BACKSTEPS, _OUTSIDE = range(3)
"""Elements of a pass's `clock`."""

_EARLIEST, _END = range(2)
"""Elements of `bounds`."""


class IdTable(NamedTuple):
    """A hash table from instrument ids to codes: `keys` and `codes` of a length that is a power of two, code -1 for free."""

    keys: NDArray[np.uint32]
    codes: NDArray[np.int32]
    shift: np.uint32


class StreamFacts(NamedTuple):
    """What a pass has counted so far.

    Attributes
    ----------
    counts : records by code.
    actions, sides, flags : records by the value of the field, 0 to 255.
    clock : largest ts_recv so far [ns], and how many records were earlier than the largest before them.
    """

    counts: NDArray[np.int64]
    actions: NDArray[np.int64]
    sides: NDArray[np.int64]
    flags: NDArray[np.int64]
    clock: NDArray[np.int64]

    @classmethod
    def start(cls, codes: int) -> StreamFacts:
        """Nothing counted yet, for that many codes."""
        return cls(
            counts=np.zeros(codes, dtype=np.int64),
            actions=np.zeros(256, dtype=np.int64),
            sides=np.zeros(256, dtype=np.int64),
            flags=np.zeros(256, dtype=np.int64),
            clock=np.array([_NO_TIME, 0], dtype=np.int64),
        )

    @property
    def backsteps(self) -> int:
        """Records whose ts_recv is earlier than the largest before it."""
        return int(self.clock[_BACKSTEPS])


class Roles(NamedTuple):
    """What codes stand for.

    Attributes
    ----------
    table : codes by instrument id.
    unknown : the code of an id that the table does not have.
    superseded : the code of a record that another file says better.
    traded : by code, whether trades of it are asked for.
    """

    table: IdTable
    unknown: int
    superseded: int
    traded: NDArray[np.bool_]


class CodedRecords(NamedTuple):
    """What a pass says of a block's records.

    Attributes
    ----------
    codes : (n,) of the records' instruments.
    behind : (n,) how far ts_recv lies behind the largest so far in the stream. [ns]
    trades : positions of the trades asked for.
    """

    codes: NDArray[np.int32]
    behind: NDArray[np.int64]
    trades: NDArray[np.int64]


class _Seen(NamedTuple):
    """Instruments met so far, in the order they came; `known` of the rows are filled.

    `clock` is the largest ts_recv so far, how many were earlier than the largest before them, and how many lay outside
    `bounds`, [start, end).
    """

    ids: NDArray[np.uint32]
    records: NDArray[np.int64]
    first: NDArray[np.int64]
    clock: NDArray[np.int64]
    known: NDArray[np.int64]
    bounds: NDArray[np.int64]


@njit(cache=True, nogil=True)
def _slot(table: IdTable, instrument_id: np.uint32) -> np.int64:
    """Where an id stands, or would: the first slot from its hash on that is its own or free."""
    mask = len(table.keys) - 1
    at = np.int64((np.uint32(instrument_id) * _GOLDEN & np.uint32(0xFFFFFFFF)) >> table.shift)
    while table.codes[at] >= 0 and table.keys[at] != instrument_id:
        at = (at + 1) & mask
    return at


@njit(cache=True, nogil=True)
def _fill(table: IdTable, ids: NDArray[np.uint32], codes: NDArray[np.int32]) -> None:
    for i in range(len(ids)):
        at = _slot(table, ids[i])
        table.keys[at] = ids[i]
        table.codes[at] = codes[i]


@njit(cache=True, nogil=True)
def _survey(instrument_ids: NDArray[np.uint32], ts_recv: NDArray[np.uint64], start: int, table: IdTable, seen: _Seen) -> int:
    """Count records per instrument from `start` on; stop where a new instrument has no room left."""
    largest, backsteps, outside, known = seen.clock[_LARGEST], seen.clock[_BACKSTEPS], seen.clock[_OUTSIDE], seen.known[0]
    earliest, end = seen.bounds[_EARLIEST], seen.bounds[_END]
    i = start
    while i < len(instrument_ids):
        instrument_id = instrument_ids[i]
        at = _slot(table, instrument_id)
        moment = np.int64(ts_recv[i])
        if table.codes[at] < 0:
            if known == len(seen.ids):
                break
            table.keys[at] = instrument_id
            table.codes[at] = known
            seen.ids[known] = instrument_id
            # By the stream's clock, as its windows go: a record that steps back does not list its instrument earlier.
            seen.first[known] = max(moment, largest)
            known += 1
        seen.records[table.codes[at]] += 1
        if moment < largest:
            backsteps += 1
        else:
            largest = moment
        if moment < earliest or moment >= end:
            outside += 1
        i += 1
    seen.clock[_LARGEST], seen.clock[_BACKSTEPS], seen.clock[_OUTSIDE], seen.known[0] = largest, backsteps, outside, known
    return i


@njit(cache=True, nogil=True)
def _code(
    block: NDArray[np.void],
    roles: Roles,
    is_superseded: NDArray[np.bool_],
    facts: StreamFacts,
    found: CodedRecords,
) -> int:
    largest, backsteps, trades = facts.clock[_LARGEST], facts.clock[_BACKSTEPS], 0
    for i in range(len(block)):
        record = block[i]
        code = roles.table.codes[_slot(roles.table, record.instrument_id)]
        if code < 0:
            code = roles.unknown
        if len(is_superseded) and is_superseded[i]:
            code = roles.superseded
        found.codes[i] = code
        facts.counts[code] += 1
        facts.actions[record.action] += 1
        facts.sides[record.side] += 1
        facts.flags[record.flags] += 1
        moment = np.int64(record.ts_recv)
        if moment < largest:
            backsteps += 1
        else:
            largest = moment
        found.behind[i] = largest - moment
        if record.action == _TRADE and roles.traded[code]:
            found.trades[trades] = i
            trades += 1
    facts.clock[_LARGEST], facts.clock[_BACKSTEPS] = largest, backsteps
    return trades


def id_table(*, ids: NDArray[np.uint32], codes: NDArray[np.int32]) -> IdTable:
    """Hash table from ids to codes, at most half full.

    Parameters
    ----------
    ids : (n,) instrument ids, each once.
    codes : (n,) what each stands for, at least 0.
    """
    table = _free_table(2 * max(len(ids), 1))
    _fill(table, ids, codes)
    return table


def _free_table(slots: int) -> IdTable:
    bits = max(1, int(slots - 1).bit_length())
    return IdTable(np.zeros(1 << bits, dtype=np.uint32), np.full(1 << bits, -1, dtype=np.int32), np.uint32(32 - bits))


class InstrumentSurvey:
    """The instruments of records: how many records each has and when its first came. Grows as needed.

    Parameters
    ----------
    bounds : [start, end) that records should lie in. [ns]
    room : instruments that there is room for at first.
    """

    def __init__(self, *, bounds: tuple[int, int], room: int = 4096) -> None:
        self._seen = _Seen(
            ids=np.zeros(room, dtype=np.uint32),
            records=np.zeros(room, dtype=np.int64),
            first=np.zeros(room, dtype=np.int64),
            clock=np.array([_NO_TIME, 0, 0], dtype=np.int64),
            known=np.zeros(1, dtype=np.int64),
            bounds=np.array(bounds, dtype=np.int64),
        )
        self._table = _free_table(2 * room)

    def add(self, *, instrument_ids: NDArray[np.uint32], ts_recv: NDArray[np.uint64]) -> None:
        """Count (n,) records; the arrays may be fields of a structured array."""
        at = 0
        while at < len(instrument_ids):
            at = _survey(instrument_ids, ts_recv, at, self._table, self._seen)
            if at < len(instrument_ids):
                self._grow()

    def _grow(self) -> None:
        grown = [np.concatenate([old, np.zeros_like(old)]) for old in self._seen[:3]]
        self._seen = self._seen._replace(ids=grown[0], records=grown[1], first=grown[2])
        self._table = _free_table(2 * len(grown[0]))
        known = int(self._seen.known[0])
        _fill(self._table, self._seen.ids[:known], np.arange(known, dtype=np.int32))

    @property
    def backsteps(self) -> int:
        """Records whose ts_recv is earlier than the largest before it."""
        return int(self._seen.clock[_BACKSTEPS])

    @property
    def outside(self) -> int:
        """Records outside the bounds."""
        return int(self._seen.clock[_OUTSIDE])

    def instruments(self) -> tuple[NDArray[np.uint32], NDArray[np.int64], NDArray[np.int64]]:
        """Ids in ascending order, records of each, and ts_recv of each one's first record [ns]: three times (n,)."""
        known = int(self._seen.known[0])
        order = np.argsort(self._seen.ids[:known])
        return self._seen.ids[order], self._seen.records[order], self._seen.first[order]


def code_records(
    *, block: NDArray[np.void], roles: Roles, is_superseded: NDArray[np.bool_] | None, facts: StreamFacts
) -> CodedRecords:
    """Give every record the code of its instrument, and count what is there into `facts`.

    Parameters
    ----------
    block : (n,) records of dtype `mbo_record.MBO_NUMBERS`.
    roles : what instruments stand for.
    is_superseded : (n,) which records another file says better; None for none.
    facts : counted on.

    Returns
    -------
    Codes, how far each record is behind the stream's clock, and the positions of the trades asked for.
    """
    found = CodedRecords(
        codes=np.empty(len(block), dtype=np.int32),
        behind=np.empty(len(block), dtype=np.int64),
        trades=np.empty(len(block), dtype=np.int64),
    )
    mask = np.zeros(0, dtype=np.bool_) if is_superseded is None else is_superseded
    trades = _code(block, roles, mask, facts, found)
    return found._replace(trades=found.trades[:trades])
