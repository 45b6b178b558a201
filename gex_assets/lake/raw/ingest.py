"""Downloaded files are copied into the lake: batch folders with their sidecars, or lone files, into the layout of `layout.py`.

A file is copied to scratch and the copy is verified. Only then does it appear under its name. A refused file changes nothing.
A lone file lies in a folder of its own request. One that covers several dates is split into them (`split.py`).
No table is computed here.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Final, Literal

from gex_assets.errors import BadFileError, LakeError
from gex_assets.lake.dbn.reader import Header, read_header
from gex_assets.lake.dbn.source import DEFAULT_LIMITS, ReadLimits, is_compressed, local_source, read_exactly
from gex_assets.lake.filesystem import FileSystem, ObjectInfo, StagedObject
from gex_assets.lake.local_filesystem import LocalFileSystem
from gex_assets.lake.raw.delivery_notes import note_file
from gex_assets.lake.raw.layout import FoundFile, RawKind, day_named_by, folder_of, kind_of, raw_file_name, raw_folder
from gex_assets.lake.raw.requests import request_of
from gex_assets.lake.raw.sidecars import SIDECAR_NAMES, Sidecars, read_sidecars
from gex_assets.lake.raw.split import Contents, contents_of, covers_one_day, day_at, days_of, overlaps, request_id, write_pieces
from gex_assets.lake.raw.verify import VerifiedFile, verify_file
from gex_assets.process.progress import advance, task

__all__ = ["Ingested", "ingest"]

_COPY_BYTES: Final = 1 << 20
_PASSES: Final = 2
"""A file is copied, and the copy is read."""

_SUFFIXES: Final = (".dbn.zst", ".dbn")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ingested:
    """The outcome for one file, or for one date of a file that was split.

    Attributes
    ----------
    source : the file as it was given.
    status : `added`, `unchanged` (the same bytes were there), `replaced` (other bytes were there), or `refused`.
    key : where it lies in the lake; None where it was refused before that was known.
    seconds : how long the source took. [s]
    dates : number of dates that the source was split into; 1 for a file of one date.
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
    seconds: float = 0.0
    dates: int = 1
    warnings: tuple[str, ...] = ()
    why: str = ""


@dataclass(frozen=True, slots=True)
class _Delivery:
    """A file to be copied, and its job's sidecars: none for a lone file."""

    source: Path
    sidecars: Sidecars
    folder: Path | None


