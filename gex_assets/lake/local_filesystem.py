"""Objects as files below one local folder. The lock of a key is `local_lock.py`."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import re
import secrets
import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final

import pyarrow as pa

from gex_assets.errors import LakeConflictError, LakeError
from gex_assets.lake.filesystem import NO_WAITING, ByteStream, ObjectInfo, OpenObject, Waiting
from gex_assets.lake.local_lock import hidden, locked, open_hidden
from gex_assets.lake.names import checked_key
from gex_assets.lake_address import local_folder

__all__ = ["LocalFileSystem"]

_HASH_NOTE: Final = re.compile(r"(\S+) ([0-9a-f]{64})\n", re.ASCII)
_LONGEST_NOTE: Final = 1_000
_NOTES: Final = ".notes"
_ABSENT: Final = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ELOOP})
"""Nothing is there, or a link that leads to nothing or to itself."""

_SHA256: Final[dict[tuple[str, str], str]] = {}


class LocalFileSystem:
    """Objects as files below one folder.

    Staged files, locks and noted hashes lie next to their object under hidden names (`.data.parquet.…`). No listing and no
    `*/data.parquet` shows them. They can be deleted while nothing runs. Two of one folder are equal.

    Parameters
    ----------
    folder : created with the first object.

    Raises
    ------
    LakeError
        `folder` is the address of an object store.
    """

    def __init__(self, folder: Path | str) -> None:
        self._folder = local_folder(folder).absolute()

    def __repr__(self) -> str:
        return f"LocalFileSystem({str(self._folder)!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, LocalFileSystem) and self._folder == other._folder

    def __hash__(self) -> int:
        return hash(self._folder)

    def path(self, key: str) -> Path:
        """Where the object lies; no part of the interface."""
        return self._folder / checked_key(key)

    def uri(self, key: str) -> str:
        """The object's absolute path."""
        return (self._folder / key).as_posix()

    duckdb_path = uri

    def info(self, key: str) -> ObjectInfo | None:
        """Size, time and tag; None where there is no such file. As in `list`, a folder or a pipe is none."""
        try:
            found = self.path(key).stat()
        except OSError as error:
            if error.errno in _ABSENT:
                return None
            raise
        return _info(key, found) if stat.S_ISREG(found.st_mode) else None

    def list(self, prefix: str, *, descending: bool = False) -> Iterator[ObjectInfo]:
        """All files below the folder `prefix`, sorted by key. Hidden files are no objects. Links to folders are followed."""
        for key, entry in _files(str(self.path(prefix)), prefix, descending=descending, above=()):
            with contextlib.suppress(FileNotFoundError):  # it was removed meanwhile
                yield _info(key, entry.stat())

    def keys(self, prefix: str, *, descending: bool = False, having: str = "") -> Iterator[str]:
        """The names of `list`, or those with a text in them: nothing is asked of a file."""
        found = _files(str(self.path(prefix)), prefix, descending=descending, above=(), having=having)
        return (key for key, _ in found)

    def open(self, key: str) -> OpenObject:
        """Open a file; its tag is that of the opened state, also if the file is replaced at the same moment."""
        return _opened(self.path(key), key)

    def stream(self, key: str) -> ByteStream:
        """Open a file to be read from its beginning."""
        return self.path(key).open("rb")

    def read_bytes(self, key: str) -> bytes:
        """All bytes of a file."""
        return self.path(key).read_bytes()

    def stage(self, key: str) -> StagedLocalFile:
        """A new file next to its target, under a hidden name of its own."""
        target = self.path(key)
        _make_folder(target.parent)
        return StagedLocalFile(self, key, hidden(target, f"{secrets.token_hex(8)}.staged"))

    def clear_staged(self, key: str) -> None:
        """Remove staged files that killed processes left next to the target."""
        target = self.path(key)
        _remove(target.parent.glob(f".{target.name}.*.staged*"))

    def delete(self, key: str) -> None:
        """Remove the file, its noted hash, and its folder if nothing else is in it."""
        target = self.path(key)
        note = hidden(target, "sha256")
        if os.path.lexists(target) or os.path.lexists(note):
            with _publishing(target, key):
                target.unlink(missing_ok=True)
                note.unlink(missing_ok=True)
                self._noted_apart(key).unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            target.parent.rmdir()

    def lock(self, key: str, waiting: Waiting = NO_WAITING) -> AbstractContextManager[None]:
        """Hold the key through a lock of the operating system. A killed process releases it.

        Raises
        ------
        LakeBusyError
            Another process or thread still holds it after waiting. The message names the process where it is known.
        """
        return locked(self.path(key), key, suffix="lock", waiting=waiting)

    def noted_sha256(self, key: str, tag: str) -> str | None:
        """The file's hash, if it was noted for exactly this tag."""
        path = self.path(key)
        known = _SHA256.get((str(path), tag))
        if known is not None:
            return known
        notes = (_note(place) for place in (hidden(path, "sha256"), self._noted_apart(key)))
        return next((note[2] for note in notes if note and note[1] == tag), None)

    def published_sha256(self, key: str) -> str | None:
        """The hash that was stored next to the file when it was published."""
        note = _note(hidden(self.path(key), "sha256"))
        return note[2] if note else None

    def note_sha256(self, key: str, tag: str, sha256: str, *, stored: bool) -> None:
        """Note the file's hash. Where a note cannot be stored, the hash is computed again next time.

        A note is stored next to the file. For a file in a folder that cannot be written, as a linked archive, it is stored in
        a hidden folder of the lake.
        """
        path = self.path(key)
        _SHA256[(str(path), tag)] = sha256
        note = f"{tag} {sha256}\n".encode("ascii")
        if stored:
            try:
                _write_note(hidden(path, "sha256"), note)
            except OSError:
                with contextlib.suppress(OSError):
                    self._noted_apart(key).parent.mkdir(exist_ok=True)
                    _write_note(self._noted_apart(key), note)

    def _noted_apart(self, key: str) -> Path:
        """Where a hash is noted that cannot be noted next to its file."""
        return self._folder / _NOTES / f"{hashlib.sha256(key.encode()).hexdigest()}.sha256"


