"""Order records in stretches of the day's stream, as columns sorted by instrument, for both bronze order tables.

A stretch is a fixed number of raw records, so that rows do not depend on how many records are decoded at a time. Instruments and
tables are those of `mbo`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import AbstractContextManager, closing, nullcontext
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from gex_assets.kernels.mbo_record import (
    F_BAD_TS_RECV,
    F_LAST,
    F_MAYBE_BAD_BOOK,
    F_PUBLISHER_SPECIFIC,
    F_SNAPSHOT,
    MBO_NUMBERS,
)
from gex_assets.kernels.records.scan import CodedRecords, Roles, StreamFacts, code_records
from gex_assets.kernels.records.sort import RecordColumns, SortedRecords, record_columns, sort_records
from gex_assets.schemas.vendor_shapes import MergedBlock

__all__ = [
    "Letters",
    "Prefetch",
    "Stretch",
    "Traded",
    "category",
    "count_oddities",
    "letters",
    "stretches",
    "vendor_columns",
]

_ACTIONS: Final = "ACFMNRT"
_SIDES: Final = "ABN"
_KNOWN_FLAGS: Final = F_LAST | F_SNAPSHOT | F_BAD_TS_RECV | F_MAYBE_BAD_BOOK | F_PUBLISHER_SPECIFIC
"""Other flags do not occur in this feed."""


class Traded(NamedTuple):
    """Trades of a stretch in the stream's order: records, codes, positions, and how far ts_recv is behind the clock [ns]."""

    records: NDArray[np.void]
    codes: NDArray[np.int32]
    record_index: NDArray[np.int64]
    behind: NDArray[np.int64]


class Letters(NamedTuple):
    """The dictionary of a one-letter field: its values, and the code of each byte, (256,)."""

    values: list[str]
    codes: NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Stretch:
    """Records of one stretch.

    Attributes
    ----------
    rows : the records kept, sorted by code, those of one code in the stream's order.
    first_index : position of the stretch in the stream.
    counts : (kept,) records of each code.
    actions, sides : letters of the records.
    trades : of outrights, and of spreads whose trades are kept.
    """

    rows: SortedRecords
    first_index: int
    counts: NDArray[np.int64]
    actions: Letters
    sides: Letters
    trades: Traded

    def columns(self, rows: slice) -> RecordColumns:
        """The fields of some of the rows."""
        return record_columns(
            rows=SortedRecords(self.rows.records[rows], self.rows.behind[rows]),
            first_index=self.first_index,
            action_codes=self.actions.codes,
            side_codes=self.sides.codes,
        )


Prefetch = Callable[[Generator[Stretch, None, None]], Generator[Stretch, None, None]]
"""Passes stretches on unchanged and in order; it may make them ahead of their use, in another thread."""


def stretches(
    blocks: Iterable[MergedBlock], *, roles: Roles, kept: int, stretch_records: int, facts: StreamFacts
) -> Generator[Stretch]:
    """Cut the stream into stretches and sort each by instrument.

    Parameters
    ----------
    blocks : the stream; the vendor's MBO records.
    roles : codes below `kept` are those of the instruments kept.
    stretch_records : raw records of a stretch, refused ones included.
    facts : counts of the whole stream, which are increased.
    """
    held: list[tuple[int, NDArray[np.void], CodedRecords]] = []
    trades: list[Traded] = []
    before = facts.counts[:kept].copy()
    with _closing(blocks):
        for block in blocks:
            for first_index, records, found in _cut(block, stretch_records):
                if held and first_index % stretch_records == 0:
                    yield _sorted(held, trades, facts.counts[:kept] - before, facts, stretch_records)
                    before = facts.counts[:kept].copy()
                coded = code_records(block=records, roles=roles, statuses=found, facts=facts)
                at = coded.trades
                trades.append(Traded(records[at], coded.codes[at], first_index + at, coded.behind[at]))
                held.append((first_index, records, coded))
                # Only `held` keeps the records, so that each block is freed once it is sorted.
                del records, found, coded
            del block
        if held:
            yield _sorted(held, trades, facts.counts[:kept] - before, facts, stretch_records)


