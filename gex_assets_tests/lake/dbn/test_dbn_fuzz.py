"""Thousands of spoiled files, sidecars and deliveries: refused in the proper form or read right, never a crash or a hang."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

import gex_assets_tests
from gex_assets_tests.lake.dbn.spoiled_files import WAYS, spoiled

FILES = 5_000
BATCHES = [("files", first, first + FILES // 4) for first in range(0, FILES, FILES // 4)]


def judged(what: str, first: int, last: int) -> dict[str, Any]:
    """Run in a process of its own: its end by a signal, by its limit of memory or by a case's time is a failure here."""
    root = Path(gex_assets_tests.__file__).parent.parent
    path = os.pathsep.join(filter(None, [str(root), os.environ.get("PYTHONPATH")]))
    done = subprocess.run(
        [sys.executable, "-m", "gex_assets_tests.lake.dbn.dbn_fuzz", what, str(first), str(last)],
        cwd=root,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=1_800,  # a hang is ended by its case; this is for a machine that everybody uses
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2_000:]
    said: dict[str, Any] = json.loads(done.stdout)
    assert not said["wrong"]
    assert sum(said["met"].values()) == last - first
    return said


@pytest.mark.parametrize(("what", "first", "last"), BATCHES)
def test_spoiled_files_are_refused_or_read_right(what: str, first: int, last: int) -> None:
    met = judged(what, first, last)["met"]
    assert min(met[fate] for fate in ("refused", "taken", "verified")) > 50


def test_spoiled_sidecars_are_refused_or_read_right() -> None:
    met = judged("sidecars", 0, 1_500)["met"]
    assert min(met[fate] for fate in ("refused", "taken", "verified")) > 50


def test_spoiled_deliveries_change_nothing_or_come_in_right() -> None:
    met = judged("folders", 0, 200)["met"]
    assert min(met[fate] for fate in ("refused", "added", "replaced")) > 5


def test_files_are_spoiled_in_every_way() -> None:
    met = Counter(way for seed in range(2_000) for way in spoiled(seed).done)
    assert {*met} == {*WAYS, "uncompressed"}
    assert min(met.values()) > 20
