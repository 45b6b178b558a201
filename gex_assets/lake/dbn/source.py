"""Where the bytes of a DBN file come from: a local file or another storage. They are counted, hashed and followed here."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Final, NamedTuple

from gex_assets.defaults import MAX_EXPANSION_RATIO, MAX_FILE_BYTES
from gex_assets.lake.dbn.zstd_frames import MAGIC_BYTES, FrameWalk, begins_frame
from gex_assets.lake.filesystem import ByteStream
from gex_assets.process.progress import advance

__all__ = ["DEFAULT_LIMITS", "NO_LIMITS", "ReadLimits", "Source", "StoredBytes", "is_compressed", "local_source", "read_exactly"]


class Source(NamedTuple):
    """A file to be read from its beginning.

    Attributes
    ----------
    name : how messages name it.
    open : opens it; OSError where it cannot be read.
    """

    name: str
    open: Callable[[], ByteStream]


class ReadLimits(NamedTuple):
    """What a delivered file may hold. A small file can hold gigabytes of zeros.

    Attributes
    ----------
    expansion_ratio : decompressed bytes for each byte of the file. Not judged up to 64 MiB: headers alone expand a lot.
    file_bytes : decompressed bytes of the whole file.
    """

    expansion_ratio: float = MAX_EXPANSION_RATIO
    file_bytes: float = MAX_FILE_BYTES

    def broken(self, *, plain_bytes: int, read_bytes: int) -> tuple[str, str] | None:
        """What was expected and what was found, if a file breaks a limit.

        Parameters
        ----------
        plain_bytes, read_bytes : after decompression, and before, so far.
        """
        if plain_bytes > self.file_bytes:
            return f"at most {self.file_bytes:,} bytes when decompressed (setting max_file_bytes)", "more"
        if plain_bytes > max(_ALWAYS_ALLOWED, self.expansion_ratio * read_bytes):
            expected = f"at most {self.expansion_ratio:g} decompressed bytes for each byte of the file"
            return f"{expected} (setting max_expansion_ratio)", f"{plain_bytes:,} from the first {read_bytes:,}"
        return None


_ALWAYS_ALLOWED: Final = 1 << 26
DEFAULT_LIMITS: Final = ReadLimits()
NO_LIMITS: Final = ReadLimits(float("inf"), float("inf"))
"""For files that were verified before."""


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
    """Whether a file begins as one compressed with zstd does."""
    source = local_source(source) if isinstance(source, Path) else source
    with closing(source.open()) as stored:
        return begins_frame(read_exactly(stored, MAGIC_BYTES))


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
        advance(len(chunk), "bytes")
        if self.hash is not None:
            self.hash.update(chunk)
