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
PER_BATCH = 1_000
LONG = pytest.mark.long


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


@pytest.mark.parametrize("first", [0, *(pytest.param(first, marks=LONG) for first in range(PER_BATCH, FILES, PER_BATCH))])
def test_spoiled_files_are_refused_or_read_right(first: int) -> None:
    met = judged("files", first, first + PER_BATCH)["met"]
    assert min(met[fate] for fate in ("refused", "taken", "verified")) > 50


@pytest.mark.parametrize(("first", "last"), [(0, 400), pytest.param(400, 1_500, marks=LONG)])
def test_spoiled_sidecars_are_refused_or_read_right(first: int, last: int) -> None:
    met = judged("sidecars", first, last)["met"]
    assert min(met[fate] for fate in ("refused", "verified")) > 50


@LONG
def test_spoiled_deliveries_change_nothing_or_come_in_right() -> None:
    met = judged("folders", 0, 200)["met"]
    assert min(met[fate] for fate in ("refused", "added", "replaced")) > 5


@pytest.mark.parametrize(("first", "last"), [(0, 300), pytest.param(300, 1_000, marks=LONG)])
def test_spoiled_lone_files_are_refused_taken_or_split_without_loss(first: int, last: int) -> None:
    met = judged("lone", first, last)["met"]
    assert min(met["refused"], met["taken"]) > 50
    assert met["split"] > 1


def test_files_are_spoiled_in_every_way() -> None:
    met = Counter(way for seed in range(2_000) for way in spoiled(seed).done)
    assert {*met} == {*WAYS, "uncompressed"}
    assert min(met.values()) > 20
