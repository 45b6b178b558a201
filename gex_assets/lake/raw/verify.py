"""Verification of a day's delivered files: each is read once, from its first byte to its last, before anything else uses it.

The result is the raw table of the day: one row per file, with the hash computed while its records were counted. `layout.py`
says where files lie, `merge.py` makes one stream of several.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

import numpy as np
import pyarrow as pa

from gex_assets.errors import BadFileError
from gex_assets.kernels.mbo_record import F_SNAPSHOT
from gex_assets.kernels.records.cover import SUPERSEDED, UNCLAIMED, UNMAPPED
from gex_assets.kernels.records.scan import InstrumentSurvey
from gex_assets.lake.dbn.reader import DbnFile, read_header
from gex_assets.lake.dbn.source import DEFAULT_LIMITS, ReadLimits, Source
from gex_assets.lake.filesystem import FileSystem
from gex_assets.lake.freshness import UNREADABLE
from gex_assets.lake.lineage import sidecars_key
from gex_assets.lake.raw.asked import Asked, asked_by, rank_of
from gex_assets.lake.raw.claims import Claim, Rank, cover_among
from gex_assets.lake.raw.delivery_notes import DeliveryNote, read_note
from gex_assets.lake.raw.layout import (
    RAW_KINDS,
    FoundFile,
    RawKind,
    find_files,
    folder_of,
    hash_of_file,
    source_of_file,
    strange_names,
)
from gex_assets.lake.raw.requests import request_warnings
from gex_assets.lake.raw.sidecars import ManifestFile, Sidecars, facts_digest, read_sidecars
from gex_assets.schemas.claim_checks import claim_complaints
from gex_assets.schemas.registry import TABLES

__all__ = ["BLOCK_RECORDS", "VerifiedDay", "VerifiedFile", "verify_day", "verify_file"]

BLOCK_RECORDS: Final = 65_536

_REFUSED_CONDITIONS: Final = ("missing", "pending")
_BOOK_KINDS: Final = ("option_mbo", "future_mbo")


@dataclass(frozen=True, slots=True)
class VerifiedFile:
    """A verified file: its row of the raw table, warnings, what it claims and what it was asked for."""

    found: FoundFile
    row: dict[str, Any]
    warnings: tuple[str, ...]
    claim: Claim
    asked: Asked


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
    filesystem: FileSystem,
    *,
    kind: RawKind,
    product: str,
    day: date,
    block_records: int = BLOCK_RECORDS,
    limits: ReadLimits = DEFAULT_LIMITS,
    now_ns: int | None = None,
) -> VerifiedDay:
    """Verify every file of a kind that was delivered for a day, the best one first.

    Parameters
    ----------
    filesystem : of the lake.
    kind, product, day : which files.
    block_records : records decoded at a time.
    limits : what a file may hold when decompressed.
    now_ns : as of `asked_by`.

    Returns
    -------
    The raw table, rows in order of job and file name.

    Raises
    ------
    BadFileError
        It names the file, what was expected and what was found. The file stays where it is, and no worse file steps in. A file
        that fails is set aside, with a warning, where a better one covers all that it was asked for.
    """
    warnings: list[str] = []
    candidates = _each_once(
        [_candidate(filesystem, found, now_ns) for found in find_files(filesystem, kind=kind, product=product, day=day)], warnings
    )
    ranks = {candidate.found.key: candidate.rank for candidate in candidates}
    verified: list[VerifiedFile] = []
    inputs: dict[str, str] = {}
    for candidate in sorted(candidates, key=lambda one: one.rank, reverse=True):
        key = candidate.found.key
        try:
            inputs[sidecars_key(key)] = facts_digest(filesystem, key)
            verified.append(_verified(candidate, verified, block_records=block_records, limits=limits, now_ns=now_ns))
            inputs[key] = str(verified[-1].row["sha256"])
        except BadFileError as error:
            better = _covering(candidate, verified)
            if better is None:
                raise
            better.row["set_aside"].append(key)
            inputs[key] = candidate.sha256
            inputs.setdefault(sidecars_key(key), UNREADABLE)
            warnings.append(f"{error}; it is set aside, as {better.found.key} covers all that it was asked for")
    for file in verified:
        file.row["is_tied"] = any(ranks[other][:-1] == ranks[file.found.key][:-1] for other in file.row["superseded_by"])
    warnings += [warning for file in verified for warning in file.warnings]
    warnings += [
        f"{name}: Expected a name like glbx-mdp3-YYYYMMDD.{RAW_KINDS[kind].schema}.dbn.zst, was another; it is left out"
        for name in strange_names(filesystem, kind=kind, product=product, day=day)
    ]
    rows = sorted((file.row for file in verified), key=lambda row: (row["job_id"], row["file_name"]))
    table = pa.Table.from_pylist(rows, schema=TABLES[f"raw_{kind}"].arrow_schema())
    warnings += claim_complaints(table)
    return VerifiedDay(table=table, inputs=inputs, warnings=tuple(warnings))


def verify_file(
    found: FoundFile,
    source: Source,
    *,
    sidecars: Sidecars,
    filesystem: FileSystem | None = None,
    note: DeliveryNote | None = None,
    better: Sequence[VerifiedFile] = (),
    block_records: int = BLOCK_RECORDS,
    limits: ReadLimits = DEFAULT_LIMITS,
    now_ns: int | None = None,
) -> VerifiedFile:
    """Verify one file against its name, its sidecars and itself, in one pass.

    Parameters
    ----------
    found : its place and size.
    source : its bytes.
    sidecars, note : of its folder.
    filesystem : in which a symbology.json may lie next to it; None where the header alone may map instruments.
    better : files of the same day and kind that are read rather than this one, where they claim the same; best first.
    block_records : records decoded at a time.
    limits : what the file may hold when decompressed.
    now_ns : as of `asked_by`.

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
    first = last = snapshot = None
    with DbnFile(source, digest=True, header_alone_is_whole=stated is not None, limits=limits) as file:
        header = file.header
        asked = asked_by(filesystem, found, header, sidecars=sidecars, note=note, name=source.name, now_ns=now_ns)
        # What comes last says where an open claim ends. All of its records are read, if no better file has them.
        whole = Claim(rank=len(better) + 1, times=asked.times(last_moment=asked.end_ns - 1), ids=asked.ids)
        survey = InstrumentSurvey(cover=cover_among(whole, [other.claim for other in better]), ranks=len(better))
        for block in file.blocks(block_records=block_records, reuse=True):
            survey.add(instrument_ids=block["instrument_id"], ts_recv=block["ts_recv"])
            if first is None:
                first = _signed(block["ts_recv"][0])
                snapshot = first if found.kind in _BOOK_KINDS and int(block["flags"][0]) & F_SNAPSHOT else None
            last = _signed(block["ts_recv"][-1])
        digest, records, read_bytes = file.sha256, file.records, file.size_bytes
    if stated is not None and stated.sha256 != digest:
        raise BadFileError(f"{source.name}: Expected sha256 {stated.sha256} as manifest.json says, was {digest}")
    if read_bytes != size_bytes:
        raise BadFileError(f"{source.name}: Expected {size_bytes} bytes throughout the reading, was {read_bytes}")
    times = asked.times(last_moment=survey.last_moment)
    ids, counts, firsts = survey.instruments()
    superseded = [survey.with_status(SUPERSEDED + other.claim.rank) for other in better]
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
        "rank": whole.rank,
        "claim_times": [{"ts_start": start, "ts_end": end} for start, end in times],
        "claimed_instruments": asked.ids.tolist(),
        "ts_snapshot": snapshot,
        "limit": asked.limit,
        "not_found": sorted({*header.not_found, *sidecars.not_found}),
        "superseded": sum(superseded),
        "superseded_by": [other.found.key for other, count in zip(better, superseded, strict=True) if count],
        "unclaimed": survey.with_status(UNCLAIMED),
        "unmapped": survey.with_status(UNMAPPED),
        "set_aside": [],
        "is_tied": False,
        "condition": condition,
        "mapped_symbols": len(header.mappings),
        "instruments_seen": [
            {"instrument_id": instrument_id, "records": count, "ts_recv_first": moment}
            for instrument_id, count, moment in zip(ids.tolist(), counts.tolist(), firsts.tolist(), strict=True)
        ],
    }
    claim = replace(whole, times=times)
    warnings = _warnings(found, sidecars, stated, condition) + request_warnings(header, sidecars, name=found.key)
    return VerifiedFile(found=found, row=row, warnings=warnings, claim=claim, asked=asked)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Candidate:
    """A delivered file before its records are read; `error` where what lies next to it cannot be read."""

    filesystem: FileSystem
    found: FoundFile
    sidecars: Sidecars
    note: DeliveryNote | None
    asked: Asked | None
    error: BadFileError | None
    rank: Rank

    @property
    def source(self) -> Source:
        return source_of_file(self.filesystem, self.found.key)

    @property
    def sha256(self) -> str:
        """Hash of its bytes, whatever they are; empty where they cannot be read."""
        return hash_of_file(self.filesystem, self.found.key)


