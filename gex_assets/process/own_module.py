"""How a module of this package is started as a process of its own."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Final

__all__ = ["command_of", "environment_of_own"]

_PACKAGE: Final = Path(__file__).resolve().parents[2]


def command_of(module: str) -> list[str]:
    """The command that runs a module with this interpreter.

    With -P, no file of the current folder is imported that is named as one of ours.
    """
    return [sys.executable, "-P", "-m", module]


def environment_of_own() -> dict[str, str]:
    """The environment of this process, in which this package is found wherever it lies."""
    return os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, (str(_PACKAGE), os.environ.get("PYTHONPATH"))))}
