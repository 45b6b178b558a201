"""Compiled passes that sort order records by the codes of their instruments and put their fields into columns."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from gex_assets.kernels.mbo_record import MBO_NUMBERS
from gex_assets.kernels.records.scan import CodedRecords

__all__ = ["RecordColumns", "SortedRecords", "record_columns", "sort_records"]

_RECORD_WORDS: Final = MBO_NUMBERS.itemsize // 8
_INSTRUMENT: Final = np.uint64(0xFFFFFFFF00000000)
"""The part of a record's first word that is kept: the instrument."""


class RecordColumns(NamedTuple):
    """The fields of records as columns of equal length."""

    record_index: NDArray[np.int64]
    ts_recv: NDArray[np.int64]
    ts_event: NDArray[np.int64]
    order_id: NDArray[np.uint64]
    action: NDArray[np.int32]
    side: NDArray[np.int32]
    price: NDArray[np.int64]
    size: NDArray[np.uint32]
    flags: NDArray[np.uint8]
    sequence: NDArray[np.uint32]
    channel_id: NDArray[np.uint8]
    ts_in_delta: NDArray[np.int32]
    ts_recv_behind: NDArray[np.int64]

    @classmethod
    def empty(cls, rows: int) -> RecordColumns:
        """Room for that many records."""
        kinds = ("i8", "i8", "i8", "u8", "i4", "i4", "i8", "u4", "u1", "u4", "u1", "i4", "i8")
        return cls(*(np.empty(rows, dtype=kind) for kind in kinds))


class SortedRecords(NamedTuple):
    """Records sorted by code, those of one code in their order.

    Attributes
    ----------
    records : (n,) of `MBO_NUMBERS`; the first four bytes (length, rtype, publisher) hold the place instead.
    behind : (n,) how far ts_recv lies behind the largest before it. [ns]
    """

    records: NDArray[np.void]
    behind: NDArray[np.int64]

    @classmethod
    def empty(cls, rows: int) -> SortedRecords:
        """Room for that many records."""
        return cls(np.empty(rows, dtype=MBO_NUMBERS), np.zeros(rows, dtype=np.int64))


@njit(cache=True, nogil=True)
def _sort(
    words: NDArray[np.uint64],
    codes: NDArray[np.int32],
    behind: NDArray[np.int64],
    first_place: int,
    cursors: NDArray[np.int64],
    to_words: NDArray[np.uint64],
    to_behind: NDArray[np.int64],
) -> None:
    kept, place = len(cursors), np.uint64(first_place)
    for i in range(len(codes)):
        code = codes[i]
        if code >= kept:
            continue
        to = np.uint64(cursors[code])
        cursors[code] += 1
        to_words[to, 0] = words[i, 0] & _INSTRUMENT | (place + np.uint64(i))
        for k in range(1, _RECORD_WORDS):
            to_words[to, k] = words[i, k]
        if behind[i]:
            to_behind[to] = behind[i]


@njit(cache=True, nogil=True)
def _spread(
    records: NDArray[np.void],
    first_index: int,
    action_codes: NDArray[np.int32],
    side_codes: NDArray[np.int32],
    columns: RecordColumns,
) -> None:
    for i in range(len(records)):
        record = records[i]
        place = np.int64(record.publisher_id) << 16 | np.int64(record.rtype) << 8 | np.int64(record.length)
        columns.record_index[i] = first_index + place
        columns.ts_recv[i] = np.int64(record.ts_recv)
        columns.ts_event[i] = np.int64(record.ts_event)
        columns.order_id[i] = record.order_id
        columns.action[i] = action_codes[record.action]
        columns.side[i] = side_codes[record.side]
        columns.price[i] = record.price
        columns.size[i] = record.size
        columns.flags[i] = record.flags
        columns.sequence[i] = record.sequence
        columns.channel_id[i] = record.channel_id
        columns.ts_in_delta[i] = record.ts_in_delta


def sort_records(
    *, block: NDArray[np.void], coded: CodedRecords, first_place: int, cursors: NDArray[np.int64], target: SortedRecords
) -> None:
    """Copy each record to the row that its code's cursor names, and move the cursor on.

    Records of one code stay in their order, so that cursors which start at the counts' running sums sort them by code, stably
    (a counting sort). Whole records move: seven words to one place cost less than thirteen columns to thirteen.

    Parameters
    ----------
    block, coded : (n,) records of dtype `MBO_NUMBERS` and what `code_records` says of them.
    first_place : of the block's first record; places are at most 2^32 - 1.
    cursors : (kept,) next row of each code; moved. Records of codes from `kept` on are left out.
    target : written to.
    """
    words = block.view(np.uint64).reshape(-1, _RECORD_WORDS)
    to_words = target.records.view(np.uint64).reshape(-1, _RECORD_WORDS)
    _sort(words, coded.codes, coded.behind, first_place, cursors, to_words, target.behind)


def record_columns(
    *, rows: SortedRecords, first_index: int, action_codes: NDArray[np.int32], side_codes: NDArray[np.int32]
) -> RecordColumns:
    """The fields of sorted records as columns.

    Parameters
    ----------
    rows : (n,) records.
    first_index : what their places count from.
    action_codes, side_codes : (256,) what a letter becomes.

    Returns
    -------
    (n,) each; `ts_recv_behind` is the memory of `rows`.
    """
    columns = RecordColumns.empty(len(rows.records))._replace(ts_recv_behind=rows.behind)
    _spread(rows.records, first_index, action_codes, side_codes, columns)
    return columns
