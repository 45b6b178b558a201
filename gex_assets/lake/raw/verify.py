"""Verification of a day's delivered files: each is read once, from its first byte to its last, before anything else uses it.

The result is the raw table of the day: one row per file, with the hash computed while its records were counted. `layout.py`
says where files lie, `merge.py` makes one stream of several.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import numpy as np
import pyarrow as pa

from gex_assets.errors import BadFileError, SymbolError
from gex_assets.kernels.records.scan import InstrumentSurvey
from gex_assets.lake.dbn.reader import DbnFile, Header
from gex_assets.lake.dbn.source import Source
from gex_assets.lake.filesystem import FileSystem
from gex_assets.lake.lineage import sidecars_key
from gex_assets.lake.raw.layout import (
    DATASET,
    RAW_KINDS,
    FoundFile,
    RawKind,
    day_bounds,
    find_files,
    folder_of,
    source_of_file,
    strange_names,
)
from gex_assets.lake.raw.sidecars import ManifestFile, Sidecars, facts_digest, read_sidecars
from gex_assets.market.products import classify_request
from gex_assets.schemas.registry import TABLES

__all__ = ["BLOCK_RECORDS", "VerifiedDay", "VerifiedFile", "check_header", "verify_day", "verify_file"]

BLOCK_RECORDS: Final = 65_536

_REFUSED_CONDITIONS: Final = ("missing", "pending")


@dataclass(frozen=True, slots=True)
class VerifiedFile:
    """A verified file: its row of the raw table, and warnings."""

    found: FoundFile
    row: dict[str, Any]
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class VerifiedDay:
    """All files of a kind for a day.

    Attributes
    ----------
    table : the raw table; no rows where no file was delivered.
    inputs : the table's inputs for its lineage: each file, also one left out, and what its sidecars say of it.
    warnings : in words.
    """

    table: pa.Table
    inputs: dict[str, str]
    warnings: tuple[str, ...]


def verify_day(
    filesystem: FileSystem, *, kind: RawKind, product: str, day: date, block_records: int = BLOCK_RECORDS
) -> VerifiedDay:
    """Verify every file of a kind that was delivered for a day.

    Parameters
    ----------
    filesystem : of the lake.
    kind, product, day : which files.
    block_records : records decoded at a time.

    Returns
    -------
    The raw table, rows in order of job and file name.

    Raises
    ------
    BadFileError
        It names the file, what was expected and what was found. The file stays where it is.
    """
    files = [
        verify_file(
            found,
            source_of_file(filesystem, found.key),
            sidecars=read_sidecars(filesystem, folder_of(found.key)),
            block_records=block_records,
        )
        for found in find_files(filesystem, kind=kind, product=product, day=day)
    ]
    warnings = [warning for file in files for warning in file.warnings]
    warnings += [
        f"{name}: Expected a name like glbx-mdp3-YYYYMMDD.{RAW_KINDS[kind].schema}.dbn.zst, was another; it is left out"
        for name in strange_names(filesystem, kind=kind, product=product, day=day)
    ]
    inputs = {file.found.key: str(file.row["sha256"]) for file in files}
    inputs |= {sidecars_key(file.found.key): facts_digest(filesystem, file.found.key) for file in files}
    rows = _each_once(files, warnings)
    table = pa.Table.from_pylist(rows, schema=TABLES[f"raw_{kind}"].arrow_schema())
    return VerifiedDay(table=table, inputs=inputs, warnings=tuple(warnings))


def verify_file(found: FoundFile, source: Source, *, sidecars: Sidecars, block_records: int = BLOCK_RECORDS) -> VerifiedFile:
    """Verify one file against its name, its sidecars and itself, in one pass.

    Parameters
    ----------
    found : its place and size.
    source : its bytes.
    sidecars : of its folder.
    block_records : records decoded at a time.

    Raises
    ------
    BadFileError
        The file is truncated, corrupt, of another dataset, schema, product or day, not the one that its manifest names, or
        the vendor calls its day missing or pending.
    """
    condition = sidecars.conditions.get(found.day)
    if condition in _REFUSED_CONDITIONS:
        raise BadFileError(f"{source.name}: Expected data available on {found.day}, was {condition} (condition.json)")
    stated = None if sidecars.files is None else sidecars.files.get(found.file_name)
    size_bytes = found.info.size_bytes
    if stated is not None and stated.size_bytes != size_bytes:
        raise BadFileError(f"{source.name}: Expected {stated.size_bytes} bytes as manifest.json says, was {size_bytes}")
    survey, first, last = InstrumentSurvey(bounds=day_bounds(found.day)), None, None
    with DbnFile(source, digest=True, header_alone_is_whole=stated is not None) as file:
        start_ns, end_ns = check_header(found, file.header, sidecars, name=source.name)
        for block in file.blocks(block_records=block_records, reuse=True):
            ts_recv = block["ts_recv"]
            survey.add(instrument_ids=block["instrument_id"], ts_recv=ts_recv)
            first = first if first is not None else _signed(ts_recv[0])
            last = _signed(ts_recv[-1])
        header, digest, records, read_bytes = file.header, file.sha256, file.records, file.size_bytes
    if stated is not None and stated.sha256 != digest:
        raise BadFileError(f"{source.name}: Expected sha256 {stated.sha256} as manifest.json says, was {digest}")
    if read_bytes != size_bytes:
        raise BadFileError(f"{source.name}: Expected {size_bytes} bytes throughout the reading, was {read_bytes}")
    ids, counts, firsts = survey.instruments()
    row = {
        "job_id": found.job_id or sidecars.job_id or "",
        "file_name": found.file_name,
        "path": found.key,
        "size_bytes": size_bytes,
        "sha256": digest,
        "sha256_expected": None if stated is None else stated.sha256,
        "dbn_version": header.version,
        "dataset": header.dataset,
        "schema": header.schema,
        "records": records,
        "ts_recv_first": first,
        "ts_recv_last": last,
        "ts_recv_backsteps": survey.backsteps,
        "request_start": start_ns,
        "request_end": end_ns,
        "condition": condition,
        "mapped_symbols": len(header.mappings),
        "instruments_seen": [
            {"instrument_id": instrument_id, "records": count, "ts_recv_first": moment}
            for instrument_id, count, moment in zip(ids.tolist(), counts.tolist(), firsts.tolist(), strict=True)
        ],
    }
    return VerifiedFile(found=found, row=row, warnings=_warnings(found, sidecars, stated, condition, survey.outside))


def check_header(found: FoundFile, header: Header, sidecars: Sidecars, *, name: str) -> tuple[int, int]:
    """Check that a header is of the dataset, schema, product and day that the file's place and name say.

    Parameters
    ----------
    name : how messages name the file.

    Returns
    -------
    [start, end) of the request, from metadata.json where it is there, cut to the day. [UNIX ns UTC]

    Raises
    ------
    BadFileError
        It is of another.
    """
    place = RAW_KINDS[found.kind]
    _expect(name, "dataset", DATASET, header.dataset)
    _expect(name, "schema", place.schema, header.schema)
    _expect(name, "symbols mapped to", "instrument_id", header.stype_out)
    try:
        asked = classify_request(header.symbols)
    except SymbolError as error:
        raise BadFileError(f"{name}: Expected the symbols of {found.product}, was: {error}") from error
    _expect(name, "product and kind", (found.product, place.product_type), asked)
    _cut(name, found.day, "the header", header.start_ns, header.end_ns)
    if sidecars.query is None:
        return _cut(name, found.day, "the header", header.start_ns, header.end_ns)
    _expect(name, "dataset in metadata.json", DATASET, sidecars.query.dataset)
    _expect(name, "schema in metadata.json", place.schema, sidecars.query.schema)
    return _cut(name, found.day, "metadata.json", sidecars.query.start_ns, sidecars.query.end_ns)


def _expect(name: str, what: str, expected: object, was: object) -> None:
    if expected != was:
        raise BadFileError(f"{name}: Expected {what} {expected!r}, was {was!r}")


def _cut(name: str, day: date, source: str, start_ns: int, end_ns: int | None) -> tuple[int, int]:
    """Cut a request to a day."""
    day_start, day_end = day_bounds(day)
    start, end = max(start_ns, day_start), day_end if end_ns is None else min(end_ns, day_end)
    if start >= end:
        raise BadFileError(f"{name}: Expected {source} to cover {day}, was the request [{_moment(start_ns)}, {_moment(end_ns)})")
    return start, end


def _moment(ts_ns: int | None) -> str:
    """A moment in words; metadata.json can hold any number."""
    return "open" if ts_ns is None else str(np.datetime64(max(min(ts_ns, 2**63 - 1), 1 - 2**63), "ns"))


def _signed(ts_recv: np.uint64) -> int:
    return int(ts_recv.astype(np.int64))


def _warnings(
    found: FoundFile, sidecars: Sidecars, stated: ManifestFile | None, condition: str | None, outside: int
) -> tuple[str, ...]:
    warnings = []
    if stated is None:
        had = "is no manifest.json" if sidecars.files is None else "manifest.json does not name it"
        warnings.append(f"{found.key}: Expected a manifest with the file's hash, was none: {had}")
    if condition == "degraded":
        warnings.append(f"{found.key}: Expected the condition available, was degraded")
    if found.job_id and sidecars.job_id and sidecars.job_id != found.job_id:
        warnings.append(f"{found.key}: Expected the sidecars of job {found.job_id}, was {sidecars.job_id}")
    if outside:
        warnings.append(f"{found.key}: Expected records of {found.day}, was {outside} with a ts_recv outside it")
    return tuple(warnings)


def _each_once(files: Sequence[VerifiedFile], warnings: list[str]) -> list[dict[str, Any]]:
    """Rows by job and file name. A file that is there twice (in the job's folder and outside) counts once."""
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for row in sorted((file.row for file in files), key=lambda row: (row["job_id"], row["file_name"], row["path"])):
        name = row["job_id"], row["file_name"]
        other = rows.setdefault(name, row)
        if other is row:
            continue
        if other["sha256"] != row["sha256"]:
            raise BadFileError(f"{row['path']}: Expected one {name[1]} of job {name[0]!r}, was another at {other['path']}")
        warnings.append(f"{row['path']}: Expected each file once, was the same as {other['path']}; it is left out")
    return list(rows.values())
