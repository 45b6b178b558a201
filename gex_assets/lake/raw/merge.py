"""The day's verified files as one stream of records: merged by moment, then rank, each record with whether it is read.

The stream does not depend on how many records are decoded at a time. What the records mean is not known here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from gex_assets.errors import BadFileError
from gex_assets.kernels.records.cover import UNMAPPED, Cover, statuses
from gex_assets.lake.dbn.reader import DbnFile
from gex_assets.lake.dbn.source import NO_LIMITS
from gex_assets.lake.filesystem import FileSystem
from gex_assets.lake.raw.claims import Claim, Times, cover_among
from gex_assets.lake.raw.layout import source_of_file
from gex_assets.schemas.vendor_shapes import SEEN_INSTRUMENTS, MergedBlock

__all__ = ["merged_blocks", "running_moments", "seen_instruments", "verified_blocks"]

_NO_TIME: Final = np.iinfo(np.int64).min


def seen_instruments(files: pa.Table) -> pa.Table:
    """Return every instrument of which records are read in the day's files, and the job of the first of these records.

    Parameters
    ----------
    files : the raw table of the day.

    Returns
    -------
    Rows of `vendor_shapes.SEEN_INSTRUMENTS`, by instrument.
    """
    found: dict[int, dict[str, Any]] = {}
    for row in files.select(["job_id", "instruments_seen"]).to_pylist():
        for seen in row["instruments_seen"]:
            other = found.get(seen["instrument_id"])
            first = seen if other is None or seen["ts_recv_first"] < other["ts_recv_first"] else other
            records = seen["records"] + (0 if other is None else other["records"])
            found[seen["instrument_id"]] = {"job_id": row["job_id"], **first, "records": records}
    return pa.Table.from_pylist([found[one] for one in sorted(found)], schema=SEEN_INSTRUMENTS)


def merged_blocks(
    filesystem: FileSystem,
    files: pa.Table,
    *,
    claims: Sequence[Claim],
    names_hold: Mapping[int, Times] | None = None,
    block_records: int,
    unmapped: Counter[str] | None = None,
) -> Iterator[MergedBlock]:
    """Read the day's files again as one stream, in order of moment (in each file the running maximum of ts_recv), then of rank.

    Parameters
    ----------
    filesystem : of the lake.
    files : the raw table of the day: only verified files are read.
    claims : of the files, in the same order.
    names_hold : as for `claims.cover_among`.
    block_records : records decoded at a time.
    unmapped : counts by path the records of instruments that neither the file nor a definition names.

    Raises
    ------
    BadFileError
        A file changed since it was verified.
    """
    columns = ["path", "sha256", "sha256_expected", "superseded", "unclaimed", "unmapped"]
    rows = [(row, claim) for row, claim in zip(files.select(columns).to_pylist(), claims, strict=True)]
    rows.sort(key=lambda row: row[1].rank)
    first_index = 0
    with ExitStack() as stack:
        sources = [
            _Source(
                stack.enter_context(closing(verified_blocks(filesystem, row, block_records=block_records))),
                None if _is_read_whole(row, claim, names_hold) else cover_among(claim, claims, names_hold=names_hold),
                row["path"],
                Counter() if unmapped is None else unmapped,
            )
            for row, claim in rows
        ]
        for records, found in _one(sources[0]) if len(sources) == 1 else _merged(sources):
            yield MergedBlock(first_index, records, found)
            first_index += len(records)


def _is_read_whole(row: Mapping[str, Any], claim: Claim, names_hold: Mapping[int, Times] | None) -> bool:
    """Whether the file was seen to have no record that is not read."""
    return not (row["superseded"] or row["unclaimed"] or row["unmapped"] or claim.since or names_hold)


def running_moments(ts_recv: NDArray[np.uint64], *, largest: int) -> NDArray[np.int64]:
    """The moments of a file's next records: the running maximum of ts_recv, from the largest before them on. [UNIX ns UTC]."""
    moments = ts_recv.astype(np.int64)
    moments[:1] = np.maximum(moments[:1], largest)
    return np.maximum.accumulate(moments)