def _candidate(filesystem: FileSystem, found: FoundFile, now_ns: int | None) -> _Candidate:
    """What can be known of a file without its records. What is wrong with it is said when its turn comes."""
    sidecars, note, asked, error = Sidecars(), None, None, None
    folder = folder_of(found.key)
    try:
        note = read_note(filesystem, folder)
        sidecars = read_sidecars(filesystem, folder)
    except BadFileError as bad:
        error = bad
    source = source_of_file(filesystem, found.key)
    try:
        header = read_header(source)
        asked = asked_by(filesystem, found, header, sidecars=sidecars, note=note, name=source.name, now_ns=now_ns)
    except BadFileError as bad:
        error = error or bad
    limit = asked.limit if asked is not None else None
    stated = None if sidecars.files is None else sidecars.files.get(found.file_name)
    rank = rank_of(found, sidecars=sidecars, note=note, limit=limit, sha256="" if stated is None else stated.sha256)
    return _Candidate(filesystem=filesystem, found=found, sidecars=sidecars, note=note, asked=asked, error=error, rank=rank)


def _verified(
    candidate: _Candidate, better: Sequence[VerifiedFile], *, block_records: int, limits: ReadLimits, now_ns: int | None
) -> VerifiedFile:
    if candidate.error is not None:
        raise candidate.error
    return verify_file(
        candidate.found,
        candidate.source,
        filesystem=candidate.filesystem,
        sidecars=candidate.sidecars,
        note=candidate.note,
        better=better,
        block_records=block_records,
        limits=limits,
        now_ns=now_ns,
    )


