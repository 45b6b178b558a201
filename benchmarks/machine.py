"""What the figures were measured on: processor, memory, system, versions."""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Final

__all__ = ["NO_PEERS", "facts"]

NO_PEERS: Final = "none asked for"

OURS: Final = (
    "numpy", "numba", "llvmlite", "pyarrow", "duckdb", "zstandard", "databento", "databento-dbn", "dagster", "pandas",
)  # fmt: skip
"""Packages of our own environment that decide the figures."""


def facts(*, peers: dict[str, str], command: str) -> dict[str, str]:
    """Name and value of what a reader must know to read the figures. `peers` says which were installed."""
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "command": f"`{command}`",
        "processor": f"{_processor()}, {os.cpu_count()} cores",
        "memory": f"{_memory_gib():.1f} GiB",
        "system": f"{platform.system()} {platform.release()}, Python {platform.python_version()}",
        "ours": ", ".join(f"{name} {_version(name)}" for name in OURS),
        "peers": "; ".join(f"{name} {said}" for name, said in peers.items()) or NO_PEERS,
    }


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        named: dict[str, str] = {}
        for line in info.read_text(encoding="utf-8").splitlines():
            key, found, value = line.partition(":")
            if found:
                named.setdefault(key.strip(), value.strip())
        if "model name" in named:
            family, model = named.get("cpu family", "?"), named.get("model", "?")
            return f"{named['model name']} (family {family}, model {model}), {float(named.get('cpu MHz', 0)):.0f} MHz"
    return platform.processor() or platform.machine()


def _memory_gib() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "absent"
