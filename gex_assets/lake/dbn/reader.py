"""Reading DBN files: the header, and the records in blocks of numpy, with every end of the file checked.

The vendor's client reads a truncated file without an error, so every end is checked here. A BadFileError is raised for a
frame that does not end, a record cut short, bytes after the end, a failed checksum and a record of another kind.
Which files a day has, and whether they are the right ones, is decided in `lake/raw`.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import Final, NamedTuple, Protocol, Self

import numpy as np
import zstandard

from gex_assets.errors import BadFileError
from gex_assets.lake.dbn.metadata import metadata_end
from gex_assets.lake.dbn.records import (
    MBO_DTYPE,
    RTYPES,
    UNDEF_PRICE,
    UNDEF_STAT_QUANTITY,
    UNDEF_TIMESTAMP,
    VERSIONS,
    definition_dtype,
    record_dtype,
    statistics_dtype,
)
from gex_assets.lake.dbn.source import DEFAULT_LIMITS, ReadLimits, Source, StoredBytes, local_source
from gex_assets.lake.dbn.zstd_frames import LARGEST_WINDOW, MAGIC_BYTES, begins_frame

__all__ = [
    "MBO_DTYPE",
    "UNDEF_PRICE",
    "UNDEF_STAT_QUANTITY",
    "UNDEF_TIMESTAMP",
    "DbnFile",
    "Header",
    "MappingInterval",
    "SymbolMapping",
    "blocks",
    "by_raw_symbol",
    "definition_dtype",
    "read_header",
    "statistics_dtype",
]

_READ_BYTES: Final = 131_072
_HEADER_STEP: Final = 1 << 20
_DBN_MAGIC: Final = b"DBN"
_PREFIX: Final = 8
_LARGEST_HEADER: Final = 1 << 26
_HEADERS_KEPT: Final = 4
"""A day's files of options: orders, definitions, statistics of the day and of the day before."""
_ALIGNED: Final = 8
"""Version 3 pads its header with zeros to a multiple of these bytes."""


class MappingInterval(NamedTuple):
    """A symbol's name from `start_date` up to, not including, `end_date`; usually an instrument id."""

    start_date: date
    end_date: date
    symbol: str


@dataclass(frozen=True, slots=True)
class SymbolMapping:
    """The instrument ids of one raw symbol, by date."""

    raw_symbol: str
    intervals: tuple[MappingInterval, ...]


@dataclass(frozen=True, slots=True)
class Header:
    """The metadata of a DBN file.

    Attributes
    ----------
    start_ns, end_ns : [start, end) of the request; `end_ns` is None where it was open. [UNIX ns UTC]
    schema, stype_in : None in files of mixed origin.
    limit : the largest number of records that were asked for; None for no limit.
    not_found, partial : symbols that the vendor found on no date, or not on every date of the request.
    mappings : raw symbols and their ids, in order of the symbols. The vendor's decoder returns them in a different order every
        time. In the file of a request by instrument ids they lead from ids to symbols; here they do not.
    """

    version: int
    dataset: str
    schema: str | None
    stype_in: str | None
    stype_out: str
    symbols: tuple[str, ...]
    start_ns: int
    end_ns: int | None
    ts_out: bool
    mappings: tuple[SymbolMapping, ...]
    limit: int | None = None
    not_found: tuple[str, ...] = ()
    partial: tuple[str, ...] = ()


class _Plain(Protocol):
    """A stream of decompressed bytes."""

    def readinto(self, room: memoryview, /) -> int:
        """Fill (part of) `room` and return how many bytes; 0 at the end only."""

    def close(self) -> None:
        """Release the stream."""


