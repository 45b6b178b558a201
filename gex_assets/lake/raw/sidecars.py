"""The JSON files of a batch download: sizes and hashes (manifest), the request (metadata), each day's condition, symbols.

They are read and checked against each other here. `verify.py` decides what follows for a market file.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any, Final, NamedTuple

from gex_assets.errors import BadFileError
from gex_assets.lake.dbn.reader import MappingInterval, SymbolMapping, by_raw_symbol
from gex_assets.lake.filesystem import FileSystem
from gex_assets.lake.raw.delivery_notes import NOTE_NAME, DeliveryNote, read_note
from gex_assets.lake.raw.json_files import JsonFile
from gex_assets.lake.raw.layout import day_named_by, folder_of

__all__ = ["CONDITIONS", "SIDECAR_NAMES", "ManifestFile", "Query", "Sidecars", "facts_digest", "read_sidecars", "read_symbology"]

SIDECAR_NAMES: Final = ("metadata.json", "manifest.json", "condition.json", "symbology.json")
CONDITIONS: Final = ("available", "degraded", "pending", "missing")

_HASH_PREFIX: Final = "sha256:"


@dataclass(frozen=True, slots=True)
class ManifestFile:
    """A file of the job, as the manifest lists it."""

    file_name: str
    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Query:
    """The request that a job answers.

    Attributes
    ----------
    start_ns, end_ns : [start, end) of the request; `end_ns` is None where it was open. [UNIX ns UTC]
    stype_in : what kind of symbols `symbols` are; None where the file does not say.
    limit : the largest number of records that were asked for; None for no limit.
    """

    dataset: str
    schema: str
    symbols: tuple[str, ...]
    start_ns: int
    end_ns: int | None
    stype_in: str | None = None
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class Sidecars:
    """The sidecars of one folder. Fields of an absent sidecar are empty or None.

    Attributes
    ----------
    job_id : as metadata.json says, else manifest.json.
    files : the manifest, by file name; None where there is no manifest.
    query : from metadata.json.
    conditions : the vendor's condition of each date.
    not_found, partial : symbols of the request that the vendor found on no date, or not on every date (symbology.json).
    named : raw symbols of the ids that a request by instrument ids asked for (symbology.json).
    """

    job_id: str | None = None
    files: Mapping[str, ManifestFile] | None = None
    query: Query | None = None
    conditions: Mapping[date, str] = field(default_factory=dict)
    not_found: tuple[str, ...] = ()
    partial: tuple[str, ...] = ()
    named: tuple[str, ...] = ()


def read_sidecars(filesystem: FileSystem, folder: str = "") -> Sidecars:
    """Read the sidecars of a folder, and check those that the manifest lists against their size and hash.

    Raises
    ------
    BadFileError
        A sidecar cannot be read, lacks a field, or is not the one that the manifest lists.
    """
    manifest_id, files = _manifest(JsonFile(filesystem, folder, "manifest.json"))
    metadata_id, query = _metadata(JsonFile(filesystem, folder, "metadata.json"))
    for name in SIDECAR_NAMES:
        if files is not None and name in files:
            _check(JsonFile(filesystem, folder, name), files[name])
    conditions = _conditions(JsonFile(filesystem, folder, "condition.json"))
    resolved = _resolved(JsonFile(filesystem, folder, "symbology.json"))
    return Sidecars(
        job_id=metadata_id or manifest_id,
        files=files,
        query=query,
        conditions=conditions,
        not_found=resolved.not_found,
        partial=resolved.partial,
        named=resolved.named,
    )


def facts_digest(filesystem: FileSystem, key: str) -> str:
    """Hash of everything that the sidecars and our own note say of a market file.

    Changes that concern other files only leave it as it is.

    Raises
    ------
    BadFileError
        A sidecar cannot be read.
    """
    folder, _, file_name = key.rpartition("/")
    infos = (filesystem.info(f"{folder}/{name}") for name in (*SIDECAR_NAMES, NOTE_NAME))
    sidecars, symbology, note = _facts(filesystem, folder, tuple(None if info is None else info.tag for info in infos))
    day = day_named_by(file_name)
    said = [
        sidecars.job_id,
        None if sidecars.files is None else sidecars.files.get(file_name),
        sidecars.query,
        None if day is None else sidecars.conditions.get(day),
        symbology,
        None if note is None else (note.kind, note.requested_at, note.first_ingested_at.get(file_name), note.gaps),
    ]
    return hashlib.sha256(repr(said).encode()).hexdigest()


@lru_cache(maxsize=64)
def _facts(filesystem: FileSystem, folder: str, tags: tuple[str | None, ...]) -> tuple[Sidecars, str | None, DeliveryNote | None]:
    """A folder's sidecars, the hash of its symbology and our note, read once for all its files and again when `tags` change."""
    content = JsonFile(filesystem, folder, "symbology.json").content()
    digest = None if content is None else hashlib.sha256(content).hexdigest()
    return read_sidecars(filesystem, folder), digest, read_note(filesystem, folder)


