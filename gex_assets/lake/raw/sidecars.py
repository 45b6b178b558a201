"""The JSON files of a batch download: sizes and hashes (manifest), the request (metadata), each day's condition, symbols.

They are read and checked against each other here. `verify.py` decides what follows for a market file.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any, Final, NamedTuple

from gex_assets.errors import BadFileError
from gex_assets.lake.dbn.reader import MappingInterval, SymbolMapping
from gex_assets.lake.filesystem import FileSystem
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
    """The request that a job answers: [start, end), `end_ns` None where it was open. [UNIX ns UTC]."""

    dataset: str
    schema: str
    symbols: tuple[str, ...]
    start_ns: int
    end_ns: int | None


@dataclass(frozen=True, slots=True)
class Sidecars:
    """The sidecars of one folder. Fields of an absent sidecar are empty or None.

    Attributes
    ----------
    job_id : as metadata.json says, else manifest.json.
    files : the manifest, by file name; None where there is no manifest.
    query : from metadata.json.
    conditions : the vendor's condition of each date.
    """

    job_id: str | None = None
    files: Mapping[str, ManifestFile] | None = None
    query: Query | None = None
    conditions: Mapping[date, str] = field(default_factory=dict)


def read_sidecars(filesystem: FileSystem, folder: str = "") -> Sidecars:
    """Read the sidecars of a folder, and check those that the manifest lists against their size and hash.

    Raises
    ------
    BadFileError
        A sidecar cannot be read, lacks a field, or is not the one that the manifest lists.
    """
    manifest_id, files = _manifest(_Json(filesystem, folder, "manifest.json"))
    metadata_id, query = _metadata(_Json(filesystem, folder, "metadata.json"))
    for name in SIDECAR_NAMES:
        if files is not None and name in files:
            _check(_Json(filesystem, folder, name), files[name])
    conditions = _conditions(_Json(filesystem, folder, "condition.json"))
    return Sidecars(job_id=metadata_id or manifest_id, files=files, query=query, conditions=conditions)


def facts_digest(filesystem: FileSystem, key: str) -> str:
    """Hash of everything that the sidecars say of a market file. Changes that concern other files only leave it as it is.

    Raises
    ------
    BadFileError
        A sidecar cannot be read.
    """
    folder, _, file_name = key.rpartition("/")
    infos = (filesystem.info(f"{folder}/{name}") for name in SIDECAR_NAMES)
    sidecars, symbology = _facts(filesystem, folder, tuple(None if info is None else info.tag for info in infos))
    day = day_named_by(file_name)
    said = [
        sidecars.job_id,
        None if sidecars.files is None else sidecars.files.get(file_name),
        sidecars.query,
        None if day is None else sidecars.conditions.get(day),
        symbology,
    ]
    return hashlib.sha256(repr(said).encode()).hexdigest()


@lru_cache(maxsize=64)
def _facts(filesystem: FileSystem, folder: str, tags: tuple[str | None, ...]) -> tuple[Sidecars, str | None]:
    """A folder's sidecars and the hash of its symbology, read once for all its files and again when `tags` change."""
    content = _Json(filesystem, folder, "symbology.json").content()
    return read_sidecars(filesystem, folder), None if content is None else hashlib.sha256(content).hexdigest()


class _Json(NamedTuple):
    """A sidecar to be read."""

    filesystem: FileSystem
    folder: str
    name: str

    def __str__(self) -> str:
        return self.filesystem.uri(self.key)

    @property
    def key(self) -> str:
        return f"{self.folder}/{self.name}" if self.folder else self.name

    def content(self) -> bytes | None:
        """Its bytes; None where it is absent."""
        try:
            return self.filesystem.read_bytes(self.key)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise BadFileError(f"Expected a readable file at {self}, was: {error.strerror}") from error


def read_symbology(filesystem: FileSystem, key: str) -> tuple[SymbolMapping, ...]:
    """Read the mappings of a symbology.json; none where the file is absent.

    Raises
    ------
    BadFileError
        The file is no symbology.
    """
    path = _Json(filesystem, folder_of(key), key.rpartition("/")[2])
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


def _manifest(path: _Json) -> tuple[str | None, dict[str, ManifestFile] | None]:
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


def _metadata(path: _Json) -> tuple[str | None, Query | None]:
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


def _conditions(path: _Json) -> dict[date, str]:
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


def _check(path: _Json, stated: ManifestFile) -> None:
    content = path.content()
    if content is None:
        return
    if len(content) != stated.size_bytes:
        raise BadFileError(f"{path}: Expected {stated.size_bytes} bytes as manifest.json says, was {len(content)}")
    digest = hashlib.sha256(content).hexdigest()
    if digest != stated.sha256:
        raise BadFileError(f"{path}: Expected sha256 {stated.sha256} as manifest.json says, was {digest}")


def _load(path: _Json, *, kind: type = dict) -> Any:
    """Parsed content of a sidecar; None where it is absent."""
    text = path.content()
    if text is None:
        return None
    try:
        content = json.loads(text)
        json.dumps(
            content, ensure_ascii=False
        ).encode()  # half a surrogate pair is valid JSON, but no text that a table can store
    except (ValueError, RecursionError) as error:
        raise BadFileError(f"{path}: Expected JSON, was: {error}") from error
    if not isinstance(content, kind):
        raise BadFileError(f"{path}: Expected {kind.__name__}, was {type(content).__name__}")
    return content


def _get(path: _Json, content: Mapping[str, Any], name: str, kind: type) -> Any:
    value = content.get(name)
    if not isinstance(value, kind) or isinstance(value, bool):
        raise BadFileError(f"{path}: Expected {kind.__name__} as {name}, was {value!r}")
    return value


def _objects(path: _Json, entries: Any) -> list[dict[str, Any]]:
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise BadFileError(f"{path}: Expected a list of objects, was {str(entries)[:60]}")
    return entries


def _date(path: _Json, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadFileError(f"{path}: Expected a date, was {text!r}") from None
