"""What only a folder has: hidden files, links, processes that are killed."""

from __future__ import annotations

import fcntl
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from gex_assets.errors import LakeBusyError, LakeError
from gex_assets.lake.local_filesystem import LocalFileSystem
from gex_assets_tests.lake.made_up_objects import KEY, listed, put
from gex_assets_tests.lake.made_up_tables import all_files

HOLDER = """
import sys
from pathlib import Path
from gex_assets.lake.local_filesystem import LocalFileSystem
fs = LocalFileSystem(Path(sys.argv[1]))
with fs.lock(sys.argv[2]):
    fs.stage(sys.argv[2]).path.write_bytes(b"half")
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def fs(tmp_path: Path) -> LocalFileSystem:
    return LocalFileSystem(tmp_path)


def held_elsewhere(root: Path) -> subprocess.Popen[str]:
    started = [sys.executable, "-c", HOLDER, str(root), KEY]
    holder = subprocess.Popen(started, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    return holder


def hidden(fs: LocalFileSystem, suffix: str) -> Path:
    return fs.path(KEY).with_name(f".data.parquet.{suffix}")


def test_objects_are_files_and_nothing_else_is_left_of_publishing(fs, tmp_path):
    put(fs, KEY, b"new")
    assert all_files(tmp_path) == [KEY]
    assert (tmp_path / KEY).read_bytes() == b"new"
    assert fs.uri(KEY) == fs.duckdb_path(KEY) == str(tmp_path / KEY)
    fs.delete(KEY)
    assert not (tmp_path / KEY).parent.exists()


def test_a_folder_is_one_file_system_however_often_it_is_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert LocalFileSystem("lake") == LocalFileSystem(tmp_path / "lake")
    assert hash(LocalFileSystem("lake")) == hash(LocalFileSystem(tmp_path / "lake"))
    assert LocalFileSystem("lake") != LocalFileSystem("other")


def test_hidden_files_are_no_objects_and_links_are_followed_but_not_in_circles(fs, tmp_path):
    put(fs, "t/a.json", b"x")
    (tmp_path / "t/.hidden.json").write_bytes(b"x")
    (tmp_path / "t/.hidden").mkdir()
    (tmp_path / "t/.hidden/b.json").write_bytes(b"x")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/c.json").write_bytes(b"x")
    (tmp_path / "t/link").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "t/circle").symlink_to(tmp_path / "t")
    (tmp_path / "t/nowhere").symlink_to(tmp_path / "nothing")
    assert listed(fs, "t") == ["t/a.json", "t/link/c.json"]


def test_a_noted_hash_is_one_line_next_to_the_object(fs):
    tag = put(fs, KEY, b"aaaa")
    fs.note_sha256(KEY, tag, "1" * 64, stored=True)
    assert hidden(fs, "sha256").read_text() == f"{tag} {'1' * 64}\n"


@pytest.mark.parametrize("content", [b"", b"half a no", b"\xff\xfe", b"x y\n"])
def test_a_damaged_note_is_no_note(fs, content):
    put(fs, KEY, b"aaaa")
    hidden(fs, "sha256").write_bytes(content)
    assert fs.noted_sha256(KEY, "never seen") is None
    assert fs.published_sha256(KEY) is None


def test_links_under_the_names_of_locks_and_notes_do_not_lead_to_other_files(fs, tmp_path):
    tag, treasure = put(fs, KEY, b"aaaa"), tmp_path / "treasure"
    treasure.write_bytes(b"gold")
    for suffix in ("lock", "publish", "sha256"):
        hidden(fs, suffix).symlink_to(treasure)
    with pytest.raises(LakeError, match="Expected a lock file at "), fs.lock(KEY):
        pass
    with pytest.raises(LakeError, match="Expected a lock file at "):
        put(fs, KEY, b"bbbb")
    fs.note_sha256(KEY, tag, "1" * 64, stored=True)
    assert treasure.read_bytes() == b"gold"


def test_a_lock_of_another_process_is_named_and_a_killed_process_frees_it(fs, tmp_path):
    holder = held_elsewhere(tmp_path)
    try:
        with pytest.raises(LakeBusyError, match=f"held by process {holder.pid} on"), fs.lock(KEY):
            pass
        holder.send_signal(signal.SIGKILL)
        holder.wait()
        assert any(name.endswith(".staged") for name in all_files(tmp_path))
        with fs.lock(KEY):
            fs.clear_staged(KEY)
    finally:
        holder.kill()
        holder.communicate()
    assert all_files(tmp_path) == []


def test_a_lock_file_removed_between_opening_and_locking_is_not_taken_for_the_lock(fs, monkeypatch):
    path = hidden(fs, "lock")
    flock, calls = fcntl.flock, []

    def released_meanwhile(descriptor, how):
        if not calls:
            path.unlink()
        calls.append(how)
        flock(descriptor, how)

    monkeypatch.setattr("gex_assets.lake.local_lock.fcntl.flock", released_meanwhile)
    with fs.lock(KEY):
        assert len(calls) == 2
        assert path.exists()
        with pytest.raises(LakeBusyError), fs.lock(KEY):
            pass


def test_a_folder_that_cannot_be_read_is_not_taken_for_an_empty_one(fs, monkeypatch):
    put(fs, "t/a.json", b"x")

    def refused(folder):
        raise PermissionError(13, "Permission denied", str(folder))

    monkeypatch.setattr("gex_assets.lake.local_filesystem.os.scandir", refused)
    with pytest.raises(LakeError, match=r"Expected a readable folder at .*/t, was: Permission denied"):
        listed(fs, "t")