def read_symbology(filesystem: FileSystem, key: str) -> tuple[SymbolMapping, ...]:
    """Read the mappings of a symbology.json; none where the file is absent.

    Raises
    ------
    BadFileError
        The file is no symbology.
    """
    path = JsonFile(filesystem, folder_of(key), key.rpartition("/")[2])
    content = path.load()
    return () if content is None else _mappings(path, content)


def _mappings(path: JsonFile, content: Mapping[str, Any]) -> tuple[SymbolMapping, ...]:
    result = path.get(content, "result", dict)
    mappings = tuple(
        SymbolMapping(
            raw_symbol,
            tuple(
                MappingInterval(path.date(path.get(part, "d0", str)), path.date(path.get(part, "d1", str)), symbol)
                for part in path.objects(intervals)
                if (symbol := path.get(part, "s", str))
            ),
        )
        for raw_symbol, intervals in result.items()
    )
    return by_raw_symbol(mappings) if content.get("stype_in") == "instrument_id" else mappings


class _Resolved(NamedTuple):
    not_found: tuple[str, ...] = ()
    partial: tuple[str, ...] = ()
    named: tuple[str, ...] = ()


def _resolved(path: JsonFile) -> _Resolved:
    content = path.content()
    return _Resolved() if content is None else _resolved_in(path, content)


@lru_cache(maxsize=8)
def _resolved_in(path: JsonFile, content: bytes) -> _Resolved:
    """What symbology.json says of the request's symbols. It holds thousands of mappings, so it is parsed once for all files."""
    said = path.parsed(content)
    by_id = said.get("stype_in") == "instrument_id"
    named = tuple(mapping.raw_symbol for mapping in _mappings(path, said)) if by_id else ()
    return _Resolved(path.texts(said, "not_found"), path.texts(said, "partial"), named)


def _manifest(path: JsonFile) -> tuple[str | None, dict[str, ManifestFile] | None]:
    content = path.load()
    if content is None:
        return None, None
    files = {}
    for entry in path.objects(path.get(content, "files", list)):
        name, stated = path.get(entry, "filename", str), path.get(entry, "hash", str)
        if not stated.startswith(_HASH_PREFIX):
            raise BadFileError(f"{path}: Expected a sha256 for {name}, was {stated!r}")
        files[name] = ManifestFile(name, path.get(entry, "size", int), stated.removeprefix(_HASH_PREFIX).lower())
    return path.get(content, "job_id", str), files


def _metadata(path: JsonFile) -> tuple[str | None, Query | None]:
    content = path.load()
    if content is None:
        return None, None
    query = path.get(content, "query", dict)
    symbols = path.get(query, "symbols", list)
    return path.get(content, "job_id", str), Query(
        dataset=path.get(query, "dataset", str),
        schema=path.get(query, "schema", str),
        symbols=tuple(str(symbol) for symbol in symbols),
        start_ns=path.get(query, "start", int),
        end_ns=path.optional(query, "end", int),
        stype_in=path.optional(query, "stype_in", str),
        limit=path.optional(query, "limit", int) or None,
    )


def _conditions(path: JsonFile) -> dict[date, str]:
    content = path.load(kind=list)
    if content is None:
        return {}
    conditions = {}
    for entry in path.objects(content):
        condition = path.get(entry, "condition", str)
        if condition not in CONDITIONS:
            raise BadFileError(f"{path}: Expected a condition of {', '.join(CONDITIONS)}, was {condition!r}")
        conditions[path.date(path.get(entry, "date", str))] = condition
    return conditions


def _check(path: JsonFile, stated: ManifestFile) -> None:
    content = path.content()
    if content is None:
        return
    if len(content) != stated.size_bytes:
        raise BadFileError(f"{path}: Expected {stated.size_bytes} bytes as manifest.json says, was {len(content)}")
    digest = hashlib.sha256(content).hexdigest()
    if digest != stated.sha256:
        raise BadFileError(f"{path}: Expected sha256 {stated.sha256} as manifest.json says, was {digest}")