class StagedLocalFile:
    """A file in the folder of its target, under a hidden name."""

    def __init__(self, filesystem: LocalFileSystem, key: str, path: Path) -> None:
        self._filesystem = filesystem
        self._key = key
        self._path = path

    @property
    def path(self) -> Path:
        """The file to write to."""
        return self._path

    def open(self) -> OpenObject:
        """Open what was written."""
        return _opened(self._path, self._key)

    def publish(self, key: str | None = None, *, replaces: str | None = None) -> None:
        """Sync the file and rename it to `key`."""
        key = key or self._key
        target = self._filesystem.path(key)
        _sync(self._path)
        _make_folder(target.parent)
        with _publishing(target, key):
            if replaces is not None:
                there = self._filesystem.info(key)
                tag = "" if there is None else there.tag
                if tag != replaces:
                    raise LakeConflictError(f"Expected {key} in the state {replaces or 'absent'}, was {tag or 'absent'}")
            self._path.replace(target)
        _sync(target.parent)

    def discard(self) -> None:
        """Remove it; nothing happens if it was published."""
        self._path.unlink(missing_ok=True)
        _remove(self._path.parent.glob(f"{self._path.name}.*"))


def _remove(paths: Iterable[Path]) -> None:
    """Remove staged files, and what a library wrote next to one under a longer name, as DuckDB does its log."""
    for path in paths:
        with contextlib.suppress(OSError):  # whatever is no file there is not ours
            path.unlink(missing_ok=True)


_PUBLISH_SECONDS: Final = 60.0
"""Renames take milliseconds, but a machine may be busy."""


def _publishing(target: Path, key: str) -> AbstractContextManager[None]:
    """Held by whoever replaces or deletes an object, so that the condition of another writer holds until its rename."""
    return locked(target, key, suffix="publish", waiting=Waiting(_PUBLISH_SECONDS))


def _info(key: str, found: os.stat_result) -> ObjectInfo:
    """The time of the last change of state is part of the tag: nobody can set it back, as `cp -p` and `touch` set the other."""
    tag = f"{found.st_size}-{found.st_mtime_ns}-{found.st_ctime_ns}-{found.st_ino}"
    return ObjectInfo(key, found.st_size, found.st_mtime_ns, tag)


def _opened(path: Path, key: str) -> OpenObject:
    file = pa.OSFile(str(path), "rb")
    return OpenObject(file, _info(key, os.fstat(file.fileno())))


def _files(
    folder: str, prefix: str, *, descending: bool, above: tuple[str, ...], having: str = ""
) -> Iterator[tuple[str, os.DirEntry[str]]]:
    """Files in the order of their keys: a folder's place among its neighbours is that of its name with the slash.

    A lake has a folder for each day of each table, so nothing is asked of a folder but its names.
    """
    try:
        entries = [
            entry
            for entry in os.scandir(folder)
            if not entry.name.startswith(".") and (having in entry.name or _is(entry.is_dir))
        ]
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError as error:
        raise LakeError(f"Expected a readable folder at {folder}, was: {error.strerror}") from error
    here = (*above, folder)
    named = [(f"{entry.name}/" if _is(entry.is_dir) else entry.name, entry) for entry in entries]
    if len(named) > 1:
        named.sort(key=lambda one: one[0], reverse=descending)
    for name, entry in named:
        key = f"{prefix}/{entry.name}"
        if name.endswith("/"):
            if not (entry.is_symlink() and _leads_back(entry.path, here)):
                yield from _files(entry.path, key, descending=descending, above=here, having=having)
        elif _is(entry.is_file):  # a pipe or device is no object: reading it might never end
            yield key, entry


def _is(kind: Callable[[], bool]) -> bool:
    """Whether an entry is of a kind; a link that leads to itself is of none."""
    try:
        return kind()
    except OSError as error:
        if error.errno in _ABSENT:
            return False
        raise LakeError(f"Expected a link that can be followed at {error.filename}, was: {error.strerror}") from error


def _leads_back(link: str, above: tuple[str, ...]) -> bool:
    """Whether a link leads to a folder that it lies in."""
    with contextlib.suppress(OSError):  # it was removed meanwhile
        return any(Path(link).samefile(folder) for folder in above)
    return True


def _note(path: Path) -> re.Match[str] | None:
    try:
        descriptor = open_hidden(path, write=False)
        with open(descriptor, "rb") as file:  # noqa: PTH123 (of a descriptor)
            return _HASH_NOTE.fullmatch(file.read(_LONGEST_NOTE).decode("ascii"))
    except (OSError, UnicodeDecodeError):
        return None


def _write_note(path: Path, content: bytes) -> None:
    descriptor = open_hidden(path, write=True)
    try:
        os.ftruncate(descriptor, 0)
        os.write(descriptor, content)
    finally:
        os.close(descriptor)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _make_folder(folder: Path) -> None:
    """Create the folder and what is missing above it, and sync the folders that name the new ones."""
    missing = [folder, *folder.parents]
    missing = [path for path in missing if not path.is_dir()]
    folder.mkdir(parents=True, exist_ok=True)
    for path in missing:
        _sync(path.parent)
