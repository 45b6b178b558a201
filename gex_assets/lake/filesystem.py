"""The one small door to storage: objects under keys, written aside, visible all at once or not at all.

The interface is kept to what an object store can do too (no renaming of folders, no reliance on folders being there,
publishing means that a complete object appears under its key), so that another implementation can stand beside the
local one. What the objects contain is not known here.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
import secrets
import socket
from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple, Protocol

from gex_assets.errors import LakeBusyError, LakeError
from gex_assets.lake.names import checked_key

__all__ = ["FileSystem", "LocalFileSystem", "ObjectInfo", "StagedObject"]

_HASH_NOTE: Final = re.compile(r"(\S+) ([0-9a-f]{64})\n", re.ASCII)
_SHA256: Final[dict[tuple[str, str], str]] = {}


class ObjectInfo(NamedTuple):
    """What is known of an object without reading it; `fingerprint` changes whenever the object is replaced."""

    size_bytes: int
    modified_ns: int
    fingerprint: str


class StagedObject(Protocol):
    """A local file that nobody sees yet."""

    @property
    def path(self) -> Path:
        """Where its bytes are written."""

    def publish(self, key: str | None = None) -> None:
        """Sync it and make it visible at once under `key`, by default the key it was staged for."""

    def discard(self) -> None:
        """Forget it; nothing happens if it was published."""


class FileSystem(Protocol):
    """Objects by key: relative POSIX paths, checked by `names.checked_key`."""

    def info(self, key: str) -> ObjectInfo | None:
        """Size, time and fingerprint; None where there is no such object."""

    def list(self, prefix: str, *, descending: bool = False) -> Iterator[str]:
        """Keys of all objects below the folder `prefix`, sorted."""

    def stage(self, key: str) -> StagedObject:
        """A new object aside, to be published under `key`."""

    def clear_staged(self, key: str) -> None:
        """Remove what killed processes left staged for `key`; call it under the key's lock only."""

    def delete(self, key: str) -> None:
        """Remove the object, if it is there."""

    def lock(self, key: str) -> AbstractContextManager[None]:
        """Hold the key for this process; LakeBusyError at once if somebody else does."""

    def noted_sha256(self, key: str, fingerprint: str) -> str | None:
        """The object's hash, if it was noted for exactly this fingerprint."""

    def kept_sha256(self, key: str) -> str | None:
        """The hash that was kept beside the object, of whatever state it had then."""

    def note_sha256(self, key: str, fingerprint: str, sha256: str, *, keep: bool) -> None:
        """Note the object's hash for this process and, with `keep`, beside the object."""

    def uri(self, key: str) -> str:
        """How other programs name the object; wildcards in `key` are kept."""

    def local_path(self, key: str) -> Path:
        """Where the object can be read as a file."""


