"""Reading DBN files: the header, and the records in blocks of numpy, with every end of the file checked.

A file cut short reads in silence through the vendor's client, so the decompression is done here, frame by frame: a frame
that does not end, a record cut, bytes after the end, a checksum that fails or a record of another kind is a BadFileError.
What the records mean, which files a day has and whether they are the right ones is not decided here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Final, NamedTuple, Self

import numpy as np
import zstandard

from gex_assets.errors import BadFileError
from gex_assets.lake.dbn_metadata import metadata_end
from gex_assets.lake.dbn_records import (
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
    "definition_dtype",
    "is_compressed",
    "read_header",
    "statistics_dtype",
]

_READ_BYTES: Final = 65_536
_PIECE_BYTES: Final = 4_096
"""Decompressed at a time: zstd makes at most 128 MiB of so few bytes, but gigabytes of what is read at a time."""
_ZSTD_MAGIC: Final = b"\x28\xb5\x2f\xfd"
_DBN_MAGIC: Final = b"DBN"
_PREFIX: Final = 8
_LARGEST_HEADER: Final = 1 << 26
_ALIGNED: Final = 8
"""Version 3 pads its header with zeros to a multiple of these bytes."""


class MappingInterval(NamedTuple):
    """What a symbol was called from `start_date` up to, not including, `end_date`; usually an instrument id."""

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
    """What a DBN file says of itself.

    `start_ns` and `end_ns` are the request's [start, end) in UNIX ns UTC, `end_ns` None where the request was open;
    `schema` and `stype_in` are None in files of mixed origin. `mappings` are in order of their symbols (the vendor's decoder
    gives them in a different order every time).
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


class DbnFile:
    """One pass through one DBN file: its header, then its records; a context manager.

    Parameters
    ----------
    path : a `.dbn.zst` file, or an uncompressed `.dbn`.
    digest : whether the sha256 of the file's bytes is computed on the way.
    header_alone_is_whole : whether a file that ends with the header's frame is accepted. A file of two frames that was
        cut between them looks exactly like that, so it takes a manifest's word to believe it.

    Raises
    ------
    BadFileError
        Not a DBN file, truncated, corrupt, or of a version that is not known; in `blocks` also for records that are
        not what the header says.
    """

    def __init__(self, path: Path, *, digest: bool = False, header_alone_is_whole: bool = False) -> None:
        self.path = path
        self.size_bytes = 0
        self.records = 0
        self._frames_read = 0
        self._header_alone_is_whole = header_alone_is_whole
        self._hash = hashlib.sha256() if digest else None
        try:
            self._handle: BinaryIO = path.open("rb")
        except OSError as error:
            raise BadFileError(f"Expected a readable file at {path}, was: {error.strerror}") from error
        self._chunks = self._decompressed()
        try:
            self.header, self._rest = self._read_header()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self._chunks.close()
        self._handle.close()

    @property
    def sha256(self) -> str:
        """Hash of the bytes read so far: of the whole file once `blocks` has been exhausted. Needs `digest`."""
        if self._hash is None:
            raise ValueError("Expected a file opened with digest=True, was without")
        return self._hash.hexdigest()

    @property
    def dtype(self) -> np.dtype[np.void]:
        """Layout of the file's records."""
        schema = self.header.schema
        if schema not in RTYPES:
            raise self._bad(f"records of schema {', '.join(RTYPES)}", f"schema {schema}")
        if self.header.ts_out:
            raise self._bad("records as the vendor's history has them", "records with a sending time appended (ts_out)")
        return record_dtype(schema=schema, version=self.header.version)

    def blocks(self, *, block_records: int) -> Iterator[np.ndarray]:
        """Yield the records in structured arrays of `block_records` (the last one shorter), each in memory of its own.

        The error for a truncated or corrupt file comes after the blocks before the damage: nothing made of them may
        be kept. Can be run once.
        """
        dtype = self.dtype
        block = np.empty(block_records, dtype=dtype)
        room = block.view(np.uint8).data
        filled = 0
        for chunk in self._records():
            taken = 0
            while taken < len(chunk):
                step = min(len(chunk) - taken, len(room) - filled)
                room[filled : filled + step] = chunk[taken : taken + step]
                filled += step
                taken += step
                if filled == len(room):
                    yield self._checked(block)
                    block = np.empty(block_records, dtype=dtype)
                    room = block.view(np.uint8).data
                    filled = 0
        whole, cut = divmod(filled, dtype.itemsize)
        if cut:
            raise self._bad(f"whole records of {dtype.itemsize} bytes", f"{cut} bytes after record {self.records + whole}")
        if whole:
            yield self._checked(block[:whole])
        if not self.records and self._frames_read == 1 and not self._header_alone_is_whole:
            raise self._bad(
                "records, or a manifest that says that the file is whole without them",
                f"the end of the file after {self.size_bytes} bytes, where the header's zstd frame ends",
            )

    def _checked(self, block: np.ndarray) -> np.ndarray:
        """Refuse records of another kind: their lengths would differ, and everything after them would be noise."""
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

    def _records(self) -> Iterator[memoryview]:
        """Decompressed bytes after the header."""
        rest, self._rest = self._rest, b""
        if rest:
            yield memoryview(rest)
        for chunk in self._chunks:
            yield memoryview(chunk)

    def _read_header(self) -> tuple[Header, bytes]:
        """Read the metadata; give it and the bytes that came with it."""
        read = self._at_least(b"", _PREFIX)
        version, length = read[3], int.from_bytes(read[4:_PREFIX], "little")
        if read[:3] != _DBN_MAGIC or version not in VERSIONS:
            raise self._bad("DBN of version 1, 2 or 3", f"bytes {read[:4].hex(' ')} at the start")
        if length > _LARGEST_HEADER:
            raise self._bad(f"a header of at most {_LARGEST_HEADER} bytes", f"{length} bytes")
        end = _PREFIX + length
        read = self._at_least(read, end)
        return _parsed(self.path, read[:end]), read[end:]

    def _at_least(self, read: bytes, count: int) -> bytes:
        parts, total = [read], len(read)
        while total < count:
            chunk = next(self._chunks, None)
            if chunk is None:
                raise self._bad(f"a header of {count} bytes", f"{total} bytes")
            parts.append(chunk)
            total += len(chunk)
        return b"".join(parts)

    def _compressed(self) -> Generator[bytes]:
        """Bytes as they lie on the disk, counted and hashed."""
        while chunk := self._handle.read(_READ_BYTES):
            self.size_bytes += len(chunk)
            if self._hash is not None:
                self._hash.update(chunk)
            yield chunk

    def _decompressed(self) -> Generator[bytes]:
        """Bytes of all frames one after the other; the file has to end where a frame ends."""
        source = self._compressed()
        first = next(source, b"")
        if first.startswith(_DBN_MAGIC):
            yield first
            yield from source
            return
        if not first.startswith(_ZSTD_MAGIC):
            was = f"bytes {first[:4].hex(' ')}" if first else "an empty file"
            raise self._bad("a DBN file, compressed with zstd or plain", was)
        yield from self._frames(first, source)

    def _frames(self, first: bytes, source: Iterator[bytes]) -> Iterator[bytes]:
        decompressor = zstandard.ZstdDecompressor()
        pieces = _pieces(chain([first], source))
        frame, chunk = None, next(pieces, b"")
        try:
            while chunk:
                frame = frame or decompressor.decompressobj()
                plain = frame.decompress(chunk)
                if plain:
                    yield plain
                chunk = b""
                if frame.eof:
                    self._frames_read += 1
                    chunk, frame = frame.unused_data, None
                chunk = chunk or next(pieces, b"")
        except zstandard.ZstdError as error:
            raise self._bad("zstd frames whose checksums hold", f"{error} near byte {self.size_bytes}") from error
        if frame is not None:
            raise self._bad("the last zstd frame to end", f"the end of the file after {self.size_bytes} bytes")

    def _bad(self, expected: str, was: str) -> BadFileError:
        return BadFileError(f"{self.path}: Expected {expected}, was {was}")