class DbnFile:
    """One pass through one DBN file: its header, then its records; a context manager.

    Parameters
    ----------
    source : a `.dbn.zst` file, or an uncompressed `.dbn`: a local file, or one of another storage.
    digest : whether the sha256 of the file's bytes is computed on the way.
    header_alone_is_whole : whether a file that ends with the header's frame is accepted. A file of two frames, cut between
        them, looks exactly like that. So only a manifest's hash makes such a file credible.
    limits : what the file may hold when decompressed. It is refused where it holds more, without reading on.

    Raises
    ------
    BadFileError
        The file is no DBN file, truncated, corrupt, of an unknown version, or breaks a limit. In `blocks` also: a record is not
        of the header's schema.
    """

    def __init__(
        self,
        source: Path | Source,
        *,
        digest: bool = False,
        header_alone_is_whole: bool = False,
        limits: ReadLimits = DEFAULT_LIMITS,
    ) -> None:
        source = local_source(source) if isinstance(source, Path) else source
        self.name = source.name
        self.records = 0
        self._header_alone_is_whole = header_alone_is_whole
        self._limits = limits
        self._plain_bytes = 0
        try:
            self._source = StoredBytes(source.open(), digest=digest)
        except OSError as error:
            raise BadFileError(f"Expected a readable file at {source.name}, was: {error.strerror}") from error
        self._plain: _Plain = self._source
        try:
            self._plain = self._opened()
            self.header = self._read_header()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._plain.close()
        self._source.close()

    @property
    def size_bytes(self) -> int:
        """Bytes of the file read so far: all of them once `blocks` is exhausted."""
        return self._source.size_bytes

    @property
    def sha256(self) -> str:
        """Hash of the bytes read so far (see `size_bytes`). Needs `digest`."""
        if self._source.hash is None:
            raise ValueError("Expected a file opened with digest=True, was without")
        return self._source.hash.hexdigest()

    @property
    def dtype(self) -> np.dtype[np.void]:
        """Layout of the file's records."""
        schema = self.header.schema
        if schema not in RTYPES:
            raise self._bad(f"records of schema {', '.join(RTYPES)}", f"schema {schema}")
        if self.header.ts_out:
            raise self._bad("records as the vendor's history has them", "records with a sending time appended (ts_out)")
        return record_dtype(schema=schema, version=self.header.version)

    def blocks(self, *, block_records: int, reuse: bool = False) -> Iterator[np.ndarray]:
        """Yield the records in structured arrays of `block_records` (the last one shorter), each in memory of its own.

        The error for a truncated or corrupt file comes after the blocks before the damage. The caller must discard what it
        computed from them. Can be run once.

        Parameters
        ----------
        block_records : records per block.
        reuse : whether all blocks share one memory. A block is then valid until the next is asked for.
        """
        dtype = self.dtype
        block = np.empty(block_records, dtype=dtype)
        while (filled := self._fill(block.view(np.uint8).data)) == block.nbytes:
            yield self._checked(block)
            block = block if reuse else np.empty(block_records, dtype=dtype)
        self._expect_end()
        whole, cut = divmod(filled, dtype.itemsize)
        if cut:
            raise self._bad(f"whole records of {dtype.itemsize} bytes", f"{cut} bytes after record {self.records + whole}")
        if whole:
            yield self._checked(block[:whole])
        if not self.records and self._source.walk.frames == 1 and not self._header_alone_is_whole:
            raise self._bad(
                "records, or a manifest that says that the file is whole without them",
                f"the end of the file after {self.size_bytes} bytes, where the header's zstd frame ends",
            )

    def _checked(self, block: np.ndarray) -> np.ndarray:
        """Refuse records of another type: they differ in length, so everything after them would be garbage."""
        rtype, words = RTYPES[str(self.header.schema)], block.dtype.itemsize // 4
        heads = block.getfield("<u2")
        if np.any(heads != (rtype << 8 | words)):
            odd = np.flatnonzero(heads != (rtype << 8 | words))
            record = block[odd[0]]
            raise self._bad(
                f"records of rtype {rtype} and {words * 4} bytes",
                f"rtype {record['rtype']} and {int(record['length']) * 4} bytes at record {self.records + int(odd[0])}",
            )
        self.records += len(block)
        return block

    def _opened(self) -> _Plain:
        """Return the stream of decompressed bytes."""
        first = self._source.peek(MAGIC_BYTES)
        if first.startswith(_DBN_MAGIC):
            return self._source
        if not begins_frame(first):
            was = f"bytes {first.hex(' ')}" if first else "an empty file"
            if first and ((first.isascii() and first.decode().strip().isprintable()) or first.startswith(b"PK")):
                was += ", as text, workbooks and Parquet begin: gex chain reads such files of option chains"
            raise self._bad("a DBN file, compressed with zstd or plain", was)
        self._source.is_compressed = True
        decompressor = zstandard.ZstdDecompressor()
        return decompressor.stream_reader(self._source, read_size=_READ_BYTES, read_across_frames=True)  # type: ignore[arg-type]

    def _fill(self, room: memoryview) -> int:
        """Fill `room` with the next decompressed bytes; fewer only at the end of the file."""
        filled = 0
        try:
            while filled < len(room) and (step := self._plain.readinto(room[filled:])):
                filled += step
                self._plain_bytes += step
                broken = self._limits.broken(plain_bytes=self._plain_bytes, read_bytes=self.size_bytes)
                if broken is not None:
                    raise self._bad(*broken)
        except zstandard.ZstdError as error:
            window = self._source.walk.window_bytes
            if window > LARGEST_WINDOW:
                raise self._bad(
                    f"zstd frames with a window of at most {LARGEST_WINDOW:,} bytes",
                    f"one of {window:,}: compress the file again, without --long",
                ) from error
            raise self._bad("zstd frames whose content and checksums hold", f"{error} near byte {self.size_bytes}") from error
        return filled

    def _expect_end(self) -> None:
        """Refuse a file that does not end where a frame ends."""
        if self._source.is_compressed and not self._source.walk.is_between_frames:
            raise self._bad("the last zstd frame to end", f"the end of the file after {self.size_bytes} bytes")

    def _read_header(self) -> Header:
        """Read the metadata and nothing after them."""
        read = self._exactly(b"", _PREFIX)
        version, length = read[3], int.from_bytes(read[4:_PREFIX], "little")
        if read[:3] != _DBN_MAGIC or version not in VERSIONS:
            raise self._bad("DBN of version 1, 2 or 3", f"bytes {read[:4].hex(' ')} at the start")
        if length > _LARGEST_HEADER:
            raise self._bad(f"a header of at most {_LARGEST_HEADER} bytes", f"{length} bytes")
        return _parsed(self.name, self._exactly(read, _PREFIX + length))

    def _exactly(self, read: bytes, count: int) -> bytes:
        """Return `read` and the bytes after it, `count` in all. Memory grows with the bytes found, not with the stated count."""
        found = bytearray(read)
        while len(found) < count:
            room = bytearray(min(count - len(found), _HEADER_STEP))
            filled = self._fill(memoryview(room))
            found += room[:filled]
            if filled < len(room):
                self._expect_end()
                raise self._bad(f"a header of {count} bytes", f"{len(found)} bytes")
        return bytes(found)

    def _bad(self, expected: str, was: str) -> BadFileError:
        return BadFileError(f"{self.name}: Expected {expected}, was {was}")


