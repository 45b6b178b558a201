"""The interface to storage: objects under keys, written to scratch, visible all at once or not at all.

It is limited to what an object store can do too. Folders are not renamed and need not exist. Publishing makes one complete
object appear under its key. What objects contain is not known here. The keys of all objects are in `names.py` and `keys.py`,
the implementation for a folder is `local_filesystem.py`. A new implementation must pass the tests of both that exist.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final, NamedTuple, Protocol

import pyarrow as pa

from gex_assets.errors import LakeError

__all__ = [
    "FULL",
    "NO_WAITING",
    "ByteStream",
    "FileSystem",
    "ObjectInfo",
    "OpenObject",
    "StagedObject",
    "Waiting",
    "disk_errors",
]


class ObjectInfo(NamedTuple):
    """An object without its content.

    Attributes
    ----------
    tag : changes whenever the object is replaced, like an ETag.
    modified_ns : when it was published. [UNIX ns UTC]
    """

    key: str
    size_bytes: int
    modified_ns: int
    tag: str


class OpenObject(NamedTuple):
    """One state of an object, open for reading at any position, also after the object has been replaced."""

    file: pa.NativeFile
    info: ObjectInfo


class ByteStream(Protocol):
    """The bytes of an object from the first to the last."""

    def read(self, size: int = -1, /) -> bytes:
        """Return the next bytes, at most `size`; none at the end."""

    def readinto(self, room: memoryview, /) -> int:
        """Fill (part of) `room` and return how many bytes; 0 at the end only."""

    def close(self) -> None:
        """Release the object."""


class Waiting(NamedTuple):
    """How long to wait for a lock that somebody else holds.

    Attributes
    ----------
    seconds : 0 does not wait.
    say : called once, when waiting begins, with "waiting for process N …".
    doing : what the holder does, in words; by default that it holds the key.
    """

    seconds: float = 0.0
    say: Callable[[str], object] | None = None
    doing: str = ""


NO_WAITING: Final = Waiting()


class StagedObject(Protocol):
    """A new object in local scratch that nobody else sees."""

    @property
    def path(self) -> Path:
        """The local file to write to."""

    def open(self) -> OpenObject:
        """Open what was written."""

    def publish(self, key: str | None = None, *, replaces: str | None = None) -> None:
        """Make it visible at once under `key`, by default the key it was staged for.

        Parameters
        ----------
        replaces : publish only if the tag of the object there is this one; "" only if there is none. None for any state.

        Raises
        ------
        LakeConflictError
            `replaces` is another state than the present one; nothing has changed.
        OSError
            The storage is full or refuses; nothing has changed.
        """

    def discard(self) -> None:
        """Remove it; nothing happens if it was published."""


class FileSystem(Protocol):
    """Objects by key. Keys are relative POSIX paths, checked by `names.checked_key`: LakeError for any other."""

    def __hash__(self) -> int:
        """Equal file systems hold the same objects: what was read through one is known of the other."""

    def uri(self, key: str) -> str:
        """How messages and other programs name the object; "" names the lake."""

    def info(self, key: str) -> ObjectInfo | None:
        """Size, time and tag; None where there is no such object."""

    def list(self, prefix: str, *, descending: bool = False) -> Iterator[ObjectInfo]:
        """All objects below the folder `prefix`, sorted by key. An object store may list new objects late."""

    def keys(self, prefix: str, *, descending: bool = False, having: str = "") -> Iterator[str]:
        """The keys of `list`, where nothing else is asked: names alone cost a third.

        Parameters
        ----------
        having : what the names hold after the last slash; those of thousands of other days cost a fifth.
        """

    def open(self, key: str) -> OpenObject:
        """Open an object for reading at any position; FileNotFoundError where there is none."""

    def stream(self, key: str) -> ByteStream:
        """Open an object for reading from its beginning; FileNotFoundError where there is none."""

    def read_bytes(self, key: str) -> bytes:
        """All bytes of a small object; FileNotFoundError where there is none."""

    def stage(self, key: str) -> StagedObject:
        """A new object in scratch, to be published under `key`."""

    def clear_staged(self, key: str) -> None:
        """Remove what killed processes left staged for `key`; call it under the key's lock only."""

    def delete(self, key: str) -> None:
        """Remove the object and its noted hash, if it is there."""

    def lock(self, key: str, waiting: Waiting = NO_WAITING) -> AbstractContextManager[None]:
        """Hold the key for this process; LakeBusyError if somebody else still does after waiting."""

    def noted_sha256(self, key: str, tag: str) -> str | None:
        """The object's hash, if it was noted for exactly this tag."""

    def published_sha256(self, key: str) -> str | None:
        """The hash that was stored when the object was published, whatever its tag is now."""

    def note_sha256(self, key: str, tag: str, sha256: str, *, stored: bool) -> None:
        """Note the object's hash for this process and, with `stored`, for all others."""

    def duckdb_path(self, key: str) -> str | None:
        """The object's path for DuckDB, wildcards included; None where objects are no files. "" names the lake.

        No other member knows local paths. Views and SQL need it.
        """


FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})
"""What a system says of a disk or a quota without room."""


@contextlib.contextmanager
def disk_errors(key: str, staged: Callable[[], Path | None] = lambda: None, *, needs: int | None = None) -> Iterator[None]:
    """Whatever the block writes of an object fails in words; of a full disk, how much is free and how much was written.

    Parameters
    ----------
    staged : the file that is written to, while it is there; asked where the disk is full.
    needs : size of the whole object, where it is known before it is written. [bytes]

    Raises
    ------
    LakeError
        The storage is full or refuses.
    """
    try:
        yield
    except OSError as error:
        why = _why_full(error.errno, staged(), needs) if error.errno in FULL else str(error)
        raise LakeError(f"Expected room and permission to write {key}, was: {why}") from error


def _why_full(number: int, staged: Path | None, needs: int | None) -> str:
    sizes = [] if needs is None else [f"it has {_size(needs)}"]
    with contextlib.suppress(OSError):  # the words are right without sizes
        if staged is not None and needs is None:
            sizes.append(f"{_size(staged.stat().st_size)} of it were written")
        if staged is not None:
            sizes.append(f"{_size(shutil.disk_usage(staged.parent).free)} are free")
    return f"{os.strerror(number)} ({', '.join(sizes) or 'nothing of it was written'}): make room, then run it again"


def _size(count: int) -> str:
    return f"{count / 1e6:.1f} MB" if count >= 100_000 else f"{count / 1e3:.1f} kB"
