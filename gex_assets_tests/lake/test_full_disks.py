"""A disk that is full: how much was written and is free is said, locks hold all the same, and nothing staged is left."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from gex_assets.errors import LakeBusyError, LakeError
from gex_assets.lake.filesystem import disk_errors
from gex_assets.lake.keys import VIEWS_KEY, ledger_key
from gex_assets.lake.local_filesystem import LocalFileSystem
from gex_assets.lake.notes.ledger import change_ledger
from gex_assets.lake.tables import Lake
from gex_assets.lake.views import write_views
from gex_assets_tests.lake.made_up_objects import KEY
from gex_assets_tests.lake.made_up_tables import LEVELS, all_files


class Usage(NamedTuple):
    free: int


def full(*_: object, **__: object) -> Any:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_full_disk_says_what_was_written_and_what_is_free(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    staged = tmp_path / "staged"
    staged.write_bytes(bytes(2_500_000))
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(12_300))
    expected = r"write a/key, was: No space left on device \(2\.5 MB of it were written, 12\.3 kB are free\): make room, then run"
    with pytest.raises(LakeError, match=expected), disk_errors("a/key", lambda: staged):
        full()
    expected = r"write a/key, was: No space left on device \(it has 0\.3 MB, 12\.3 kB are free\): make room"
    with pytest.raises(LakeError, match=expected), disk_errors("a/key", lambda: staged, needs=300_000):
        full()
    expected = r"write a/key, was: No space left on device \(nothing of it was written\): make room"
    with pytest.raises(LakeError, match=expected), disk_errors("a/key"):
        full()
    with pytest.raises(LakeError, match=r"write a/key, was: \[Errno 13\] no$"), disk_errors("a/key", lambda: staged):
        raise PermissionError(errno.EACCES, "no")


def test_a_lock_holds_where_its_holder_cannot_be_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fs = LocalFileSystem(tmp_path)
    monkeypatch.setattr(os, "write", full)
    with fs.lock(KEY), pytest.raises(LakeBusyError, match="was held by another process"), fs.lock(KEY):
        pytest.fail("it has the lock")
    assert all_files(tmp_path) == []


def test_a_lock_that_finds_no_room_says_to_make_some(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "open", full)
    expected = r"Expected a lock file at .*, was: No space left on device: make room, then run it again$"
    with pytest.raises(LakeError, match=expected), LocalFileSystem(tmp_path).lock(KEY):
        pytest.fail("it has the lock")


def test_what_a_library_wrote_next_to_a_staged_file_goes_with_it(tmp_path: Path) -> None:
    fs = LocalFileSystem(tmp_path)
    staged, other = fs.stage(VIEWS_KEY), fs.stage(KEY)
    for path in (staged.path, staged.path.with_name(f"{staged.path.name}.wal"), other.path):
        path.write_bytes(b"half")
    staged.discard()
    assert all_files(tmp_path) == [other.path.relative_to(tmp_path).as_posix()]
    for path in (staged.path, staged.path.with_name(f"{staged.path.name}.wal")):
        path.write_bytes(b"half")
    fs.clear_staged(VIEWS_KEY)
    assert all_files(tmp_path) == [other.path.relative_to(tmp_path).as_posix()]


def views(lake: Lake) -> None:
    write_views(lake, [LEVELS])


def ledger(lake: Lake) -> None:
    change_ledger(lake.fs, "made_up", lambda kept: kept | {"a": 1})


@pytest.mark.parametrize(("key", "write"), [(VIEWS_KEY, views), (ledger_key("made_up"), ledger)])
def test_what_a_killed_writer_left_is_removed_by_the_next_one(tmp_path: Path, key: str, write: Callable[[Lake], None]) -> None:
    lake = Lake(tmp_path)
    left = lake.fs.stage(key).path
    left.write_bytes(b"half")
    left.with_name(f"{left.name}.wal").write_bytes(b"half")
    write(lake)
    assert all_files(tmp_path) == [key]


@pytest.mark.parametrize(("key", "write"), [(VIEWS_KEY, views), (ledger_key("made_up"), ledger)])
def test_a_writer_leaves_a_living_one_alone(tmp_path: Path, key: str, write: Callable[[Lake], None]) -> None:
    """It waits for the other one, and here not for a minute."""
    lake = Lake(tmp_path)
    staged = lake.fs.stage(key)
    staged.path.write_bytes(b"half")
    with pytest.MonkeyPatch.context() as patch:
        for module in ("views", "notes.ledger"):
            patch.setattr(f"gex_assets.lake.{module}._WRITING_SECONDS", 0.0)
        with lake.fs.lock(key), pytest.raises(LakeBusyError, match=r"to be free, was held by process \d+"):
            write(lake)
    assert staged.path.read_bytes() == b"half"