def _covering(candidate: _Candidate, better: Iterable[VerifiedFile]) -> VerifiedFile | None:
    """The verified file that covers all that a candidate was asked for, if there is one."""
    asked = candidate.asked
    if asked is None:
        return None
    return next((file for file in better if asked.is_covered_by(file.claim, file.asked)), None)


def _each_once(candidates: Sequence[_Candidate], warnings: list[str]) -> list[_Candidate]:
    """Leave out a file that is there twice, in its job's folder and outside; settle ranks that only the hash decides.

    Raises
    ------
    BadFileError
        A job has two files of one name.
    """
    ranks = Counter(candidate.rank[:-1] for candidate in candidates)
    alike = [
        replace(one, rank=one.rank._replace(sha256=one.rank.sha256 or one.sha256)) if ranks[one.rank[:-1]] > 1 else one
        for one in candidates
    ]
    kept: dict[tuple[str, str], _Candidate] = {}
    for one in sorted(alike, key=lambda one: one.found.key):
        name = one.found.job_id or one.sidecars.job_id or "", one.found.file_name
        other = kept.setdefault(name, one)
        if other is one:
            continue
        if other.sha256 != one.sha256:
            raise BadFileError(f"{one.found.key}: Expected one {name[1]} of job {name[0]!r}, was another at {other.found.key}")
        warnings.append(f"{one.found.key}: Expected each file once, was the same as {other.found.key}; it is left out")
    return list(kept.values())


def _signed(ts_recv: np.uint64) -> int:
    return int(ts_recv.astype(np.int64))


def _warnings(found: FoundFile, sidecars: Sidecars, stated: ManifestFile | None, condition: str | None) -> tuple[str, ...]:
    warnings = []
    if stated is None:
        had = "is no manifest.json" if sidecars.files is None else "manifest.json does not name it"
        warnings.append(f"{found.key}: Expected a manifest with the file's hash, was none: {had}")
    if condition == "degraded":
        warnings.append(f"{found.key}: Expected the condition available, was degraded")
    if found.job_id and sidecars.job_id and sidecars.job_id != found.job_id:
        warnings.append(f"{found.key}: Expected the sidecars of job {found.job_id}, was {sidecars.job_id}")
    return tuple(warnings)
