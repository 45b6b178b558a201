"""What this process may use of its machine: cores and memory, within the limits of its container."""

from __future__ import annotations

import contextlib
import math
import os
import resource
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

__all__ = ["available_bytes", "cores", "peak_bytes", "resident_bytes", "restart_peak"]

_PROC: Final = Path("/proc")
_CGROUPS: Final = Path("/sys/fs/cgroup")
_NO_LIMIT: Final = 1 << 62
"""Control groups of the first version state a limit near 2^63 where there is none."""


def cores(*, proc: Path = _PROC, cgroups: Path = _CGROUPS) -> int:
    """Cores that this process may use: those it may run on, and no more than the time that its control group is given."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    for folder in _groups("cpu", proc, cgroups):
        words = _words(folder / "cpu.max") or [*_words(folder / "cpu.cfs_quota_us"), *_words(folder / "cpu.cfs_period_us")]
        if len(words) == 2 and all(word.isdecimal() for word in words):  # "max" or -1 is no limit
            allowed = min(allowed, math.ceil(int(words[0]) / int(words[1])))
    return max(allowed, 1)


def available_bytes(*, proc: Path = _PROC, cgroups: Path = _CGROUPS) -> int:
    """Memory that this process could still take without swapping. [bytes].

    It is what the system calls available, or what is left of the limit of a control group where that is less. Cached files count
    as free. Where the system does not say, it is all the memory of the machine.
    """
    said = _numbers(proc / "meminfo")
    free = said["MemAvailable:"] * 1024 if "MemAvailable:" in said else os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    for folder in _groups("memory", proc, cgroups):
        limit = _bytes(folder / "memory.max", folder / "memory.limit_in_bytes")
        used = _bytes(folder / "memory.current", folder / "memory.usage_in_bytes")
        if limit is None or used is None or limit >= _NO_LIMIT:
            continue
        kept = _numbers(folder / "memory.stat")
        files = max(
            kept.get("inactive_file", 0) + kept.get("active_file", 0),
            kept.get("total_inactive_file", 0) + kept.get("total_active_file", 0),
        )
        free = min(free, limit - max(used - files, 0))
    return max(free, 0)


def resident_bytes(pid: int, *, proc: Path = _PROC) -> int:
    """Memory that a process holds now; 0 where it is gone or the system does not say. [bytes]."""
    words = _words(proc / str(pid) / "statm")
    return int(words[1]) * os.sysconf("SC_PAGE_SIZE") if len(words) > 1 else 0


def peak_bytes() -> int:
    """Largest resident size of this process so far, or since `restart_peak`. [bytes]."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def restart_peak() -> None:
    """Let `peak_bytes` begin with what is resident now, where the system can (Linux); elsewhere it stays."""
    with contextlib.suppress(OSError):
        (_PROC / "self/clear_refs").write_text("5")


def _groups(controller: str, proc: Path, cgroups: Path) -> Iterator[Path]:
    """The folders of this process's control group for a controller, and of those above it: each of them limits.

    A container sees its own group as the root, whatever the path in `/proc` says.
    """
    for line in _text(proc / "self/cgroup").splitlines():
        _, names, path = [*line.split(":", 2), "", ""][:3]
        if names and controller not in names.split(","):
            continue
        root = cgroups / controller if names else cgroups
        own = root / path.strip("/")
        yield from dict.fromkeys((own, *(folder for folder in own.parents if folder == root or root in folder.parents), root))


def _bytes(*places: Path) -> int | None:
    """The number in the first file that has one."""
    words = (word for place in places for word in _words(place)[:1])
    return next((int(word) for word in words if word.isdecimal()), None)


def _numbers(place: Path) -> dict[str, int]:
    """Names and numbers, one a line."""
    lines = (line.split() for line in _text(place).splitlines())
    return {words[0]: int(words[1]) for words in lines if len(words) > 1 and words[1].isdecimal()}


def _words(place: Path) -> list[str]:
    return _text(place).split()


def _text(place: Path) -> str:
    """A file of the system; empty where there is none."""
    try:
        return place.read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""
