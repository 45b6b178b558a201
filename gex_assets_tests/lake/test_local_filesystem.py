"""What only a folder has: hidden files, links, processes that are killed."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gex_assets.errors import LakeBusyError, LakeError
from gex_assets.lake.dbn.reader import blocks
from gex_assets.lake.local_filesystem import LocalFileSystem
from gex_assets_tests.lake.made_up_files import random_orders, write_orders
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


def test_links_that_lead_to_one_another_end(fs, tmp_path):
    put(fs, "t/a/x.json", b"x")
    put(fs, "t/b/y.json", b"y")
    (tmp_path / "t/a/b").symlink_to(tmp_path / "t/b")
    (tmp_path / "t/b/a").symlink_to(tmp_path / "t/a")
    assert listed(fs, "t") == ["t/a/b/y.json", "t/a/x.json", "t/b/a/x.json", "t/b/y.json"]


def test_a_listing_asks_nothing_of_a_folder_but_its_names(fs, monkeypatch):
    """Ten years are sixty thousand folders."""
    for day in range(3):
        put(fs, f"t/date={day}/data.json", b"x")
    monkeypatch.setattr(os, "stat", lambda *args, **kwargs: pytest.fail("a folder was asked"))
    monkeypatch.setattr(Path, "stat", lambda *args, **kwargs: pytest.fail("a folder was asked"))
    assert listed(fs, "t") == [f"t/date={day}/data.json" for day in range(3)]


def test_a_noted_hash_is_one_line_next_to_the_object(fs):
    tag = put(fs, KEY, b"aaaa")
    fs.note_sha256(KEY, tag, "1" * 64, stored=True)
    assert hidden(fs, "sha256").read_text() == f"{tag} {'1' * 64}\n"


def test_other_bytes_of_the_same_size_under_the_same_time_have_another_tag(fs):
    tag = put(fs, KEY, b"aaaa")
    path = fs.path(KEY)
    before = path.stat()
    time.sleep(0.02)  # some kernels keep times to a hundredth of a second
    with path.open("r+b") as file:
        file.write(b"bbbb")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert (path.stat().st_size, path.stat().st_mtime_ns, path.stat().st_ino) == (
        before.st_size,
        before.st_mtime_ns,
        before.st_ino,
    )
    assert fs.info(KEY).tag != tag
    assert next(iter(fs.list(KEY.split("/")[0]))).tag == fs.info(KEY).tag == fs.open(KEY).info.tag


def test_a_hash_that_cannot_be_noted_next_to_its_file_is_noted_in_the_lake(fs, tmp_path, monkeypatch):
    """As with an archive that is linked into the lake and cannot be written. It holds for one tag only, as any other note."""
    tag = put(fs, KEY, b"aaaa")
    hidden(fs, "sha256").mkdir()  # nothing can be written under this name, not even by root
    fs.note_sha256(KEY, tag, "1" * 64, stored=True)
    monkeypatch.setattr("gex_assets.lake.local_filesystem._SHA256", {})  # as another process sees it
    assert fs.noted_sha256(KEY, tag) == "1" * 64
    assert fs.noted_sha256(KEY, "another tag") is None
    assert fs.noted_sha256(KEY.replace("06", "07"), tag) is None
    assert fs.published_sha256(KEY) is None
    assert [name for name in all_files(fs.path("x").parent) if name.endswith("sha256") and ".notes" in name]
    hidden(fs, "sha256").rmdir()
    fs.delete(KEY)
    assert fs.noted_sha256(KEY, tag) is None


@pytest.mark.parametrize("content", [b"", b"half a no", b"\xff\xfe", b"x y\n"])
def test_a_damaged_note_is_no_note(fs, content):
    put(fs, KEY, b"aaaa")
    hidden(fs, "sha256").write_bytes(content)
    assert fs.noted_sha256(KEY, "never seen") is None
    assert fs.published_sha256(KEY) is None


@pytest.mark.parametrize(
    ("plant", "was"), [("link", "a symbolic link, which is not followed"), ("second name", "a file with another name, too")]
)
def test_what_is_planted_under_the_names_of_hidden_files_does_not_lead_to_other_files(fs, tmp_path, plant, was):
    tag, treasure = put(fs, KEY, b"aaaa"), tmp_path / "treasure"
    treasure.write_text(f"{tag} {'1' * 64}\n")
    before = treasure.read_bytes()
    for suffix in ("lock", "publish", "sha256"):
        planted = hidden(fs, suffix)
        planted.symlink_to(treasure) if plant == "link" else planted.hardlink_to(treasure)
    with pytest.raises(LakeError, match=f"Expected a lock file at .*, was: {was}"), fs.lock(KEY):
        pass
    with pytest.raises(LakeError, match=f"Expected a lock file at .*, was: {was}"):
        put(fs, KEY, b"bbbb")
    fs.note_sha256(KEY, tag, "2" * 64, stored=True)
    assert treasure.read_bytes() == before
    assert fs.published_sha256(KEY) is None  # nor is what it leads to taken for our note


def test_folders_pipes_and_links_to_themselves_are_no_objects(fs):
    """`info` and `list` agree on what there is."""
    folder = fs.path("table/x").parent
    folder.mkdir(parents=True)
    (folder / "folder").mkdir()
    os.mkfifo(folder / "pipe")
    (folder / "itself").symlink_to(folder / "itself")
    (folder / "nothing").symlink_to(folder / "absent")
    (folder / "x").write_bytes(b"x")
    (folder / "link").symlink_to(folder / "x")
    assert [info.key for info in fs.list("table")] == ["table/link", "table/x"]
    names = ("folder", "itself", "link", "nothing", "pipe", "x")
    assert [name for name in names if fs.info(f"table/{name}") is not None] == ["link", "x"]


def test_a_pipe_under_the_name_of_a_hidden_file_or_an_object_does_not_make_us_wait(fs, tmp_path):
    tag = put(fs, KEY, b"aaaa")
    for path in (hidden(fs, "lock"), hidden(fs, "sha256"), fs.path(KEY).with_name("pipe.parquet")):
        os.mkfifo(path)
    with pytest.raises(LakeError, match=r"Expected a lock file at .*, was: no plain file"), fs.lock(KEY):
        pass
    fs.note_sha256(KEY, tag, "1" * 64, stored=True)
    assert fs.published_sha256(KEY) is None
    assert listed(fs, KEY.split("/", maxsplit=1)[0]) == [KEY]


def test_a_link_under_the_name_of_a_file_that_is_written_does_not_lead_to_its_target(tmp_path):
    treasure, path = tmp_path / "treasure", tmp_path / "x.dbn.zst"
    treasure.write_bytes(b"gold")
    (tmp_path / ".x.dbn.zst.part").symlink_to(treasure)
    write_orders(path, [random_orders(3, seed=1)])
    assert treasure.read_bytes() == b"gold"
    assert sum(len(part) for part in blocks(path, block_records=9)) == 3
    assert not (tmp_path / ".x.dbn.zst.part").is_symlink()


def test_a_long_or_foreign_note_is_no_note_and_a_shorter_one_replaces_it_whole(fs):
    tag = put(fs, KEY, b"aaaa")
    hidden(fs, "sha256").write_text(f"{'x' * 5_000} {'1' * 64}\n")
    assert fs.published_sha256(KEY) is None
    fs.note_sha256(KEY, tag, "2" * 64, stored=True)
    assert hidden(fs, "sha256").read_text() == f"{tag} {'2' * 64}\n"


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