class LocalFileSystem:
    """Objects as files below one folder.

    Staged files, locks and noted hashes lie beside their object under hidden names (`.data.parquet.…`), which no
    listing and no `*/data.parquet` ever shows; all of them can be deleted while nothing runs.
    """

    def __init__(self, root: Path) -> None:
        self.root = Path(root).absolute()

    def __repr__(self) -> str:
        return f"LocalFileSystem({str(self.root)!r})"

    def local_path(self, key: str) -> Path:
        """Where the object lies."""
        return self.root / checked_key(key)

    def uri(self, key: str) -> str:
        """The object's path; wildcards in `key` are kept."""
        return (self.root / key).as_posix()

    def info(self, key: str) -> ObjectInfo | None:
        """Size, time and fingerprint; None where there is no such file."""
        return info_of(self.local_path(key))

    def list(self, prefix: str, *, descending: bool = False) -> Iterator[str]:
        """Keys of all files below the folder `prefix`, sorted by folder and name; hidden ones are not objects."""
        start = self.local_path(prefix)
        for folder, folders, files in os.walk(start):
            folders[:] = sorted((name for name in folders if not name.startswith(".")), reverse=descending)
            below = Path(folder).relative_to(self.root).as_posix()
            for name in sorted(files, reverse=descending):
                if not name.startswith("."):
                    yield f"{below}/{name}"

    def stage(self, key: str) -> StagedLocalFile:
        """A new file beside its target, under a hidden name of its own."""
        target = self.local_path(key)
        _make_folder(target.parent)
        return StagedLocalFile(self, key, _hidden(target, f"{secrets.token_hex(8)}.staged"))

    def clear_staged(self, key: str) -> None:
        """Remove staged files that killed processes left beside the target."""
        target = self.local_path(key)
        for leftover in target.parent.glob(f".{target.name}.*.staged"):
            leftover.unlink(missing_ok=True)

    def delete(self, key: str) -> None:
        """Remove the file, what is noted of it, and its folder if nothing else is in it."""
        target = self.local_path(key)
        target.unlink(missing_ok=True)
        _hidden(target, "sha256").unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            target.parent.rmdir()

    @contextlib.contextmanager
    def lock(self, key: str) -> Iterator[None]:
        """Hold the key through a lock of the operating system, which a killed process gives back.

        Raises
        ------
        LakeBusyError
            Another process or thread holds it; the message says which where that is known.
        """
        target = self.local_path(key)
        path = _hidden(target, "lock")
        descriptor = _locked_descriptor(path, key)
        try:
            holder = {"host": socket.gethostname(), "pid": os.getpid(), "since": datetime.now(UTC).isoformat(timespec="seconds")}
            os.ftruncate(descriptor, 0)
            os.write(descriptor, json.dumps(holder).encode())
            yield
        finally:
            # Removed while still held: whoever opened it meanwhile sees that it is gone and takes a new one.
            path.unlink(missing_ok=True)
            os.close(descriptor)

    def noted_sha256(self, key: str, fingerprint: str) -> str | None:
        """The file's hash, if it was noted for exactly this fingerprint."""
        path = self.local_path(key)
        known = _SHA256.get((str(path), fingerprint))
        if known is not None:
            return known
        note = self._note(path)
        return note[2] if note and note[1] == fingerprint else None

    def _note(self, path: Path) -> re.Match[str] | None:
        try:
            return _HASH_NOTE.fullmatch(_hidden(path, "sha256").read_text(encoding="ascii"))
        except (OSError, UnicodeDecodeError):
            return None

    def kept_sha256(self, key: str) -> str | None:
        """The hash that was kept beside the file, of whatever state it had then."""
        note = self._note(self.local_path(key))
        return note[2] if note else None

    def note_sha256(self, key: str, fingerprint: str, sha256: str, *, keep: bool) -> None:
        """Note the file's hash; a note that cannot be kept is only a hash computed again."""
        path = self.local_path(key)
        _SHA256[(str(path), fingerprint)] = sha256
        if keep:
            with contextlib.suppress(OSError):
                _hidden(path, "sha256").write_text(f"{fingerprint} {sha256}\n", encoding="ascii")


class StagedLocalFile:
    """A file aside, in the folder of its target."""

    def __init__(self, filesystem: LocalFileSystem, key: str, path: Path) -> None:
        self._filesystem = filesystem
        self._key = key
        self._path = path

    @property
    def path(self) -> Path:
        """Where its bytes are written."""
        return self._path

    def publish(self, key: str | None = None) -> None:
        """Sync it and put it in place of whatever `key` named, at once."""
        target = self._filesystem.local_path(key or self._key)
        _sync(self._path)
        _make_folder(target.parent)
        self._path.replace(target)
        _sync(target.parent)

    def discard(self) -> None:
        """Remove it; nothing happens if it was published."""
        self._path.unlink(missing_ok=True)


def info_of(path: Path) -> ObjectInfo | None:
    """Size, time and fingerprint of a file; None where there is none."""
    try:
        found = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    return ObjectInfo(found.st_size, found.st_mtime_ns, f"{found.st_size}-{found.st_mtime_ns}-{found.st_ino}")


def _hidden(target: Path, suffix: str) -> Path:
    return target.with_name(f".{target.name}.{suffix}")


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _make_folder(folder: Path) -> None:
    """Make the folder and whatever is missing above it, and sync what names the new ones."""
    missing = [folder, *folder.parents]
    missing = [path for path in missing if not path.is_dir()]
    folder.mkdir(parents=True, exist_ok=True)
    for path in missing:
        _sync(path.parent)


def _locked_descriptor(path: Path, key: str) -> int:
    while True:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except FileNotFoundError:  # the folder was removed in between
            continue
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _still_named(descriptor, path):
                return descriptor
        except BlockingIOError as error:
            holder = os.pread(descriptor, 4096, 0).decode(errors="replace")
            os.close(descriptor)
            raise LakeBusyError(f"Expected {key} to be free, was held by {_holder(holder)}") from error
        except OSError as error:
            os.close(descriptor)
            raise LakeError(f"Expected a file system with locks for {key}, was: {error}") from error
        os.close(descriptor)


def _still_named(descriptor: int, path: Path) -> bool:
    try:
        named = path.stat()
    except FileNotFoundError:
        return False
    held = os.fstat(descriptor)
    return (named.st_dev, named.st_ino) == (held.st_dev, held.st_ino)


def _holder(text: str) -> str:
    try:
        holder = json.loads(text)
        return f"process {holder['pid']} on {holder['host']} since {holder['since']}"
    except (ValueError, KeyError, TypeError):
        return "another process"
