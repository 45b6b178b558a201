"""The interface to storage: every implementation passes the same tests."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from gex_assets.errors import LakeBusyError, LakeConflictError, LakeError
from gex_assets.lake.filesystem import FileSystem, Waiting
from gex_assets.lake.local_filesystem import LocalFileSystem
from gex_assets.lake.raw.layout import find_files, raw_folder
from gex_assets.lake.tables import Lake
from gex_assets_tests.lake.made_up_objects import KEY, listed, put
from gex_assets_tests.lake.made_up_tables import DAY, LEVELS, levels, lineage_of, publish, reject
from gex_assets_tests.lake.memory_filesystem import MemoryFileSystem

PATIENCE = 120.0


@pytest.fixture(params=["local", "memory"])
def fs(request: pytest.FixtureRequest, tmp_path: Path) -> FileSystem:
    return LocalFileSystem(tmp_path) if request.param == "local" else MemoryFileSystem()


def test_nothing_is_visible_before_it_is_published(fs):
    staged = fs.stage(KEY)
    staged.path.write_bytes(b"new")
    assert fs.info(KEY) is None
    assert listed(fs, "silver_gex") == []
    assert staged.open().file.read() == b"new"
    staged.publish()
    assert fs.read_bytes(KEY) == b"new"
    assert listed(fs, "silver_gex") == [KEY]
    assert not staged.path.exists()


def test_publishing_replaces_at_once_and_the_tag_tells(fs):
    put(fs, KEY, b"aaaa")
    before = fs.info(KEY)
    put(fs, KEY, b"bbbb")
    after = fs.info(KEY)
    assert (before.key, before.size_bytes, after.size_bytes) == (KEY, 4, 4)
    assert before.tag != after.tag
    assert before.modified_ns <= after.modified_ns
    assert fs.info(KEY) == after


def test_an_object_can_be_published_under_another_key_than_it_was_staged_for(fs):
    staged = fs.stage(KEY)
    staged.path.write_bytes(b"x")
    staged.publish(f"_rejected/{KEY}")
    assert fs.info(KEY) is None
    assert listed(fs, "_rejected") == [f"_rejected/{KEY}"]


def test_discarding_leaves_nothing_and_is_harmless_after_publishing(fs):
    staged = fs.stage(KEY)
    staged.path.write_bytes(b"x")
    staged.discard()
    assert not staged.path.exists()
    assert listed(fs, "silver_gex") == []
    put(fs, KEY, b"x")
    staged.discard()
    assert fs.info(KEY).size_bytes == 1


def test_what_a_killed_process_left_staged_can_be_cleared(fs):
    left, other = fs.stage(KEY), fs.stage(KEY.replace("06", "07"))
    left.path.write_bytes(b"half")
    other.path.write_bytes(b"half")
    fs.clear_staged(KEY)
    assert not left.path.exists()
    assert other.path.exists()


def test_an_open_object_is_one_state_also_while_it_is_replaced(fs):
    first = put(fs, KEY, b"first content")
    opened = fs.open(KEY)
    stream = fs.stream(KEY)
    put(fs, KEY, b"second")
    assert opened.info.tag == first
    assert opened.file.read_at(7, 6) == b"content"
    assert opened.file.size() == opened.info.size_bytes == 13
    room = memoryview(bytearray(5))
    assert (stream.read(2), stream.readinto(room), bytes(room)) == (b"fi", 5, b"rst c")
    assert stream.read() == b"ontent"
    assert stream.readinto(room) == 0
    stream.close()
    assert fs.read_bytes(KEY) == b"second"


def test_what_is_not_there_is_not_found(fs):
    for read in (fs.open, fs.stream, fs.read_bytes):
        with pytest.raises(FileNotFoundError):
            read(KEY)
    assert fs.info(KEY) is None
    assert listed(fs, "nothing_here") == []
    fs.delete(KEY)


def test_a_listing_is_sorted_by_key_with_size_tag_and_time(fs):
    keys = [f"t/product={product}/date={day}/data.parquet" for product in ("ES", "NQ") for day in ("2026-01-05", "2026-01-06")]
    keys = sorted([*keys, "t/product=ES/a.json", "t/product=ES-x/b.json", "t/product=ES.json"])
    for key in reversed(keys):
        put(fs, key, b"x")
        fs.note_sha256(key, fs.info(key).tag, "0" * 64, stored=True)
    put(fs, "tt/other.json", b"x")
    assert listed(fs, "t") == keys
    assert listed(fs, "t", descending=True) == keys[::-1]
    assert listed(fs, "t/product=NQ") == [key for key in keys if "NQ" in key]
    assert [fs.info(info.key) for info in fs.list("t")] == [*fs.list("t")]
    assert ([*fs.keys("t")], [*fs.keys("t", descending=True)], [*fs.keys("none")]) == (keys, keys[::-1], [])
    assert [*fs.keys("t", having=".json")] == [key for key in keys if key.endswith(".json")]
    assert [*fs.keys("t", having="2026-01-05", descending=True)] == []  # a folder's name is no object's


def test_deleting_takes_the_noted_hash_along_and_is_harmless_twice(fs):
    put(fs, KEY, b"x")
    fs.note_sha256(KEY, fs.info(KEY).tag, "0" * 64, stored=True)
    fs.delete(KEY)
    fs.delete(KEY)
    assert listed(fs, "silver_gex") == []
    assert fs.published_sha256(KEY) is None


@pytest.mark.parametrize("key", ["../out", "/etc/passwd", "a/../../b", ".hidden", "a b", "", "ä"])
def test_a_key_cannot_leave_the_lake(fs, key):
    uses = (fs.info, fs.stage, fs.delete, fs.open, fs.stream, fs.read_bytes, lambda each: list(fs.list(each)))
    for use in (*uses, fs.clear_staged, fs.published_sha256):
        with pytest.raises(LakeError):
            use(key)
    with pytest.raises(LakeError), fs.lock(key):
        pass


def test_a_noted_hash_counts_for_one_state_of_the_object_only(fs):
    first = put(fs, KEY, b"aaaa")
    fs.note_sha256(KEY, first, "1" * 64, stored=True)
    assert fs.noted_sha256(KEY, first) == fs.published_sha256(KEY) == "1" * 64
    second = put(fs, KEY, b"bbbb")
    assert fs.noted_sha256(KEY, second) is None
    assert fs.published_sha256(KEY) == "1" * 64
    fs.note_sha256(KEY, second, "2" * 64, stored=False)
    assert (fs.noted_sha256(KEY, second), fs.published_sha256(KEY)) == ("2" * 64, "1" * 64)


def test_a_condition_has_to_hold_when_an_object_is_published(fs):
    first = put(fs, KEY, b"one", replaces="")
    for wrong in ("", "another tag"):
        with pytest.raises(LakeConflictError, match=f"Expected {KEY} in the state {wrong or 'absent'}, was {first}"):
            put(fs, KEY, b"two", replaces=wrong)
    assert fs.read_bytes(KEY) == b"one"
    second = put(fs, KEY, b"three", replaces=first)
    assert second != first
    with pytest.raises(LakeConflictError):
        put(fs, KEY, b"four", replaces=first)
    fs.delete(KEY)
    with pytest.raises(LakeConflictError, match="was absent"):
        put(fs, KEY, b"five", replaces=second)
    assert fs.info(KEY) is None


def test_of_many_writers_with_one_condition_one_wins(fs):
    """A counter: each writer reads, adds one, and publishes only if nobody else did meanwhile."""
    key, errors = "_ledgers/counter.json", []
    put(fs, key, b"0")

    def add() -> None:
        try:
            for _ in range(10):
                while True:
                    opened = fs.open(key)
                    try:
                        put(fs, key, str(int(opened.file.read()) + 1).encode(), replaces=opened.info.tag)
                    except LakeConflictError:
                        continue
                    break
        except BaseException as error:
            errors.append(error)
            raise

    writers = [threading.Thread(target=add) for _ in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert errors == []
    assert fs.read_bytes(key) == b"40"


def test_a_lock_is_held_by_one_and_free_afterwards(fs):
    with fs.lock(KEY):
        with (
            pytest.raises(
                LakeBusyError, match=r"Expected silver_gex.* to be free, was held by process \d+ on .* since 20"
            ) as busy,
            fs.lock(KEY),
        ):
            pass
        assert busy.value.holder in str(busy.value)
        with fs.lock(KEY.replace("06", "07")):
            pass
    with fs.lock(KEY):
        pass
    assert listed(fs, "silver_gex") == []


def test_a_lock_held_for_a_while_is_waited_for_and_said_once(fs):
    said: list[str] = []
    waits, has_ended = threading.Event(), threading.Event()

    def wait() -> None:
        with fs.lock(KEY, Waiting(PATIENCE, lambda text: (said.append(text), waits.set()))):
            has_ended.set()

    waiting = threading.Thread(target=wait)
    with fs.lock(KEY):
        waiting.start()
        assert waits.wait(PATIENCE)
        assert not has_ended.wait(0.05)
    assert has_ended.wait(PATIENCE)
    waiting.join()
    assert len(said) == 1
    assert said[0].startswith("waiting for process ")
    assert said[0].endswith(f", which holds {KEY}")


def test_waiting_for_a_lock_ends(fs):
    said: list[str] = []
    with fs.lock(KEY), pytest.raises(LakeBusyError), fs.lock(KEY, Waiting(0.05, said.append)):
        pass
    assert len(said) == 1


def test_of_many_threads_one_at_a_time_holds_the_lock(fs):
    holding, most, busy = 0, 0, 0
    errors: list[BaseException] = []
    guard = threading.Lock()

    def work() -> None:
        nonlocal holding, most, busy
        try:
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
        except BaseException as error:
            errors.append(error)
            raise

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert most == 1
    assert busy < 400


def test_a_lake_publishes_rejects_reuses_and_removes_on_it(fs):
    lake = Lake(fs)
    first = publish(lake, LEVELS, levels(range(3)))
    assert lake.open("made_up_levels", product="ES", day=DAY).read().num_rows == first.num_rows == 6
    assert first.is_as_published
    reject(lake, LEVELS, levels(range(5)), reason="odd")
    assert lake.rejection("made_up_levels", product="ES", day=DAY).reason == "odd"
    assert lake.find("made_up_levels", product="ES", day=DAY, rejected=True).num_rows == 10
    assert lake.open("made_up_levels", product="ES", day=DAY).sha256() == first.sha256()
    assert lake.days("made_up_levels", "ES") == lake.days("made_up_levels", "ES", rejected=True) == [DAY]
    assert lake.reuse(LEVELS, product="ES", day=DAY).sha256() == first.sha256()
    assert lake.days("made_up_levels", "ES", rejected=True) == []
    with (
        lake.replace(LEVELS, product="ES", day=DAY, lineage=lineage_of(LEVELS)) as staged,
        pytest.raises(LakeBusyError),
        lake.replace(LEVELS, product="ES", day=DAY, lineage=lineage_of(LEVELS)),
    ):
        staged.write(levels(range(9)))
    assert lake.open("made_up_levels", product="ES", day=DAY).sha256() == first.sha256()
    lake.remove(LEVELS, product="ES", day=DAY)
    assert lake.find("made_up_levels", product="ES", day=DAY) is None


def test_delivered_files_are_found_on_it(fs):
    name = "glbx-mdp3-20260106.mbo.dbn.zst"
    folder = raw_folder(kind="option_mbo", product="ES")
    for key in (f"{folder}/{name}", f"{folder}/JOB/{name}", f"{folder}/JOB/deeper/{name}"):
        put(fs, key, b"xyz")
    found = find_files(fs, kind="option_mbo", product="ES", day=DAY)
    assert [(one.job_id, one.info.size_bytes) for one in found] == [("", 3), ("JOB", 3)]


def test_a_write_that_stops_half_way_shows_nothing():
    fs = MemoryFileSystem()
    lake = Lake(fs)
    before = publish(lake, LEVELS, levels(range(3))).sha256()
    fs.faulty_writes = 1
    with pytest.raises(LakeError, match=r"Expected room and permission to write made_up_levels.*the connection broke"):
        publish(lake, LEVELS, levels(range(5)))
    assert lake.open("made_up_levels", product="ES", day=DAY).sha256() == before
    assert publish(lake, LEVELS, levels(range(5))).num_rows == 10
    fs.faulty_writes = 1
    with pytest.raises(LakeError, match="the connection broke"):
        reject(lake, LEVELS, levels(range(7)), reason="odd")
    assert lake.rejection("made_up_levels", product="ES", day=DAY) is None


def test_a_listing_that_lags_hides_no_object_that_is_asked_for_by_its_key():
    fs = MemoryFileSystem()
    lake = Lake(fs)
    publish(lake, LEVELS, levels(range(3)))
    publish(lake, LEVELS, levels(range(4)), day=DAY.replace(day=7))
    fs.lag = 1
    assert lake.days("made_up_levels", "ES") == [DAY]
    assert lake.open("made_up_levels", product="ES", day=DAY.replace(day=7)).num_rows == 8
    fs.lag = 0
    assert lake.days("made_up_levels", "ES") == [DAY, DAY.replace(day=7)]
    lake.remove(LEVELS, product="ES", day=DAY)
    fs.lag = 1
    assert DAY in lake.days("made_up_levels", "ES")
    assert lake.find("made_up_levels", product="ES", day=DAY) is None
