"""Hidden files next to objects, and locks between processes and threads of one machine: a hidden file, locked by the system.

Names of hidden files can be guessed. Whoever may write to the folder can plant something under such a name: our write would hit
another file. So a hidden file is opened only where it is a plain file with no other name.

`filelock` would do the same at the same speed, but it does not say who holds a lock, and it leaves its files behind.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import socket
import stat
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from gex_assets.errors import LakeBusyError, LakeError
from gex_assets.lake.filesystem import FULL, NO_WAITING, Waiting

__all__ = ["hidden", "locked", "open_hidden"]

_FIRST_PAUSE: Final = 0.001
_LONGEST_PAUSE: Final = 0.25
_WRITABLE: Final = ": let this user write to the lake, or name another lake with --lake or GEX_LAKE"
_ROOM: Final = ": make room, then run it again"
_LOCKING: Final = ": put the lake on a disk of this machine, or mount its network file system with locks"


def hidden(target: Path, suffix: str) -> Path:
    """The hidden file of a purpose next to an object."""
    return target.with_name(f".{target.name}.{suffix}")


def open_hidden(path: Path, *, write: bool) -> int:
    """Open a hidden file; the caller closes the descriptor. For writing, it is created where there is none.

    Raises
    ------
    OSError
        There is none, or something else has its name: a link, a pipe, a file that has another name too.
    """
    how = os.O_RDWR | os.O_CREAT if write else os.O_RDONLY
    try:
        # Without O_NONBLOCK the opening of a pipe waits for its other end.
        descriptor = os.open(path, how | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK, 0o644)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise OSError(errno.ELOOP, "a symbolic link, which is not followed", str(path)) from error
        raise
    found = os.fstat(descriptor)
    if stat.S_ISREG(found.st_mode) and found.st_nlink <= 1:
        return descriptor
    os.close(descriptor)
    was = "a file with another name, too" if stat.S_ISREG(found.st_mode) else "no plain file"
    raise OSError(errno.EPERM, was, str(path))


@contextlib.contextmanager
def locked(target: Path, key: str, *, suffix: str, waiting: Waiting = NO_WAITING) -> Iterator[None]:
    """Hold the lock `suffix` of an object.

    Raises
    ------
    LakeBusyError
        It is still held by somebody else after waiting.
    LakeError
        The file system has no locks, or something that is no lock has the lock file's name.
    """
    path = hidden(target, suffix)
    descriptor = _waited_for(path, key, waiting)
    try:
        with contextlib.suppress(OSError):  # on a full disk nobody is named as the holder; the lock holds all the same
            _name_holder(descriptor)
        yield
    finally:
        # Removed while still held: whoever opened it meanwhile sees that it is gone and creates a new one.
        path.unlink(missing_ok=True)
        os.close(descriptor)


def _name_holder(descriptor: int) -> None:
    holder = {"host": socket.gethostname(), "pid": os.getpid(), "since": datetime.now(UTC).isoformat(timespec="seconds")}
    os.ftruncate(descriptor, 0)
    os.write(descriptor, json.dumps(holder).encode())


def _waited_for(path: Path, key: str, waiting: Waiting) -> int:
    end, pause, said = time.monotonic() + waiting.seconds, _FIRST_PAUSE, False
    while True:
        try:
            return _descriptor(path, key)
        except LakeBusyError as busy:
            if time.monotonic() >= end:
                raise
            if waiting.say is not None and not said:
                waiting.say(f"waiting for {busy.holder}, which {waiting.doing or f'holds {key}'}")
                said = True
            time.sleep(min(pause, max(end - time.monotonic(), 0.0)))
            pause = min(2 * pause, _LONGEST_PAUSE)


def _descriptor(path: Path, key: str) -> int:
    """Open the lock file and lock it."""
    while True:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise LakeError(f"Expected a folder to write to at {path.parent}, was: {error.strerror}{_remedy(error)}") from error
        try:
            descriptor = open_hidden(path, write=True)
        except FileNotFoundError:  # the folder was removed in between
            continue
        except OSError as error:
            raise LakeError(f"Expected a lock file at {path}, was: {error.strerror}{_remedy(error)}") from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _still_named(descriptor, path):
                return descriptor
        except BlockingIOError as error:
            holder = _holder(os.pread(descriptor, 4096, 0).decode(errors="replace"))
            os.close(descriptor)
            raise LakeBusyError(f"Expected {key} to be free, was held by {holder}", holder=holder) from error
        except OSError as error:
            os.close(descriptor)
            raise LakeError(f"Expected a file system with locks for {key}, was: {error.strerror}{_LOCKING}") from error
        os.close(descriptor)


def _remedy(error: OSError) -> str:
    return _ROOM if error.errno in FULL else _WRITABLE


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
