"""A lone file that covers several UTC dates becomes one file for each: the same request, cut to the date.

The file is read twice: once to see that it is whole and which dates it has, once to write. Memory is that of a block.
Where files go is decided in `ingest.py`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gex_assets.errors import BadFileError
from gex_assets.kernels.mbo_record import F_SNAPSHOT
from gex_assets.lake.dbn.reader import DbnFile, Header, MappingInterval, SymbolMapping
from gex_assets.lake.dbn.source import DEFAULT_LIMITS, NO_LIMITS, ReadLimits
from gex_assets.lake.dbn.writer import write_file
from gex_assets.lake.raw.layout import day_bounds, day_named_by

__all__ = [
    "MOST_DAYS",
    "Contents",
    "contents_of",
    "covers_one_day",
    "day_at",
    "days_of",
    "overlaps",
    "request_id",
    "write_pieces",
]

MOST_DAYS: Final = 366
"""Dates that one lone file may cover."""

_BLOCK_RECORDS: Final = 65_536
_DAY: Final = timedelta(days=1)
_DAY_NS: Final = 86_400_000_000_000
_SATURDAY: Final = 5
_NO_TIME: Final = np.iinfo(np.int64).min


@dataclass(frozen=True, slots=True)
class Contents:
    """What a lone file holds, read to its end.

    Attributes
    ----------
    sha256 : of its bytes.
    days : dates of its records' moments, in order. The moment of a record is the running maximum of ts_recv.
    with_snapshot : those of them that hold records of a snapshot.
    """

    header: Header
    sha256: str
    records: int
    days: tuple[date, ...]
    with_snapshot: frozenset[date]

    def is_daily_file(self, source: Path) -> bool:
        """Whether it is named as a batch's daily file, and all its records are of that date."""
        named = day_named_by(source.name)
        return named is not None and {*self.days} <= {named} and overlaps(self.header, named)

    def warnings(self, day: date, *, key: str) -> tuple[str, ...]:
        """What the piece of a date lacks, in words."""
        said = []
        if self.header.schema == "mbo" and day not in self.with_snapshot:
            said.append(f"{key}: Expected an opening snapshot, was none: its books stay incomplete until they are cleared")
        if self.header.limit is not None and self.records >= self.header.limit and day == max(self.days, default=None):
            said.append(f"{key}: Expected the whole request, was cut by its limit of {self.header.limit:,} records")
        return tuple(said)


def request_id(header: Header) -> str:
    """Folder of a lone file's request: equal for equal symbols, kinds of symbols, times and limit, whatever the schema."""
    asked = [sorted(header.symbols), header.stype_in, header.start_ns, header.end_ns, header.limit]
    return "request-" + hashlib.sha256(json.dumps(asked).encode()).hexdigest()[:12]


def contents_of(source: Path, *, limits: ReadLimits = DEFAULT_LIMITS) -> Contents:
    """Read a file to its end.

    Parameters
    ----------
    limits : what it may hold when decompressed.

    Raises
    ------
    BadFileError
        The file is truncated, corrupt, breaks a limit, or holds records outside the calendar.
    """
    days: set[int] = set()
    with_snapshot: set[int] = set()
    with DbnFile(source, digest=True, limits=limits) as file:
        moments = _NO_TIME
        for block in file.blocks(block_records=_BLOCK_RECORDS, reuse=True):
            times = _moments(block, moments)
            moments = int(times[-1])
            of_day = times // _DAY_NS
            days.update(np.unique(of_day).tolist())
            if "flags" in (block.dtype.names or ()):
                with_snapshot.update(np.unique(of_day[block["flags"] & F_SNAPSHOT != 0]).tolist())
        dates = tuple(_date(one) for one in sorted(days))
        return Contents(file.header, file.sha256, file.records, dates, frozenset(_date(one) for one in with_snapshot))


def days_of(contents: Contents, *, name: str) -> list[date]:
    """The dates that a lone file covers: those of its request, where an open one ends with the last record.

    A file that is named as a batch's daily file, and whose records all are of that date, is that date's. Saturdays have no
    session: they count only where they have records.

    Parameters
    ----------
    name : of the file, as messages have it.

    Raises
    ------
    BadFileError
        The request begins outside the calendar, or covers more than `MOST_DAYS` dates.
    """
    header, named = contents.header, day_named_by(Path(name).name)
    if named is not None and contents.is_daily_file(Path(name)):
        return [named]
    first = day_at(header.start_ns, name=name)
    ends = contents.days if header.end_ns is None else [day_at(header.end_ns - 1, name=name)]
    last = max([first, *ends])
    count = (last - first).days + 1
    if count > MOST_DAYS:
        raise BadFileError(f"{name}: Expected a request of at most {MOST_DAYS} dates, was {count}: ask again in parts")
    dates = [first + n * _DAY for n in range(count)]
    return [one for one in dates if one.weekday() != _SATURDAY or one in contents.days] or [first]


