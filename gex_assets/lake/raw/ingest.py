"""Downloaded files are copied into the lake: batch folders with their sidecars, or lone files, into the layout of `layout.py`.

A file is copied to scratch and the copy is verified. Only then does it appear under its name. A refused file changes nothing.
No table is computed here.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final, Literal

from gex_assets.errors import BadFileError, LakeError, SymbolError
from gex_assets.lake.dbn.reader import Header, read_header
from gex_assets.lake.dbn.source import is_compressed, local_source, read_exactly
from gex_assets.lake.filesystem import FileSystem, ObjectInfo
from gex_assets.lake.local_filesystem import LocalFileSystem
from gex_assets.lake.raw.layout import (
    FoundFile,
    RawKind,
    day_bounds,
    day_named_by,
    folder_of,
    kind_of,
    raw_file_name,
    raw_folder,
    source_of_file,
)
from gex_assets.lake.raw.sidecars import SIDECAR_NAMES, Sidecars, read_sidecars
from gex_assets.lake.raw.verify import verify_file
from gex_assets.market.products import classify_request

__all__ = ["Ingested", "ingest"]

_COPY_BYTES: Final = 1 << 20
_SUFFIXES: Final = (".dbn.zst", ".dbn")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ingested:
    """The outcome for one file.

    Attributes
    ----------
    source : the file as it was given.
    status : `added`, `unchanged` (the same bytes were there), `replaced` (other bytes were there), or `refused`.
    key : where it lies in the lake; None where it was refused before that was known.
    why : of a refusal, "Expected …, was …".
    """

    source: Path
    status: Literal["added", "unchanged", "replaced", "refused"]
    kind: RawKind | None = None
    product: str | None = None
    day: date | None = None
    job_id: str = ""
    key: str | None = None
    size_bytes: int = 0
    warnings: tuple[str, ...] = ()
    why: str = ""


@dataclass(frozen=True, slots=True)
class _Delivery:
    """A file to be copied, and its job's sidecars: none for a lone file."""

    source: Path
    sidecars: Sidecars
    folder: Path | None


def ingest(filesystem: FileSystem, paths: Sequence[Path], *, progress: Callable[[str], None] | None = None) -> list[Ingested]:
    """Take files into the lake.

    Parameters
    ----------
    filesystem : of the lake.
    paths : folders (searched with everything below them) and files. A file that the manifest next to it lists belongs to that
        job. Any other is a lone file: its kind, product and date come from its header (of several days, the first), and
        no hash vouches for its bytes.
    progress : called with each file's path.

    Returns
    -------
    One result per file, in the order given and by path within a folder. Refused files do not stop the others.

    Raises
    ------
    LakeError
        A path does not exist, a folder holds no `.dbn.zst`, or the lake cannot be written.
    """
    say = progress or (lambda _: None)
    results: list[Ingested] = []
    for path in paths:
        if not path.exists():
            raise LakeError(f"Expected a file or a folder at {path}, was nothing")
        sources = sorted(_sources(path))
        if not sources:
            raise LakeError(f"Expected files *.dbn.zst in {path}, was none")
        for source in sources:
            say(f"{source}")
            try:
                results.append(_taken(filesystem, _delivery(source)))
            except (BadFileError, SymbolError) as error:
                results.append(Ingested(source=source, status="refused", why=str(error)))
    return results


def _sources(path: Path) -> Iterator[Path]:
    if path.is_file():
        yield path
        return
    for found in path.rglob("*.dbn*"):
        if (
            found.name.endswith(_SUFFIXES)
            and found.is_file()
            and not any(part.startswith(".") for part in found.relative_to(path).parts)
        ):
            yield found


def _delivery(source: Path) -> _Delivery:
    """Find the sidecars of a file: those next to it, if they are a job's and its manifest, if there is one, lists the file."""
    sidecars = read_sidecars(LocalFileSystem(source.parent))
    if sidecars.job_id is None or (sidecars.files is not None and source.name not in sidecars.files):
        return _Delivery(source, Sidecars(), None)
    return _Delivery(source, sidecars, source.parent)


def _taken(filesystem: FileSystem, delivery: _Delivery) -> Ingested:
    header = read_header(delivery.source)
    if not is_compressed(delivery.source):
        raise BadFileError(f"{delivery.source}: Expected a file compressed with zstd (.dbn.zst), was a plain one")
    product, product_type = classify_request(header.symbols)
    kind = kind_of(product_type=product_type, schema=header.schema)
    day = _day(delivery.source, header)
    found = FoundFile(
        day=day,
        job_id=delivery.sidecars.job_id or "",
        file_name=raw_file_name(kind=kind, day=day),
        kind=kind,
        product=product,
        key="",
        info=_local_info(delivery.source),
    )
    if delivery.folder is not None and delivery.source.name != found.file_name:
        raise BadFileError(f"{delivery.source}: Expected a file of one day, named {found.file_name}, was another name")
    if delivery.folder is None:
        found = replace(found, job_id=_own_folder(filesystem, found, header))
    try:
        folder = raw_folder(kind=kind, product=product, job_id=found.job_id)
    except LakeError as error:
        raise BadFileError(f"{delivery.source}: {error}") from error
    return _placed(filesystem, delivery, replace(found, key=f"{folder}/{found.file_name}"))