def _pieces(chunks: Iterable[bytes]) -> Iterator[bytes]:
    for chunk in chunks:
        for at in range(0, len(chunk), _PIECE_BYTES):
            yield chunk[at : at + _PIECE_BYTES]


def _parsed(path: Path, encoded: bytes) -> Header:
    """Decode the metadata with the vendor's own code, which refuses what does not hold together."""
    from databento_dbn import DBNError, Metadata

    try:
        metadata = Metadata.decode(encoded)
        mappings = tuple(
            SymbolMapping(
                raw_symbol,
                tuple(MappingInterval(part["start_date"], part["end_date"], part["symbol"]) for part in intervals),
            )
            for raw_symbol, intervals in sorted(metadata.mappings.items())
        )
    except DBNError as error:
        raise BadFileError(f"{path}: Expected the metadata of a DBN file, was: {error}") from error
    rest = encoded[metadata_end(encoded) :]
    if len(rest) >= _ALIGNED or any(rest):
        raise BadFileError(
            f"{path}: Expected a header of {len(encoded) - len(rest)} bytes, as its counts say, was one of {len(encoded)}"
        )
    return Header(
        version=encoded[3],
        dataset=metadata.dataset,
        schema=None if metadata.schema is None else str(metadata.schema),
        stype_in=None if metadata.stype_in is None else str(metadata.stype_in),
        stype_out=str(metadata.stype_out),
        symbols=tuple(metadata.symbols),
        start_ns=metadata.start,
        end_ns=metadata.end,
        ts_out=metadata.ts_out,
        mappings=mappings,
    )


def read_header(path: Path) -> Header:
    """Read what a DBN file says of itself, and nothing after it.

    Raises
    ------
    BadFileError
        The file is not a DBN file, or ends inside its header.
    """
    with DbnFile(path) as file:
        return file.header


def is_compressed(path: Path) -> bool:
    """Whether a file begins as one compressed with zstd does."""
    with path.open("rb") as handle:
        return handle.read(len(_ZSTD_MAGIC)) == _ZSTD_MAGIC


def blocks(path: Path, *, block_records: int, header_alone_is_whole: bool = False) -> Iterator[np.ndarray]:
    """Yield a file's records in structured arrays of `block_records`, each in memory of its own.

    Raises
    ------
    BadFileError
        See `DbnFile`. A truncated file raises after its last whole block: nothing made of the blocks may be kept.
    """
    with DbnFile(path, header_alone_is_whole=header_alone_is_whole) as file:
        yield from file.blocks(block_records=block_records)
