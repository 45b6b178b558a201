"""A writer is killed (SIGKILL) at points drawn from its system calls: nothing partial is visible, another try gives the same.

The seed of each draw is printed; `python -m gex_assets_tests.lake.faults.killed_writer FOLDER WHAT SEED KILLS` repeats it.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

DATA = "made_up_levels/product=ES/date=2026-01-06/data.parquet"
REJECTED = f"_rejected/{DATA}"
BEFORE_ROWS, AFTER_ROWS = 10, 800

Seen = dict[str, Any]


def kills(folder: Path, *, what: str, seed: int, count: int) -> tuple[Seen, list[Seen]]:
    """What a lake looks like after the whole work, and after each kill and the try that followed it."""
    sys.stdout.write(f"seed {seed}: {count} kills of {what}\n")
    command = [sys.executable, "-m", "gex_assets_tests.lake.faults.killed_writer", str(folder), what, str(seed), str(count)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    clean, *found = map(json.loads, ran.stdout.splitlines())
    assert len(found) == min(count, clean["total"])
    assert all(one["killed"] for one in found)
    return clean["clean"], found


@pytest.mark.long
@pytest.mark.parametrize(("seed", "count"), [(20_261_129, 100)])
def test_a_day_that_is_replaced_is_the_old_one_or_the_new_one(tmp_path: Path, seed: int, count: int) -> None:
    clean, found = kills(tmp_path, what="publish", seed=seed, count=count)
    rows = [one["visible"]["rows"] for one in found]
    assert set(rows) == {BEFORE_ROWS, AFTER_ROWS}
    assert rows == sorted(rows)  # once published it stays
    for one in found:
        seen, again = one["visible"], one["again"]
        assert seen["objects"] == {DATA: seen["sha256"]}, one["stop_at"]
        assert (seen["sha256"] == clean["sha256"]) is (seen["rows"] == AFTER_ROWS)
        assert again == clean, one["stop_at"]  # the same bytes, and nothing left over
    assert any(one["visible"]["staged"] for one in found)


@pytest.mark.long
def test_a_day_that_is_rejected_leaves_the_published_one_and_says_why_or_nothing(tmp_path: Path) -> None:
    clean, found = kills(tmp_path, what="reject", seed=7, count=60)
    for one in found:
        seen = one["visible"]
        assert seen["rows"] == BEFORE_ROWS
        assert set(seen["objects"]) <= {DATA, REJECTED, f"{REJECTED.rpartition('/')[0]}/reason.json"}
        assert seen["rejected"] is (REJECTED in seen["objects"]), one["stop_at"]
        # A reason has the time of its rejection; its rows are the same.
        of_rows = {key: sha256 for key, sha256 in one["again"]["objects"].items() if key.endswith(".parquet")}
        assert of_rows == {key: sha256 for key, sha256 in clean["objects"].items() if key.endswith(".parquet")}, one["stop_at"]
        assert one["again"]["staged"] == []
    assert {one["visible"]["rejected"] for one in found} == {True, False}


@pytest.mark.long
def test_a_day_that_is_removed_is_there_or_not(tmp_path: Path) -> None:
    clean, found = kills(tmp_path, what="remove", seed=7, count=60)
    assert clean["objects"] == {}
    for one in found:
        seen = one["visible"]
        assert seen["objects"] in ({}, {DATA: seen["sha256"]}), one["stop_at"]
        assert one["again"] == clean, one["stop_at"]
    assert {one["visible"]["rows"] for one in found} == {BEFORE_ROWS, None}
