from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gex_assets.errors import BadFileError, LakeBusyError
from gex_assets.lake.filesystem import FileSystem
from gex_assets.lake.local_filesystem import LocalFileSystem
from gex_assets.lake.raw.delivery_notes import NOTE_NAME, DeliveryNote, note_file, read_note
from gex_assets_tests.lake.memory_filesystem import MemoryFileSystem

FILES = ("glbx-mdp3-20260106.mbo.dbn.zst", "glbx-mdp3-20260107.mbo.dbn.zst")


@pytest.mark.parametrize("storage", ["local", "memory"])
def test_a_file_keeps_the_time_at_which_it_first_came(storage: str, tmp_path: Path) -> None:
    fs: FileSystem = LocalFileSystem(tmp_path) if storage == "local" else MemoryFileSystem()
    assert read_note(fs, "folder") is None
    note_file(fs, "folder", kind="lone", file_name=FILES[1], now_ns=7)
    note_file(fs, "folder", kind="lone", file_name=FILES[0], now_ns=9)
    before = fs.read_bytes(f"folder/{NOTE_NAME}")
    note_file(fs, "folder", kind="lone", file_name=FILES[1], now_ns=11)
    assert fs.read_bytes(f"folder/{NOTE_NAME}") == before
    assert read_note(fs, "folder") == DeliveryNote("lone", None, {FILES[0]: 9, FILES[1]: 7}, ())
    assert json.loads(before) == {
        "version": 1,
        "kind": "lone",
        "requested_at": None,
        "first_ingested_at": {FILES[0]: 9, FILES[1]: 7},
        "gaps": [],
    }


def test_a_recording_keeps_its_gaps_when_a_file_is_added(tmp_path: Path) -> None:
    fs = LocalFileSystem(tmp_path)
    said = {"version": 1, "kind": "recording", "requested_at": 5, "first_ingested_at": {}, "gaps": [[10, 20], [20, 30]]}
    (tmp_path / NOTE_NAME).write_text(json.dumps(said))
    assert read_note(fs, "") == DeliveryNote("recording", 5, {}, ((10, 20), (20, 30)))
    (tmp_path / "live").mkdir()
    (tmp_path / "live" / NOTE_NAME).write_text(json.dumps(said))
    note_file(fs, "live", kind="lone", file_name=FILES[0], now_ns=8)
    assert read_note(fs, "live") == DeliveryNote("recording", 5, {FILES[0]: 8}, ((10, 20), (20, 30)))


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"version": 2}, "Expected version 1, was 2"),
        ({"version": None}, "Expected int as version, was None"),
        ({"kind": "jo\x1b[2J"}, r"Expected a kind of job, lone, recording, was 'jo\\x1b\[2J'"),
        ({"requested_at": "now"}, "Expected int as requested_at, was 'now'"),
        ({"requested_at": -1}, "Expected a moment in ns, was '-1'"),
        ({"first_ingested_at": {"a": 2**63}}, "Expected a moment in ns, was '9223372036854775808'"),
        ({"first_ingested_at": {"a": True}}, "Expected a moment in ns, was 'True'"),
        ({"first_ingested_at": []}, "Expected dict as first_ingested_at"),
        ({"gaps": [[1]]}, r"Expected gaps as \[start, end\]"),
        ({"gaps": [[3, 3]]}, "Expected gaps in order"),
        ({"gaps": [[3, 5], [4, 6]]}, "Expected gaps in order"),
    ],
)
def test_a_note_that_makes_no_sense_is_refused_by_name(tmp_path: Path, changed: dict[str, Any], said: str) -> None:
    good = {"version": 1, "kind": "lone", "requested_at": None, "first_ingested_at": {}, "gaps": []}
    fs = LocalFileSystem(tmp_path)
    (tmp_path / NOTE_NAME).write_text(json.dumps(good))
    assert read_note(fs, "") == DeliveryNote("lone")
    (tmp_path / NOTE_NAME).write_text(json.dumps({**good, **changed}))
    with pytest.raises(BadFileError, match=rf"delivery\.json: {said}"):
        read_note(fs, "")


def test_two_writers_do_not_lose_each_others_files(tmp_path: Path) -> None:
    fs = LocalFileSystem(tmp_path)
    with fs.lock(f"folder/{NOTE_NAME}"), pytest.raises(LakeBusyError):
        note_file(fs, "folder", kind="lone", file_name=FILES[0], now_ns=1)