def verified_blocks(filesystem: FileSystem, row: Mapping[str, Any], *, block_records: int) -> Generator[NDArray[np.void]]:
    """Yield the records of one file of a raw table, and check at its end that it is the file that was verified.

    Raises
    ------
    BadFileError
        It is another, or it is gone.
    """
    whole = row["sha256_expected"] is not None
    source = source_of_file(filesystem, row["path"])
    with DbnFile(source, digest=True, header_alone_is_whole=whole, limits=NO_LIMITS) as file:
        yield from file.blocks(block_records=block_records)
        if file.sha256 != row["sha256"]:
            raise BadFileError(f"{file.name}: Expected the file that was verified ({row['sha256']}), was {file.sha256}")


@dataclass
class _Source:
    """One file that is being merged: the records read and not merged yet, and their moments.

    `cover` says which records are read; None where all are. `unmapped` counts by path.
    """

    blocks: Iterator[NDArray[np.void]]
    cover: Cover | None
    path: str
    unmapped: Counter[str]
    records: NDArray[np.void] = field(default_factory=lambda: np.zeros(0, dtype="V1"))
    times: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    largest: int = _NO_TIME

    def fill(self) -> bool:
        """Read until there is at least one record; False at the end of the file."""
        while not len(self.times):
            block = next(self.blocks, None)
            if block is None:
                return False
            self.records, self.times = block, running_moments(block["ts_recv"], largest=self.largest)
            self.largest = int(self.times[-1])
        return True

    def take(self, count: int) -> tuple[NDArray[np.void], NDArray[np.int64], NDArray[np.int16] | None]:
        """Take the next records, their moments, and whether they are read (None where all are)."""
        records, self.records = self.records[:count], self.records[count:]
        times, self.times = self.times[:count], self.times[count:]
        if self.cover is None:
            return records, times, None
        found = statuses(instrument_ids=records["instrument_id"], moments=times, cover=self.cover)
        self.unmapped[self.path] += int(np.count_nonzero(found == UNMAPPED))
        return records, times, found


Taken = tuple[NDArray[np.void], NDArray[np.int16] | None]
"""Records of the merged stream, and whether they are read; None where all are."""


def _one(source: _Source) -> Iterator[Taken]:
    """A day of one file, block by block. Its records stay in no other memory while they are used."""
    if source.cover is None:
        for block in source.blocks:
            yield block, None
        return
    while source.fill():
        records, _, found = source.take(len(source.times))
        yield records, found


def _merged(sources: Sequence[_Source]) -> Iterator[Taken]:
    """Merge up to the moment before which no file can hold another record, again and again; `sources` in order of rank."""
    while live := [source for source in sources if source.fill()]:
        known_until = min(int(source.times[-1]) for source in live)
        before = [int(np.searchsorted(source.times, known_until, side="left")) for source in live]
        if any(before):
            parts = [source.take(count) for source, count in zip(live, before, strict=True) if count]
            order = np.argsort(np.concatenate([times for _, times, _ in parts]), kind="stable")
            found = np.concatenate([np.zeros(len(times), np.int16) if mask is None else mask for _, times, mask in parts])
            yield _joined([records for records, _, _ in parts]).take(order), found[order]
        else:
            # No record is earlier than `known_until`: the best file at that moment gives its records of exactly that moment.
            source = next(source for source in live if source.times[0] == known_until)
            records, _, mask = source.take(int(np.searchsorted(source.times, known_until, side="right")))
            yield records, mask


def _joined(parts: Sequence[NDArray[np.void]]) -> NDArray[np.void]:
    """Join arrays of records as plain bytes: numpy joins structured arrays field by field, 30 times slower."""
    dtype = parts[0].dtype
    return np.concatenate([part.view(f"V{dtype.itemsize}") for part in parts]).view(dtype)