def _day(source: Path, header: Header) -> date:
    """The day in the file's name, where its header agrees; else the header's first day."""
    named = day_named_by(source.name)
    if named is not None:
        start, end = day_bounds(named)
        if header.start_ns < end and (header.end_ns is None or header.end_ns > start):
            return named
    try:
        return datetime.fromtimestamp(header.start_ns // 1_000_000_000, tz=UTC).date()
    except (ValueError, OverflowError, OSError):
        raise BadFileError(f"{source}: Expected a header with the request's start, was {header.start_ns}") from None


def _own_folder(filesystem: FileSystem, found: FoundFile, header: Header) -> str:
    """Folder of a lone file: none, unless a lone file of another request (other symbols) already has its name."""
    key = f"{raw_folder(kind=found.kind, product=found.product)}/{found.file_name}"
    if filesystem.info(key) is None:
        return ""
    try:
        there = read_header(source_of_file(filesystem, key))
    except BadFileError:
        return ""
    if set(there.symbols) == set(header.symbols):
        return ""
    return "request-" + hashlib.sha256("\n".join(sorted(header.symbols)).encode()).hexdigest()[:12]


def _placed(filesystem: FileSystem, delivery: _Delivery, found: FoundFile) -> Ingested:
    """Copy to scratch, verify the copy, make it visible."""
    result = Ingested(
        source=delivery.source,
        status="added",
        kind=found.kind,
        product=found.product,
        day=found.day,
        job_id=found.job_id,
        key=found.key,
        size_bytes=found.info.size_bytes,
    )
    with filesystem.lock(found.key):
        if _same(filesystem, delivery.source, found.key):
            if _sidecars_to_place(filesystem, delivery, found):
                verify_file(found, local_source(delivery.source), sidecars=delivery.sidecars)
                _place_sidecars(filesystem, delivery, found)
            return replace(result, status="unchanged")
        status: Literal["added", "replaced"] = "added" if filesystem.info(found.key) is None else "replaced"
        filesystem.clear_staged(found.key)
        staged = filesystem.stage(found.key)
        try:
            _copy(delivery.source, staged.path)
            copied = replace(found, info=_local_info(staged.path))
            verified = verify_file(copied, local_source(staged.path, name=str(delivery.source)), sidecars=delivery.sidecars)
            _place_sidecars(filesystem, delivery, found)
            staged.publish()
        finally:
            staged.discard()
    return replace(result, status=status, warnings=verified.warnings)


def _same(filesystem: FileSystem, source: Path, key: str) -> bool:
    """Whether the lake has the same bytes under `key`."""
    there = filesystem.info(key)
    if there is None or there.size_bytes != source.stat().st_size:
        return False
    with closing(filesystem.stream(key)) as stored, source.open("rb") as given:
        while block := given.read(_COPY_BYTES):
            if read_exactly(stored, len(block)) != block:
                return False
    return True


def _sidecars_to_place(filesystem: FileSystem, delivery: _Delivery, found: FoundFile) -> list[tuple[Path, str]]:
    """Sidecars of the job that the lake does not have yet, or has with other bytes, and their keys."""
    if delivery.folder is None:
        return []
    folder = folder_of(found.key)
    places = [(delivery.folder / name, f"{folder}/{name}") for name in SIDECAR_NAMES]
    return [(source, key) for source, key in places if source.is_file() and not _same(filesystem, source, key)]


def _place_sidecars(filesystem: FileSystem, delivery: _Delivery, found: FoundFile) -> None:
    for source, key in _sidecars_to_place(filesystem, delivery, found):
        staged = filesystem.stage(key)
        try:
            _copy(source, staged.path)
            staged.publish()
        finally:
            staged.discard()


def _copy(source: Path, target: Path) -> None:
    try:
        with source.open("rb") as read, target.open("wb") as write:
            shutil.copyfileobj(read, write, _COPY_BYTES)
    except OSError as error:
        raise LakeError(f"Expected to copy {source} to {target.parent}, was: {error.strerror}") from error


def _local_info(path: Path) -> ObjectInfo:
    try:
        found = path.stat()
    except OSError as error:
        raise BadFileError(f"Expected a readable file at {path}, was: {error.strerror}") from error
    return ObjectInfo(path.name, found.st_size, found.st_mtime_ns, "")