def _parsed(name: str, encoded: bytes) -> Header:
    """Decode the metadata; an error names the file."""
    from databento_dbn import DBNError

    end = metadata_end(encoded)
    if len(encoded) - end >= _ALIGNED or any(encoded[end:]):
        raise BadFileError(f"{name}: Expected a header of {end} bytes, as its counts say, was one of {len(encoded)}")
    try:
        return _decoded(encoded)
    except DBNError as error:
        raise BadFileError(f"{name}: Expected the metadata of a DBN file, was: {error}") from error


@functools.lru_cache(maxsize=_HEADERS_KEPT)
def _decoded(encoded: bytes) -> Header:
    """Decode metadata with the vendor's code. Thousands of symbols take longer than a minute's orders, hence the cache."""
    from databento_dbn import Metadata

    metadata = Metadata.decode(encoded)
    mappings = tuple(
        SymbolMapping(
            raw_symbol,
            tuple(MappingInterval(part["start_date"], part["end_date"], part["symbol"]) for part in intervals),
        )
        for raw_symbol, intervals in sorted(metadata.mappings.items())
    )
    stype_in = None if metadata.stype_in is None else str(metadata.stype_in)
    return Header(
        version=encoded[3],
        dataset=metadata.dataset,
        schema=None if metadata.schema is None else str(metadata.schema),
        stype_in=stype_in,
        stype_out=str(metadata.stype_out),
        symbols=tuple(metadata.symbols),
        start_ns=metadata.start,
        end_ns=metadata.end,
        ts_out=metadata.ts_out,
        mappings=by_raw_symbol(mappings) if stype_in == "instrument_id" else mappings,
        limit=metadata.limit or None,
        not_found=tuple(metadata.not_found),
        partial=tuple(metadata.partial),
    )


def by_raw_symbol(mappings: tuple[SymbolMapping, ...]) -> tuple[SymbolMapping, ...]:
    """Mappings of a request by instrument ids, turned so that they lead from raw symbols to ids as all others do.

    Mappings that lead there already stay as they are. An id without a name has no mapping.
    """
    if not any(mapping.raw_symbol.isdecimal() for mapping in mappings):
        return mappings
    turned: dict[str, list[MappingInterval]] = {}
    for mapping in mappings:
        for interval in mapping.intervals:
            if not mapping.raw_symbol.isdecimal():
                turned.setdefault(mapping.raw_symbol, []).append(interval)
            elif interval.symbol and not interval.symbol.isdecimal():
                turned.setdefault(interval.symbol, []).append(interval._replace(symbol=mapping.raw_symbol))
    return tuple(SymbolMapping(raw_symbol, tuple(sorted(turned[raw_symbol]))) for raw_symbol in sorted(turned))


def read_header(source: Path | Source) -> Header:
    """Read the metadata of a DBN file and nothing after them.

    Raises
    ------
    BadFileError
        The file is no DBN file, or ends inside its header.
    """
    with DbnFile(source) as file:
        return file.header


def blocks(path: Path, *, block_records: int, header_alone_is_whole: bool = False) -> Iterator[np.ndarray]:
    """Yield a file's records in structured arrays of `block_records`, each in memory of its own.

    Raises
    ------
    BadFileError
        See `DbnFile`. A truncated file raises after its last whole block: discard what was computed from the blocks.
    """
    with DbnFile(path, header_alone_is_whole=header_alone_is_whole) as file:
        yield from file.blocks(block_records=block_records)
