"""Measuring: tasks and commands as processes of their own, by CPU time, in turn, the least of several.

Wall time depends on whoever else uses the machine. CPU time of a process is its own. A task measures its own timed part, without
its preparations, and prints it on its last line. Of a command the whole process counts, with its threads and children.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
from types import MappingProxyType
from typing import Any, Final

__all__ = ["ROOT", "Failed", "Measured", "alternately", "command", "gex", "task"]

_HIGH_WATER: Final = re.compile(r"VmHWM:\s+(\d+) kB")

ROOT: Final = Path(__file__).resolve().parent.parent
"""Folder of the clone."""


class Failed(Exception):  # noqa: N818
    """A process that should have been measured did not end well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What one process took.

    Attributes
    ----------
    cpu, wall : user and system time; time on the clock. [s]
    peak : largest resident size of the process. [bytes]
    said : what a task said next to its times.
    """

    cpu: float
    wall: float
    peak: int
    said: Mapping[str, Any] = field(default_factory=dict)


def command(
    argv: Sequence[str], *, memory: int | None = None, cwd: Path = ROOT, settings: Mapping[str, str] = MappingProxyType({})
) -> Measured:
    """Run a command to its end and measure the process as a whole.

    Parameters
    ----------
    argv : program and arguments.
    memory : where its resident size is ever above this it is ended, and that is a failure. [bytes]
    cwd : where it runs.
    settings : variables added to the environment, from which our own settings are removed.

    Raises
    ------
    Failed
        It ended with an error; its last words are the message.
    """
    path = os.pathsep.join(part for part in (str(ROOT), os.environ.get("PYTHONPATH")) if part)
    around = {name: value for name, value in os.environ.items() if not name.startswith(("GEX_", "DAGSTER_"))}
    with tempfile.TemporaryFile() as out:
        started = time.perf_counter()
        process = subprocess.Popen(  # noqa: S603
            argv,
            cwd=cwd,
            env={**around, **settings, "PYTHONPATH": path},
            stdout=out,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
        )
        watch = _Watch(process.pid, memory)
        watch.start()
        try:
            _, status, used = os.wait4(process.pid, 0)
        except BaseException:
            process.kill()
            process.wait()
            raise
        wall = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        text = out.read().decode(errors="replace").strip()
    watch.join()
    # What the system says at the end begins with the size of the process that started it, also where that is the larger one.
    peak = watch.peak or used.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    if memory is not None and peak > memory:
        raise Failed(
            f"{' '.join(argv[3:5])} … took {peak / 2**20:,.0f} MiB where {memory / 2**20:,.0f} are granted, and was ended"
        )
    if process.returncode:
        lines = text.splitlines()[-12:] or ["nothing"]
        raise Failed(f"{' '.join(argv[:6])} … ended with {process.returncode}: " + " / ".join(lines))
    last = text.splitlines()[-1] if text else ""
    said = json.loads(last) if last.startswith("{") else {"text": text}
    return Measured(cpu=used.ru_utime + used.ru_stime, wall=wall, peak=peak, said=said)


class _Watch(Thread):
    """Reads a process's largest resident size a hundred times a second, where /proc is, and ends one that takes too much."""

    def __init__(self, pid: int, memory: int | None) -> None:
        super().__init__(daemon=True)
        self._pid, self._memory = pid, memory
        self.peak = 0

    def run(self) -> None:
        """Until the process is gone."""
        status = Path(f"/proc/{self._pid}/status")
        with contextlib.suppress(OSError):
            while found := _HIGH_WATER.search(status.read_text(encoding="ascii", errors="replace")):
                self.peak = max(self.peak, int(found[1]) * 1024)  # a run lets each of its steps begin at what is resident
                if self._memory is not None and self.peak > self._memory:
                    os.kill(self._pid, signal.SIGKILL)
                    return
                time.sleep(0.01)


def gex(*arguments: str, memory: int | None = None, settings: Mapping[str, str] = MappingProxyType({})) -> Measured:
    """Run the project's command."""
    return command([sys.executable, "-m", "gex_assets.cli", *arguments], memory=memory, settings=settings)


def task(name: str, *, python: Path | str = sys.executable, script: Path | None = None, **given: Any) -> Measured:
    """Run a task of `tasks.py` (or a script of its own, for a peer's Python) in a process of its own.

    The times are those that the task says of its timed part.
    """
    start = [str(script)] if script else ["-m", "benchmarks.tasks", name]
    whole = command([str(python), *start, json.dumps(given, default=str)])
    return Measured(cpu=whole.said["cpu"], wall=whole.said["wall"], peak=whole.peak, said=whole.said)


def alternately(*runs: Callable[[], Measured], rounds: int) -> list[Measured]:
    """Run them in turn, so that a slow moment of the machine hits all alike; of each the one with the least CPU time."""
    found: list[list[Measured]] = [[] for _ in runs]
    for _ in range(rounds):
        for taken, run in zip(found, runs, strict=True):
            taken.append(run())
    return [min(taken, key=lambda one: one.cpu) for taken in found]
