"""How a module of this package is started as a process of its own, and whether its files are still those."""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path
from typing import Final

__all__ = ["command_of", "environment_of_own", "files_state"]

_PACKAGE: Final = Path(__file__).resolve().parents[2]


def command_of(module: str) -> list[str]:
    """The command that runs a module with this interpreter.

    With -P, no file of the current folder is imported that is named as one of ours.
    """
    return [sys.executable, "-P", "-m", module]


def environment_of_own() -> dict[str, str]:
    """The environment of this process, in which this package is found wherever it lies."""
    return os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, (str(_PACKAGE), os.environ.get("PYTHONPATH"))))}


def files_state() -> str:
    """Names, sizes and times of this package's Python files: another text where one was changed."""
    files = sorted(Path(__file__).resolve().parents[1].rglob("*.py"))
    stats = [(str(path), stat.st_size, stat.st_mtime_ns) for path in files if (stat := path.stat())]
    return hashlib.sha256(repr(stats).encode()).hexdigest()
