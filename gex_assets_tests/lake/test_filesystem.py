from __future__ import annotations

import fcntl
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from gex_assets.errors import LakeBusyError, LakeError
from gex_assets.lake.filesystem import LocalFileSystem
from gex_assets_tests.lake.made_up_tables import all_files

KEY = "silver_gex/product=ES/date=2026-01-06/data.parquet"

HOLDER = """
import sys
from pathlib import Path
from gex_assets.lake.filesystem import LocalFileSystem
fs = LocalFileSystem(Path(sys.argv[1]))
with fs.lock(sys.argv[2]):
    fs.stage(sys.argv[2]).path.write_bytes(b"half")
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def fs(tmp_path):
    return LocalFileSystem(tmp_path)


def put(fs, key, content):
    staged = fs.stage(key)
    staged.path.write_bytes(content)
    staged.publish()


def held_elsewhere(root: Path) -> subprocess.Popen[str]:
    started = [sys.executable, "-c", HOLDER, str(root), KEY]
    holder = subprocess.Popen(started, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    return holder


def test_nothing_is_visible_before_it_is_published(fs, tmp_path):
    staged = fs.stage(KEY)
    staged.path.write_bytes(b"new")
    assert fs.info(KEY) is None
    assert list(fs.list("silver_gex")) == []
    assert list(tmp_path.glob("**/data.parquet")) == []
    staged.publish()
    assert fs.local_path(KEY).read_bytes() == b"new"
    assert list(fs.list("silver_gex")) == [KEY]
    assert all_files(tmp_path) == [KEY]


def test_publishing_replaces_at_once_and_the_fingerprint_tells(fs):
    put(fs, KEY, b"aaaa")
    before = fs.info(KEY)
    put(fs, KEY, b"bbbb")
    after = fs.info(KEY)
    assert (before.size_bytes, after.size_bytes) == (4, 4)
    assert before.fingerprint != after.fingerprint


def test_discarding_leaves_nothing_and_is_harmless_after_publishing(fs, tmp_path):
    staged = fs.stage(KEY)
    staged.path.write_bytes(b"x")
    staged.discard()
    assert all_files(tmp_path) == []
    put(fs, KEY, b"x")
    staged.discard()
    assert fs.info(KEY).size_bytes == 1


def test_listing_is_sorted_and_shows_no_hidden_files(fs):
    keys = [f"t/product={product}/date={day}/data.parquet" for product in ("ES", "NQ") for day in ("2026-01-05", "2026-01-06")]
    for key in reversed(keys):
        put(fs, key, b"x")
        fs.note_sha256(key, fs.info(key).fingerprint, "0" * 64, keep=True)
    assert list(fs.list("t")) == keys
    assert list(fs.list("t/product=NQ")) == keys[2:]
    assert list(fs.list("t", descending=True)) == keys[::-1]
    assert list(fs.list("nothing_here")) == []


def test_deleting_takes_the_note_along_and_is_harmless_twice(fs, tmp_path):
    put(fs, KEY, b"x")
    fs.note_sha256(KEY, fs.info(KEY).fingerprint, "0" * 64, keep=True)
    fs.delete(KEY)
    fs.delete(KEY)
    assert all_files(tmp_path) == []


@pytest.mark.parametrize("key", ["../out", "/etc/passwd", "a/../../b", ".hidden"])
def test_a_key_cannot_leave_the_lake(fs, key):
    for use in (fs.info, fs.stage, fs.delete, fs.local_path, lambda each: list(fs.list(each))):
        with pytest.raises(LakeError):
            use(key)
    with pytest.raises(LakeError), fs.lock(key):
        pass


def test_a_noted_hash_counts_for_one_state_of_the_object_only(tmp_path):
    fs = LocalFileSystem(tmp_path)
    put(fs, KEY, b"aaaa")
    first = fs.info(KEY).fingerprint
    fs.note_sha256(KEY, first, "1" * 64, keep=True)
    note = tmp_path / "silver_gex/product=ES/date=2026-01-06/.data.parquet.sha256"
    assert note.read_text() == f"{first} {'1' * 64}\n"
    assert fs.noted_sha256(KEY, first) == "1" * 64
    put(fs, KEY, b"bbbb")
    assert fs.noted_sha256(KEY, fs.info(KEY).fingerprint) is None


@pytest.mark.parametrize("content", [b"", b"half a no", b"\xff\xfe", b"x y\n"])
def test_a_damaged_note_is_no_note(fs, content):
    put(fs, KEY, b"aaaa")
    fs.local_path(KEY).with_name(".data.parquet.sha256").write_bytes(content)
    assert fs.noted_sha256(KEY, "never seen") is None


def test_a_lock_is_held_by_one_and_free_afterwards(fs, tmp_path):
    with fs.lock(KEY):
        with (
            pytest.raises(LakeBusyError, match=r"Expected silver_gex.* to be free, was held by process \d+ on .* since 20"),
            fs.lock(KEY),
        ):
            pass
        with fs.lock(KEY.replace("06", "07")):
            pass
    with fs.lock(KEY):
        pass
    assert all_files(tmp_path) == []


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


def test_of_many_threads_one_at_a_time_holds_the_lock(fs):
    holding, most, busy = 0, 0, 0
    guard = threading.Lock()

    def work():
        nonlocal holding, most, busy
        for _ in range(100):
            try:
                with fs.lock(KEY):
                    with guard:
                        holding += 1
                        most = max(most, holding)
                    with guard:
                        holding -= 1
            except LakeBusyError:
                with guard:
                    busy += 1

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 1
    assert busy < 400


def test_a_lock_file_removed_between_opening_and_locking_is_not_taken_for_the_lock(fs, monkeypatch):
    path = fs.local_path(KEY).with_name(".data.parquet.lock")
    flock, calls = fcntl.flock, []

    def released_meanwhile(descriptor, how):
        if not calls:
            path.unlink()
        calls.append(how)
        flock(descriptor, how)

    monkeypatch.setattr("gex_assets.lake.filesystem.fcntl.flock", released_meanwhile)
    with fs.lock(KEY):
        assert len(calls) == 2
        assert path.exists()
        with pytest.raises(LakeBusyError), fs.lock(KEY):
            pass