def ingest(
    filesystem: FileSystem,
    paths: Sequence[Path],
    *,
    limits: ReadLimits = DEFAULT_LIMITS,
    progress: Callable[[str], None] | None = None,
    clock: Callable[[], int] = time.time_ns,
) -> list[Ingested]:
    """Take files into the lake.

    Parameters
    ----------
    filesystem : of the lake.
    paths : folders (searched with everything below them) and files. A file that the manifest next to it lists belongs to that
        job. Any other is a lone file: its kind, product and dates come from its header, and no hash vouches for its bytes.
    limits : what a file may hold when decompressed.
    progress : called with each file's path.
    clock : the time now. [UNIX ns UTC]

    Returns
    -------
    One result per file, in the order given and by path within a folder; for a lone file of several dates, one per date.
    Refused files do not stop the others.

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
            began = time.monotonic()
            try:
                with task(source.name, unit="bytes", total=_PASSES * _size(source)):
                    taken = _Taker(filesystem, _delivery(source), limits, clock()).taken()
            except BadFileError as error:
                taken = [Ingested(source=source, status="refused", why=str(error))]
            seconds = time.monotonic() - began
            results += [replace(one, seconds=seconds) for one in taken]
    return results


def _size(source: Path) -> int:
    """Bytes of a file; 0 where it cannot be read, which is said when it is opened."""
    try:
        return source.stat().st_size
    except OSError:
        return 0


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


class _Taker:
    """Takes one file in."""

    def __init__(self, filesystem: FileSystem, delivery: _Delivery, limits: ReadLimits, now_ns: int) -> None:
        self._filesystem = filesystem
        self._delivery = delivery
        self._source = delivery.source
        self._limits = limits
        self._now_ns = now_ns

    def taken(self) -> list[Ingested]:
        """Find out what the file is, and take it in, whole or in pieces."""
        header = read_header(self._source)
        product, product_type = request_of(header, self._delivery.sidecars, name=str(self._source))
        if not is_compressed(self._source):
            raise BadFileError(f"{self._source}: Expected a file compressed with zstd (.dbn.zst), was a plain one")
        kind = kind_of(product_type=product_type, schema=header.schema)
        if self._delivery.folder is None and not covers_one_day(header):
            contents = contents_of(self._source, limits=self._limits)
            days = days_of(contents, name=str(self._source))
            found = [self._found(kind, product, day, header) for day in days]
            return [self._placed(found[0])] if contents.is_daily_file(self._source) else self._split(contents, found)
        found_file = self._found(kind, product, self._day(header), header)
        if self._delivery.folder is not None and self._source.name != found_file.file_name:
            raise BadFileError(
                f"{self._source}: Expected a file of one day, named {found_file.file_name}, was another name."
                " Ask for a job that is split by day, and not by symbol"
            )
        return [self._placed(found_file)]

    def _day(self, header: Header) -> date:
        """The day in the file's name, where its header agrees; else the header's first day."""
        named = day_named_by(self._source.name)
        return named if named is not None and overlaps(header, named) else day_at(header.start_ns, name=str(self._source))

    def _found(self, kind: RawKind, product: str, day: date, header: Header) -> FoundFile:
        """The place of a day's file: in the folder of its job, or in that of a lone file's request."""
        job_id = request_id(header) if self._delivery.folder is None else self._delivery.sidecars.job_id or ""
        try:
            folder = raw_folder(kind=kind, product=product, job_id=job_id)
        except LakeError as error:
            raise BadFileError(f"{self._source}: {error}") from error
        file_name = raw_file_name(kind=kind, day=day)
        return FoundFile(
            day=day,
            job_id=job_id,
            file_name=file_name,
            kind=kind,
            product=product,
            key=f"{folder}/{file_name}",
            info=_local_info(self._source),
        )

    def _result(self, found: FoundFile) -> Ingested:
        return Ingested(
            source=self._source,
            status="added",
            kind=found.kind,
            product=found.product,
            day=found.day,
            job_id=found.job_id,
            key=found.key,
            size_bytes=found.info.size_bytes,
        )

    def _placed(self, found: FoundFile) -> Ingested:
        """Copy to scratch, verify the copy, make it visible."""
        sidecars = self._delivery.sidecars
        with self._filesystem.lock(found.key):
            if _same(self._filesystem, self._source, found.key):
                if _sidecars_to_place(self._filesystem, self._delivery, found):
                    verify_file(found, local_source(self._source), sidecars=sidecars, limits=self._limits)
                    _place_sidecars(self._filesystem, self._delivery, found)
                return replace(self._result(found), status="unchanged")
            self._filesystem.clear_staged(found.key)
            staged = self._filesystem.stage(found.key)
            try:
                _copy(self._source, staged.path)
                verified = self._verified(found, staged)
                _place_sidecars(self._filesystem, self._delivery, found)
                return self._published(found, staged, verified)
            finally:
                staged.discard()

    def _verified(self, found: FoundFile, staged: StagedObject) -> VerifiedFile:
        copied = replace(found, info=_local_info(staged.path))
        source = local_source(staged.path, name=str(self._source))
        return verify_file(copied, source, sidecars=self._delivery.sidecars, limits=self._limits)

    def _published(self, found: FoundFile, staged: StagedObject, verified: VerifiedFile) -> Ingested:
        """Note the file, then make it visible: whoever sees it knows when it came."""
        status: Literal["added", "replaced"] = "added" if self._filesystem.info(found.key) is None else "replaced"
        note_file(
            self._filesystem,
            folder_of(found.key),
            kind="lone" if self._delivery.folder is None else "job",
            file_name=found.file_name,
            now_ns=self._now_ns,
        )
        staged.publish()
        return replace(self._result(verified.found), status=status, warnings=verified.warnings)

    def _split(self, contents: Contents, found: Sequence[FoundFile]) -> list[Ingested]:
        """Write the pieces to scratch, verify them all, make them visible one by one."""
        with ExitStack() as stack:
            pieces: list[StagedObject] = []
            for one in found:
                stack.enter_context(self._filesystem.lock(one.key))
                self._filesystem.clear_staged(one.key)
                pieces.append(self._filesystem.stage(one.key))
                stack.callback(pieces[-1].discard)
            places = [(one.day, staged.path) for one, staged in zip(found, pieces, strict=True)]
            write_pieces(self._source, contents, places)
            verified = [self._verified(one, staged) for one, staged in zip(found, pieces, strict=True)]
            warnings = [contents.warnings(one.day, key=one.key) for one in found]
            results = []
            for one, staged, fine, more in zip(found, pieces, verified, warnings, strict=True):
                if _same(self._filesystem, staged.path, one.key):
                    done = replace(self._result(fine.found), status="unchanged")
                else:
                    done = self._published(one, staged, fine)
                    done = replace(done, warnings=(*done.warnings, *more))
                results.append(replace(done, dates=len(found)))
            return results


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
        with source.open("rb") as read, target.open("xb") as write:
            while block := read.read(_COPY_BYTES):
                write.write(block)
                advance(len(block), "bytes")
    except OSError as error:
        raise LakeError(f"Expected to copy {source} to {target.parent}, was: {error.strerror}") from error


def _local_info(path: Path) -> ObjectInfo:
    try:
        found = path.stat()
    except OSError as error:
        raise BadFileError(f"Expected a readable file at {path}, was: {error.strerror}") from error
    return ObjectInfo(path.name, found.st_size, found.st_mtime_ns, "")
