"""The day's verified files as one stream of records: merged by ts_recv, then job, each instrument from one job only.

The stream does not depend on how many records are decoded at a time. What the records mean is not known here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from gex_assets.errors import BadFileError
from gex_assets.lake.dbn.reader import DbnFile
from gex_assets.lake.filesystem import FileSystem
from gex_assets.lake.raw.layout import source_of_file
from gex_assets.schemas.vendor_shapes import SEEN_INSTRUMENTS, MergedBlock

__all__ = ["merged_blocks", "seen_instruments", "verified_blocks"]

_NO_TIME: Final = np.iinfo(np.int64).min


def seen_instruments(files: pa.Table) -> pa.Table:
    """Return every instrument with records in the day's files, and its job: the newest that has records of it.

    Parameters
    ----------
    files : the raw table of the day.

    Returns
    -------
    Rows of `vendor_shapes.SEEN_INSTRUMENTS`, by instrument.
    """
    newest: dict[int, dict[str, Any]] = {}
    for row in files.select(["job_id", "instruments_seen"]).to_pylist():
        for seen in row["instruments_seen"]:
            newest[seen["instrument_id"]] = {**seen, "job_id": row["job_id"]}
    return pa.Table.from_pylist([newest[one] for one in sorted(newest)], schema=SEEN_INSTRUMENTS)


def merged_blocks(filesystem: FileSystem, files: pa.Table, *, block_records: int, tally: Counter[str]) -> Iterator[MergedBlock]:
    """Read the day's files again as one stream, in order of ts_recv (its running maximum in each file), then of job.

    Parameters
    ----------
    filesystem : of the lake.
    files : the raw table of the day: only verified files are read.
    block_records : records decoded at a time.
    tally : counts `superseded_by_newer_job`.

    Raises
    ------
    BadFileError
        A file changed since it was verified.
    """
    rows = files.select(["path", "sha256", "sha256_expected", "instruments_seen"]).to_pylist()
    superseded = _superseded(rows)
    if len(rows) == 1:
        first_index = 0
        for records in verified_blocks(filesystem, rows[0], block_records=block_records):
            yield MergedBlock(first_index, records, None)
            first_index += len(records)
        return
    first_index = 0
    with ExitStack() as stack:
        sources = [
            _Source(stack.enter_context(closing(verified_blocks(filesystem, row, block_records=block_records))), ids)
            for row, ids in zip(rows, superseded, strict=True)
        ]
        for records, is_superseded in _merged(sources):
            if superseded_here := int(np.count_nonzero(is_superseded)):
                tally["superseded_by_newer_job"] += superseded_here
            mask = is_superseded if superseded_here else None
            yield MergedBlock(first_index, records, mask)
            first_index += len(records)


def verified_blocks(filesystem: FileSystem, row: dict[str, Any], *, block_records: int) -> Generator[NDArray[np.void]]:
    """Yield the records of one file of a raw table, and check at its end that it is the file that was verified.

    Raises
    ------
    BadFileError
        It is another, or it is gone.
    """
    whole = row["sha256_expected"] is not None
    with DbnFile(source_of_file(filesystem, row["path"]), digest=True, header_alone_is_whole=whole) as file:
        yield from file.blocks(block_records=block_records)
        if file.sha256 != row["sha256"]:
            raise BadFileError(f"{file.name}: Expected the file that was verified ({row['sha256']}), was {file.sha256}")


def _superseded(rows: Sequence[dict[str, Any]]) -> list[NDArray[np.uint32]]:
    """For each file, the instruments that a later (newer) job has records of too."""
    ids = [np.array([seen["instrument_id"] for seen in row["instruments_seen"]], dtype=np.uint32) for row in rows]
    nothing = np.zeros(0, dtype=np.uint32)
    return [np.intersect1d(own, np.concatenate([nothing, *ids[at + 1 :]])) for at, own in enumerate(ids)]


@dataclass
class _Source:
    """One file that is being merged: the records read and not merged yet, and the times that order them."""

    blocks: Iterator[NDArray[np.void]]
    superseded: NDArray[np.uint32]
    records: NDArray[np.void] = field(default_factory=lambda: np.zeros(0, dtype="V1"))
    times: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    largest: int = _NO_TIME

    def fill(self) -> bool:
        """Read until there is at least one record; False at the end of the file."""
        while not len(self.times):
            block = next(self.blocks, None)
            if block is None:
                return False
            times = block["ts_recv"].astype(np.int64)
            times[:1] = np.maximum(times[:1], self.largest)
            self.records, self.times = block, np.maximum.accumulate(times)
            self.largest = int(self.times[-1])
        return True

    def take(self, count: int) -> tuple[NDArray[np.void], NDArray[np.int64], NDArray[np.bool_]]:
        """Take the next records, their times, and which of them another job supersedes."""
        records, self.records = self.records[:count], self.records[count:]
        times, self.times = self.times[:count], self.times[count:]
        if not len(self.superseded):
            return records, times, np.zeros(count, dtype=np.bool_)
        return records, times, np.isin(records["instrument_id"], self.superseded)


def _merged(sources: Sequence[_Source]) -> Iterator[tuple[NDArray[np.void], NDArray[np.bool_]]]:
    """Merge up to the time before which no file can hold another record, again and again."""
    while live := [source for source in sources if source.fill()]:
        known_until = min(int(source.times[-1]) for source in live)
        before = [int(np.searchsorted(source.times, known_until, side="left")) for source in live]
        if any(before):
            parts = [source.take(count) for source, count in zip(live, before, strict=True) if count]
            order = np.argsort(np.concatenate([times for _, times, _ in parts]), kind="stable")
            yield _joined([records for records, _, _ in parts]).take(order), np.concatenate([mask for _, _, mask in parts])[order]
        else:
            # No record is earlier than `known_until`: the oldest job at that time gives its records of exactly that time.
            source = next(source for source in live if source.times[0] == known_until)
            records, _, mask = source.take(int(np.searchsorted(source.times, known_until, side="right")))
            yield records, mask


def _joined(parts: Sequence[NDArray[np.void]]) -> NDArray[np.void]:
    """Join arrays of records as plain bytes: numpy joins structured arrays field by field, 30 times slower."""
    dtype = parts[0].dtype
    return np.concatenate([part.view(f"V{dtype.itemsize}") for part in parts]).view(dtype)
