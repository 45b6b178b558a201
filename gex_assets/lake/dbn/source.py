"""Where the bytes of a DBN file come from: a local file or another storage. They are counted, hashed and followed here."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from gex_assets.lake.dbn.zstd_frames import ZSTD_MAGIC, FrameWalk
from gex_assets.lake.filesystem import ByteStream

__all__ = ["Source", "StoredBytes", "is_compressed", "local_source", "read_exactly"]


class Source(NamedTuple):
    """A file to be read from its beginning.

    Attributes
    ----------
    name : how messages name it.
    open : opens it; OSError where it cannot be read.
    """

    name: str
    open: Callable[[], ByteStream]


def local_source(path: Path, *, name: str | None = None) -> Source:
    """A local file, called by its path unless another name is given."""
    return Source(name or str(path), lambda: path.open("rb"))


def read_exactly(stored: ByteStream, count: int) -> bytes:
    """The next `count` bytes, fewer only at the end: one read of a stream may return less than was asked for."""
    parts = []
    while count and (part := stored.read(count)):
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


def is_compressed(source: Path | Source) -> bool:
    """Whether a file begins with zstd's magic."""
    source = local_source(source) if isinstance(source, Path) else source
    with closing(source.open()) as stored:
        return read_exactly(stored, len(ZSTD_MAGIC)) == ZSTD_MAGIC


class StoredBytes:
    """The stored bytes: counted, hashed on request, and followed from frame to frame if compressed."""

    def __init__(self, stored: ByteStream, *, digest: bool) -> None:
        self._handle = stored
        self._peeked = b""
        self.hash = hashlib.sha256() if digest else None
        self.walk = FrameWalk()
        self.is_compressed = False
        self.size_bytes = 0

    def peek(self, count: int) -> bytes:
        """Return the first bytes. They are read again later."""
        self._peeked = read_exactly(self._handle, count)
        return self._peeked

    def read(self, size: int = -1) -> bytes:
        """Compressed bytes, for the decompressor."""
        chunk, self._peeked = self._peeked or self._handle.read(size), b""
        self._note(chunk)
        self.walk.see(chunk)
        return chunk

    def readinto(self, room: memoryview) -> int:
        """Read bytes of a file that is not compressed."""
        count = len(self._peeked)
        if count:
            room[:count], self._peeked = self._peeked, b""
        else:
            count = self._handle.readinto(room)
        self._note(room[:count])
        return count

    def close(self) -> None:
        """Release the file."""
        self._handle.close()

    def _note(self, chunk: bytes | memoryview) -> None:
        self.size_bytes += len(chunk)
        if self.hash is not None:
            self.hash.update(chunk)
