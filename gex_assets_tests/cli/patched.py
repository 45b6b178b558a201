"""The command `gex` in a process of its own, changed by a few lines of Python that hold in the processes which it starts, too."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

__all__ = ["PATIENCE", "started", "wait_for"]

PATIENCE = 300.0
REPOSITORY = Path(__file__).parents[2]

CHILD = """
import sys, time
from pathlib import Path
here = Path({here!r})
def reached(name):
    (here / name).touch()
def sleep():
    end = time.monotonic() + {patience}
    while time.monotonic() < end:
        time.sleep(0.01)
{patch}
"""


def started(folder: Path, patch: str, *words: str, **environment: str) -> subprocess.Popen[str]:
    """`gex` with these words in the folder; a `sitecustomize.py` has the changes, which may call `reached` and `sleep`."""
    (folder / "patched").mkdir()
    (folder / "patched/sitecustomize.py").write_text(CHILD.format(here=str(folder), patience=PATIENCE, patch=patch))
    known = {name: value for name, value in os.environ.items() if not name.startswith(("GEX_", "DAGSTER_HOME"))}
    return subprocess.Popen(
        [sys.executable, "-m", "gex_assets.cli", *words],
        cwd=folder,
        env=known | environment | {"PYTHONPATH": os.pathsep.join((str(folder / "patched"), str(REPOSITORY)))},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_for(place: Path, child: subprocess.Popen[str]) -> None:
    end = time.monotonic() + PATIENCE
    while not place.exists():
        assert child.poll() is None, child.communicate()
        assert time.monotonic() < end
        time.sleep(0.01)