def _closing(blocks: Iterable[MergedBlock]) -> AbstractContextManager[object]:
    """Let go of the files behind the blocks at the end, however it comes, in the thread that read them."""
    return closing(blocks) if isinstance(blocks, Generator) else nullcontext()


def _cut(block: MergedBlock, stretch_records: int) -> Iterator[MergedBlock]:
    """Cut a block where stretches begin."""
    first_index, records, statuses = block
    numbers = records.view(MBO_NUMBERS)
    at = 0
    while at < len(numbers):
        until = min(len(numbers), at + stretch_records - (first_index + at) % stretch_records)
        yield MergedBlock(first_index + at, numbers[at:until], None if statuses is None else statuses[at:until])
        at = until


def _sorted(
    held: list[tuple[int, NDArray[np.void], CodedRecords]],
    trades: list[Traded],
    counts: NDArray[np.int64],
    facts: StreamFacts,
    stretch_records: int,
) -> Stretch:
    """Sort the held records into one stretch; `held` and `trades` are empty afterwards."""
    start = held[0][0] // stretch_records * stretch_records
    rows = SortedRecords.empty(int(counts.sum()))
    cursors = np.cumsum(counts) - counts
    held.reverse()
    while held:
        first_index, records, coded = held.pop()
        sort_records(block=records, coded=coded, first_place=first_index - start, cursors=cursors, target=rows)
    together = Traded(*(np.concatenate(parts) for parts in zip(*trades, strict=True)))
    trades.clear()
    actions, sides = letters(facts.actions, _ACTIONS), letters(facts.sides, _SIDES)
    return Stretch(rows=rows, first_index=start, counts=counts, actions=actions, sides=sides, trades=together)


def letters(met: NDArray[np.int64], usual: str) -> Letters:
    """The usual letters of a field, then any others that were met."""
    known = [ord(letter) for letter in usual]
    known += [byte for byte in np.flatnonzero(met).tolist() if byte not in known]
    codes = np.zeros(256, dtype=np.int32)
    codes[known] = np.arange(len(known), dtype=np.int32)
    return Letters([chr(byte) for byte in known], codes)


def vendor_columns(stretch: Stretch, rows: slice, instrument_id: NDArray[np.uint32]) -> dict[str, pa.Array]:
    """The vendor's fields of some rows of a stretch, as the bronze tables store them; `instrument_id` is per row."""
    columns = stretch.columns(rows)._asdict()
    coded = {"action": stretch.actions.values, "side": stretch.sides.values}
    return {
        "instrument_id": pa.array(instrument_id),
        **{name: pa.array(values) for name, values in columns.items() if name not in coded},
        **{name: category(columns[name], values) for name, values in coded.items()},
    }


def category(codes: NDArray[np.int32], values: list[str]) -> pa.Array:
    """A dictionary-coded column: `values` by `codes`."""
    return pa.DictionaryArray.from_arrays(pa.array(codes), pa.array(values, pa.string()))


def count_oddities(facts: StreamFacts, tally: Counter[str]) -> None:
    """Count records that the rules can process, but of which a healthy feed has few."""
    usual_actions, usual_sides = ([ord(letter) for letter in usual] for usual in (_ACTIONS, _SIDES))
    flags = np.flatnonzero(facts.flags)
    found = {
        "odd_action": facts.actions.sum() - facts.actions[usual_actions].sum(),
        "odd_side": facts.sides.sum() - facts.sides[usual_sides].sum(),
        "odd_flag": facts.flags[flags[(flags & ~_KNOWN_FLAGS) != 0]].sum(),
        "maybe_bad_book": facts.flags[flags[(flags & F_MAYBE_BAD_BOOK) != 0]].sum(),
        "ts_recv_backstep": facts.backsteps,
    }
    tally.update({name: int(count) for name, count in found.items() if count})
