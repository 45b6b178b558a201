"""Writing DBN files as the vendor delivers them: the header in one zstd frame, the records in a second.

The sample market writes such files, the ingest of lone files that cover several dates, and the tests. Equal records give equal
bytes, however they are cut into blocks.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import zstandard

from gex_assets.errors import LakeError
from gex_assets.lake.dbn.reader import Header, SymbolMapping
from gex_assets.lake.dbn.records import DATASET, RTYPES, VERSIONS, record_dtype

__all__ = ["WrittenFile", "write_dbn", "write_file"]


@dataclass(frozen=True, slots=True)
class WrittenFile:
    """A written file, as a manifest describes it."""

    path: Path
    size_bytes: int
    sha256: str
    records: int


class _Hashed:
    """A file that hashes and counts what is written to it."""

    def __init__(self, handle: BinaryIO) -> None:
        self._handle = handle
        self.hash = hashlib.sha256()
        self.size_bytes = 0

    def write(self, data: bytes) -> int:
        self.hash.update(data)
        self.size_bytes += len(data)
        return self._handle.write(data)


def write_dbn(
    path: Path,
    *,
    version: int,
    schema: str,
    symbols: Sequence[str],
    stype_in: str,
    start_ns: int,
    end_ns: int,
    mappings: Sequence[SymbolMapping],
    blocks: Iterable[np.ndarray],
    dataset: str = DATASET,
    level: int = 3,
    threads: int = 0,
) -> WrittenFile:
    """Write one `.dbn.zst` file: two zstd frames with checksums, header and records.

    Parameters
    ----------
    path : of the file. A missing folder is created. The name appears when the file is complete.
    version : DBN version, 1 to 3.
    schema : `mbo`, `definition` or `statistics`.
    symbols, stype_in : the request that the file answers, e.g. `["ES.OPT"]` and `parent`.
    start_ns, end_ns : [start, end) of the request. [UNIX ns UTC]
    mappings : raw symbols and their instrument ids by date.
    blocks : structured arrays of the layout of version and schema (`records.py`), with `length` and `rtype` filled in.
    level : of compression.
    threads : that compress the records concurrently with the caller; 0 compresses in the caller's thread. All numbers above 0
        give the same bytes, which differ from those of 0: the library cuts the records into jobs by their size alone.

    Raises
    ------
    LakeError
        The records are of another layout, length or type, or the header cannot be encoded.
    """
    header = Header(
        version=version,
        dataset=dataset,
        schema=schema,
        stype_in=stype_in,
        stype_out="instrument_id",
        symbols=tuple(symbols),
        start_ns=start_ns,
        end_ns=end_ns,
        ts_out=False,
        mappings=tuple(mappings),
    )
    return write_file(path, header=header, blocks=blocks, level=level, threads=threads)


def write_file(
    path: Path, *, header: Header, blocks: Iterable[np.ndarray], level: int = 3, threads: int = 0, in_place: bool = False
) -> WrittenFile:
    """Write one `.dbn.zst` file under a given header. See `write_dbn`.

    Parameters
    ----------
    in_place : whether the file appears under its name at once, as suits a staged one. There must be none of that name yet.

    Raises
    ------
    LakeError
        The records are of another layout, length or type than the header says, or the header cannot be encoded.
    """
    schema, version = str(header.schema), header.version
    if schema not in RTYPES or version not in VERSIONS:
        raise LakeError(f"Expected a schema of {list(RTYPES)} and a version of {list(VERSIONS)}, was {schema} and {version}")
    dtype = record_dtype(schema=schema, version=version)
    encoded = _encoded(header)
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path if in_place else path.with_name(f".{path.name}.part")
    records = 0
    if not in_place:
        scratch.unlink(missing_ok=True)
    try:
        with scratch.open("xb") as handle:  # a link under this name would let a stranger overwrite its target
            out = _Hashed(handle)
            out.write(zstandard.ZstdCompressor(level=level, write_checksum=True).compress(encoded))
            compressor = zstandard.ZstdCompressor(level=level, write_checksum=True, threads=threads)
            with compressor.stream_writer(out, closefd=False) as frame:  # type: ignore[arg-type]
                for block in blocks:
                    _check(block, dtype, RTYPES[schema])
                    frame.write(np.ascontiguousarray(block).view(np.uint8).data)
                    records += len(block)
        scratch.replace(path)
    except BaseException:
        with suppress(FileNotFoundError):
            scratch.unlink()
        raise
    return WrittenFile(path=path, size_bytes=out.size_bytes, sha256=out.hash.hexdigest(), records=records)


def _check(block: np.ndarray, dtype: np.dtype[np.void], rtype: int) -> None:
    if block.dtype != dtype:
        raise LakeError(f"Expected records of {dtype.itemsize} bytes laid out as the version says, was {block.dtype}")
    if len(block) and not (np.all(block["length"] == dtype.itemsize // 4) and np.all(block["rtype"] == rtype)):
        raise LakeError(f"Expected every record with length {dtype.itemsize // 4} and rtype {rtype}, was another")


def _encoded(header: Header) -> bytes:
    from databento_dbn import DBNError, Metadata, Schema, SType

    try:
        return Metadata(
            dataset=header.dataset,
            start=header.start_ns,
            end=header.end_ns,
            stype_in=None if header.stype_in is None else SType.from_str(header.stype_in),
            stype_out=SType.from_str(header.stype_out),
            schema=Schema.from_str(str(header.schema)),
            symbols=list(header.symbols),
            partial=list(header.partial),
            not_found=list(header.not_found),
            mappings=header.mappings,  # type: ignore[arg-type]
            limit=header.limit,
            ts_out=header.ts_out,
            version=header.version,
        ).encode()
    except (DBNError, ValueError, TypeError) as error:
        raise LakeError(f"Expected a header that DBN {header.version} can hold, was: {error}") from error