def covers_one_day(header: Header) -> bool:
    """Whether a request ends on the date on which it begins."""
    first = header.start_ns // _DAY_NS
    return header.end_ns is not None and header.end_ns <= (first + 1) * _DAY_NS


def day_at(ts_ns: int, *, name: str) -> date:
    """The UTC date of a moment in a header."""
    try:
        return datetime.fromtimestamp(ts_ns // 1_000_000_000, tz=UTC).date()
    except (ValueError, OverflowError, OSError):
        raise BadFileError(f"{name}: Expected a header with the request's start and end, was {ts_ns}") from None


def write_pieces(source: Path, contents: Contents, places: Sequence[tuple[date, Path]]) -> None:
    """Write the piece of each date. Equal files give equal bytes.

    A record before the first date is part of the first piece, one after the last date part of the last piece.

    Parameters
    ----------
    source : the file that `contents` was read from.
    places : dates in order, and the file to write for each.

    Raises
    ------
    BadFileError
        The file has changed since it was read.
    """
    days, written = [day for day, _ in places], 0
    with DbnFile(source, digest=True, limits=NO_LIMITS) as file:
        cutter = _Cutter(file)
        for (day, path), (_, after) in zip(places, [*pairwise(days), (days[-1], None)], strict=True):
            end = None if after is None else day_bounds(after)[0]
            open_end = contents.header.end_ns is None and after is None
            limit = _left_of(contents.header.limit, written) if day >= max(contents.days, default=day) else None
            header = _cut(contents.header, day, open_end=open_end, limit=limit)
            written += write_file(path, header=header, blocks=cutter.until(end), in_place=True).records
        if file.sha256 != contents.sha256:
            raise BadFileError(f"{source}: Expected the same bytes in both readings, was another file in the second")


class _Cutter:
    """The records of a file in order, handed out up to one moment after the other."""

    def __init__(self, file: DbnFile) -> None:
        self._blocks = file.blocks(block_records=_BLOCK_RECORDS, reuse=True)
        self._records = np.zeros(0, dtype=file.dtype)
        self._times: NDArray[np.int64] = np.zeros(0, dtype=np.int64)
        self._largest = _NO_TIME

    def until(self, end_ns: int | None) -> Iterator[NDArray[np.void]]:
        """Blocks of the records whose moment is before `end_ns`; of all that are left for None."""
        while True:
            if not len(self._times):
                block = next(self._blocks, None)
                if block is None:
                    return
                self._records, self._times = block, _moments(block, self._largest)
                self._largest = int(self._times[-1])
            count = len(self._times) if end_ns is None else int(np.searchsorted(self._times, end_ns, side="left"))
            taken, self._records = self._records[:count], self._records[count:]
            self._times = self._times[count:]
            if count:
                yield taken
            if len(self._times):
                return


def _moments(block: NDArray[np.void], before: int) -> NDArray[np.int64]:
    times = block["ts_recv"].astype(np.int64)
    times[:1] = np.maximum(times[:1], before)
    return np.maximum.accumulate(times)


def _left_of(limit: int | None, written: int) -> int | None:
    """What a limit leaves for the dates from the last record's on; it cuts none before. At least 1: 0 stands for no limit."""
    return None if limit is None else max(1, limit - written)


def _cut(header: Header, day: date, *, open_end: bool, limit: int | None) -> Header:
    """The header of a date's piece."""
    start, end = day_bounds(day)
    return replace(
        header,
        stype_out="instrument_id",
        limit=limit,
        start_ns=max(header.start_ns, start),
        end_ns=None if open_end else min(header.end_ns or end, end),
        mappings=tuple(
            SymbolMapping(mapping.raw_symbol, intervals)
            for mapping in header.mappings
            if (intervals := tuple(_on(day, mapping.intervals)))
        ),
    )


def _on(day: date, intervals: Sequence[MappingInterval]) -> Iterator[MappingInterval]:
    return (MappingInterval(day, day + _DAY, one.symbol) for one in intervals if one.start_date <= day < one.end_date)


def overlaps(header: Header, day: date) -> bool:
    """Whether a request has a part of a date."""
    start, end = day_bounds(day)
    return header.start_ns < end and (header.end_ns is None or header.end_ns > start)


def _date(days: int) -> date:
    return date(1970, 1, 1) + timedelta(days=days)
