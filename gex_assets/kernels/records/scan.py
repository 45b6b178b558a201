"""Compiled passes over order records: which instruments occur, and the code of each record's instrument.

Only numbers: an instrument is an id, then a code; the caller decides what a code stands for. `sort` sorts records by code.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from gex_assets.kernels.numba_tools.compiled_unit import fingerprint
from gex_assets.kernels.records import cover as records_cover
from gex_assets.kernels.records import id_table as records_id_table
from gex_assets.kernels.records.cover import END, READ, START, STATUS, SUPERSEDED, UNCLAIMED, Cover, nothing_known, part_at
from gex_assets.kernels.records.id_table import IdTable, fill, free_table, slot_of

__all__ = [
    "CodedRecords",
    "InstrumentSurvey",
    "Roles",
    "StreamFacts",
    "code_records",
]

_NO_TIME: Final = np.iinfo(np.int64).min
_TRADE: Final = ord("T")

_LARGEST, _BACKSTEPS = range(2)
"""Elements of a pass's `clock`."""


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
    unknown : the code of an id that the table does not have, and of a record that is `cover.UNMAPPED`.
    unclaimed : the code of a record that is `cover.UNCLAIMED`.
    superseded : the code of a record that a better file has.
    traded : by code, whether trades of it are asked for.
    """

    table: IdTable
    unknown: int
    unclaimed: int
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
    """Instruments met so far, in the order they came; `known[0]` of the rows are filled.

    Attributes
    ----------
    pattern : of the cover, -1 for an instrument that it does not have.
    around : the stretch of the last record's moment and its status (`cover.START`, `END`, `STATUS`).
    records, first : how many records are read, and the moment of the first. [ns]
    by_status : records by status.
    clock : largest ts_recv so far [ns], and how many were earlier than the largest before them.
    """

    ids: NDArray[np.uint32]
    pattern: NDArray[np.int32]
    around: NDArray[np.int64]
    records: NDArray[np.int64]
    first: NDArray[np.int64]
    by_status: NDArray[np.int64]
    clock: NDArray[np.int64]
    known: NDArray[np.int64]


def _compiled_survey(unit: int) -> Any:
    @njit(cache=True, nogil=True)
    def survey(
        instrument_ids: NDArray[np.uint32],
        ts_recv: NDArray[np.uint64],
        first_row: int,
        table: IdTable,
        seen: _Seen,
        cover: Cover,
    ) -> int:
        """Count records per instrument from `first_row` on; stop where a new instrument has no room left."""
        unit  # noqa: B018
        largest, backsteps, known = seen.clock[_LARGEST], seen.clock[_BACKSTEPS], seen.known[0]
        i = first_row
        while i < len(instrument_ids):
            at = slot_of(table, instrument_ids[i])
            if table.codes[at] < 0:
                if known == len(seen.ids):
                    break
                table.keys[at] = instrument_ids[i]
                table.codes[at] = known
                seen.ids[known] = instrument_ids[i]
                seen.pattern[known] = cover.table.codes[slot_of(cover.table, instrument_ids[i])]
                known += 1
            place = table.codes[at]
            moment = np.int64(ts_recv[i])
            if moment < largest:
                backsteps += 1
            else:
                largest = moment
            # By the file's clock, as its windows go: a record that steps back does not list its instrument earlier.
            if largest >= seen.around[place, END] or largest < seen.around[place, START]:
                start, end, status = part_at(cover, np.int64(seen.pattern[place]), largest)
                seen.around[place, START], seen.around[place, END], seen.around[place, STATUS] = start, end, status
            status = seen.around[place, STATUS]
            seen.by_status[status] += 1
            if status == READ:
                if seen.records[place] == 0:
                    seen.first[place] = largest
                seen.records[place] += 1
            i += 1
        seen.clock[_LARGEST], seen.clock[_BACKSTEPS], seen.known[0] = largest, backsteps, known
        return i

    return survey


def _compiled_code(unit: int) -> Any:
    @njit(cache=True, nogil=True)
    def code(block: NDArray[np.void], roles: Roles, statuses: NDArray[np.int16], facts: StreamFacts, found: CodedRecords) -> int:
        """Give every record its code; return how many trades are asked for."""
        unit  # noqa: B018
        largest, backsteps, trades, is_masked = facts.clock[_LARGEST], facts.clock[_BACKSTEPS], 0, len(statuses) > 0
        for i in range(len(block)):
            record = block[i]
            code = roles.table.codes[slot_of(roles.table, record.instrument_id)]
            if code < 0:
                code = roles.unknown
            if is_masked and statuses[i] != READ:
                code = roles.superseded if statuses[i] >= SUPERSEDED else roles.unknown
                if statuses[i] == UNCLAIMED:
                    code = roles.unclaimed
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

    return code


_UNIT: Final = fingerprint(records_cover, records_id_table)
_survey: Final = _compiled_survey(_UNIT)
_code: Final = _compiled_code(_UNIT)


class InstrumentSurvey:
    """The instruments of a file's records: how many records of each are read and when the first came. Grows as needed.

    Parameters
    ----------
    cover : which records are read.
    ranks : statuses from `SUPERSEDED` on that the cover may have.
    room : instruments that there is room for at first.
    """

    def __init__(self, *, cover: Cover, ranks: int = 1, room: int = 4096) -> None:
        self._cover = cover
        self._seen = _Seen(
            ids=np.zeros(room, dtype=np.uint32),
            pattern=np.zeros(room, dtype=np.int32),
            around=nothing_known(room),
            records=np.zeros(room, dtype=np.int64),
            first=np.zeros(room, dtype=np.int64),
            by_status=np.zeros(SUPERSEDED + ranks + 1, dtype=np.int64),
            clock=np.array([_NO_TIME, 0], dtype=np.int64),
            known=np.zeros(1, dtype=np.int64),
        )
        self._table = free_table(2 * room)

    def add(self, *, instrument_ids: NDArray[np.uint32], ts_recv: NDArray[np.uint64]) -> None:
        """Count (n,) records; the arrays may be fields of a structured array."""
        at = 0
        while at < len(instrument_ids):
            at = _survey(instrument_ids, ts_recv, at, self._table, self._seen, self._cover)
            if at < len(instrument_ids):
                self._grow()

    def _grow(self) -> None:
        seen = self._seen
        ids, pattern, records, first = (
            np.concatenate([old, np.zeros_like(old)]) for old in (seen.ids, seen.pattern, seen.records, seen.first)
        )
        around = np.concatenate([seen.around, nothing_known(len(seen.around))])
        self._seen = seen._replace(ids=ids, pattern=pattern, around=around, records=records, first=first)
        self._table = free_table(2 * len(ids))
        known = int(self._seen.known[0])
        fill(self._table, ids[:known], np.arange(known, dtype=np.int32))

    @property
    def backsteps(self) -> int:
        """Records whose ts_recv is earlier than the largest before it."""
        return int(self._seen.clock[_BACKSTEPS])

    @property
    def last_moment(self) -> int | None:
        """The largest ts_recv; None without records. [ns]."""
        return int(self._seen.clock[_LARGEST]) if self._seen.known[0] else None

    def with_status(self, status: int) -> int:
        """Records with this status."""
        return int(self._seen.by_status[status])

    def instruments(self) -> tuple[NDArray[np.uint32], NDArray[np.int64], NDArray[np.int64]]:
        """Instruments of which records are read: ids in ascending order, how many, moment of the first [ns]: three times (n,)."""
        known = int(self._seen.known[0])
        met = np.flatnonzero(self._seen.records[:known])
        order = met[np.argsort(self._seen.ids[met])]
        return self._seen.ids[order], self._seen.records[order], self._seen.first[order]


def code_records(
    *, block: NDArray[np.void], roles: Roles, statuses: NDArray[np.int16] | None, facts: StreamFacts
) -> CodedRecords:
    """Give every record the code of its instrument, and count what is there into `facts`.

    Parameters
    ----------
    block : (n,) records of dtype `mbo_record.MBO_NUMBERS`.
    roles : what instruments stand for.
    statuses : (n,) whether records are read (`cover`); None where all are.
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
    mask = np.zeros(0, dtype=np.int16) if statuses is None else statuses
    trades = _code(block, roles, mask, facts, found)
    return found._replace(trades=found.trades[:trades])
