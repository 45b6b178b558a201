"""The JSON files beside a batch download: what the vendor promised (manifest), was asked (metadata) and thinks of each day.

Read and checked against each other here; what follows for a market file is decided in raw.py.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from gex_assets.errors import BadFileError
from gex_assets.lake.dbn.reader import MappingInterval, SymbolMapping
from gex_assets.lake.raw.layout import day_named_by

__all__ = ["CONDITIONS", "SIDECAR_NAMES", "ManifestFile", "Query", "Sidecars", "facts_digest", "read_sidecars", "read_symbology"]

SIDECAR_NAMES: Final = ("metadata.json", "manifest.json", "condition.json", "symbology.json")
CONDITIONS: Final = ("available", "degraded", "pending", "missing")

_HASH_PREFIX: Final = "sha256:"


@dataclass(frozen=True, slots=True)
class ManifestFile:
    """What the manifest says of one file of the job."""

    file_name: str
    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Query:
    """The request that a job answers: [start, end) in UNIX ns UTC, `end_ns` None where it was open."""

    dataset: str
    schema: str
    symbols: tuple[str, ...]
    start_ns: int
    end_ns: int | None


@dataclass(frozen=True, slots=True)
class Sidecars:
    """What lies beside the market files of one folder; everything is empty or None where a sidecar is absent.

    Attributes
    ----------
    job_id : as metadata.json says, else manifest.json.
    files : the manifest, by file name; None where there is no manifest.
    query : from metadata.json.
    conditions : the vendor's word on each date.
    """

    job_id: str | None = None
    files: Mapping[str, ManifestFile] | None = None
    query: Query | None = None
    conditions: Mapping[date, str] = field(default_factory=dict)


def read_sidecars(folder: Path) -> Sidecars:
    """Read the sidecars of a folder, and check those that the manifest names against their size and hash.

    Raises
    ------
    BadFileError
        A sidecar cannot be read, lacks what it must have, or is not the one that the manifest names.
    """
    manifest_id, files = _manifest(folder / "manifest.json")
    metadata_id, query = _metadata(folder / "metadata.json")
    for name in SIDECAR_NAMES:
        if files is not None and name in files and (folder / name).is_file():
            _check(folder / name, files[name])
    return Sidecars(
        job_id=metadata_id or manifest_id, files=files, query=query, conditions=_conditions(folder / "condition.json")
    )


def facts_digest(path: Path) -> str:
    """Hash of everything that the sidecars beside a market file say of it: the same where they speak of other files only.

    Raises
    ------
    BadFileError
        A sidecar cannot be read.
    """
    stamps = tuple(_stamp(path.parent / name) for name in SIDECAR_NAMES)
    sidecars, symbology = _facts(path.parent, stamps)
    day = day_named_by(path.name)
    said = [
        sidecars.job_id,
        None if sidecars.files is None else sidecars.files.get(path.name),
        sidecars.query,
        None if day is None else sidecars.conditions.get(day),
        symbology,
    ]
    return hashlib.sha256(repr(said).encode()).hexdigest()


@lru_cache(maxsize=64)
def _facts(folder: Path, stamps: tuple[tuple[int, int] | None, ...]) -> tuple[Sidecars, str | None]:
    """A folder's sidecars and the hash of its symbology, read once for all its files and again when `stamps` change."""
    symbology = folder / "symbology.json"
    try:
        digest = hashlib.sha256(symbology.read_bytes()).hexdigest()
    except FileNotFoundError:
        digest = None
    except OSError as error:
        raise BadFileError(f"Expected a readable file at {symbology}, was: {error.strerror}") from error
    return read_sidecars(folder), digest


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns


def read_symbology(path: Path) -> tuple[SymbolMapping, ...]:
    """Read the mappings of a symbology.json; none where the file is absent.

    Raises
    ------
    BadFileError
        The file is no symbology.
    """
    content = _load(path)
    if content is None:
        return ()
    result = _get(path, content, "result", dict)
    return tuple(
        SymbolMapping(
            raw_symbol,
            tuple(
                MappingInterval(_date(path, _get(path, part, "d0", str)), _date(path, _get(path, part, "d1", str)), symbol)
                for part in _objects(path, intervals)
                if (symbol := _get(path, part, "s", str))
            ),
        )
        for raw_symbol, intervals in result.items()
    )


def _manifest(path: Path) -> tuple[str | None, dict[str, ManifestFile] | None]:
    content = _load(path)
    if content is None:
        return None, None
    files = {}
    for entry in _objects(path, _get(path, content, "files", list)):
        name, stated = _get(path, entry, "filename", str), _get(path, entry, "hash", str)
        if not stated.startswith(_HASH_PREFIX):
            raise BadFileError(f"{path}: Expected a sha256 for {name}, was {stated!r}")
        files[name] = ManifestFile(name, _get(path, entry, "size", int), stated.removeprefix(_HASH_PREFIX).lower())
    return _get(path, content, "job_id", str), files


def _metadata(path: Path) -> tuple[str | None, Query | None]:
    content = _load(path)
    if content is None:
        return None, None
    query = _get(path, content, "query", dict)
    symbols = _get(path, query, "symbols", list)
    end = query.get("end")
    return _get(path, content, "job_id", str), Query(
        dataset=_get(path, query, "dataset", str),
        schema=_get(path, query, "schema", str),
        symbols=tuple(str(symbol) for symbol in symbols),
        start_ns=_get(path, query, "start", int),
        end_ns=None if end is None else _get(path, query, "end", int),
    )


def _conditions(path: Path) -> dict[date, str]:
    content = _load(path, kind=list)
    if content is None:
        return {}
    conditions = {}
    for entry in _objects(path, content):
        condition = _get(path, entry, "condition", str)
        if condition not in CONDITIONS:
            raise BadFileError(f"{path}: Expected a condition of {', '.join(CONDITIONS)}, was {condition!r}")
        conditions[_date(path, _get(path, entry, "date", str))] = condition
    return conditions


def _check(path: Path, stated: ManifestFile) -> None:
    content = path.read_bytes()
    if len(content) != stated.size_bytes:
        raise BadFileError(f"{path}: Expected {stated.size_bytes} bytes as manifest.json says, was {len(content)}")
    digest = hashlib.sha256(content).hexdigest()
    if digest != stated.sha256:
        raise BadFileError(f"{path}: Expected sha256 {stated.sha256} as manifest.json says, was {digest}")


def _load(path: Path, *, kind: type = dict) -> Any:
    """Content of a JSON file; None where there is none."""
    try:
        text = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise BadFileError(f"Expected a readable file at {path}, was: {error.strerror}") from error
    try:
        content = json.loads(text)
        json.dumps(content, ensure_ascii=False).encode()  # half a surrogate pair is JSON, but no text that a table can hold
    except (ValueError, RecursionError) as error:
        raise BadFileError(f"{path}: Expected JSON, was: {error}") from error
    if not isinstance(content, kind):
        raise BadFileError(f"{path}: Expected {kind.__name__}, was {type(content).__name__}")
    return content


def _get(path: Path, content: Mapping[str, Any], name: str, kind: type) -> Any:
    value = content.get(name)
    if not isinstance(value, kind) or isinstance(value, bool):
        raise BadFileError(f"{path}: Expected {kind.__name__} as {name}, was {value!r}")
    return value


def _objects(path: Path, entries: Any) -> list[dict[str, Any]]:
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise BadFileError(f"{path}: Expected a list of objects, was {str(entries)[:60]}")
    return entries


def _date(path: Path, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadFileError(f"{path}: Expected a date, was {text!r}") from None
