"""Runs of one machine share its memory: each claims what its day needs, and waits while others hold too much for it.

A claim is a small file of this user in the machine's temporary folder, locked while its process lives. So the claim of a killed
run is free at once. Claims are served in the order in which they came: a large day is not overtaken for ever by small ones. Where
nobody holds memory, the first one starts, however much it needs.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import secrets
import stat
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from gex_assets.errors import GexError
from gex_assets.lake.local_lock import open_hidden
from gex_assets.process.machine import available_bytes, resident_bytes
from gex_assets.wording import counted

__all__ = ["SHARE", "budget_bytes", "claims_folder", "holding_memory"]

SHARE: Final = 0.8
"""Part of the memory there is that runs may claim together: estimates are no limits, and other programs need some, too."""

_GATE: Final = "gate"
_GATE_SECONDS: Final = 60.0
"""Looking through the claims takes milliseconds."""
_GATE_PAUSE: Final = 0.002
_PAUSE: Final = 0.5
_SAY_AGAIN: Final = 600.0


class _Claim(NamedTuple):
    """What a living process claims.

    Attributes
    ----------
    is_alone : whether nobody else may hold memory at the same time.
    holds : whether it has got the memory; else it waits.
    """

    pid: int
    need: int
    is_alone: bool
    holds: bool


def claims_folder() -> Path:
    """The folder of this user's claims on this machine.

    Raises
    ------
    GexError
        Something else has its name, or it cannot be made.
    """
    folder = Path(tempfile.gettempdir()) / f"gex-memory-{os.getuid()}"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
    except OSError as error:
        raise GexError(
            f"Expected a folder for claims of memory at {folder}, was: {error.strerror}: set TMPDIR to another"
        ) from error
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        raise GexError(f"Expected a folder of this user at {folder}, was somebody else's or none: set TMPDIR to another")
    return folder


def budget_bytes(holders: Sequence[int] = ()) -> int:
    """What all runs of this machine may claim together. [bytes].

    It is a share of what is available now and of what the claiming processes hold already, this one included.

    Parameters
    ----------
    holders : processes whose memory counts as theirs to give.
    """
    return int(SHARE * (available_bytes() + sum(resident_bytes(pid) for pid in {os.getpid(), *holders})))


@contextlib.contextmanager
def holding_memory(
    need: int,
    *,
    is_alone: bool = False,
    say: Callable[[str], object] | None = None,
    folder: Path | None = None,
    budget: Callable[[Sequence[int]], int] = budget_bytes,
    pause: float = _PAUSE,
) -> Iterator[None]:
    """Hold memory until the end of the block; wait until there is enough.

    Parameters
    ----------
    need : estimate. [bytes]
    is_alone : whether to wait until nobody else holds memory, and to let nobody else begin.
    say : called where it waits, and every ten minutes while it does.
    folder : of the claims; by default the machine's.
    budget : of the processes that claim memory, what they may claim together. [bytes]
    pause : between two looks. [s]

    Raises
    ------
    GexError
        The folder cannot be used, or its file system has no locks.
    """
    folder = folder or claims_folder()
    path = folder / f"{time.monotonic_ns():020d}-{os.getpid()}-{secrets.token_hex(4)}.claim"
    own = _Claim(pid=os.getpid(), need=need, is_alone=is_alone, holds=False)
    with contextlib.ExitStack() as stack:
        with _gate(folder):
            descriptor = _opened(path, write=True)
            stack.callback(os.close, descriptor)
            stack.callback(path.unlink, missing_ok=True)
            _is_locked(descriptor, path)  # nobody else knows the name
            _write(descriptor, own)
        said_at = -_SAY_AGAIN
        while (why := _refusal(folder, path, descriptor, own, budget)) is not None:
            if say is not None and time.monotonic() - said_at >= _SAY_AGAIN:
                say(f"waiting for memory: {why}")
                said_at = time.monotonic()
            time.sleep(pause)
        yield


def _refusal(folder: Path, path: Path, descriptor: int, own: _Claim, budget: Callable[[Sequence[int]], int]) -> str | None:
    """Why memory is not there yet; None where it is, and is claimed now."""
    with _gate(folder):
        others = _living(folder, but=path)
        holders = [claim for _, claim in others if claim.holds]
        before = [claim for other, claim in others if not claim.holds and other.name < path.name]
        held = sum(claim.need for claim in holders)
        most = budget([claim.pid for _, claim in others])
        is_alone = own.is_alone or any(claim.is_alone for claim in holders)
        if not before and (not holders or (not is_alone and held + own.need <= most)):
            _write(descriptor, own._replace(holds=True))
            return None
    runs = f"{counted(len(holders), 'run')} {'holds' if len(holders) == 1 else 'hold'}"
    said = f"needs about {_gb(own.need)} GB, {runs} {_gb(held)} of {_gb(most)} GB"
    if own.is_alone:
        said = f"it crashed before and runs alone now, {runs} {_gb(held)} GB"
    return said + (f", {counted(len(before), 'run')} before it in the queue" if before else "")


def _gb(count: int) -> str:
    return f"{count / 1e9:.1f}"


def _living(folder: Path, *, but: Path) -> list[tuple[Path, _Claim]]:
    """The claims of living processes in the order in which they came; those of dead ones are removed. Call it in the gate."""
    found = []
    for path in sorted(folder.glob("*.claim")):
        if path == but:
            continue
        try:
            descriptor = _opened(path, write=False)
        except FileNotFoundError:  # it ended meanwhile
            continue
        with contextlib.closing(os.fdopen(descriptor, "rb")) as file:
            if _is_locked(descriptor, path):
                path.unlink(missing_ok=True)
            else:
                found.append((path, _Claim(*json.load(file))))
    return found


@contextlib.contextmanager
def _gate(folder: Path) -> Iterator[None]:
    """Only one process at a time looks through the claims and changes its own."""
    path, end = folder / _GATE, time.monotonic() + _GATE_SECONDS
    descriptor = _opened(path, write=True)
    try:
        while not _is_locked(descriptor, path):
            if time.monotonic() >= end:
                raise GexError(f"Expected {path} to be free within a minute, was held: end the process that hangs, or set TMPDIR")
            time.sleep(_GATE_PAUSE)
        yield
    finally:
        os.close(descriptor)


def _opened(path: Path, *, write: bool) -> int:
    """Open a file of claims; for writing, it is created where there is none."""
    try:
        return open_hidden(path, write=write)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise GexError(
            f"Expected a file of claims at {path}, was: {error.strerror}: remove it, or set TMPDIR to another"
        ) from error


def _is_locked(descriptor: int, path: Path) -> bool:
    """Lock an open file, unless somebody else holds it."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        why = f"Expected a file system with locks at {path.parent}, was: {error.strerror}"
        raise GexError(f"{why}: set TMPDIR to a folder on a disk of this machine") from error
    return True


def _write(descriptor: int, claim: _Claim) -> None:
    try:
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, json.dumps(claim).encode(), 0)
    except OSError as error:
        raise GexError(
            f"Expected room for a claim of memory, was: {error.strerror}: free some, or set TMPDIR to another"
        ) from error
