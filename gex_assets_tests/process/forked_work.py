"""Tasks of forked processes in tests: each says in words what it shall do, and where it writes what it saw."""

from __future__ import annotations

import importlib
import os
import signal
import sys
import time
from pathlib import Path

__all__ = ["died", "work"]


def work(task: str) -> int:
    what, place, more = (*task.split(" "), "", "")[:3]
    if what == "import":
        Path(place).write_text(f"{os.getpid()} {os.getppid()} {more in sys.modules}")
        importlib.import_module(more)
    if what == "made-up":
        sys.modules["made_up_on_the_way"] = sys
    if what == "wait":
        Path(place).write_text(str(os.getpid()))
        while not Path(more).exists():
            time.sleep(0.01)
        Path(more).write_text("seen")
    if what == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    if what == "raise":
        raise ValueError(place)
    return int(place) if what == "exit" else 0


def died(task: str, how: str) -> int:
    Path(task.rpartition(" ")[2]).write_text(how)
    return 0
