"""A file system in memory that behaves as an object store does, with its faults on request.

The second implementation that passes the tests of the interface. Staging is a local scratch folder. Publishing is one write
under a condition, as a conditional PUT is. Faults: a write that stops half-way, and a listing that lags behind writes.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import secrets
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

from gex_assets.errors import LakeBusyError, LakeConflictError
from gex_assets.lake.filesystem import NO_WAITING, ObjectInfo, OpenObject, Waiting
from gex_assets.lake.names import checked_key


class MemoryFileSystem:
    """Objects in a dictionary. `faulty_writes` publishes to come stop half-way; `lag` writes are not listed yet."""

    def __init__(self) -> None:
        self._scratch = tempfile.TemporaryDirectory()
        self._objects: dict[str, tuple[bytes, ObjectInfo]] = {}
        self._listed: list[dict[str, ObjectInfo]] = [{}]
        self._notes: dict[str, tuple[str, str]] = {}
        self._known: dict[tuple[str, str], str] = {}
        self._held: dict[str, str] = {}
        self._staged: dict[str, list[Path]] = {}
        self._guard = threading.Lock()
        self.faulty_writes = 0
        self.lag = 0

    def uri(self, key: str) -> str:
        return f"memory:///{key}"

    def duckdb_path(self, key: str) -> str | None:
        del key
        return None

    def info(self, key: str) -> ObjectInfo | None:
        found = self._objects.get(checked_key(key))
        return None if found is None else found[1]

    def list(self, prefix: str, *, descending: bool = False) -> Iterator[ObjectInfo]:
        below = f"{checked_key(prefix)}/"
        seen = self._listed[max(len(self._listed) - 1 - self.lag, 0)]
        yield from (seen[key] for key in sorted(seen, reverse=descending) if key.startswith(below))

    def keys(self, prefix: str, *, descending: bool = False, having: str = "") -> Iterator[str]:
        return (info.key for info in self.list(prefix, descending=descending) if having in info.key.rpartition("/")[2])

    def open(self, key: str) -> OpenObject:
        content, info = self._found(key)
        return OpenObject(pa.BufferReader(content), info)

    def stream(self, key: str) -> io.BytesIO:
        return io.BytesIO(self._found(key)[0])

    def read_bytes(self, key: str) -> bytes:
        return self._found(key)[0]

    def _found(self, key: str) -> tuple[bytes, ObjectInfo]:
        try:
            return self._objects[checked_key(key)]
        except KeyError:
            raise FileNotFoundError(2, "No such object", key) from None

    def stage(self, key: str) -> StagedMemoryObject:
        path = Path(self._scratch.name) / secrets.token_hex(8)
        self._staged.setdefault(checked_key(key), []).append(path)
        return StagedMemoryObject(self, key, path)

    def clear_staged(self, key: str) -> None:
        for path in self._staged.pop(checked_key(key), []):
            path.unlink(missing_ok=True)

    def delete(self, key: str) -> None:
        with self._guard:
            self._objects.pop(checked_key(key), None)
            self._notes.pop(key, None)
            self._remember()

    @contextlib.contextmanager
    def lock(self, key: str, waiting: Waiting = NO_WAITING) -> Iterator[None]:
        me = f"process {os.getpid()} on this machine since 2026-01-06"
        end, said = time.monotonic() + waiting.seconds, False
        while self._held.setdefault(checked_key(key), mark := f"{me}#{threading.get_ident()}#{secrets.token_hex(4)}") != mark:
            if time.monotonic() >= end:
                raise LakeBusyError(f"Expected {key} to be free, was held by {me}", holder=me)
            if waiting.say is not None and not said:
                waiting.say(f"waiting for {me}, which holds {key}")
                said = True
            time.sleep(0.001)
        try:
            yield
        finally:
            del self._held[key]

    def noted_sha256(self, key: str, tag: str) -> str | None:
        note = self._notes.get(checked_key(key))
        return self._known.get((key, tag)) or (note[1] if note and note[0] == tag else None)

    def published_sha256(self, key: str) -> str | None:
        note = self._notes.get(checked_key(key))
        return note[1] if note else None

    def note_sha256(self, key: str, tag: str, sha256: str, *, stored: bool) -> None:
        self._known[checked_key(key), tag] = sha256
        if stored:
            self._notes[key] = (tag, sha256)

    def put(self, key: str, content: bytes, replaces: str | None) -> None:
        with self._guard:
            there = self._objects.get(checked_key(key))
            tag = "" if there is None else there[1].tag
            if replaces is not None and replaces != tag:
                raise LakeConflictError(f"Expected {key} in the state {replaces or 'absent'}, was {tag or 'absent'}")
            if self.faulty_writes:
                self.faulty_writes -= 1
                raise OSError(5, "the connection broke after half of the bytes")
            new = f"{hashlib.sha256(content).hexdigest()[:12]}-{secrets.token_hex(4)}"
            self._objects[key] = (content, ObjectInfo(key, len(content), time.time_ns(), new))
            self._remember()

    def _remember(self) -> None:
        self._listed.append({key: info for key, (_, info) in self._objects.items()})


class StagedMemoryObject:
    """A file in scratch."""

    def __init__(self, filesystem: MemoryFileSystem, key: str, path: Path) -> None:
        self._filesystem, self._key, self.path = filesystem, key, path

    def open(self) -> OpenObject:
        content = self.path.read_bytes()
        return OpenObject(pa.BufferReader(content), ObjectInfo(self._key, len(content), 0, f"staged-{self.path.name}"))

    def publish(self, key: str | None = None, *, replaces: str | None = None) -> None:
        self._filesystem.put(key or self._key, self.path.read_bytes(), replaces)
        self.path.unlink()

    def discard(self) -> None:
        self.path.unlink(missing_ok=True)
